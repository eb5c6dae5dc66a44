//! What somebody shows: their presence, and what stands in their profile.

use std::time::Duration;

use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::api::client::presence::get_presence;
use matrix_sdk::ruma::api::client::profile::get_profile;
use presently_core::Presence;
use presently_core::account::profile::Status;
use presently_core::account::profile_room::{Contents, Found, Stated};
use serde_json::Value;
use thiserror::Error;
use tokio::sync::mpsc;

use crate::account::room;
use crate::api::{Api, TIMEOUT};
use crate::trouble::Trouble;
use crate::{Matrix, Session};

/// MSC4426: the stable names, then those that are used until then.
const STATUS: [&str; 2] = ["m.status", "org.matrix.msc4426.status"];
const CALL: [&str; 2] = ["m.call", "org.matrix.msc4426.call"];

/// What somebody shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// What they call themselves.
    pub name: Option<String>,
    /// Their presence, where it can be seen.
    pub presence: Option<Presence>,
    /// The message beside it.
    pub message: Option<String>,
    /// They did something just now, where the server says so.
    pub currently_active: Option<bool>,
    /// They last did something so long ago, where the server says so.
    pub last_active_ago: Option<Duration>,
    /// The status in the profile.
    pub status: Option<Status>,
    /// The call in the profile.
    pub call: Option<CallField>,
    /// What their profile room says (MSC3032), where it says something.
    pub room: Option<Contents>,
    /// What cannot be seen, and why: one line each.
    pub notes: Vec<String>,
}

/// A call in a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallField {
    /// Since when, in seconds since the epoch, where it says so.
    pub joined: Option<i64>,
}

/// Why nothing of somebody can be seen.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LookError {
    /// The user id does not look like one.
    #[error("“{0}” is not a Matrix user id: it looks like @name:example.org")]
    BadUserId(String),
    /// Nobody has that user id.
    #[error("{host} knows no user {user}: check the user id")]
    UnknownUser {
        /// Who was looked for.
        user: String,
        /// The server that was asked.
        host: String,
    },
    /// The session's token has expired. The account that it belongs to
    /// renews it.
    #[error("The sign-in has expired: try again in a minute, or sign in again")]
    Expired,
    /// The server or the way to it fails just now.
    #[error("{0}")]
    Network(String),
}

impl Matrix {
    /// Looks at somebody through the session of an account. `presence` is
    /// whether presence is turned on at its server, where known: a server
    /// that has it turned off says of everybody that they are offline. The
    /// tokens are not renewed.
    pub async fn look(
        &self,
        session: Session,
        user_id: &str,
        presence: Option<bool>,
    ) -> Result<Look, LookError> {
        let user =
            UserId::parse(user_id.trim()).map_err(|_| LookError::BadUserId(user_id.to_owned()))?;
        // Renewed tokens void the old ones, so only the account itself may.
        let session = Session { refresh_token: None, ..session };
        let (refreshed, _) = mpsc::unbounded_channel();
        let api = Api::open(&self.http, session, refreshed).await;
        let api = api.map_err(|_| LookError::Expired)?;
        let asked = get_presence::v3::Request::new(user.clone());
        let profile = get_profile::v3::Request::new(user.clone());
        let (shown, profile, room) = tokio::join!(
            api.send(TIMEOUT, |c| c.send(asked.clone())),
            api.send(TIMEOUT, |c| c.send(profile.clone())),
            room::find(&api, &user),
        );
        let sight = Sight { user: &user, me: api.user(), host: api.host() };
        let mut look = Look::default();
        sight.presence(&mut look, shown, presence)?;
        sight.profile(&mut look, profile)?;
        // Hardly anybody has one, so it is no news that there is none.
        look.room = room.ok().flatten().and_then(said);
        Ok(look)
    }
}

/// Who looks at whom.
struct Sight<'a> {
    user: &'a UserId,
    me: &'a UserId,
    host: &'a str,
}

impl Sight<'_> {
    fn presence(
        &self,
        look: &mut Look,
        answer: Result<get_presence::v3::Response, Trouble>,
        on: Option<bool>,
    ) -> Result<(), LookError> {
        let Self { user, me, host } = self;
        let off = || format!("Presence is turned off on {host}");
        let note = match answer {
            Ok(answer) => {
                let name = answer.presence.as_str();
                let presence = Presence::from_wire(name);
                if on == Some(false) && presence == Some(Presence::Offline) {
                    off()
                } else {
                    look.presence = presence;
                    // Servers differ in how they show that there is none.
                    look.message = answer.status_msg.filter(|m| !m.is_empty());
                    look.currently_active = answer.currently_active;
                    look.last_active_ago = answer.last_active_ago;
                    if presence.is_some() {
                        return Ok(());
                    }
                    format!("{user} shows “{name}”, which Presently does not know")
                }
            }
            Err(Trouble::Refused { message, .. }) if message.contains("disabled") => off(),
            Err(Trouble::Refused { status: 403, .. }) => format!(
                "{host} shows presence only to people who share a room: {me} shares none with {user}"
            ),
            Err(Trouble::Refused { status: 404, .. }) => {
                format!("{host} knows no presence of {user}")
            }
            Err(trouble) => self.silent(trouble)?,
        };
        look.notes.push(note);
        Ok(())
    }

    fn profile(
        &self,
        look: &mut Look,
        answer: Result<get_profile::v3::Response, Trouble>,
    ) -> Result<(), LookError> {
        let Self { user, host, .. } = self;
        let there = look.presence.is_some_and(|p| p != Presence::Offline);
        let note = match answer {
            Ok(profile) => {
                let first = |names: [&str; 2]| names.into_iter().find_map(|n| profile.get(n));
                look.name = profile.get("displayname").and_then(Value::as_str).map(str::to_owned);
                look.status = first(STATUS).and_then(status);
                look.call = first(CALL).and_then(call);
                return Ok(());
            }
            Err(Trouble::Refused { status: 404, .. }) if !there => {
                let (user, host) = (user.to_string(), (*host).to_owned());
                return Err(LookError::UnknownUser { user, host });
            }
            Err(Trouble::Refused { .. }) => format!("{host} does not show the profile of {user}"),
            Err(trouble) => self.silent(trouble)?,
        };
        if !look.notes.contains(&note) {
            look.notes.push(note);
        }
        Ok(())
    }

    /// Somebody else's server may fail without ours being at fault.
    fn silent(&self, trouble: Trouble) -> Result<String, LookError> {
        match trouble {
            Trouble::UnknownToken => Err(LookError::Expired),
            Trouble::Server(_) if self.user.server_name() != self.me.server_name() => {
                Ok(format!("{} cannot reach {}", self.host, self.user.server_name()))
            }
            other => Err(LookError::Network(other.line(self.host))),
        }
    }
}

/// What the owner of a profile room says there. Anybody may take the alias.
fn said(found: Found) -> Option<Contents> {
    let value = |stated: Option<Stated>| stated.and_then(|s| s.value).filter(|v| !v.is_empty());
    let presence = value(found.presence).and_then(|name| Presence::from_wire(&name));
    let said = Contents { presence, message: value(found.status) };
    (found.theirs && said != Contents::default()).then_some(said)
}

/// What others wrote may lack a part; one that says nothing is none.
fn status(value: &Value) -> Option<Status> {
    let part = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let status = Status { text: part("text"), emoji: part("emoji") };
    (!status.text.is_empty() || !status.emoji.is_empty()).then_some(status)
}

fn call(value: &Value) -> Option<CallField> {
    value.is_object().then(|| CallField { joined: value["call_joined_ts"].as_i64() })
}

#[cfg(test)]
mod tests {
    use matrix_sdk::ruma::presence::PresenceState;
    use matrix_sdk::ruma::user_id;
    use serde_json::json;

    use super::*;

    fn look(
        presence: Result<get_presence::v3::Response, Trouble>,
        profile: Result<get_profile::v3::Response, Trouble>,
        on: Option<bool>,
    ) -> Result<Look, LookError> {
        let sight = Sight {
            user: user_id!("@you:there.example"),
            me: user_id!("@me:here.example"),
            host: "here.example",
        };
        let mut look = Look::default();
        sight.presence(&mut look, presence, on)?;
        sight.profile(&mut look, profile)?;
        Ok(look)
    }

    fn shows(name: &str) -> Result<get_presence::v3::Response, Trouble> {
        Ok(get_presence::v3::Response::new(PresenceState::from(name)))
    }

    fn refused(status: u16) -> Trouble {
        let (code, message) = ("M_UNKNOWN".to_owned(), "No".to_owned());
        Trouble::Refused { status, code, message }
    }

    fn empty() -> Result<get_profile::v3::Response, Trouble> {
        Ok(get_profile::v3::Response::new())
    }

    #[test]
    fn both_names_of_the_fields_are_read_the_stable_one_first() {
        let profile = [
            ("displayname", json!("You")),
            ("org.matrix.msc4426.status", json!({"text": "old", "emoji": "💬"})),
            ("m.status", json!({"text": "new"})),
            ("org.matrix.msc4426.call", json!({"call_joined_ts": 1_795_000_000})),
        ];
        let profile = profile.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        let look = look(shows("org.matrix.msc3026.busy"), Ok(profile), Some(true));
        let status = Status { text: "new".to_owned(), emoji: String::new() };
        let wanted = Look {
            name: Some("You".to_owned()),
            presence: Some(Presence::Busy),
            status: Some(status),
            call: Some(CallField { joined: Some(1_795_000_000) }),
            ..Look::default()
        };
        assert_eq!(look, Ok(wanted));
        assert_eq!(call(&json!({})), Some(CallField { joined: None }));
        assert_eq!((call(&Value::Null), status_of("m")), (None, None));
    }

    fn status_of(nonsense: &str) -> Option<Status> {
        status(&json!(nonsense)).or_else(|| status(&json!({"text": 7})))
    }

    #[test]
    fn what_cannot_be_seen_is_said() {
        let note = |presence, profile, on| match look(presence, profile, on) {
            Ok(look) => (look.presence, look.notes.join("; ")),
            Err(error) => (None, error.to_string()),
        };
        let disabled = Trouble::Refused {
            status: 403,
            code: "M_FORBIDDEN".to_owned(),
            message: "Presence is disabled on this server".to_owned(),
        };
        let bad_gateway = || Trouble::Server(502);
        for (presence, profile, on, wanted) in [
            (shows("offline"), empty(), Some(false), "turned off on here.example"),
            (Err(disabled), empty(), None, "turned off on here.example"),
            (Err(refused(403)), empty(), Some(true), "@me:here.example shares none with"),
            (shows("dancing"), empty(), None, "shows “dancing”"),
            (shows("offline"), Err(refused(404)), None, "knows no user @you:there.example"),
            (Err(refused(403)), Err(refused(404)), None, "knows no user @you:there.example"),
            (Err(refused(403)), Err(refused(403)), None, "does not show the profile"),
            (
                Err(bad_gateway()),
                Err(bad_gateway()),
                None,
                "here.example cannot reach there.example",
            ),
            (Err(Trouble::UnknownToken), empty(), None, "has expired"),
        ] {
            let (presence, said) = note(presence, profile, on);
            assert!(said.contains(wanted), "{wanted}: {said}");
            assert_eq!(presence.filter(|p| *p != Presence::Offline), None);
        }
        let (presence, said) = note(shows("offline"), empty(), Some(true));
        assert_eq!((presence, said.as_str()), (Some(Presence::Offline), ""));
        let (presence, said) = note(shows("online"), Err(refused(404)), None);
        assert_eq!(presence, Some(Presence::Online), "{said}");
    }
}
