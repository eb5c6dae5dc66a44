//! What another user shows: their presence, their profile and their profile
//! room.

use std::time::Duration;

use matrix_sdk::ruma::UserId;
use matrix_sdk::ruma::api::client::presence::get_presence;
use matrix_sdk::ruma::api::client::profile::get_profile;
use presently_core::account::profile::Status;
use presently_core::account::profile_room::{Contents, Found, Stated};
use presently_core::{Code, Coded, Presence, coded_error};
use serde_json::Value;
use tokio::sync::mpsc;

use crate::account::room;
use crate::api::{Api, TIMEOUT};
use crate::request_error::RequestError;
use crate::sign_in_error::bad_user_id;
use crate::{Matrix, Session};

/// The field names of MSC4426, stable and unstable, in the order in which they
/// are read.
const STATUS: [&str; 2] = ["m.status", "org.matrix.msc4426.status"];
const CALL: [&str; 2] = ["m.call", "org.matrix.msc4426.call"];

/// What a user shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The display name.
    pub name: Option<String>,
    /// The presence, if it is visible.
    pub presence: Option<Presence>,
    /// The `status_msg` of the presence.
    pub message: Option<String>,
    /// Whether the user is active now, if the server says so.
    pub currently_active: Option<bool>,
    /// The time since the user was last active, if the server says so.
    pub last_active_ago: Option<Duration>,
    /// The status field of the profile (MSC4426).
    pub status: Option<Status>,
    /// The call field of the profile (MSC4426).
    pub call: Option<CallField>,
    /// The contents of the profile room (MSC3032), if it has any.
    pub room: Option<Contents>,
    /// What is not visible, and why.
    pub notes: Vec<Code>,
}

/// The call field of a profile (MSC4426).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallField {
    /// When the call was joined, in seconds since the epoch, if the field says
    /// so.
    pub joined: Option<i64>,
}

/// Why nothing about a user is visible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookError {
    /// The user id is malformed.
    BadUserId(String),
    /// No user has this id.
    UnknownUser {
        /// The user id.
        user: String,
        /// Host and port of the server that was asked.
        host: String,
    },
    /// The session's token has expired. The account that owns the session
    /// renews it.
    Expired,
    /// The server or the connection to it fails at present.
    Network(Code),
}

impl Coded for LookError {
    fn code(&self) -> Code {
        match self {
            Self::BadUserId(text) => bad_user_id(text),
            Self::UnknownUser { user, host } => {
                Code::new("look-unknown-user").with("user_id", user).with("host", host)
            }
            Self::Expired => Code::new("look-expired"),
            Self::Network(code) => code.clone(),
        }
    }
}

coded_error!(LookError);

impl Matrix {
    /// Asks what a user shows, through the session of an account. `presence` is
    /// whether presence is turned on at the account's server, if known: a
    /// server with presence turned off reports every user as offline. The
    /// tokens are not renewed.
    ///
    /// # Errors
    ///
    /// The user does not exist, the token has expired, or the server fails.
    /// What is only partly visible is no error but one of [`Look::notes`].
    pub async fn look(
        &self,
        session: Session,
        user_id: &str,
        presence: Option<bool>,
    ) -> Result<Look, LookError> {
        let user =
            UserId::parse(user_id.trim()).map_err(|_| LookError::BadUserId(user_id.to_owned()))?;
        // A renewal voids the old tokens, so only the account itself may renew
        // them.
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
        let lookup = Lookup { user: &user, me: api.user(), host: api.host() };
        let mut look = Look::default();
        lookup.presence(&mut look, shown, presence)?;
        lookup.profile(&mut look, profile)?;
        // Few users have a profile room, so its absence needs no note.
        look.room = room.ok().flatten().and_then(said);
        Ok(look)
    }
}

/// The user who is looked up, the account that asks, and its server.
struct Lookup<'a> {
    user: &'a UserId,
    me: &'a UserId,
    host: &'a str,
}

impl Lookup<'_> {
    fn presence(
        &self,
        look: &mut Look,
        answer: Result<get_presence::v3::Response, RequestError>,
        on: Option<bool>,
    ) -> Result<(), LookError> {
        let Self { user, me, host } = *self;
        let off = || Code::new("look-presence-off").with("host", host);
        let note = match answer {
            Ok(answer) => {
                let name = answer.presence.as_str();
                let presence = Presence::from_wire(name);
                if on == Some(false) && presence == Some(Presence::Offline) {
                    off()
                } else {
                    look.presence = presence;
                    // Some servers send an empty text if there is no message.
                    look.message = answer.status_msg.filter(|m| !m.is_empty());
                    look.currently_active = answer.currently_active;
                    look.last_active_ago = answer.last_active_ago;
                    if presence.is_some() {
                        return Ok(());
                    }
                    Code::new("look-presence-unknown")
                        .with("user_id", user.as_str())
                        .with("presence", name)
                }
            }
            Err(RequestError::Refused { message, .. }) if message.contains("disabled") => off(),
            Err(RequestError::Refused { status: 403, .. }) => Code::new("look-no-shared-room")
                .with("host", host)
                .with("me", me.as_str())
                .with("user_id", user.as_str()),
            Err(RequestError::Refused { status: 404, .. }) => {
                Code::new("look-no-presence").with("host", host).with("user_id", user.as_str())
            }
            Err(error) => self.silent(error)?,
        };
        look.notes.push(note);
        Ok(())
    }

    fn profile(
        &self,
        look: &mut Look,
        answer: Result<get_profile::v3::Response, RequestError>,
    ) -> Result<(), LookError> {
        let Self { user, host, .. } = *self;
        let there = look.presence.is_some_and(|p| p != Presence::Offline);
        let note = match answer {
            Ok(profile) => {
                let first = |names: [&str; 2]| names.into_iter().find_map(|n| profile.get(n));
                look.name = profile.get("displayname").and_then(Value::as_str).map(str::to_owned);
                look.status = first(STATUS).and_then(status);
                look.call = first(CALL).and_then(call);
                return Ok(());
            }
            Err(RequestError::Refused { status: 404, .. }) if !there => {
                let (user, host) = (user.to_string(), host.to_owned());
                return Err(LookError::UnknownUser { user, host });
            }
            Err(RequestError::Refused { .. }) => {
                Code::new("look-no-profile").with("host", host).with("user_id", user.as_str())
            }
            Err(error) => self.silent(error)?,
        };
        if !look.notes.contains(&note) {
            look.notes.push(note);
        }
        Ok(())
    }

    /// A failure of another user's own server becomes a note. Any other failure
    /// is an error.
    fn silent(&self, error: RequestError) -> Result<Code, LookError> {
        match error {
            RequestError::UnknownToken => Err(LookError::Expired),
            RequestError::Server(_) if self.user.server_name() != self.me.server_name() => {
                Ok(Code::new("look-server-unreachable")
                    .with("host", self.host)
                    .with("server", self.user.server_name().as_str()))
            }
            other => Err(LookError::Network(other.code(self.host))),
        }
    }
}

/// What the owner of a profile room says in it. A room of anybody else is
/// ignored, because any user may take the alias.
fn said(found: Found) -> Option<Contents> {
    let value = |stated: Option<Stated>| stated.and_then(|s| s.value).filter(|v| !v.is_empty());
    let presence = value(found.presence).and_then(|name| Presence::from_wire(&name));
    let said = Contents { presence, message: value(found.status) };
    (found.theirs && said != Contents::default()).then_some(said)
}

/// Other clients may omit a part of the status. If both parts are empty, there
/// is none.
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
        presence: Result<get_presence::v3::Response, RequestError>,
        profile: Result<get_profile::v3::Response, RequestError>,
        on: Option<bool>,
    ) -> Result<Look, LookError> {
        let lookup = Lookup {
            user: user_id!("@you:there.example"),
            me: user_id!("@me:here.example"),
            host: "here.example",
        };
        let mut look = Look::default();
        lookup.presence(&mut look, presence, on)?;
        lookup.profile(&mut look, profile)?;
        Ok(look)
    }

    fn shows(name: &str) -> Result<get_presence::v3::Response, RequestError> {
        Ok(get_presence::v3::Response::new(PresenceState::from(name)))
    }

    fn refused(status: u16) -> RequestError {
        let (code, message) = ("M_UNKNOWN".to_owned(), "No".to_owned());
        RequestError::Refused { status, code, message }
    }

    fn empty() -> Result<get_profile::v3::Response, RequestError> {
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
        const HERE: &str = "here.example";
        const ME: &str = "@me:here.example";
        const YOU: &str = "@you:there.example";
        let notes = |presence, profile, on| match look(presence, profile, on) {
            Ok(look) => (look.presence, look.notes),
            Err(error) => (None, vec![error.code()]),
        };
        let disabled = RequestError::Refused {
            status: 403,
            code: "M_FORBIDDEN".to_owned(),
            message: "Presence is disabled on this server".to_owned(),
        };
        let bad_gateway = || RequestError::Server(502);
        let off = || Code::new("look-presence-off").with("host", HERE);
        let alone = || {
            Code::new("look-no-shared-room").with("host", HERE).with("me", ME).with("user_id", YOU)
        };
        let of_you = |code| Code::new(code).with("host", HERE).with("user_id", YOU);
        let unknown = || of_you("look-unknown-user");
        let no_profile = || of_you("look-no-profile");
        let dancing =
            Code::new("look-presence-unknown").with("user_id", YOU).with("presence", "dancing");
        let away =
            Code::new("look-server-unreachable").with("host", HERE).with("server", "there.example");
        for (presence, profile, on, wanted) in [
            (shows("offline"), empty(), Some(false), vec![off()]),
            (Err(disabled), empty(), None, vec![off()]),
            (Err(refused(403)), empty(), Some(true), vec![alone()]),
            (Err(refused(404)), empty(), None, vec![of_you("look-no-presence")]),
            (shows("dancing"), empty(), None, vec![dancing]),
            (shows("offline"), Err(refused(404)), None, vec![unknown()]),
            (Err(refused(403)), Err(refused(404)), None, vec![unknown()]),
            (Err(refused(403)), Err(refused(403)), None, vec![alone(), no_profile()]),
            // The same note appears once.
            (Err(bad_gateway()), Err(bad_gateway()), None, vec![away]),
            (Err(RequestError::UnknownToken), empty(), None, vec![Code::new("look-expired")]),
        ] {
            let (presence, said) = notes(presence, profile, on);
            assert_eq!(said, wanted);
            assert_eq!(presence.filter(|p| *p != Presence::Offline), None);
        }
        let none = Vec::<Code>::new();
        assert_eq!(notes(shows("offline"), empty(), Some(true)), (Some(Presence::Offline), none));
        let (presence, said) = notes(shows("online"), Err(refused(404)), None);
        assert_eq!((presence, said), (Some(Presence::Online), vec![no_profile()]));
    }
}
