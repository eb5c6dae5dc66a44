//! What the use of microphone, camera and screen claims: when it begins to
//! count, how long it lingers, and what does not count at all.
//!
//! One input, then all is computed anew: [`Calls::look`] is told what is in
//! use now and says what that claims and when to look again. A look too many
//! does no harm.

mod program;
#[cfg(test)]
mod tests;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use program::Program;

use crate::reason::{ProgramInCall, Used};
use crate::settings::CallSettings;
use crate::{Claim, Moment, Mono, Presence, Reason, Scope, Source};

/// What a program can use that says its person is in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CallDevice {
    /// It listens.
    Microphone,
    /// It sees.
    Camera,
    /// It shows the screen to others.
    Screen,
}

/// One program's use of one device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Use {
    /// What it uses.
    pub device: CallDevice,
    /// Which program.
    pub program: Program,
}

/// All that is in use now, and what else bears on it.
#[derive(Clone, Debug, Default)]
pub struct CallInputs<'a> {
    /// The uses of every device that can be seen, in any order.
    pub uses: &'a [Use],
    /// The session is locked or not in front, as far as is known.
    pub locked: bool,
    /// The machine sleeps or is about to.
    pub asleep: bool,
}

/// What the person wants.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The settings.
    pub settings: &'a CallSettings,
    /// Calls are not looked for until then.
    pub paused_until: Option<Timestamp>,
}

/// What a look found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallOutlook {
    /// The claim, if any.
    pub claim: Option<Claim>,
    /// When to look again although nothing new was seen; later than now.
    pub next: Option<Mono>,
}

/// What is remembered from one look to the next.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    tracked: Vec<Tracked>,
    call: Option<Call>,
}

/// A use that goes on.
#[derive(Clone, Debug)]
struct Tracked {
    it: Use,
    /// Since when it may count: its beginning, or the unlock.
    since: Moment,
    /// It began behind the lock, and waits for the unlock.
    held: bool,
}

/// A call that counts.
#[derive(Clone, Debug)]
struct Call {
    since: Timestamp,
    /// The uses that made it one when they were last seen.
    uses: Vec<Use>,
    /// When they had all ended, and until when it lingers.
    lingers: Option<(Mono, Timestamp)>,
}

impl Calls {
    /// Takes in what is in use now.
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
        let live: Vec<&Tracked> =
            self.tracked.iter().filter(|t| !t.held && counts(&t.it, rules.settings)).collect();
        let enter = rules.settings.enter.0;
        let next =
            if self.call.is_none() && live.iter().all(|t| now.mono.since(t.since.mono) < enter) {
                // Nothing has lasted long enough yet.
                live.iter().map(|t| t.since.mono + enter).min()
            } else if live.is_empty() {
                self.linger(seen, rules.settings, now)
            } else {
                let began = live.iter().map(|t| t.since.wall).min().unwrap_or(now.wall);
                let since = self.call.as_ref().map_or(began, |call| call.since);
                let uses = live.iter().map(|t| t.it.clone()).collect();
                self.call = Some(Call { since, uses, lingers: None });
                None
            };
        CallOutlook { claim: self.call.as_ref().map(Call::claim), next }
    }

    /// Which uses go on, which are new, and which were behind the lock.
    fn track(&mut self, seen: &CallInputs<'_>, now: Moment) {
        self.tracked.retain(|t| seen.uses.contains(&t.it));
        if !seen.locked {
            for tracked in self.tracked.iter_mut().filter(|t| t.held) {
                (tracked.held, tracked.since) = (false, now);
            }
        }
        for it in seen.uses {
            if self.tracked.iter().all(|t| t.it != *it) {
                // A program that is in a call may change its devices behind
                // the lock.
                let in_call = self
                    .call
                    .as_ref()
                    .is_some_and(|call| call.uses.iter().any(|u| u.program.is(&it.program)));
                let held = seen.locked && !in_call;
                self.tracked.push(Tracked { it: it.clone(), since: now, held });
            }
        }
    }

    /// Nothing counts any more: a call that has ended lingers; one that the
    /// person does not want counted is over at once.
    fn linger(
        &mut self,
        seen: &CallInputs<'_>,
        settings: &CallSettings,
        now: Moment,
    ) -> Option<Mono> {
        let call = self.call.as_mut()?;
        let unwanted = call.uses.iter().any(|it| seen.uses.contains(it) && !counts(it, settings));
        let end = call.lingers.map_or(now.mono + settings.exit.0, |(end, _)| end);
        let wall = wall_at(end, now);
        // The same as before, unless somebody has set the clock.
        let shown = call.lingers.map(|(_, shown)| shown);
        let shown = shown.filter(|shown| shown.duration_since(wall).abs() < CLOCK_SET);
        call.lingers = Some((end, shown.unwrap_or(wall)));
        if unwanted || end <= now.mono {
            self.call = None;
            return None;
        }
        Some(end)
    }
}

/// Whether the person wants this use counted.
fn counts(it: &Use, settings: &CallSettings) -> bool {
    (it.device != CallDevice::Screen || settings.screen_share)
        && !settings.ignore.iter().any(|entry| it.program.matches(entry))
}

/// The two clocks drift apart by less, and a clock that is set by less
/// matters to nobody.
const CLOCK_SET: SignedDuration = SignedDuration::from_secs(1);

fn wall_at(mono: Mono, now: Moment) -> Timestamp {
    let ahead = SignedDuration::try_from(mono.since(now.mono)).unwrap_or(SignedDuration::ZERO);
    now.wall.checked_add(ahead).unwrap_or(now.wall)
}

fn mono_at(wall: Timestamp, now: Moment) -> Mono {
    let ahead = wall.duration_since(now.wall);
    let ms = u64::try_from(ahead.as_millis()).unwrap_or(0);
    // Rounded up: a look a fraction early would find nothing new.
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
            until: self.lingers.map(|(_, until)| until),
        }
    }
}

/// How many programs a reason names.
const NAMED: usize = 2;

/// Who uses what.
fn reason(uses: &[Use]) -> Reason {
    let mut programs: Vec<&Program> = Vec::new();
    for it in uses {
        match programs.iter_mut().find(|program| program.is(&it.program)) {
            // The better known of the two.
            Some(known) if known.name.is_none() => *known = &it.program,
            Some(_) => (),
            None => programs.push(&it.program),
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
