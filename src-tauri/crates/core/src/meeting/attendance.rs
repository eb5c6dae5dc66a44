//! What the person says about meetings that are on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Occurrence;

/// Whether the person is in the meetings that they said something about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Attendance(Vec<Said>);

/// What was said about one occurrence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    uid: String,
    start: Timestamp,
    end: Timestamp,
    attends: bool,
}

impl Attendance {
    /// Notes whether the person is in these occurrences, in place of what was
    /// said before. Forgets what is over.
    pub fn say<'a>(
        &mut self,
        on: impl IntoIterator<Item = &'a Occurrence>,
        attends: bool,
        now: Timestamp,
    ) {
        self.prune(now);
        for occurrence in on {
            self.0.retain(|said| !said.is_about(occurrence));
            let Occurrence { uid, start, end, .. } = occurrence.clone();
            self.0.push(Said { uid, start, end, attends });
        }
    }

    /// Forgets what is over.
    pub fn prune(&mut self, now: Timestamp) {
        self.0.retain(|said| said.end > now);
    }

    /// Whether the person is in an occurrence, if they said so.
    pub fn of(&self, occurrence: &Occurrence) -> Option<bool> {
        self.0.iter().find(|said| said.is_about(occurrence)).map(|said| said.attends)
    }
}

impl Said {
    fn is_about(&self, occurrence: &Occurrence) -> bool {
        self.uid == occurrence.uid && self.start == occurrence.start
    }
}
