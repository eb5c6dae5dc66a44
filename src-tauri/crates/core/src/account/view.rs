//! The state of an account for display.

use super::presence::{PutState, Seen};
use super::profile::{FieldValue, Fields, Status};
use super::profile_room::RoomProblem;
use super::{Abilities, Account, Note};
use crate::remote_call::RemoteCall;
use crate::{Moment, Presence};

/// The state of an account for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The connection to the homeserver.
    pub connection: Connection,
    /// The presence that our requests say now. `None` if they say none.
    pub sent: Option<Presence>,
    /// What others see, read back from the server.
    pub seen: Option<Seen>,
    /// What the server can do.
    pub abilities: Abilities,
    /// What the person should know.
    pub notes: Vec<Note>,
    /// Others see the presence that was meant.
    pub settled: bool,
    /// The profile fields that the server has. `None` until it was asked.
    pub fields: Option<Fields>,
    /// The status in the profile, whoever set it.
    pub status: FieldValue<Status>,
    /// The call in the profile, where we wrote it.
    pub call: FieldValue<i64>,
    /// The profile shows what was meant.
    pub profile_settled: bool,
    /// The call that the account is in on another device.
    pub elsewhere: Option<RemoteCall>,
    /// Why there is no profile room although one is wanted.
    pub room_problem: Option<RoomProblem>,
    /// Another device has replaced the person's last message, in the presence
    /// or in the profile.
    pub replaced: bool,
}

/// How the connection to a homeserver is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// The first sync has not been answered.
    #[default]
    Connecting,
    /// The newest sync was answered.
    Syncing,
    /// The newest sync failed and is retried.
    Retrying,
    /// The session has ended. The person has to sign in again.
    NeedsLogin,
}

impl Account {
    /// The state at `now`, based on the last [`Self::poll_transmit`].
    pub fn view(&self, now: Moment) -> View {
        let connection = if self.over {
            Connection::NeedsLogin
        } else if self.line.up {
            Connection::Syncing
        } else if self.line.down_since.is_some() {
            Connection::Retrying
        } else {
            Connection::Connecting
        };
        View {
            connection,
            sent: self.sent(),
            seen: self.ack.seen.clone(),
            abilities: self.abilities.clone(),
            notes: self.notes(now),
            settled: self.presence_plan.settled,
            fields: self.fields.clone(),
            status: self.profile.status.clone(),
            call: self.profile.call,
            profile_settled: self.profile_plan.settled,
            elsewhere: self.call_elsewhere(now),
            room_problem: self.room_problem.clone(),
            replaced: self.ack.message.said.replaced || self.profile.said.replaced,
        }
    }

    fn notes(&self, now: Moment) -> Vec<Note> {
        let replaced = self.ack.message.said.replaced || self.profile.said.replaced;
        let replaced =
            (replaced && self.intent.message().is_some()).then_some(Note::MessageReplaced);
        let unknown = self.is_remote_call_expired(now) && self.calls.live(now.wall).is_some();
        let unknown = unknown.then_some(Note::CallUnknown);
        let presence = self.presence_plan.note.iter().cloned();
        let profile = self.profile_plan.refused.iter().cloned().map(Note::FieldRefused);
        presence.chain(profile).chain(replaced).chain(unknown).collect()
    }

    /// The presence that our requests say now. An open PUT comes first, then
    /// the last accepted PUT that no sync undid, then the sync. A sync with
    /// `offline` says nothing.
    fn sent(&self) -> Option<Presence> {
        let last = self.ack.put.last.as_ref().filter(|p| p.state == PutState::Open);
        let by_sync = self.ack.sync.poll.map(|p| p.set).filter(|set| *set != Presence::Offline);
        last.map(|p| p.put.presence).or(self.ack.put.in_force).or(by_sync)
    }
}
