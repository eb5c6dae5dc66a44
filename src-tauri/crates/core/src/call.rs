//! The claim that follows from the use of microphone, camera and screen.
//!
//! [`Calls::evaluate`] takes what is in use now, and returns the claim and when
//! to evaluate again. Each evaluation computes everything anew, so an
//! additional one does no harm.

mod program;
mod recent_programs;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use program::Program;
pub use recent_programs::{RECENT_PROGRAMS, RecentPrograms};

use crate::reason::{ProgramInCall, Used};
use crate::settings::CallSettings;
use crate::{Claim, Moment, Mono, Presence, Reason, Scope, Source};

/// A device whose use by a program shows that the person is in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallDevice {
    /// The program records sound.
    Microphone,
    /// The program records pictures.
    Camera,
    /// The program shows the screen to others.
    Screen,
}

/// One program's use of one device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Use {
    /// The device.
    pub device: CallDevice,
    /// The program that uses it.
    pub program: Program,
}

/// What is in use now, and the state of the session and the machine.
#[derive(Clone, Debug, Default)]
pub struct CallInputs<'a> {
    /// The uses of every device that can be read, in any order.
    pub uses: &'a [Use],
    /// Whether the session is known to be locked or not in front.
    pub locked: bool,
    /// Whether the machine sleeps or is about to.
    pub asleep: bool,
}

/// What the person has set.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The settings.
    pub settings: &'a CallSettings,
    /// Until when the person has paused call detection, if they have.
    pub paused_until: Option<Timestamp>,
}

/// The result of an evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOutlook {
    /// The claim, while a call counts.
    pub claim: Option<Claim>,
    /// When to evaluate again if nothing changes. Always later than now.
    pub next: Option<Mono>,
}

/// What is remembered between evaluations.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    tracked: Vec<Tracked>,
    call: Option<Call>,
}

/// A use that has not ended.
#[derive(Clone, Debug)]
struct Tracked {
    device_use: Use,
    /// When its delay began: at its start, or at the unlock.
    since: Moment,
    /// It began while the session was locked, and does not count before the
    /// unlock.
    waits_for_unlock: bool,
}

/// A call that counts.
#[derive(Clone, Debug)]
struct Call {
    since: Timestamp,
    /// The uses that counted at the last evaluation that had any.
    uses: Vec<Use>,
    /// When it ends, on both clocks. Set once all uses have ended.
    ends: Option<(Mono, Timestamp)>,
}

impl Calls {
    /// Computes the claim from what is in use at `now`.
    pub fn evaluate(
        &mut self,
        seen: &CallInputs<'_>,
        rules: &Rules<'_>,
        now: Moment,
    ) -> CallOutlook {
        self.track(seen, now);
        if seen.asleep || !rules.settings.enabled {
            self.call = None;
            return CallOutlook { claim: None, next: None };
        }
        if let Some(end) = rules.paused_until.filter(|end| *end > now.wall) {
            self.call = None;
            return CallOutlook { claim: None, next: Some(mono_at(end, now)) };
        }
        let live: Vec<&Tracked> = self
            .tracked
            .iter()
            .filter(|t| !t.waits_for_unlock && counts(&t.device_use, rules.settings))
            .collect();
        let enter = rules.settings.enter.0;
        let next =
            if self.call.is_none() && live.iter().all(|t| now.mono.since(t.since.mono) < enter) {
                // No use has lasted as long as the delay yet.
                live.iter().map(|t| t.since.mono + enter).min()
            } else if live.is_empty() {
                self.end_or_linger(seen, rules.settings, now)
            } else {
                let began = live.iter().map(|t| t.since.wall).min().unwrap_or(now.wall);
                let since = self.call.as_ref().map_or(began, |call| call.since);
                let uses = live.iter().map(|t| t.device_use.clone()).collect();
                self.call = Some(Call { since, uses, ends: None });
                None
            };
        CallOutlook { claim: self.call.as_ref().map(Call::claim), next }
    }

    /// Drops the uses that have ended, adds the new ones, and releases at the
    /// unlock those that began while the session was locked.
    fn track(&mut self, seen: &CallInputs<'_>, now: Moment) {
        self.tracked.retain(|t| seen.uses.contains(&t.device_use));
        if !seen.locked {
            for tracked in self.tracked.iter_mut().filter(|t| t.waits_for_unlock) {
                (tracked.waits_for_unlock, tracked.since) = (false, now);
            }
        }
        for device_use in seen.uses {
            if self.tracked.iter().all(|t| t.device_use != *device_use) {
                // A program that is in a call may switch devices while the
                // session is locked.
                let in_call = self.call.as_ref().is_some_and(|call| {
                    call.uses.iter().any(|u| u.program.is(&device_use.program))
                });
                let waits_for_unlock = seen.locked && !in_call;
                self.tracked.push(Tracked {
                    device_use: device_use.clone(),
                    since: now,
                    waits_for_unlock,
                });
            }
        }
    }

    /// Ends a call that has no counting use any more. It still counts for the
    /// exit delay, unless its uses go on and the settings no longer count them.
    fn end_or_linger(
        &mut self,
        seen: &CallInputs<'_>,
        settings: &CallSettings,
        now: Moment,
    ) -> Option<Mono> {
        let call = self.call.as_mut()?;
        let unwanted = call
            .uses
            .iter()
            .any(|device_use| seen.uses.contains(device_use) && !counts(device_use, settings));
        let end = call.ends.map_or(now.mono + settings.exit.0, |(end, _)| end);
        let wall = wall_at(end, now);
        // Keeps the end that was shown before, unless the wall clock was set.
        let shown = call.ends.map(|(_, shown)| shown);
        let shown = shown.filter(|shown| shown.duration_since(wall).abs() < CLOCK_SET);
        call.ends = Some((end, shown.unwrap_or(wall)));
        if unwanted || end <= now.mono {
            self.call = None;
            return None;
        }
        Some(end)
    }
}

/// Whether the settings count this use.
fn counts(device_use: &Use, settings: &CallSettings) -> bool {
    (device_use.device != CallDevice::Screen || settings.screen_share)
        && !settings.ignore.iter().any(|entry| device_use.program.matches(entry))
}

/// From this difference between the two clocks on, the wall clock was set.
/// Drift stays below it.
const CLOCK_SET: SignedDuration = SignedDuration::from_secs(1);

fn wall_at(mono: Mono, now: Moment) -> Timestamp {
    let ahead = SignedDuration::try_from(mono.since(now.mono)).unwrap_or(SignedDuration::ZERO);
    now.wall.checked_add(ahead).unwrap_or(now.wall)
}

fn mono_at(wall: Timestamp, now: Moment) -> Mono {
    let ahead = wall.duration_since(now.wall);
    let ms = u64::try_from(ahead.as_millis()).unwrap_or(0);
    // Rounded up, because an evaluation just before the end would find no
    // change.
    Mono(now.mono.0.saturating_add(ms).saturating_add(1))
}

impl Call {
    fn claim(&self) -> Claim {
        Claim {
            source: Source::Call,
            scope: Scope::All,
            presence: Presence::Busy,
            reason: reason(&self.uses),
            since: self.since,
            until: self.ends.map(|(_, until)| until),
        }
    }
}

/// How many programs a reason names at most.
const NAMED: usize = 2;

/// The reason: which programs use what.
fn reason(uses: &[Use]) -> Reason {
    let mut programs: Vec<&Program> = Vec::new();
    for device_use in uses {
        match programs.iter_mut().find(|program| program.is(&device_use.program)) {
            // Prefers the entry that has a name.
            Some(known) if known.name.is_none() => *known = &device_use.program,
            Some(_) => (),
            None => programs.push(&device_use.program),
        }
    }
    let others = programs.len().saturating_sub(NAMED);
    let programs = programs.into_iter().take(NAMED).map(|program| {
        let has = |device| uses.iter().any(|u| u.device == device && u.program.is(program));
        let uses = match (has(CallDevice::Microphone), has(CallDevice::Camera)) {
            (true, true) => Used::MicrophoneAndCamera,
            (true, false) => Used::Microphone,
            (false, true) => Used::Camera,
            (false, false) => Used::Screen,
        };
        ProgramInCall { program: program.called().map(str::to_owned), uses }
    });
    Reason::CallHere { programs: programs.collect(), others }
}
