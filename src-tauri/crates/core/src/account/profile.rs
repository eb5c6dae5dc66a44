//! The status and the call in the person's profile (MSC4426 on MSC4133). They
//! also work where presence is turned off. Neither expires on the server, so we
//! remove what we wrote (docs/protocol.md, "Status and call in the profile").

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::last_writer::LastWriter;
use super::retry::{Backoff, LATE_WRITE, Retry};
use crate::Mono;

mod plan;
mod refusal;
pub use plan::ProfilePlan;
pub(super) use plan::plan_profile;
use refusal::Refusal;
pub use refusal::Refused;

/// The value of `m.status` (MSC4426). Both parts are required.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// At most 256 bytes.
    pub text: String,
    /// One emoji of at most 32 bytes.
    pub emoji: String,
}

impl Status {
    /// Reads the value of the field. A missing part counts as empty, because
    /// other clients may leave one out. Returns `None` if the value is no
    /// object.
    pub fn read(value: &Value) -> Option<Self> {
        let part = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        value.is_object().then(|| Self { text: part("text"), emoji: part("emoji") })
    }
}

/// What the profile is to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The person's own message.
    pub status: Option<Status>,
    /// What the status says where the person set none, here or elsewhere.
    pub stand_in: Option<Status>,
    /// When the call began (`call_joined_ts`, in seconds since the epoch).
    /// `None` outside a call, and if this account may not tell it.
    pub call: Option<i64>,
    /// The time zone (MSC4175), if the person wants others to know it.
    pub zone: Option<String>,
}

/// The value of `call_joined_ts` for a call that began at `since`: seconds
/// since the epoch, rounded down to five minutes. The field is public, so it
/// says no more than needed.
pub fn call_joined(since: jiff::Timestamp) -> i64 {
    since.as_second().div_euclid(300) * 300
}

/// The profile fields that a server lets us write, by the names that they have
/// there. `None` is a field that it does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// `m.status` or `org.matrix.msc4426.status`.
    pub status: Option<String>,
    /// `m.call` or `org.matrix.msc4426.call`.
    pub call: Option<String>,
    /// `m.tz` or `us.cloke.msc4175.tz`.
    pub zone: Option<String>,
    /// The fields are only at the path that MSC4133 had before it was stable.
    pub unstable: bool,
}

impl Fields {
    /// Drops a field that the server turned out not to have, whatever it
    /// claims.
    pub(super) fn lack(&mut self, field: Field) {
        match field {
            Field::Status => self.status = None,
            Field::Call => self.call = None,
            Field::Zone => self.zone = None,
        }
    }
}

/// What stands in a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValue<T> {
    /// Not read, or not since the connection was lost.
    #[default]
    Unknown,
    /// Read, or written by us.
    Known(Option<T>),
}

/// One of the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// The status.
    Status,
    /// The call.
    Call,
    /// The time zone.
    Zone,
}

/// One request about the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// GET the status. One that was set elsewhere is shown, and is not
    /// overwritten until the person sets one here.
    ReadStatus,
    /// PUT the status.
    WriteStatus(Status),
    /// PUT the call.
    WriteCall(i64),
    /// PUT the time zone, by its IANA name.
    WriteZone(String),
    /// DELETE a field.
    Remove(Field),
}

impl Step {
    pub(super) fn field(&self) -> Field {
        match self {
            Step::ReadStatus | Step::WriteStatus(_) | Step::Remove(Field::Status) => Field::Status,
            Step::WriteCall(_) | Step::Remove(Field::Call) => Field::Call,
            Step::WriteZone(_) | Step::Remove(Field::Zone) => Field::Zone,
        }
    }

    /// The field that the step changes. `None` for a read.
    pub(super) fn writes(&self) -> Option<Field> {
        (*self != Step::ReadStatus).then(|| self.field())
    }
}

/// What happened to the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProfileEvent {
    /// A step was begun.
    Started(Step),
    /// A read was answered.
    Read(Option<Status>),
    /// A write or a removal was accepted.
    Accepted,
    /// The server refused the step, with this error message.
    Refused(String),
    /// The server has no such field.
    NoField,
    /// The rate limit (429), with the pause to make.
    Limited(Duration),
    /// The step failed in another way. The number, 0 to 100, spreads the
    /// retries of many clients.
    Failed(u8),
    /// The connection was lost or the machine slept, so an open step may be
    /// lost. The number is as for a failure.
    Returned(u8),
    /// The server was probed again, so what it refused may be tried again.
    Probed,
    /// A sync told the status (MSC4429).
    Synced(Option<Status>),
    /// The person set or cleared the message here.
    MessageChanged,
}

/// What is known of the profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The status that others see.
    pub status: FieldValue<Status>,
    /// The call that we wrote.
    pub call: FieldValue<i64>,
    /// Statuses that we wrote and that may still stand there. They are kept
    /// across restarts, and are on disk before the request is sent.
    pub our_statuses: Vec<Status>,
    /// What became of the status that the person set here. It is kept across
    /// restarts.
    pub said: LastWriter,
    /// We wrote the call and have not removed it. The mark is kept across
    /// restarts.
    pub call_mark: bool,
    /// The time zone that we wrote. What another client wrote meanwhile is not
    /// looked at.
    pub zone: FieldValue<String>,
    /// We wrote the time zone and have not removed it. The mark is kept across
    /// restarts.
    pub zone_mark: bool,
    open: Option<Step>,
    /// When the last write of the status was accepted, and whether it removed
    /// the status.
    written: Option<(Mono, bool)>,
    /// When the status was last learnt.
    known: Mono,
    /// Until when a write that was given up may still arrive, for each field.
    late_write_until: [Option<Mono>; 3],
    /// Such a write may have changed the status since it was read.
    may_have_changed: bool,
    /// Nothing was sent since the program started, so writes of an earlier run
    /// may still arrive.
    restarted: bool,
    /// What the server refused, for each field.
    refused: [Option<Refusal>; 3],
    retry: Retry,
}

const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(1),
    cap: Duration::from_secs(60),
    long_cap: Duration::from_secs(60),
};
/// What the server tells this soon after a write may be from before the write.
const LATE: Duration = Duration::from_secs(5);
/// A status of ours is removed only if it was read within this time. Where the
/// server does not tell, another one may have been set since.
const FRESH: Duration = Duration::from_secs(5);
/// How many statuses of ours are remembered while answers are lost.
const OUR_STATUSES: usize = 8;

impl Profile {
    /// The state at the start, from the marks of an earlier run.
    pub(super) fn after_restart(
        our_statuses: Vec<Status>,
        said: LastWriter,
        call_mark: bool,
        zone_mark: bool,
    ) -> Self {
        Self { our_statuses, said, call_mark, zone_mark, restarted: true, ..Self::default() }
    }

    /// The step before the agent ends: the call is removed, because nobody
    /// keeps it true any more.
    pub(super) fn leaving(&self) -> Option<Step> {
        self.call_mark.then_some(Step::Remove(Field::Call))
    }

    /// The step before the agent ends, if the status ends by itself. A status
    /// that may be ours is read first, and one that is ours is removed.
    pub(super) fn leaving_status(&self, now: Mono) -> Option<Step> {
        match &self.status {
            _ if self.our_statuses.is_empty() => None,
            FieldValue::Known(None) => None,
            FieldValue::Known(Some(there)) if !self.our_statuses.contains(there) => None,
            FieldValue::Known(_) if now.since(self.known) < FRESH => {
                Some(Step::Remove(Field::Status))
            }
            _ => Some(Step::ReadStatus),
        }
    }

    /// Records an event that happened at `now`.
    pub(super) fn record(&mut self, event: ProfileEvent, now: Mono) {
        match event {
            ProfileEvent::Started(step) => self.started(step, now),
            ProfileEvent::Read(status) => {
                self.open = None;
                let refused = &mut self.refused[Field::Status as usize];
                if refused.as_ref().is_some_and(|refusal| refusal.step == Step::ReadStatus) {
                    *refused = None;
                }
                self.retry.succeeded();
                self.record_status(status, now);
                self.may_have_changed = self.late_write_until[Field::Status as usize].is_some();
            }
            ProfileEvent::Synced(status) => self.record_synced(status, now),
            ProfileEvent::MessageChanged => {
                self.said.set_here();
                // Another device may have written the status without our
                // knowledge.
                self.status = FieldValue::Unknown;
            }
            ProfileEvent::Accepted => self.accepted(now),
            ProfileEvent::Refused(message) => self.refuse(message, now),
            ProfileEvent::NoField => {
                if let Some(step) = self.open.take() {
                    self.refused[step.field() as usize] = None;
                }
            }
            ProfileEvent::Limited(pause) => {
                self.open = None;
                self.retry.limited(pause, now);
            }
            ProfileEvent::Failed(jitter) => self.failed(jitter, now),
            ProfileEvent::Returned(jitter) => {
                if self.open.is_some() {
                    self.failed(jitter, now);
                }
                self.status = FieldValue::Unknown;
                self.call = FieldValue::Unknown;
                self.retry.returned();
                self.believe_no_refusal();
            }
            ProfileEvent::Probed => self.believe_no_refusal(),
        }
    }

    /// The open request.
    pub(super) fn open_step(&self) -> Option<&Step> {
        self.open.as_ref()
    }

    fn failed(&mut self, jitter: u8, now: Mono) {
        let step = self.open.take();
        if let Some(field) = step.as_ref().and_then(Step::writes) {
            self.given_up(field, now);
        }
        self.retry.failed(&BACKOFF, jitter, now);
        // An answer was lost, so what stands there is not known.
        match step.map(|step| step.field()) {
            Some(Field::Call) => self.call = FieldValue::Unknown,
            Some(Field::Zone) => self.zone = FieldValue::Unknown,
            _ => self.status = FieldValue::Unknown,
        }
    }

    fn refuse(&mut self, message: String, now: Mono) {
        let Some(step) = self.open.take() else { return };
        let refused = &mut self.refused[step.field() as usize];
        *refused = Some(Refusal::after(refused.as_ref(), step, message, now));
    }

    /// Makes each refused step due again. The refusal is reported until the
    /// step succeeds.
    fn believe_no_refusal(&mut self) {
        for refusal in self.refused.iter_mut().flatten() {
            refusal.until = Mono::default();
        }
    }

    fn given_up(&mut self, field: Field, now: Mono) {
        self.late_write_until[field as usize] = Some(now + LATE_WRITE);
        self.may_have_changed |= field == Field::Status;
    }

    fn started(&mut self, step: Step, now: Mono) {
        if std::mem::take(&mut self.restarted) {
            let marked = [!self.our_statuses.is_empty(), self.call_mark, self.zone_mark];
            self.late_write_until = marked.map(|marked| marked.then_some(now + LATE_WRITE));
            self.may_have_changed = marked[0];
        }
        if let Some(field) = self.open.take().and_then(|step| step.writes()) {
            // An agent that ends does not wait for an open step.
            self.given_up(field, now);
        }
        // If no late write can arrive any more, this step is the last one that
        // it takes.
        let late_write = &mut self.late_write_until[step.field() as usize];
        *late_write = late_write.filter(|until| *until > now);
        match &step {
            Step::WriteStatus(status) if !self.our_statuses.contains(status) => {
                self.our_statuses.push(status.clone());
                let old = self.our_statuses.len().saturating_sub(OUR_STATUSES);
                self.our_statuses.drain(..old);
            }
            Step::WriteCall(_) => self.call_mark = true,
            Step::WriteZone(_) => self.zone_mark = true,
            // If the answer is lost, a missing status is still our own doing.
            Step::Remove(Field::Status) => self.said.set_here(),
            _ => {}
        }
        self.open = Some(step);
    }

    fn accepted(&mut self, now: Mono) {
        self.retry.succeeded();
        let step = self.open.take();
        if let Some(step) = &step {
            self.refused[step.field() as usize] = None;
        }
        match step {
            Some(Step::WriteStatus(status)) => {
                self.written = Some((now, false));
                self.record_status(Some(status), now);
            }
            Some(Step::WriteCall(joined)) => self.call = FieldValue::Known(Some(joined)),
            Some(Step::Remove(Field::Status)) => {
                self.written = Some((now, true));
                self.now_stands(None, now);
            }
            Some(Step::Remove(Field::Call)) => {
                self.call = FieldValue::Known(None);
                self.call_mark = self.late_write_until[Field::Call as usize].is_some();
            }
            Some(Step::WriteZone(zone)) => self.zone = FieldValue::Known(Some(zone)),
            Some(Step::Remove(Field::Zone)) => {
                self.zone = FieldValue::Known(None);
                self.zone_mark = self.late_write_until[Field::Zone as usize].is_some();
            }
            Some(Step::ReadStatus) | None => {}
        }
    }

    fn record_synced(&mut self, status: Option<Status>, now: Mono) {
        let writing = matches!(self.open, Some(Step::WriteStatus(_) | Step::Remove(Field::Status)));
        let late = writing || self.written.is_some_and(|(at, _)| now.since(at) < LATE);
        if !late || self.status == FieldValue::Known(status.clone()) {
            self.record_status(status, now);
        } else if !writing {
            // This may be from before our write, so the status is read.
            self.status = FieldValue::Unknown;
        }
    }

    /// Records the status that was read. No client removes a status by
    /// accident, so one that is gone without us was removed on purpose.
    fn record_status(&mut self, status: Option<Status>, now: Mono) {
        let by_us = self.written.is_some_and(|(_, removed)| removed);
        match &status {
            None if !by_us && !self.may_have_changed && !self.restarted => {
                self.said.replaced_elsewhere()
            }
            there => self.said.read(there.as_ref(), &self.our_statuses, false),
        }
        self.now_stands(status, now);
    }

    fn now_stands(&mut self, status: Option<Status>, now: Mono) {
        let writing = match &self.open {
            Some(Step::WriteStatus(s)) => Some(s),
            _ => None,
        };
        if self.late_write_until[Field::Status as usize].is_none() && !self.restarted {
            self.our_statuses.retain(|s| Some(s) == status.as_ref() || Some(s) == writing);
        }
        self.status = FieldValue::Known(status);
        self.known = now;
    }
}

#[cfg(test)]
mod tests;
