//! What all signals of the desktop claim together.
//!
//! [`Desk::record`] takes in a reading. [`Desk::evaluate`] returns what follows
//! from all readings, and when to evaluate again. Each evaluation computes
//! everything anew, so an additional one does no harm.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::call::{CallInputs, Calls, RecentPrograms, Rules, Use};
use crate::dnd::Dnd;
use crate::idle::Idle;
use crate::lock::{self, Lock, Sleep};
use crate::meeting::AtDesk;
use crate::pause::Pause;
use crate::{Claim, Moment, Mono, Reading, Reason, Settings};

/// A new reading of one signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "signal", content = "reading", rename_all = "lowercase")]
pub enum SignalReading {
    /// Input, measured against the threshold that its watcher has.
    Idle(Idle),
    /// The session's lock.
    Lock(Reading<Lock>),
    /// The machine's sleep.
    Sleep(Reading<Sleep>),
    /// Every use of a microphone.
    Microphone(Reading<Vec<Use>>),
    /// Every use of a camera.
    Camera(Reading<Vec<Use>>),
    /// Every program that shares the screen.
    Screen(Reading<Vec<Use>>),
    /// The desktop's do-not-disturb.
    Dnd(Reading<Dnd>),
}

/// What follows from the readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// What they claim.
    pub claims: Vec<Claim>,
    /// When to evaluate again if no signal changes. Always later than now.
    pub next: Option<Mono>,
    /// The reason to give while nothing is claimed.
    pub fallback: Reason,
    /// What meetings are checked against.
    pub at_desk: AtDesk,
}

/// The last reading of every signal, and what is remembered of calls.
#[derive(Clone, Debug)]
pub struct Desk {
    idle: Idle,
    lock: Reading<Lock>,
    sleep: Reading<Sleep>,
    microphone: Reading<Vec<Use>>,
    camera: Reading<Vec<Use>>,
    screen: Reading<Vec<Use>>,
    dnd: Reading<Dnd>,
    calls: Calls,
    recent_programs: RecentPrograms,
}

impl Default for Desk {
    /// A desk whose signals have not been read yet.
    fn default() -> Self {
        Self {
            idle: Idle::not_read_yet(),
            lock: Reading::not_read_yet(),
            sleep: Reading::not_read_yet(),
            microphone: Reading::not_read_yet(),
            camera: Reading::not_read_yet(),
            screen: Reading::not_read_yet(),
            dnd: Reading::not_read_yet(),
            calls: Calls::default(),
            recent_programs: RecentPrograms::default(),
        }
    }
}

impl Desk {
    /// Takes in a reading.
    pub fn record(&mut self, said: SignalReading) {
        if let SignalReading::Microphone(uses)
        | SignalReading::Camera(uses)
        | SignalReading::Screen(uses) = &said
            && let Some(uses) = uses.known()
        {
            self.recent_programs.add(uses);
        }
        match said {
            SignalReading::Idle(idle) => self.idle = idle,
            SignalReading::Lock(reading) => self.lock = reading,
            SignalReading::Sleep(reading) => self.sleep = reading,
            SignalReading::Microphone(reading) => self.microphone = reading,
            SignalReading::Camera(reading) => self.camera = reading,
            SignalReading::Screen(reading) => self.screen = reading,
            SignalReading::Dnd(reading) => self.dnd = reading,
        }
    }

    /// Computes what follows at `now`. `paused` is the person's pause of call
    /// detection, which may have ended.
    pub fn evaluate(&mut self, settings: &Settings, paused: Option<Pause>, now: Moment) -> Outlook {
        let uses: Vec<Use> = [&self.microphone, &self.camera, &self.screen]
            .into_iter()
            .filter_map(Reading::known)
            .flatten()
            .cloned()
            .collect();
        let (lock, sleep) = (self.lock.known(), self.sleep.known());
        let seen = CallInputs {
            uses: &uses,
            locked: lock.is_some_and(Lock::is_unattended),
            asleep: sleep.is_some_and(Sleep::is_asleep),
        };
        let paused = paused.filter(|pause| pause.is_live(now.wall));
        let paused_until = paused.map(|pause| pause.until.unwrap_or(Timestamp::MAX));
        let rules = Rules { settings: &settings.call, paused_until };
        let call = self.calls.evaluate(&seen, &rules, now);
        // A server keeps busy for an hour after the last sync (docs/protocol.md),
        // and nobody would clear it during sleep.
        let dnd = self.dnd.known().filter(|_| !seen.asleep);
        let dnd = dnd.and_then(|dnd| dnd.claim(&settings.dnd));
        let unattended = settings.lock.away.then(|| lock::claim(lock, sleep)).flatten();
        let claims = [call.claim, dnd, unattended, self.idle.claim()];
        let fallback = match &self.idle {
            Idle::Unknown(why) => Reason::Unreadable { why: why.clone() },
            Idle::Active { .. } | Idle::Idle { .. } => Reason::NothingKnown,
        };
        let is_silent =
            settings.call.enabled && paused.is_none() && self.microphone.known().is_some();
        let at_desk = AtDesk {
            in_call: match claims.first() {
                Some(Some(_)) => Some(true),
                _ => is_silent.then_some(false),
            },
            active: match &self.idle {
                Idle::Active { .. } => Some(true),
                Idle::Idle { .. } => Some(false),
                Idle::Unknown(_) => None,
            },
            asleep: seen.asleep,
        };
        let claims = claims.into_iter().flatten().collect();
        Outlook { claims, next: call.next, fallback, at_desk }
    }

    /// The programs that used a device last.
    pub fn recent_programs(&self) -> &RecentPrograms {
        &self.recent_programs
    }

    /// Whether the machine sleeps or is about to.
    pub fn is_asleep(&self) -> bool {
        self.sleep.known().is_some_and(Sleep::is_asleep)
    }
}

#[cfg(test)]
pub(crate) mod tests;
