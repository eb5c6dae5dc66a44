//! The last requests before the agent ends or the account is paused. What
//! cannot be sent is done at the next start, because its marks remain.

use std::time::Duration;

use super::presence::plan::carried_message;
use super::presence::{self, Put};
use super::profile::{ProfileEvent, Step};
use super::profile_room::{Contents, RoomEvent, RoomStep, plan_room};
use super::{Account, Lane, Request};
use crate::{Moment, Mono, Presence};

/// How long leaving waits for an open write. Such a write might otherwise reach
/// the server after the goodbye.
const LAST_ANSWER: Duration = Duration::from_millis(500);
/// A poll that began less than this ago may reach the server after the goodbye,
/// although it was given up. It would set the old presence again.
const POLL_ARRIVES: Duration = Duration::from_millis(250);

/// The progress of leaving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaving {
    /// When it began.
    since: Mono,
    /// The goodbye.
    put: Goodbye,
    /// The removal of the call from the profile was tried, or is not needed.
    call_tried: bool,
    /// A request about the status failed.
    status_failed: bool,
    /// A request about the profile room failed.
    room_failed: bool,
    /// Nothing is left to send, or nothing more can be sent.
    pub(super) done: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goodbye {
    Due,
    Sent,
    /// It is complete. `true` if the server accepted it.
    Over(bool),
}

impl Account {
    pub(super) fn begin_leaving(&mut self, now: Moment) {
        if self.leaving.is_some() || self.over {
            return;
        }
        for lane in [Lane::Sync, Lane::Probe, Lane::Devices] {
            self.open.remove(&lane);
        }
        self.room.leaves();
        let unseen = self.abilities.presence == Some(false);
        self.leaving = Some(Leaving {
            since: now.mono,
            put: if unseen { Goodbye::Over(false) } else { Goodbye::Due },
            call_tried: false,
            status_failed: false,
            room_failed: false,
            done: false,
        });
    }

    /// The next request of leaving, one at a time in each lane.
    pub(super) fn last_request(&mut self, now: Moment) -> Option<Request> {
        let since = self.leaving.as_ref()?.since;
        let late = since + LAST_ANSWER;
        if now.mono < late && self.is_waiting_for_earlier() {
            self.timeout = Some(late);
            return None;
        }
        let request = self
            .goodbye(now)
            .or_else(|| self.last_of_profile(now))
            .or_else(|| self.last_of_room(now));
        let done = request.is_none() && self.open.is_empty() && self.timeout.is_none();
        if let Some(leaving) = &mut self.leaving {
            leaving.done = done;
        }
        request
    }

    /// Whether a write from before leaving is still open.
    fn is_waiting_for_earlier(&self) -> bool {
        let before = self.leaving.as_ref().is_some_and(|leaving| leaving.put == Goodbye::Due);
        before && [Lane::Put, Lane::Profile].iter().any(|lane| self.open.contains_key(lane))
    }

    fn goodbye(&mut self, now: Moment) -> Option<Request> {
        let leaving = self.leaving.as_ref()?;
        match leaving.put {
            Goodbye::Due if !self.ack.read.known => {
                // The goodbye must carry a message of another device, which has
                // to be read first.
                if self.open.contains_key(&Lane::Read) || self.ack.read.retry.failures() > 0 {
                    return None;
                }
                self.record(presence::Event::ReadStarted, now);
                Some(Request::Read)
            }
            Goodbye::Due if self.goodbye_due() > now.mono => {
                self.timeout = Some(self.goodbye_due());
                None
            }
            Goodbye::Due => {
                let put = self.last_put();
                self.record(presence::Event::PutStarted(put.clone()), now);
                self.set_goodbye(Goodbye::Sent);
                Some(Request::Put(put))
            }
            // The read-back tells which marks may go. Without marks it is not
            // needed.
            Goodbye::Over(true)
                if !self.ack.read.done
                    && !self.open.contains_key(&Lane::Read)
                    && self.ack.read.retry.failures() == 0
                    && (self.ack.busy.mark || !self.ack.message.ours.is_empty()) =>
            {
                self.record(presence::Event::ReadStarted, now);
                Some(Request::Read)
            }
            Goodbye::Sent | Goodbye::Over(_) => None,
        }
    }

    /// When the pause of the rate limit has ended and the last poll has surely
    /// arrived.
    fn goodbye_due(&self) -> Mono {
        let poll = self.ack.sync.poll.filter(|poll| poll.open && poll.set != Presence::Offline);
        let arrived = poll.map(|poll| poll.started + POLL_ARRIVES).unwrap_or_default();
        self.ack.put.retry.limited_until().max(arrived)
    }

    /// The PUT of the goodbye. It says offline, because nobody keeps another
    /// presence true any more. A message of ours that ends by itself is
    /// cleared, because nobody ends it any more.
    fn last_put(&self) -> Put {
        let stays = !self.intent.message_ends() && !self.ack.message.said.replaced;
        let wanted = self.desired.message.as_ref().filter(|_| stays);
        let (message, ours) = carried_message(wanted, &self.ack);
        Put { presence: Presence::Offline, message, ours }
    }

    fn last_of_profile(&mut self, now: Moment) -> Option<Request> {
        let ends = self.intent.message_ends();
        let leaving = self.leaving.as_mut()?;
        if self.open.contains_key(&Lane::Profile) {
            if now.mono < leaving.since + LAST_ANSWER || leaving.call_tried {
                return None;
            }
            // The open request is given up.
            self.open.remove(&Lane::Profile);
            let jitter = self.jitter();
            self.profile.record(ProfileEvent::Failed(jitter), now.mono);
        }
        let leaving = self.leaving.as_mut()?;
        let call = self.profile.leaving().filter(|_| !leaving.call_tried);
        let status =
            self.profile.leaving_status(now.mono).filter(|_| ends && !leaving.status_failed);
        leaving.call_tried = true;
        let step = call.or(status)?;
        self.profile.record(ProfileEvent::Started(step.clone()), now.mono);
        Some(Request::Profile(step))
    }

    /// Redacts what must not stay in the profile room. Nothing is written.
    fn last_of_room(&mut self, now: Moment) -> Option<Request> {
        if self.open.contains_key(&Lane::Room) || self.leaving.as_ref()?.room_failed {
            return None;
        }
        let ends = self.intent.message_ends();
        let stays = self.contents.as_ref().map(|contents| Contents {
            presence: None,
            message: contents.message.clone().filter(|_| !ends),
        });
        let step = plan_room(stays.as_ref(), &self.room, now.mono).step?;
        if !matches!(step, RoomStep::Find | RoomStep::Redact { .. }) || !self.room.marks.is_left() {
            return None;
        }
        self.room.record(RoomEvent::Started(step.clone()), now.mono);
        Some(Request::Room(step))
    }

    /// Records the answer to the goodbye. The answer to an earlier PUT changes
    /// nothing here.
    pub(super) fn last_put_answered(&mut self) {
        use presence::PutState::{Accepted, Failed};
        let sent = self.leaving.as_ref().is_some_and(|leaving| leaving.put == Goodbye::Sent);
        let Some(last) = self.ack.put.last.as_ref().filter(|_| sent) else { return };
        match last.state {
            Accepted => self.set_goodbye(Goodbye::Over(true)),
            // The rate limit refused it. It is sent again when the pause ends.
            Failed if self.ack.put.retry.failures() == 0 => self.set_goodbye(Goodbye::Due),
            _ => self.set_goodbye(Goodbye::Over(false)),
        }
    }

    pub(super) fn last_step_answered(&mut self, done: bool) {
        let is_status = matches!(
            self.profile.open_step(),
            Some(Step::ReadStatus | Step::Remove(super::profile::Field::Status))
        );
        if let Some(leaving) = &mut self.leaving {
            leaving.status_failed |= is_status && !done;
        }
    }

    pub(super) fn last_of_room_failed(&mut self) {
        if let Some(leaving) = &mut self.leaving {
            leaving.room_failed = true;
        }
    }

    fn set_goodbye(&mut self, put: Goodbye) {
        if let Some(leaving) = &mut self.leaving {
            leaving.put = put;
        }
    }
}
