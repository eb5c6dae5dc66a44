//! What the answers to requests mean.

use jiff::Timestamp;
use presently_core::Presence;
use presently_core::account::asking::{self, Told};
use presently_core::account::profile::ProfileEvent;
use presently_core::account::sync::Answer;
use presently_core::account::{Event, PutState, Seen};
use presently_core::remote_call::{Heard, Own};
use tokio::time::Instant;

use super::{Driver, PutError};
use crate::account::flight::jitter;
use crate::account::requests::Probed;
use crate::account::{AccountEvent, UNSAID_LIMIT};
use crate::trouble::Trouble;

impl Driver {
    pub(super) fn poll_answered(&mut self, number: u64, answer: Result<Answer, Trouble>) {
        match answer {
            Ok(answer) => {
                self.heard(&answer.heard);
                if !self.calls.is_doubtful() {
                    self.since = Some(answer.next);
                }
                if !self.connected {
                    self.connected = true;
                    if self.devices.is_some() {
                        // What was asked on the broken line is asked anew.
                        self.begin_devices();
                    }
                    let now = self.now();
                    self.side.profile.record(ProfileEvent::Returned, now);
                    if self.problem.is_some() {
                        self.probe_anew();
                    }
                }
                if let Some(status) = answer.told {
                    let now = self.now();
                    self.side.profile.record(ProfileEvent::Told(status), now);
                }
                self.problem = None;
                self.record(Event::PollAnswered { number, seen: answer.seen });
                self.probe_if_due();
            }
            Err(Trouble::Refused { status: 400, .. })
                if self.ack.poll.is_some_and(|p| p.set == Presence::Busy) =>
            {
                self.record(Event::PollBusyRefused { number });
            }
            Err(trouble) => {
                if matches!(trouble, Trouble::Refused { .. }) {
                    // It may be the place to go on from that it refuses.
                    self.since = None;
                }
                let retry_after = match trouble {
                    Trouble::Limited(after) => Some(after.unwrap_or(UNSAID_LIMIT)),
                    _ => None,
                };
                self.failed(&trouble);
                self.record(Event::PollFailed { number, retry_after, jitter: jitter() });
            }
        }
    }

    fn heard(&mut self, heard: &Heard) {
        let own = Own { user: self.api.user().as_str(), device: self.api.device() };
        let now = Timestamp::now();
        self.calls.hear(own, heard, now);
        self.elsewhere = self.calls.live(now);
    }

    pub(super) fn put_answered(&mut self, answer: Result<(), PutError>) {
        let open = self.ack.put.as_ref().filter(|p| p.state == PutState::Open);
        let busy = open.is_some_and(|p| p.put.presence == Presence::Busy);
        let event = match answer {
            Ok(()) => Event::PutAccepted,
            Err(PutError::Unmarked) => Event::PutFailed,
            Err(PutError::Trouble(trouble)) => match trouble {
                Trouble::Limited(after) => Event::PutLimited(after.unwrap_or(UNSAID_LIMIT)),
                Trouble::Refused { status: 400, .. } if busy => Event::PutBusyRefused,
                Trouble::Refused { .. } => {
                    // Perhaps presence was turned off.
                    self.probe_at =
                        self.probe_at.min(Instant::now() + asking::again(Told::Nothing));
                    Event::PutFailed
                }
                Trouble::UnknownToken => {
                    self.failed(&trouble);
                    Event::PutFailed
                }
                // The open poll will tell whether the connection is gone.
                _ => Event::PutFailed,
            },
        };
        self.record(event);
    }

    pub(super) fn read_answered(&mut self, answer: Result<Option<Seen>, Trouble>) {
        let seen = answer.unwrap_or_else(|trouble| {
            if trouble == Trouble::UnknownToken {
                self.failed(&trouble);
            }
            None
        });
        self.record(Event::ReadAnswered(seen));
    }

    pub(super) fn probe_answered(&mut self, answer: Result<Probed, Trouble>) {
        let now = Instant::now();
        match answer {
            Ok(probed) => {
                let complete = probed.presence.is_some() && probed.fields.is_some();
                let told = if complete { Told::All } else { Told::Part };
                self.probe_at = now + asking::again(told);
                self.abilities.busy = Some(probed.busy);
                if let Some(fields) = probed.fields {
                    self.side.fields = fields;
                }
                // What was seen of us is the better proof, but where it is
                // turned off everybody is offline.
                let seen = self.ack.seen.as_ref().is_some_and(|s| s.presence != Presence::Offline);
                let presence = if seen { Some(true) } else { probed.presence };
                self.abilities.presence = presence.or(self.abilities.presence);
            }
            Err(trouble) => {
                self.probe_at = now + asking::again(Told::Nothing);
                if trouble == Trouble::UnknownToken {
                    self.failed(&trouble);
                }
            }
        }
    }

    pub(super) fn failed(&mut self, trouble: &Trouble) {
        tracing::debug!(?trouble, "request failed");
        self.connected = false;
        let line = trouble.line(self.api.host());
        if *trouble == Trouble::UnknownToken && !self.over {
            self.over = true;
            (self.poll, self.replaced, self.put) = (None, None, None);
            (self.read, self.probe, self.devices) = (None, None, None);
            (self.side.flight, self.room.flight) = (None, None);
            self.reports.push(AccountEvent::NeedsLogin { reason: line.clone() });
        }
        self.problem = Some(line);
    }
}
