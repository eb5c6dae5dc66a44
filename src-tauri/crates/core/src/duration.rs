//! Durations as people write them in settings and on the command line:
//! `90s`, `5m`, `1h30m`, `2d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SpanRelativeTo;
use jiff::fmt::friendly::SpanParser;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Code, Coded, coded_error};

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// The longest span that is accepted, in seconds: a year. A longer one is most
/// likely a mistake.
const LONGEST: u64 = 366 * 86_400;

/// A whole number of seconds, written like `1h30m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub Duration);

impl Span {
    /// A span of so many seconds.
    pub const fn seconds(s: u64) -> Self {
        Self(Duration::from_secs(s))
    }

    /// A span of so many minutes.
    pub const fn minutes(m: u64) -> Self {
        Self(Duration::from_secs(m * 60))
    }
}

/// A text that is not a duration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanError(String);

impl Coded for SpanError {
    fn code(&self) -> Code {
        Code::new("not-a-duration").with("text", &self.0)
    }
}

coded_error!(SpanError);

impl FromStr for Span {
    type Err = SpanError;

    /// Reads jiff's friendly format: `1h30m`, `90s`, `5 minutes`. A day has 24
    /// hours. Fails on any other text, on fractions of a second, on negative
    /// spans and on spans of more than a year.
    fn from_str(text: &str) -> Result<Self, SpanError> {
        let wrong = || SpanError(text.chars().take(40).collect());
        let span = SpanParser::new().parse_span(text.trim()).map_err(|_| wrong())?;
        let days = SpanRelativeTo::days_are_24_hours();
        let duration = span.to_duration(days).map_err(|_| wrong())?;
        let seconds = u64::try_from(duration.as_secs()).map_err(|_| wrong())?;
        if duration.subsec_nanos() != 0 || seconds > LONGEST {
            return Err(wrong());
        }
        Ok(Self::seconds(seconds))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_secs();
        if rest == 0 {
            return f.write_str("0s");
        }
        for (letter, unit) in UNITS {
            if rest >= unit {
                write!(f, "{}{letter}", rest / unit)?;
                rest %= unit;
            }
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_as_people_write_them() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("5m", Some(300)),
            ("1h30m", Some(5_400)),
            ("2d", Some(172_800)),
            ("0s", Some(0)),
            (" 5m ", Some(300)),
            ("", None),
            ("5", None),
            ("m", None),
            ("30m1h", None),
            ("1h1h", None),
            ("-5m", None),
            ("5 m", Some(300)),
            ("90 minutes", Some(5_400)),
            ("1h 30m", Some(5_400)),
            ("1.5h", Some(5_400)),
            ("1.5s", None),
            ("1mo", None),
            ("99999999999999999999s", None),
            ("400d", None),
        ] {
            let got = text.parse::<Span>().ok().map(|s| s.0.as_secs());
            assert_eq!(got, seconds, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(s in 0u64..LONGEST) {
            let span = Span::seconds(s);
            prop_assert_eq!(span.to_string().parse::<Span>(), Ok(span));
        }

        #[test]
        fn no_text_panics(text in ".{0,24}") {
            let _ = text.parse::<Span>();
        }
    }
}
