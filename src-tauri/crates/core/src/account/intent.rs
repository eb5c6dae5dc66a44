//! What one account is to show. An [`Intent`] is made from the decision and the
//! account's settings. Each variant has fields only for what is shared, so
//! nothing else can be sent.

use crate::manual::{DEFAULT_EMOJI, Message};
use crate::settings::{AccountSettings, BusyMode, Share};
use crate::{Decision, Presence, Source};

use super::presence::Desired;
use super::profile::{self, Status, call_joined};
use super::profile_room;

/// What one account is to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// `share = "nothing"`: invisible, without a message.
    Nothing,
    /// `share = "message"`: invisible, with the status message.
    Message(MessageOnly),
    /// `share = "everything"`.
    Everything(Everything),
}

/// What an account shows with `share = "message"`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageOnly {
    /// The person's message.
    pub message: Option<Message>,
    /// The message also goes to the profile room (MSC3032).
    pub profile_room: bool,
}

/// What an account shows with `share = "everything"`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Everything {
    /// The presence. `None` if it is unknown, and then none is claimed.
    pub presence: Option<Presence>,
    /// The person chose the presence, so it is sent by PUT (MSC3032).
    pub manual: bool,
    /// The person's message.
    pub message: Option<Message>,
    /// The status message where busy is shown as away and the person set none.
    pub stand_in: Option<String>,
    /// Whether busy is sent as busy.
    pub busy: BusyMode,
    /// When the call began, in seconds since the epoch, rounded down by
    /// [`call_joined`]. `None` outside a call, and if the account may not write
    /// the call field.
    pub call: Option<i64>,
    /// What the person chose also goes to the profile room (MSC3032).
    pub profile_room: bool,
}

impl Default for Intent {
    /// Before the first decision nothing is claimed.
    fn default() -> Self {
        Self::Everything(Everything::default())
    }
}

impl Intent {
    /// The intent for `decision` on an account with these settings. `in_call`
    /// is the status message where a call cannot be shown as busy.
    pub fn new(decision: &Decision, settings: &AccountSettings, in_call: &str) -> Self {
        let message = decision.message.clone();
        match settings.share {
            Share::Nothing => Self::Nothing,
            Share::Message => {
                Self::Message(MessageOnly { message, profile_room: settings.profile_room })
            }
            Share::Everything => {
                let is_call = decision.source == Source::Call;
                let joined = decision.since.filter(|_| is_call && settings.call_field);
                Self::Everything(Everything {
                    presence: decision.presence,
                    manual: decision.source == Source::Manual,
                    message,
                    stand_in: is_call.then(|| in_call.to_owned()),
                    busy: settings.busy,
                    call: joined.map(call_joined),
                    profile_room: settings.profile_room,
                })
            }
        }
    }

    /// The message, if one is shared.
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::Nothing => None,
            Self::Message(shown) => shown.message.as_ref(),
            Self::Everything(shown) => shown.message.as_ref(),
        }
    }

    /// Whether the message has an end. After we have left, nobody clears it
    /// then.
    pub(super) fn message_ends(&self) -> bool {
        self.message().is_some_and(|message| message.until.is_some())
    }

    /// The presence and the status message that the account is to show.
    pub fn presence(&self) -> Desired {
        let text = self.message().map(|message| message.text.clone());
        let hidden = Desired { presence: Some(Presence::Offline), ..Desired::default() };
        match self {
            Self::Nothing => hidden,
            Self::Message(_) => Desired { message: text, ..hidden },
            Self::Everything(shown) => Desired {
                presence: shown.presence,
                manual: shown.manual,
                message: text,
                stand_in: shown.stand_in.clone(),
                busy: shown.busy,
            },
        }
    }

    /// What the profile is to show.
    pub fn profile(&self) -> profile::Target {
        let call = match self {
            Self::Everything(shown) => shown.call,
            Self::Nothing | Self::Message(_) => None,
        };
        let status = self.message().map(|message| Status {
            text: message.text.clone(),
            emoji: message.emoji.clone().unwrap_or_else(|| DEFAULT_EMOJI.to_owned()),
        });
        profile::Target { status, call }
    }

    /// What the profile room is to say. `None` if the person did not opt in.
    pub fn profile_room(&self) -> Option<profile_room::Contents> {
        let chosen = match self {
            Self::Everything(shown) if shown.profile_room => {
                shown.presence.filter(|_| shown.manual)
            }
            Self::Message(shown) if shown.profile_room => None,
            _ => return None,
        };
        Some(profile_room::Contents {
            presence: chosen.filter(|presence| *presence != Presence::Offline),
            message: self.message().map(|message| message.text.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn decision(source: Source, presence: Presence) -> Decision {
        Decision {
            presence: Some(presence),
            source,
            reason: crate::Reason::Chosen,
            since: Some(Timestamp::UNIX_EPOCH),
            until: None,
            message: Message::new("Back at 15:00", None, Some(Timestamp::MAX)).ok(),
        }
    }

    /// All that others can read of an intent.
    fn told(intent: &Intent) -> (Option<Presence>, bool, bool, Option<profile_room::Contents>) {
        let (presence, profile) = (intent.presence(), intent.profile());
        assert_eq!(presence.message.is_some(), profile.status.is_some());
        (presence.presence, profile.status.is_some(), profile.call.is_some(), intent.profile_room())
    }

    #[test]
    fn an_account_is_told_what_it_may_be_told() {
        use Presence::{Busy, Offline};
        let message = || Some("Back at 15:00".to_owned());
        for (share, source, expected) in [
            (Share::Everything, Source::Call, (Some(Busy), true, true, (None, message()))),
            (Share::Everything, Source::Manual, (Some(Busy), true, false, (Some(Busy), message()))),
            (Share::Message, Source::Call, (Some(Offline), true, false, (None, message()))),
            (Share::Message, Source::Manual, (Some(Offline), true, false, (None, message()))),
        ] {
            let settings = AccountSettings {
                share,
                call_field: true,
                profile_room: true,
                ..AccountSettings::new("@me:example.org")
            };
            let intent = Intent::new(&decision(source, Busy), &settings, "In a call");
            let (presence, status, call, (chosen, text)) = expected;
            let room = profile_room::Contents { presence: chosen, message: text };
            assert_eq!(told(&intent), (presence, status, call, Some(room)), "{share:?} {source:?}");
        }
        let settings = AccountSettings {
            share: Share::Nothing,
            call_field: true,
            profile_room: true,
            ..AccountSettings::new("@me:example.org")
        };
        for source in [Source::Call, Source::Manual, Source::Active] {
            let intent = Intent::new(&decision(source, Busy), &settings, "In a call");
            assert_eq!(told(&intent), (Some(Offline), false, false, None), "{source:?}");
        }
    }
}
