//! Recordings of signal readings, and the replay that tells what would have
//! been shown.
//!
//! A recording is JSON lines: a [`RecordingHeader`], a [`RecordingEntry`] for
//! each reading, and a [`RecordingEnding`] unless the recording was cut off. It
//! holds no user id and no message, because no signal has one. With
//! [`Pseudonyms`] it holds no program names either.

mod pseudonyms;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use pseudonyms::Pseudonyms;

use crate::call::Use;
use crate::decide::{Known, decide};
use crate::desk::{Desk, SignalReading};
use crate::duration::Span;
use crate::{
    Code, Coded, Manual, Moment, Mono, Presence, Reading, Reason, Scope, Settings, Source,
    coded_error,
};

/// The version of the format that this program writes, and the latest that it
/// reads.
pub const VERSION: u32 = 1;

/// The first line of a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingHeader {
    /// The version of the format.
    pub presently_recording: u32,
    /// When it began.
    pub began: Timestamp,
    /// The threshold of the idle signal. The recorded readings are measured
    /// against it, so a replay cannot tell what another threshold would have
    /// given.
    pub idle_after: Span,
    /// Whether programs have their real names, not placeholders.
    pub names: bool,
}

/// One reading of one signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingEntry {
    /// When it came, on the wall clock.
    pub at: Timestamp,
    /// Milliseconds since the recording began, on a monotonic clock.
    pub ms: u64,
    /// The reading.
    #[serde(flatten)]
    pub said: SignalReading,
    /// The placeholders of the programs that the settings ignored during the
    /// recording. Without their names, other settings cannot decide about them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
}

/// The last line of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingEnding {
    /// When the recording ended, on the wall clock.
    pub at: Timestamp,
    /// Milliseconds since the recording began.
    pub ms: u64,
    /// Always true. It tells this line from an entry.
    pub end: bool,
}

/// What would have been shown from a moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownChange {
    /// Since when, on the wall clock.
    pub at: Timestamp,
    /// Milliseconds since the recording began.
    pub ms: u64,
    /// The presence; `None` where nothing would have been claimed.
    pub presence: Option<Presence>,
    /// The source of the winning claim.
    pub source: Source,
    /// Why.
    pub reason: Reason,
}

/// An entry or ending that is earlier than the entry before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotInOrder;

impl Coded for NotInOrder {
    fn code(&self) -> Code {
        Code::new("recording-backwards")
    }
}

coded_error!(NotInOrder);

/// A replay of a recording. It decides as the agent would have decided without
/// a word from the person.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    settings: &'a Settings,
    desk: Desk,
    now: Option<Moment>,
    next: Option<Mono>,
    shown: Option<ShownChange>,
}

impl<'a> Replay<'a> {
    /// A replay with these settings.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, desk: Desk::default(), now: None, next: None, shown: None }
    }

    /// Takes in the next entry and returns what is shown anew since the one
    /// before. Fails if the entry is earlier than the one before it.
    pub fn play(&mut self, entry: RecordingEntry) -> Result<Vec<ShownChange>, NotInOrder> {
        let RecordingEntry { at, ms, said, ignored } = entry;
        let mut shown = self.advance(at, ms)?;
        self.desk.record(remove_ignored(said, &ignored));
        shown.extend(self.evaluate(Moment { mono: Mono(ms), wall: at }));
        Ok(shown)
    }

    /// Lets the time up to the recording's end pass, and returns what is shown
    /// anew. Fails if the end is earlier than the last entry.
    pub fn end(&mut self, ending: RecordingEnding) -> Result<Vec<ShownChange>, NotInOrder> {
        self.advance(ending.at, ending.ms)
    }

    /// Evaluates at each moment up to `ms` at which an evaluation is due.
    fn advance(&mut self, at: Timestamp, ms: u64) -> Result<Vec<ShownChange>, NotInOrder> {
        let mut shown = Vec::new();
        let Some(mut now) = self.now else { return Ok(shown) };
        if ms < now.mono.0 {
            return Err(NotInOrder);
        }
        while let Some(due) = self.next.filter(|due| *due > now.mono && due.0 <= ms) {
            // The wall clock of moments between two entries is computed from
            // the monotonic one.
            let wall = now.wall.checked_add(due.since(now.mono)).unwrap_or(now.wall);
            let wall = if due.0 == ms { at } else { wall };
            now = Moment { mono: due, wall };
            shown.extend(self.evaluate(now));
        }
        Ok(shown)
    }

    /// What is shown at `now`, if it differs from what was shown before.
    fn evaluate(&mut self, now: Moment) -> Option<ShownChange> {
        let outlook = self.desk.evaluate(self.settings, None, now);
        (self.now, self.next) = (Some(now), outlook.next);
        let manual = Manual::default();
        let known = Known { manual: &manual, claims: &outlook.claims, fallback: &outlook.fallback };
        let decision = decide(&known, &Scope::All, now.wall);
        let shown = ShownChange {
            at: now.wall,
            ms: now.mono.0,
            presence: decision.presence,
            source: decision.source,
            reason: decision.reason,
        };
        let gist = |s: &ShownChange| (s.presence, s.source, s.reason.clone());
        if self.shown.as_ref().map(gist) == Some(gist(&shown)) {
            return None;
        }
        self.shown = Some(shown.clone());
        Some(shown)
    }
}

/// The reading without the uses by ignored programs.
fn remove_ignored(said: SignalReading, ignored: &[String]) -> SignalReading {
    let keep = |reading: Reading<Vec<Use>>| {
        reading.map(|mut uses| {
            uses.retain(|device_use| {
                !ignored.iter().any(|name| Some(name.as_str()) == device_use.program.called())
            });
            uses
        })
    };
    match said {
        SignalReading::Microphone(reading) => SignalReading::Microphone(keep(reading)),
        SignalReading::Camera(reading) => SignalReading::Camera(keep(reading)),
        SignalReading::Screen(reading) => SignalReading::Screen(keep(reading)),
        other @ (SignalReading::Idle(_)
        | SignalReading::Lock(_)
        | SignalReading::Sleep(_)
        | SignalReading::Dnd(_)) => other,
    }
}
