//! The status and the call in the person's profile (MSC4426 on MSC4133).
//! They work where presence is turned off. Neither expires on the server, so
//! what we wrote is ours to remove.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::retry::{Backoff, Retry, STRAY};
use super::said::Said;
use crate::Mono;

mod plan;
mod refusal;
pub use plan::ProfilePlan;
pub(super) use plan::plan_profile;
use refusal::Refusal;
pub use refusal::Refused;

/// `m.status`: both parts are required (MSC4426).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// At most 256 bytes.
    pub text: String,
    /// One emoji of at most 32 bytes.
    pub emoji: String,
}

impl Status {
    /// What stands in the field. What others wrote may lack a part; it is
    /// there all the same.
    pub fn read(value: &Value) -> Option<Self> {
        let part = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        value.is_object().then(|| Self { text: part("text"), emoji: part("emoji") })
    }
}

/// What the profile is to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// What the person said, and nothing else.
    pub status: Option<Status>,
    /// Since when they are in a call (`call_joined_ts`, seconds since the
    /// epoch), where this account may tell.
    pub call: Option<i64>,
}

/// `call_joined_ts` is public to anyone, so it says no more than needed:
/// seconds, rounded down to five minutes.
pub fn call_joined(since: jiff::Timestamp) -> i64 {
    since.as_second().div_euclid(300) * 300
}

/// Which fields a server lets us write, by the names they have there.
/// `None` until asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// `m.status` or `org.matrix.msc4426.status`.
    pub status: Option<String>,
    /// `m.call` or `org.matrix.msc4426.call`.
    pub call: Option<String>,
    /// They are at the path of MSC4133 alone, which had another one until it
    /// was stable.
    pub unstable: bool,
}

impl Fields {
    /// The server does not know what it was asked about a field, whatever it
    /// says that it can do.
    pub(super) fn lack(&mut self, field: Field) {
        match field {
            Field::Status => self.status = None,
            Field::Call => self.call = None,
        }
    }
}

/// What stands in a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Held<T> {
    /// Not read, or not since the connection was lost.
    #[default]
    Unknown,
    /// Read, or written by us.
    Is(Option<T>),
}

/// One of the two fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// The status.
    Status,
    /// The call.
    Call,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// GET the status: one that was set elsewhere is shown, and not
    /// overwritten unless the person says something.
    ReadStatus,
    /// PUT the status.
    WriteStatus(Status),
    /// PUT the call.
    WriteCall(i64),
    /// DELETE a field.
    Remove(Field),
}

impl Step {
    pub(super) fn field(&self) -> Field {
        match self {
            Step::ReadStatus | Step::WriteStatus(_) | Step::Remove(Field::Status) => Field::Status,
            Step::WriteCall(_) | Step::Remove(Field::Call) => Field::Call,
        }
    }

    /// The field that it changes.
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
    /// The server refuses it, in its words.
    Refused(String),
    /// The server has no such field.
    NoField,
    /// The rate limit.
    Limited(Duration),
    /// It failed otherwise; the number, 0 to 100, spreads the retries of
    /// many clients.
    Failed(u8),
    /// The connection was lost or the machine slept, so what is under way may
    /// be lost, too; the number is as for a failure.
    Returned(u8),
    /// The server was asked anew which fields it has: what it refused may be
    /// tried again.
    Probed,
    /// The server said what stands there, without being asked (MSC4429).
    Synced(Option<Status>),
    /// The person has said something here, or that there is nothing to say.
    MessageChanged,
}

/// What is known of the profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The status that others see.
    pub status: Held<Status>,
    /// The call that we wrote.
    pub call: Held<i64>,
    /// Statuses that we wrote and that may still stand there. Kept across
    /// restarts, written before the request.
    pub our_statuses: Vec<Status>,
    /// What became of the status that the person said here. Kept likewise.
    pub said: Said,
    /// We wrote the call and have not removed it. Kept likewise.
    pub call_mark: bool,
    open: Option<Step>,
    /// When the last write was accepted, and whether it took the status away.
    written: Option<(Mono, bool)>,
    /// When it was learnt what stands in the status.
    known: Mono,
    /// Of each field: a write that was given up may still arrive, until then.
    stray: [Option<Mono>; 2],
    /// One may have changed the status since it was read.
    strayed: bool,
    /// An earlier run may have left such writes, too.
    restarted: bool,
    /// What the server refused of each field.
    refused: [Option<Refusal>; 2],
    retry: Retry,
}

const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(1),
    cap: Duration::from_secs(60),
    long_cap: Duration::from_secs(60),
};
/// For so long after a write, what the server tells may be what was there
/// before it.
const LATE: Duration = Duration::from_secs(5);
/// A status is taken away only if it was read so lately that it is ours:
/// where the server does not tell, another may have been set since.
const FRESH: Duration = Duration::from_secs(5);
/// As with the presence's messages: while answers are lost, at most so many.
const OUR_STATUSES: usize = 8;

impl Profile {
    /// What is known at start: what an earlier run kept.
    pub(super) fn after_restart(our_statuses: Vec<Status>, said: Said, call_mark: bool) -> Self {
        Self { our_statuses, said, call_mark, restarted: true, ..Self::default() }
    }

    /// What goes out before the agent ends: nobody keeps a call true then.
    pub(super) fn leaving(&self) -> Option<Step> {
        self.call_mark.then_some(Step::Remove(Field::Call))
    }

    /// What goes out then where the status is to end by itself: one that may
    /// be ours is read first, and one that is ours removed.
    pub(super) fn leaving_status(&self, now: Mono) -> Option<Step> {
        match &self.status {
            _ if self.our_statuses.is_empty() => None,
            Held::Is(None) => None,
            Held::Is(Some(there)) if !self.our_statuses.contains(there) => None,
            Held::Is(_) if now.since(self.known) < FRESH => Some(Step::Remove(Field::Status)),
            _ => Some(Step::ReadStatus),
        }
    }

    /// Takes in what happened at `now`.
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
                self.strayed = self.stray[Field::Status as usize].is_some();
            }
            ProfileEvent::Synced(status) => self.record_synced(status, now),
            ProfileEvent::MessageChanged => {
                self.said.spoken();
                // Another device may have written there, and nobody told.
                self.status = Held::Unknown;
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
                self.status = Held::Unknown;
                self.call = Held::Unknown;
                self.retry.returned();
                self.believe_no_refusal();
            }
            ProfileEvent::Probed => self.believe_no_refusal(),
        }
    }

    /// The request that is under way.
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
            Some(Field::Call) => self.call = Held::Unknown,
            _ => self.status = Held::Unknown,
        }
    }

    fn refuse(&mut self, message: String, now: Mono) {
        let Some(step) = self.open.take() else { return };
        let refused = &mut self.refused[step.field() as usize];
        *refused = Some(Refusal::after(refused.as_ref(), step, message, now));
    }

    /// What was refused is tried once more, and said until it succeeds.
    fn believe_no_refusal(&mut self) {
        for refusal in self.refused.iter_mut().flatten() {
            refusal.until = Mono::default();
        }
    }

    fn given_up(&mut self, field: Field, now: Mono) {
        self.stray[field as usize] = Some(now + STRAY);
        self.strayed |= field == Field::Status;
    }

    fn started(&mut self, step: Step, now: Mono) {
        if std::mem::take(&mut self.restarted) {
            let marked = [!self.our_statuses.is_empty(), self.call_mark];
            self.stray = marked.map(|marked| marked.then_some(now + STRAY));
            self.strayed = marked[0];
        }
        if let Some(field) = self.open.take().and_then(|step| step.writes()) {
            // The last word of an agent that ends does not wait for it.
            self.given_up(field, now);
        }
        // This step is the one that comes after all strays.
        let stray = &mut self.stray[step.field() as usize];
        *stray = stray.filter(|until| *until > now);
        match &step {
            Step::WriteStatus(status) if !self.our_statuses.contains(status) => {
                self.our_statuses.push(status.clone());
                let old = self.our_statuses.len().saturating_sub(OUR_STATUSES);
                self.our_statuses.drain(..old);
            }
            Step::WriteCall(_) => self.call_mark = true,
            // Even if the answer is lost, nobody else took it away.
            Step::Remove(Field::Status) => self.said.spoken(),
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
            Some(Step::WriteCall(joined)) => self.call = Held::Is(Some(joined)),
            Some(Step::Remove(Field::Status)) => {
                self.written = Some((now, true));
                self.now_stands(None, now);
            }
            Some(Step::Remove(Field::Call)) => {
                self.call = Held::Is(None);
                self.call_mark = self.stray[Field::Call as usize].is_some();
            }
            Some(Step::ReadStatus) | None => {}
        }
    }

    fn record_synced(&mut self, status: Option<Status>, now: Mono) {
        let writing = matches!(self.open, Some(Step::WriteStatus(_) | Step::Remove(Field::Status)));
        let late = writing || self.written.is_some_and(|(at, _)| now.since(at) < LATE);
        if !late || self.status == Held::Is(status.clone()) {
            self.record_status(status, now);
        } else if !writing {
            // It is read, to be sure.
            self.status = Held::Unknown;
        }
    }

    /// It was read what stands there. No client takes a status away by the
    /// way, so one that is gone without us was taken away.
    fn record_status(&mut self, status: Option<Status>, now: Mono) {
        let by_us = self.written.is_some_and(|(_, removed)| removed);
        match &status {
            None if !by_us && !self.strayed && !self.restarted => self.said.taken_away(),
            there => self.said.read(there.as_ref(), &self.our_statuses, false),
        }
        self.now_stands(status, now);
    }

    fn now_stands(&mut self, status: Option<Status>, now: Mono) {
        let writing = match &self.open {
            Some(Step::WriteStatus(s)) => Some(s),
            _ => None,
        };
        if self.stray[Field::Status as usize].is_none() && !self.restarted {
            self.our_statuses.retain(|s| Some(s) == status.as_ref() || Some(s) == writing);
        }
        self.status = Held::Is(status);
        self.known = now;
    }
}

#[cfg(test)]
mod tests;
