//! The permission of the desktop for a window to come to the front.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

/// The environment variables in which a launcher passes a token: on Wayland
/// (<https://wayland.app/protocols/xdg-activation-v1>) and on X11
/// (<https://specifications.freedesktop.org/startup-notification-spec/>).
pub const ACTIVATION_VARIABLES: [&str; 2] = ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"];

/// More than any desktop uses.
const MAX_BYTES: usize = 512;

/// A token that says that the person asked for a window just now. Without one,
/// most desktops keep a window behind the one that is in use.
///
/// It is one line of at most 512 bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ActivationToken(String);

impl ActivationToken {
    /// The token in an environment, like that of this process.
    pub fn from_vars(var: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        ACTIVATION_VARIABLES
            .into_iter()
            .find_map(|name| var(name)?.into_string().ok()?.try_into().ok())
    }

    /// The token itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ActivationToken {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.is_empty() || text.len() > MAX_BYTES || text.contains(char::is_control) {
            true => Err("an activation token is one line of 1 to 512 bytes"),
            false => Ok(Self(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_the_first_that_can_be_one() {
        let long = "x".repeat(MAX_BYTES + 1);
        for (wayland, x11, token) in [
            (None, None, None),
            (Some("a token"), Some("other_TIME7"), Some("a token")),
            (None, Some("other_TIME7"), Some("other_TIME7")),
            (Some(""), Some("other_TIME7"), Some("other_TIME7")),
            (Some("two\nlines"), None, None),
            (Some(&long), None, None),
        ] {
            let var = |name: &str| match name {
                "XDG_ACTIVATION_TOKEN" => wayland.map(OsString::from),
                _ => x11.map(OsString::from),
            };
            let found = ActivationToken::from_vars(var);
            assert_eq!(found.as_ref().map(ActivationToken::as_str), token);
        }
    }
}
