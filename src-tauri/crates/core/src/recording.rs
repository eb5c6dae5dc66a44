//! Recordings of what the signals said, and what would have been shown.
//!
//! A recording is lines of JSON: a [`RecordingHeader`], a [`RecordingEntry`]
//! for each reading as it came, and a [`RecordingEnding`] if it was ended in
//! order. It holds no user id and no message, because no signal knows one, and
//! with [`Pseudonyms`] no program's name.

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

/// The version of the form that this program writes, and the latest that it
/// reads.
pub const VERSION: u32 = 1;

/// How a recording begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingHeader {
    /// The form's version.
    pub presently_recording: u32,
    /// When it began.
    pub began: Timestamp,
    /// The threshold that the watcher of input was given. What was recorded
    /// is measured against it; no replay can tell what another would have
    /// said.
    pub idle_after: Span,
    /// Whether programs have their names, not placeholders.
    pub names: bool,
}

/// What one signal said, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingEntry {
    /// When, on the wall clock.
    pub at: Timestamp,
    /// Milliseconds since the recording began, on a clock that never jumps.
    pub ms: u64,
    /// What.
    #[serde(flatten)]
    pub said: SignalReading,
    /// The placeholders of programs that the settings of the recording's
    /// time ignored: without their names, no other settings can say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignored: Vec<String>,
}

/// How a recording ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingEnding {
    /// When, on the wall clock.
    pub at: Timestamp,
    /// Milliseconds since the recording began.
    pub ms: u64,
    /// Always true: this is the last line.
    pub end: bool,
}

/// What would have been shown from some moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Since when.
    pub at: Timestamp,
    /// Milliseconds since the recording began.
    pub ms: u64,
    /// What; null where nothing would have been claimed.
    pub presence: Option<Presence>,
    /// By which claim.
    pub source: Source,
    /// Why.
    pub reason: Reason,
}

/// A line that comes before the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backwards;

impl Coded for Backwards {
    fn code(&self) -> Code {
        Code::new("recording-backwards")
    }
}

coded_error!(Backwards);

/// A recording that is being played to the rules, as the agent would have
/// heard it with nothing said by the person.
#[derive(Clone, Debug)]
pub struct Replay<'a> {
    settings: &'a Settings,
    desk: Desk,
    now: Option<Moment>,
    next: Option<Mono>,
    shown: Option<Shown>,
}

impl<'a> Replay<'a> {
    /// Under these settings.
    pub fn new(settings: &'a Settings) -> Self {
        Self { settings, desk: Desk::default(), now: None, next: None, shown: None }
    }

    /// Plays what one signal said; gives what is shown anew since the entry
    /// before.
    pub fn play(&mut self, entry: RecordingEntry) -> Result<Vec<Shown>, Backwards> {
        let RecordingEntry { at, ms, said, ignored } = entry;
        let mut shown = self.pass(at, ms)?;
        self.desk.record(without(said, &ignored));
        shown.extend(self.evaluate(Moment { mono: Mono(ms), wall: at }));
        Ok(shown)
    }

    /// Lets time pass up to the recording's end.
    pub fn end(&mut self, ending: RecordingEnding) -> Result<Vec<Shown>, Backwards> {
        self.pass(ending.at, ending.ms)
    }

    /// Looks whenever it is due before a moment, and at it.
    fn pass(&mut self, at: Timestamp, ms: u64) -> Result<Vec<Shown>, Backwards> {
        let mut shown = Vec::new();
        let Some(mut now) = self.now else { return Ok(shown) };
        if ms < now.mono.0 {
            return Err(Backwards);
        }
        while let Some(due) = self.next.filter(|due| *due > now.mono && due.0 <= ms) {
            // The wall clock goes on until the next line says otherwise.
            let wall = now.wall.checked_add(due.since(now.mono)).unwrap_or(now.wall);
            let wall = if due.0 == ms { at } else { wall };
            now = Moment { mono: due, wall };
            shown.extend(self.evaluate(now));
        }
        Ok(shown)
    }

    /// What is shown anew, if anything is.
    fn evaluate(&mut self, now: Moment) -> Option<Shown> {
        let outlook = self.desk.evaluate(self.settings, None, now);
        (self.now, self.next) = (Some(now), outlook.next);
        let manual = Manual::default();
        let known = Known { manual: &manual, claims: &outlook.claims, fallback: &outlook.fallback };
        let decision = decide(&known, &Scope::All, now.wall);
        let shown = Shown {
            at: now.wall,
            ms: now.mono.0,
            presence: decision.presence,
            source: decision.source,
            reason: decision.reason,
        };
        let gist = |s: &Shown| (s.presence, s.source, s.reason.clone());
        if self.shown.as_ref().map(gist) == Some(gist(&shown)) {
            return None;
        }
        self.shown = Some(shown.clone());
        Some(shown)
    }
}

/// What was said, without the uses by programs that were ignored.
fn without(said: SignalReading, ignored: &[String]) -> SignalReading {
    let keep = |reading: Reading<Vec<Use>>| {
        reading.map(|mut uses| {
            uses.retain(|it| {
                !ignored.iter().any(|name| Some(name.as_str()) == it.program.called())
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
