//! What people read, in their language. Sentences are made from the codes and
//! arguments of the other crates. Times are written as in the person's country.
//! No other crate makes such sentences.
//!
//! The messages are in `locales/LANGUAGE/*.ftl` and are formatted by Fluent.
//! The window's page reads the same files. English is the reference:
//! `tests/files.rs` compares the other languages with it, and all of them with
//! the messages that the programs use.

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
