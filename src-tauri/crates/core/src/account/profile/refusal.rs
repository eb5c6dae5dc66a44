//! Requests about the profile that the server refused, and when they are sent
//! again.

use std::mem::discriminant;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Field, Step};
use crate::account::retry::{MAX_SERVER_PAUSE, doubled};
use crate::{Code, Coded, Mono};

/// The longest time until a refused request is sent again.
const BELIEVED: Duration = MAX_SERVER_PAUSE;
/// The first time until a refused removal or read is sent again. Each further
/// one is twice as long. A removal matters because others still read what is
/// over, and without the read nothing else can be done.
const FIRST: Duration = Duration::from_secs(10);

/// What a server refuses to do with a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The field.
    pub field: Field,
    /// The field was to be removed, so others may still read what is over.
    pub removal: bool,
    /// The server's error message.
    pub message: String,
}

impl Coded for Refused {
    fn code(&self) -> Code {
        let field = match self.field {
            Field::Status => "status",
            Field::Call => "call",
            Field::Zone => "zone",
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
    /// The refused request.
    pub(super) step: Step,
    /// When it may be sent again.
    pub(super) until: Mono,
    /// The server's error message.
    message: String,
    /// Refusals of this kind in a row.
    times: u32,
}

impl Refusal {
    /// The refusal of `step` at `now`. `before` is the refusal of the same
    /// field before that.
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
