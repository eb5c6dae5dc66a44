//! Decides what the idle notifications of a Wayland seat prove. It reads no
//! clock: time is an argument.
//!
//! A notification reports "idle" after some time without input and "resumed" at
//! the next input. It does not tell when the last input was before it was
//! requested. Most compositors count an idle inhibitor (a program that plays a
//! video) as input: "resumed" follows its start as it follows a key press, and
//! "idle" never comes while it is active.
//!
//! A second notification with a short timeout tells the two apart. It is
//! requested only while proof is needed. After a key press it reports "idle"
//! within moments. While an inhibitor is active it never does.

use std::time::Duration;

use tokio::time::Instant;

/// The timeout of the short notification. Pauses between two key presses or two
/// mouse movements are at least as long.
pub(super) const QUICK: Duration = Duration::from_millis(20);

/// If the short notification reports idle within this time after a resume,
/// input caused the resume, and no idle inhibitor did.
const PROOF_WINDOW: Duration = Duration::from_secs(2);

/// The idle threshold, and what the compositor counts as input.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// How long there must be no input before the seat is idle.
    pub(super) after: Duration,
    /// The notifications ignore idle inhibitors, so each resume is input.
    pub(super) ignores_inhibitors: bool,
}

impl Rules {
    /// How long proved input holds before it must be proved again.
    fn between(&self) -> Duration {
        (self.after / 4).max(Duration::from_millis(250))
    }

    /// How long after the last proof the state becomes doubtful. Without input
    /// and without an inhibitor, idle would have been reported before.
    fn doubtful_after(&self) -> Duration {
        // KWin's timers are accurate to 5 % only.
        self.between() + self.after + self.after / 10 + Duration::from_millis(500)
    }
}

/// Which of the two notifications of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// The one with the idle threshold.
    Threshold,
    /// The one with the short timeout, [`QUICK`].
    Quick,
}

/// What is known about input at a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// The compositor has reported nothing yet.
    Nothing,
    /// An idle inhibitor may be active, so input cannot be detected.
    Doubt,
    /// There is input.
    Active,
    /// There has been no input for the threshold.
    Idle,
}

/// What is known about input at a seat, with the evidence for it.
#[derive(Debug)]
pub(super) struct Evidence {
    known: Known,
    /// The threshold notification has reported idle and not yet resumed.
    is_past_threshold: bool,
    /// The time of a resume that is not yet proved to be input.
    unproven_resume: Option<Instant>,
    /// When input was last proved, or no inhibitor was last known to be active.
    last_proof: Instant,
}

impl Evidence {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            known: Known::Nothing,
            is_past_threshold: false,
            unproven_resume: None,
            last_proof: now,
        }
    }

    pub(super) fn known(&self) -> Known {
        self.known
    }

    /// Records that a notification has reported idle, or else resumed.
    pub(super) fn record(&mut self, which: Which, idle: bool, rules: &Rules, now: Instant) {
        if which == Which::Threshold {
            self.is_past_threshold = idle;
        }
        match (which, idle) {
            (Which::Threshold, true) => self.set_known(Known::Idle, now),
            (Which::Quick, true) => {
                let soon = self
                    .unproven_resume
                    .take()
                    .is_some_and(|end| now.duration_since(end) <= PROOF_WINDOW);
                if soon {
                    self.set_known(Known::Active, now);
                } else if self.known != Known::Active {
                    self.last_proof = now;
                }
            }
            (_, false) if rules.ignores_inhibitors => self.set_known(Known::Active, now),
            (_, false) => self.unproven_resume = Some(now),
        }
    }

    fn set_known(&mut self, known: Known, now: Instant) {
        (self.known, self.unproven_resume, self.last_proof) = (known, None, now);
    }

    /// Applies the passing of time. It may be called at any time.
    pub(super) fn expire(&mut self, rules: &Rules, now: Instant) {
        if self.doubtful_at(rules).is_some_and(|at| at <= now) {
            self.known = Known::Doubt;
        }
    }

    /// Whether the short notification is needed now.
    pub(super) fn wants_proof(&self, rules: &Rules, now: Instant) -> bool {
        match self.known {
            Known::Nothing => true,
            _ if rules.ignores_inhibitors => false,
            Known::Doubt => true,
            Known::Active => now >= self.last_proof + rules.between(),
            Known::Idle => !self.is_past_threshold,
        }
    }

    /// When to evaluate again if the compositor reports nothing.
    pub(super) fn next_deadline(&self, rules: &Rules, now: Instant) -> Option<Instant> {
        let proof = (self.known == Known::Active && !rules.ignores_inhibitors)
            .then(|| self.last_proof + rules.between())
            .filter(|at| *at > now);
        proof.or_else(|| self.doubtful_at(rules))
    }

    fn doubtful_at(&self, rules: &Rules) -> Option<Instant> {
        let certain =
            rules.ignores_inhibitors || self.is_past_threshold || self.known == Known::Doubt;
        (!certain).then(|| self.last_proof + rules.doubtful_after())
    }
}

/// Combines the seats: input at one of them counts as input.
pub(super) fn together(seats: impl Iterator<Item = Known>) -> Known {
    let rank = |known: &Known| match known {
        Known::Active => 3,
        Known::Doubt => 2,
        Known::Nothing => 1,
        Known::Idle => 0,
    };
    seats.max_by_key(rank).unwrap_or(Known::Nothing)
}

#[cfg(test)]
mod tests {
    use super::*;

    const AFTER: u64 = 60_000;

    /// Replays the reports `(at, which, idle)` of a compositor and asserts what
    /// is known at each time of `wanted`. Times are in milliseconds.
    fn told(alone: bool, events: &[(u64, Which, bool)], wanted: &[(u64, Known)]) {
        let rules = Rules { after: Duration::from_millis(AFTER), ignores_inhibitors: alone };
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut evidence = Evidence::new(start);
        let mut events = events.iter().peekable();
        for (moment, known) in wanted {
            loop {
                let event = events.peek().map(|e| at(e.0)).filter(|t| *t <= at(*moment));
                let now = event.unwrap_or(at(*moment));
                // Timers that are due fire before the event.
                while let Some(look) = evidence.next_deadline(&rules, now).filter(|l| *l <= now) {
                    evidence.expire(&rules, look.max(now));
                }
                if event.is_none() {
                    break;
                }
                let (_, which, idle) = events.next().expect("peeked");
                evidence.record(*which, *idle, &rules, now);
            }
            assert_eq!(evidence.known(), *known, "at {moment} ms");
        }
    }

    use Known::{Active, Doubt, Idle, Nothing};
    use Which::{Quick, Threshold};

    #[test]
    fn nothing_is_known_before_anything_is_told() {
        for alone in [true, false] {
            told(alone, &[(100, Quick, true)], &[(50, Nothing), (59_000, Nothing)]);
            let nobody = [(100, Quick, true), (AFTER, Threshold, true)];
            told(alone, &nobody, &[(59_000, Nothing), (61_000, Idle), (9_000_000, Idle)]);
        }
        let key = [(100, Quick, true), (5_000, Quick, false), (5_100, Quick, true)];
        told(true, &key, &[(4_999, Nothing), (5_000, Active), (9_000_000, Active)]);
        told(false, &key, &[(5_000, Nothing), (5_100, Active)]);
    }

    #[test]
    fn the_return_is_input() {
        let back = [(AFTER, Threshold, true), (70_000, Threshold, false), (70_200, Quick, true)];
        told(true, &back, &[(69_999, Idle), (70_000, Active)]);
        told(false, &back, &[(70_000, Idle), (70_200, Active)]);
    }

    #[test]
    fn what_keeps_the_screen_on_is_no_input() {
        // The person is away and a video starts: the seat resumes, and idle
        // does not follow.
        let video = [(AFTER, Threshold, true), (70_000, Threshold, false)];
        told(false, &video, &[(70_000, Idle), (120_000, Idle), (9_000_000, Doubt)]);
        // The video ends later. The person may have returned meanwhile.
        let ended = [video[0], video[1], (300_000, Quick, true), (360_000, Threshold, true)];
        told(false, &ended, &[(299_000, Doubt), (300_000, Doubt), (360_000, Idle)]);
        // A short video, and no input.
        let short = [video[0], video[1], (75_000, Quick, true), (135_000, Threshold, true)];
        told(false, &short, &[(75_000, Idle), (134_000, Idle), (140_000, Idle)]);
        // A video plays from the start.
        told(false, &[], &[(60_000, Nothing), (9_000_000, Doubt)]);
    }

    #[test]
    fn input_is_proved_anew() {
        let typing = [(100, Quick, true), (5_000, Quick, false), (5_100, Quick, true)];
        // A video starts, so input can no longer be proved.
        told(false, &typing, &[(5_100, Active), (65_000, Active), (90_000, Doubt)]);
        let more = [typing[0], typing[1], typing[2], (60_000, Quick, false), (60_100, Quick, true)];
        told(false, &more, &[(90_000, Active), (142_000, Doubt)]);
        // A compositor that ignores inhibitors needs no proof.
        told(true, &typing, &[(9_000_000, Active)]);
    }

    #[test]
    fn any_seat_may_have_input() {
        assert_eq!(together([Idle, Active].into_iter()), Active);
        assert_eq!(together([Idle, Nothing].into_iter()), Nothing);
        assert_eq!(together([Idle, Idle].into_iter()), Idle);
        assert_eq!(together([Doubt, Nothing].into_iter()), Doubt);
        assert_eq!(together(std::iter::empty()), Nothing);
    }
}
