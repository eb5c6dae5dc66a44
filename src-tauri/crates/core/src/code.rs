//! What happened, as a code with arguments. Each code names a message in
//! `presently-text`, which makes the sentence where it is shown, in the
//! reader's language.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What happened, as a code with its arguments.
///
/// In JSON the arguments stand beside the code:
/// `{"code": "x11-unreachable", "display": ":0"}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Form")]
pub struct Code {
    code: Cow<'static, str>,
    #[serde(flatten)]
    args: BTreeMap<Cow<'static, str>, Arg>,
}

/// An argument of a [`Code`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Arg {
    /// A count.
    Number(u64),
    /// A name, a path, or what another program says.
    Text(String),
    /// Another code, such as the cause.
    Code(Box<Code>),
}

/// Something that has a code. Most errors do.
pub trait Coded {
    /// Its code, with its arguments.
    fn code(&self) -> Code;
}

impl Code {
    /// A code without arguments.
    pub fn new(code: &'static str) -> Self {
        Self { code: Cow::Borrowed(code), args: BTreeMap::new() }
    }

    /// The code of a signal that is unknown because nothing was tried yet.
    pub fn not_read_yet() -> Self {
        Code::new("signal-looking")
    }

    /// A text that is shown as it is, in every language.
    pub fn plain(text: impl Into<String>) -> Self {
        Code::new("plain").with("text", text.into())
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Arg>) -> Self {
        self.args.insert(Cow::Borrowed(name), value.into());
        self
    }

    /// The code without its arguments.
    pub fn name(&self) -> &str {
        &self.code
    }

    /// The arguments, in the order of their names.
    pub fn args(&self) -> impl Iterator<Item = (&str, &Arg)> {
        self.args.iter().map(|(name, value)| (name.as_ref(), value))
    }
}

/// For logs, which are not translated: `x11-unreachable display=:0`.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.code)?;
        self.args().try_for_each(|(name, value)| match value {
            Arg::Number(number) => write!(f, " {name}={number}"),
            Arg::Text(text) => write!(f, " {name}={text}"),
            Arg::Code(code) => write!(f, " {name}=({code})"),
        })
    }
}

/// Implements `Error` for types that are [`Coded`]. Their
/// `Display` is for logs only.
#[macro_export]
macro_rules! coded_error {
    ($($error:ty),+ $(,)?) => {$(
        impl std::fmt::Display for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&$crate::Coded::code(self), f)
            }
        }

        impl std::error::Error for $error {}
    )+};
}

impl Coded for Code {
    fn code(&self) -> Code {
        self.clone()
    }
}

impl From<u64> for Arg {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Arg {
    fn from(number: usize) -> Self {
        Self::Number(u64::try_from(number).unwrap_or(u64::MAX))
    }
}

impl From<u32> for Arg {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&String> for Arg {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<Code> for Arg {
    fn from(code: Code) -> Self {
        Self::Code(Box::new(code))
    }
}

/// The forms that are read: a code with arguments, or a bare text, which older
/// versions wrote.
#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Code {
        code: Cow<'static, str>,
        #[serde(flatten)]
        args: BTreeMap<Cow<'static, str>, Arg>,
    },
    Text(String),
}

impl From<Form> for Code {
    fn from(form: Form) -> Self {
        match form {
            Form::Code { code, args } => Self { code, args },
            Form::Text(text) => Self::plain(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_flat_and_read_back() {
        let cause = Code::new("refused").with("tries", 3_u64);
        let code = Code::new("unreachable").with("host", "example.org").with("why", cause);
        let json = serde_json::to_string(&code).expect("it serialises");
        let wanted =
            r#"{"code":"unreachable","host":"example.org","why":{"code":"refused","tries":3}}"#;
        assert_eq!(json, wanted);
        assert_eq!(serde_json::from_str::<Code>(&json).ok(), Some(code.clone()));
        assert_eq!(code.to_string(), "unreachable host=example.org why=(refused tries=3)");
    }

    #[test]
    fn a_text_of_an_older_version_is_said_as_it_is() {
        let read = serde_json::from_str::<Code>(r#""There is no display""#);
        assert_eq!(read.ok(), Some(Code::plain("There is no display")));
    }
}
