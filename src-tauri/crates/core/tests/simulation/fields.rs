//! The profile of one user on a model homeserver. It keeps what was last
//! written, and nothing expires.

use presently_core::Mono;
use presently_core::account::profile::{Field, Status, Step};
use presently_core::account::{Answer, Fault};

use crate::flight::Outcome;

/// The writer of a field that is none of our agents.
pub const ELSEWHERE: &str = "elsewhere";

/// What stands in the two fields.
#[derive(Default)]
pub struct ModelFields {
    /// Syncs tell changes (MSC4429).
    pub tells: bool,
    pub status: Option<Status>,
    pub call: Option<i64>,
    /// Whether every write and removal is refused, for each field.
    pub refuses: [bool; 2],
    /// When that last changed.
    pub refused_until: Mono,
    /// Who wrote the status that stands there, and when.
    pub status_by: &'static str,
    pub status_at: Mono,
    /// Counts the changes of the status.
    pub changes: u64,
    /// Statuses of others that an agent replaced or removed.
    pub overwritten: Vec<Overwritten>,
}

/// A status of others that an agent replaced or removed.
#[derive(Clone, Debug)]
pub struct Overwritten {
    pub since: Mono,
    /// The status, the agent's device, and the step.
    pub what: (Status, &'static str, Step),
}

impl ModelFields {
    /// Another client sets or removes the status.
    pub fn set_elsewhere(&mut self, status: Option<Status>, now: Mono) {
        self.put_status(status, ELSEWHERE, now);
    }

    fn put_status(&mut self, status: Option<Status>, by: &'static str, now: Mono) {
        self.changes += u64::from(self.status != status);
        (self.status, self.status_by, self.status_at) = (status, by, now);
    }

    /// Carries out one request of an agent.
    pub fn carry_out(&mut self, device: &'static str, step: &Step, now: Mono) -> Outcome {
        let (field, new) = match step {
            Step::ReadStatus => return Ok(Answer::Status(self.status.clone())),
            Step::WriteCall(_) | Step::Remove(Field::Call) => (Field::Call, None),
            Step::WriteStatus(status) => (Field::Status, Some(status.clone())),
            Step::Remove(Field::Status) => (Field::Status, None),
            // Nobody's day has it.
            Step::WriteZone(_) | Step::Remove(Field::Zone) => return Ok(Answer::Done),
        };
        if self.refuses[field as usize] {
            return Err(Fault::Refused { status: 403, message: "not allowed".to_owned() });
        }
        match step {
            Step::WriteCall(joined) => self.call = Some(*joined),
            Step::Remove(Field::Call) => self.call = None,
            _ => {
                if let Some(was) = self.status.clone().filter(|_| self.status_by != device)
                    && new.as_ref() != Some(&was)
                {
                    let since = self.status_at;
                    self.overwritten.push(Overwritten { since, what: (was, device, step.clone()) });
                }
                self.put_status(new, device, now);
            }
        }
        Ok(Answer::Done)
    }
}
