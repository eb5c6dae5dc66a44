//! How the answers to requests change an account.

use super::presence::{self, PutState};
use super::probing::Completeness;
use super::profile::ProfileEvent;
use super::profile_room::{RoomEvent, RoomStep};
use super::{
    Account, Answer, Fault, Lane, NonexistentUser, RequestId, SPELT_OUT, UNSAID_LIMIT, sync,
};
use crate::remote_call::RoomUpdates;
use crate::{Moment, Presence};

impl Account {
    /// Records the answer to a request. It is ignored if the request is not
    /// open any more.
    pub(super) fn answered(&mut self, id: RequestId, answer: Result<Answer, Fault>, now: Moment) {
        let Some(lane) = self.open.iter().find(|(_, open)| **open == id).map(|(lane, _)| *lane)
        else {
            return;
        };
        self.open.remove(&lane);
        if answer.as_ref().err() == Some(&Fault::UnknownToken) {
            self.end_session();
            return;
        }
        match lane {
            Lane::Sync => self.sync_answered(answer, now),
            Lane::Put => self.put_answered(answer, now),
            Lane::Read => self.read_answered(answer, now),
            Lane::Devices => self.devices_answered(answer, now),
            Lane::Probe => self.probe_answered(answer, now),
            Lane::Profile => self.profile_answered(answer, now),
            Lane::Room => self.room_answered(answer, now),
        }
    }

    fn end_session(&mut self) {
        self.over = true;
        self.line.up = false;
        self.open.clear();
        self.timeout = None;
    }

    fn sync_answered(&mut self, answer: Result<Answer, Fault>, now: Moment) {
        let fault = match answer {
            Ok(Answer::Synced(answer)) => return self.synced(*answer, now),
            Ok(_) => Fault::Lost,
            Err(fault) => fault,
        };
        let refused = matches!(fault, Fault::Refused { .. });
        if refused {
            // The server may have refused the `since` token or the id of the
            // filter.
            self.since = None;
            self.spelt_out_until = now.mono + SPELT_OUT;
        }
        let said_busy = self.ack.sync.poll.is_some_and(|poll| poll.set == Presence::Busy);
        if said_busy && matches!(fault, Fault::Refused { status: 400, .. }) {
            self.record(presence::Event::PollBusyRefused, now);
            return;
        }
        if self.line.down_since.is_none() {
            self.line.down_since = Some(now.mono);
        }
        self.line.up = false;
        let event = match fault {
            Fault::Limited(pause) => presence::Event::PollLimited(pause.unwrap_or(UNSAID_LIMIT)),
            _ => presence::Event::PollFailed { jitter: self.jitter() },
        };
        self.record(event, now);
    }

    fn synced(&mut self, answer: sync::SyncAnswer, now: Moment) {
        self.record_rooms(&answer.rooms, now);
        if !self.calls.must_repeat_sync() {
            self.since = Some(answer.next);
        }
        if !self.line.up {
            let was_lost = self.line.down_since.take().is_some();
            self.line.up = true;
            if self.open.remove(&Lane::Devices).is_some() {
                // A request from before the outage may be lost, so it is given
                // up and sent again.
                let jitter = self.jitter();
                self.record(presence::Event::DevicesFailed { jitter }, now);
            }
            self.ack.others.line_is_back();
            self.profile_returned(now);
            if was_lost {
                self.probing.line_is_back(now.mono);
            }
        }
        if let Some(status) = answer.told {
            self.profile.record(ProfileEvent::Synced(status), now.mono);
        }
        self.record(presence::Event::PollAnswered(answer.seen), now);
    }

    fn record_rooms(&mut self, rooms: &RoomUpdates, now: Moment) {
        let mut calls = std::mem::take(&mut self.calls);
        calls.record(self.own(), rooms, now.wall);
        self.calls = calls;
    }

    fn put_answered(&mut self, answer: Result<Answer, Fault>, now: Moment) {
        let open = self.ack.put.last.as_ref().filter(|p| p.state == PutState::Open);
        let busy = open.is_some_and(|p| p.put.presence == Presence::Busy);
        let event = match answer {
            Ok(_) => presence::Event::PutAccepted,
            Err(Fault::Limited(pause)) => {
                presence::Event::PutLimited(pause.unwrap_or(UNSAID_LIMIT))
            }
            Err(Fault::Refused { status: 400, .. }) if busy => presence::Event::PutBusyRefused,
            Err(fault) => {
                if matches!(fault, Fault::Refused { .. }) {
                    // Presence may have been turned off since the last probe.
                    self.probing.doubted(now.mono);
                }
                // The line does not count as down: the open poll shows whether
                // it is.
                presence::Event::PutFailed { jitter: self.jitter() }
            }
        };
        self.record(event, now);
        self.last_put_answered();
    }

    fn read_answered(&mut self, answer: Result<Answer, Fault>, now: Moment) {
        let event = match answer {
            Ok(Answer::Presence(seen)) => presence::Event::ReadAnswered(seen),
            // We may not read our presence, so it stays unknown.
            Err(Fault::Refused { .. }) => presence::Event::ReadAnswered(None),
            _ => presence::Event::ReadFailed { jitter: self.jitter() },
        };
        self.record(event, now);
    }

    fn devices_answered(&mut self, answer: Result<Answer, Fault>, now: Moment) {
        let event = match answer {
            Ok(Answer::Devices { devices, now }) => {
                presence::Event::DevicesAnswered(Some((devices, now)))
            }
            Err(Fault::Refused { .. }) => presence::Event::DevicesAnswered(None),
            // Without a list nothing is known of the other devices, so it is
            // requested again.
            _ => presence::Event::DevicesFailed { jitter: self.jitter() },
        };
        self.record(event, now);
    }

    fn probe_answered(&mut self, answer: Result<Answer, Fault>, now: Moment) {
        let Ok(Answer::Probed(probed)) = answer else {
            self.probing.answered(Completeness::Nothing, now.mono);
            return;
        };
        let shown = probed.presence.is_some() || probed.nobody != NonexistentUser::Refused;
        let complete = shown && probed.fields.is_some();
        self.probing.answered(
            if complete { Completeness::Complete } else { Completeness::Partial },
            now.mono,
        );
        self.record(presence::Event::NonexistentUserAsked(probed.nobody), now);
        let seen = self.ack.seen.as_ref().is_some_and(|s| s.presence != Presence::Offline);
        self.abilities.record_probe(&probed, seen, now.wall);
        if let Some(fields) = probed.fields {
            self.fields = Some(fields);
            self.profile.record(ProfileEvent::Probed, now.mono);
        }
    }

    fn profile_answered(&mut self, answer: Result<Answer, Fault>, now: Moment) {
        let event = match answer {
            Ok(Answer::Status(status)) => ProfileEvent::Read(status),
            Ok(Answer::NoField) => {
                self.field_is_not_there(now);
                ProfileEvent::NoField
            }
            Ok(_) => ProfileEvent::Accepted,
            Err(Fault::Limited(pause)) => ProfileEvent::Limited(pause.unwrap_or(UNSAID_LIMIT)),
            Err(Fault::Refused { message, .. }) => ProfileEvent::Refused(message),
            Err(_) => ProfileEvent::Failed(self.jitter()),
        };
        if self.profile.open_step().is_some_and(|step| step.writes().is_some()) {
            self.record(presence::Event::ProfileWritten, now);
        }
        self.last_step_answered(matches!(
            event,
            ProfileEvent::Read(_) | ProfileEvent::Accepted | ProfileEvent::NoField
        ));
        self.profile.record(event, now.mono);
    }

    /// The server has no such field, although it said so. No request is sent
    /// about the field until the next probe.
    fn field_is_not_there(&mut self, now: Moment) {
        if let (Some(fields), Some(step)) = (&mut self.fields, self.profile.open_step()) {
            fields.lack(step.field());
        }
        self.probing.answered(Completeness::Partial, now.mono);
    }

    fn room_answered(&mut self, answer: Result<Answer, Fault>, now: Moment) {
        let redacting = matches!(self.room.open_step(), Some(RoomStep::Redact { .. }));
        let event = match answer {
            Ok(Answer::Found(found)) => RoomEvent::Found(found),
            Ok(Answer::Created(room)) => RoomEvent::Created(room),
            Ok(Answer::Written(event)) => RoomEvent::Written(event),
            Ok(Answer::Done) if redacting => RoomEvent::Redacted,
            Err(Fault::Limited(pause)) => RoomEvent::Limited(pause.unwrap_or(UNSAID_LIMIT)),
            Err(Fault::Refused { message, .. }) => RoomEvent::Refused(message),
            _ => RoomEvent::Failed(self.jitter()),
        };
        if matches!(event, RoomEvent::Limited(_) | RoomEvent::Refused(_) | RoomEvent::Failed(_)) {
            self.last_of_room_failed();
        }
        self.room.record(event, now.mono);
    }

    /// The network or the machine came back. Answers to the open requests may
    /// never come and would hold up their lanes, so the requests are given up.
    pub(super) fn returned(&mut self, now: Moment) {
        self.open.clear();
        let jitter = self.jitter();
        self.record(presence::Event::Returned { jitter }, now);
        self.profile_returned(now);
        self.room.record(RoomEvent::Returned, now.mono);
        self.probing.line_is_back(now.mono);
    }

    fn profile_returned(&mut self, now: Moment) {
        let jitter = self.jitter();
        self.open.remove(&Lane::Profile);
        self.profile.record(ProfileEvent::Returned(jitter), now.mono);
    }
}
