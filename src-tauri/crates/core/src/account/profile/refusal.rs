//! A request about the profile that the server refused, and how long that is
//! believed.

use std::mem::discriminant;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Field, Step};
use crate::account::retry::{LONGEST_WISH, doubled};
use crate::{Code, Coded, Mono};

/// What a server refuses is asked of it again after this at the latest.
const BELIEVED: Duration = LONGEST_WISH;
/// A removal is tried again after this, then after twice that: others still
/// read what is over. So is a read, without which nothing can be done.
const FIRST: Duration = Duration::from_secs(10);

/// What a server refuses to do with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Which.
    pub field: Field,
    /// It was to be taken away, so others may still read what is over.
    pub removal: bool,
    /// The server's words.
    pub message: String,
}

impl Coded for Refused {
    fn code(&self) -> Code {
        let field = match self.field {
            Field::Status => "status",
            Field::Call => "call",
        };
        if self.removal {
            Code::new("note-removal-refused").with("field", field).with("message", &self.message)
        } else {
            Code::new("note-field-refused").with("field", field).with("message", &self.message)
        }
    }
}

/// A request that the server refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Which.
    pub(super) step: Step,
    /// It is not sent again before this.
    pub(super) until: Mono,
    /// The server's words.
    message: String,
    /// Refusals of this kind in a row.
    times: u32,
}

impl Refusal {
    /// The server refused `step` at `now`, after it had refused `before`.
    pub(super) fn after(before: Option<&Self>, step: Step, message: String, now: Mono) -> Self {
        let same = before.filter(|b| discriminant(&b.step) == discriminant(&step));
        let times = same.map_or(0, |b| b.times);
        let first =
            if matches!(step, Step::Remove(_) | Step::ReadStatus) { FIRST } else { BELIEVED };
        let until = now + doubled(first, times, BELIEVED);
        Self { step, until, message, times: times.saturating_add(1) }
    }

    /// What the person should know of it.
    pub(super) fn refused(&self) -> Refused {
        let (field, message) = (self.step.field(), self.message.clone());
        Refused { field, removal: matches!(self.step, Step::Remove(_)), message }
    }
}
