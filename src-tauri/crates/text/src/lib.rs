//! What people read, in their language: sentences made from the codes and
//! arguments that the other crates name, and times in the form that the
//! person's country writes. The only place where such sentences are made.
//!
//! The messages stand in `locales/LANGUAGE/*.ftl` and are read by Fluent. The
//! window's page reads the same files. English is the source; `tests/files.rs`
//! compares the other languages with it, and both with what the programs ask
//! for.

mod locale;
mod note;
mod reason;
mod texts;
mod time;

pub use locale::{Hours, Language, Locale, Order};
pub use presently_core::code::Arg;
pub use texts::Texts;

/// A message in the reader's language: the [`Texts`], the message's name, and
/// its arguments.
///
/// ```
/// use presently_text::{Texts, text};
///
/// let texts = Texts::english();
/// assert_eq!(text!(texts, "until", moment = "17:30"), "until 17:30");
/// ```
#[macro_export]
macro_rules! text {
    ($texts:expr, $name:literal $(, $argument:ident = $value:expr)* $(,)?) => {
        $texts.message($name, &[$((stringify!($argument), $crate::Arg::from($value))),*])
    };
}
