//! The end: what goes out before the agent ends or the account is paused.
//! What does not go out is done at the next start, because its marks stand.

use std::time::Duration;

use super::presence::plan::carried_message;
use super::presence::{self, Put};
use super::profile::{ProfileEvent, Step};
use super::profile_room::{Contents, RoomEvent, RoomStep, plan_room};
use super::{Account, Lane, Request};
use crate::{Moment, Mono, Presence};

/// A request that is under way may take this long; it might overtake what is
/// said last.
const LAST_ANSWER: Duration = Duration::from_millis(500);
/// A poll that began so short ago may reach the server after the goodbye,
/// although it was given up, and say again what was said before.
const POLL_ARRIVES: Duration = Duration::from_millis(250);

/// How far leaving is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaving {
    /// When it began.
    since: Mono,
    /// The PUT that says goodbye.
    put: Goodbye,
    /// The call was taken out of the profile, or it failed.
    call_tried: bool,
    /// A request about the status failed.
    status_failed: bool,
    /// One about the profile room did.
    room_failed: bool,
    /// All was said, or can be said no more.
    pub(super) done: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goodbye {
    Due,
    Sent,
    /// It is over, and whether it was accepted.
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

    /// What is said last, one request after the other in each lane.
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

    /// A write from before leaving has not been answered.
    fn is_waiting_for_earlier(&self) -> bool {
        let before = self.leaving.as_ref().is_some_and(|leaving| leaving.put == Goodbye::Due);
        before && [Lane::Put, Lane::Profile].iter().any(|lane| self.open.contains_key(lane))
    }

    fn goodbye(&mut self, now: Moment) -> Option<Request> {
        let leaving = self.leaving.as_ref()?;
        match leaving.put {
            Goodbye::Due if !self.ack.read.known => {
                // A message of another device must go with it.
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
            // With nothing to clear, the next start need not know either.
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

    /// The rate limit has rested, and the last poll has arrived.
    fn goodbye_due(&self) -> Mono {
        let poll = self.ack.sync.poll.filter(|poll| poll.open && poll.set != Presence::Offline);
        let arrived = poll.map(|poll| poll.started + POLL_ARRIVES).unwrap_or_default();
        self.ack.put.retry.limited_until().max(arrived)
    }

    /// Others must not be left with a presence that nobody keeps true, nor
    /// with a message that nobody ends.
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
            // It is not waited for any longer.
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

    /// Whatever says more than what stays is redacted, and nothing written.
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

    /// The answer to a PUT came: of one from before leaving, or of the last.
    pub(super) fn last_put_answered(&mut self) {
        use presence::PutState::{Accepted, Failed};
        let sent = self.leaving.as_ref().is_some_and(|leaving| leaving.put == Goodbye::Sent);
        let Some(last) = self.ack.put.last.as_ref().filter(|_| sent) else { return };
        match last.state {
            Accepted => self.set_goodbye(Goodbye::Over(true)),
            // It may go when the server says so.
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
