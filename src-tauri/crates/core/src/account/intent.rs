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
    /// The status message where the person set none on any device.
    pub stand_in: Option<StandIn>,
    /// Whether busy is sent as busy.
    pub busy: BusyMode,
    /// When the call began, in seconds since the epoch, rounded down by
    /// [`call_joined`]. `None` outside a call, and if the account may not write
    /// the call field.
    pub call: Option<i64>,
    /// The time zone, if the person wants others to know it.
    pub zone: Option<String>,
    /// What the person chose also goes to the profile room (MSC3032).
    pub profile_room: bool,
}

/// A status message that the person did not write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// The text and the emoji.
    pub status: Status,
    /// It is shown only where busy is shown as away, and not in the status
    /// field: the call field says the same.
    pub for_busy: bool,
}

/// The texts of stand-ins, in the person's language. `None` if the person does
/// not want one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StandInTexts {
    /// Where a call cannot be shown as busy.
    pub in_call: Option<Status>,
    /// In a meeting of the calendar.
    pub in_meeting: Option<Status>,
    /// Out of office, by the calendar.
    pub out_of_office: Option<Status>,
}

impl StandInTexts {
    fn of(&self, decision: &Decision) -> Option<StandIn> {
        let (status, for_busy) = match (decision.source, decision.presence) {
            (Source::Call, _) => (&self.in_call, true),
            (Source::Meeting, Some(Presence::Busy)) => (&self.in_meeting, false),
            (Source::Meeting, _) => (&self.out_of_office, false),
            _ => return None,
        };
        Some(StandIn { status: status.clone()?, for_busy })
    }
}

impl Default for Intent {
    /// Before the first decision nothing is claimed.
    fn default() -> Self {
        Self::Everything(Everything::default())
    }
}

impl Intent {
    /// The intent for `decision` on an account with these settings. `zone` is the
    /// time zone that the person wants others to know.
    pub fn new(
        decision: &Decision,
        settings: &AccountSettings,
        texts: &StandInTexts,
        zone: Option<&str>,
    ) -> Self {
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
                    stand_in: texts.of(decision),
                    busy: settings.busy,
                    call: joined.map(call_joined),
                    zone: zone.map(str::to_owned),
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
        match self.message() {
            Some(message) => message.until.is_some(),
            None => self.stand_in().is_some(),
        }
    }

    /// The status for the profile where the person set none.
    fn stand_in(&self) -> Option<&Status> {
        let Self::Everything(shown) = self else { return None };
        shown.stand_in.as_ref().filter(|it| !it.for_busy).map(|it| &it.status)
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
                stand_in: shown.stand_in.as_ref().map(|it| it.status.text.clone()),
                stands_in_always: shown.stand_in.as_ref().is_some_and(|it| !it.for_busy),
                busy: shown.busy,
            },
        }
    }

    /// What the profile is to show.
    pub fn profile(&self) -> profile::Target {
        let (call, zone) = match self {
            Self::Everything(shown) => (shown.call, shown.zone.clone()),
            Self::Nothing | Self::Message(_) => (None, None),
        };
        let status = self.message().map(|message| Status {
            text: message.text.clone(),
            emoji: message.emoji.clone().unwrap_or_else(|| DEFAULT_EMOJI.to_owned()),
        });
        profile::Target { status, stand_in: self.stand_in().cloned(), call, zone }
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
    use jiff::Timestamp;

    use super::*;

    fn texts() -> StandInTexts {
        let said = |text: &str| Some(Status { text: text.to_owned(), emoji: "📅".to_owned() });
        StandInTexts {
            in_call: said("In a call"),
            in_meeting: said("In a meeting"),
            out_of_office: None,
        }
    }

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
            let intent = Intent::new(&decision(source, Busy), &settings, &texts(), None);
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
            let intent = Intent::new(&decision(source, Busy), &settings, &texts(), None);
            assert_eq!(told(&intent), (Some(Offline), false, false, None), "{source:?}");
        }
    }

    #[test]
    fn who_shares_everything_shows_a_meeting_in_words() {
        use Presence::{Busy, Online, Unavailable};
        let away = Some(Status { text: "Away".to_owned(), emoji: "🌴".to_owned() });
        let texts = StandInTexts { out_of_office: away, ..texts() };
        // What stands in where the person set no message, whether always, and
        // whether in the profile too.
        for (share, source, presence, expected) in [
            (Share::Everything, Source::Call, Busy, (Some("In a call"), false, false)),
            (Share::Everything, Source::Meeting, Busy, (Some("In a meeting"), true, true)),
            (Share::Everything, Source::Meeting, Unavailable, (Some("Away"), true, true)),
            (Share::Everything, Source::Active, Online, (None, false, false)),
            (Share::Message, Source::Meeting, Busy, (None, false, false)),
            (Share::Nothing, Source::Meeting, Busy, (None, false, false)),
        ] {
            let settings = AccountSettings { share, ..AccountSettings::new("@me:example.org") };
            let decision = Decision { message: None, ..decision(source, presence) };
            let intent = Intent::new(&decision, &settings, &texts, Some("Europe/Berlin"));
            let (desired, target) = (intent.presence(), intent.profile());
            let got = (desired.stand_in.as_deref(), desired.stands_in_always);
            assert_eq!((got.0, got.1, target.stand_in.is_some()), expected, "{share:?} {source:?}");
            assert_eq!(target.zone.is_some(), share == Share::Everything);
            // Nobody ends it after we have left.
            assert_eq!(intent.message_ends(), target.stand_in.is_some());
        }
    }
}
