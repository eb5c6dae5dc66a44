//! What the notifications of a Wayland seat prove. Pure: the time is told.
//!
//! A notification tells that there was no input for a while, and then that
//! there is some again. It does not tell when the last input was before it
//! was asked for; and most compositors count a program that keeps the screen
//! on (a video) as input: its beginning ends the silence as a key does, and
//! while it lasts there is none.
//!
//! So there is a second, quick one, asked for only while proof is wanted.
//! After a key it falls silent again within moments, which it never does
//! while something keeps the screen on.

use std::time::Duration;

use tokio::time::Instant;

/// How long there must be no input for the quick one. Between two keys, and
/// between two strokes of a mouse, there is as much.
pub(super) const QUICK: Duration = Duration::from_millis(20);

/// How soon after the end of a silence the next one proves that the end was
/// input, and nothing that keeps the screen on.
const SOON: Duration = Duration::from_secs(2);

/// What the compositor does, and what it was asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// No input for this long is idle.
    pub(super) after: Duration,
    /// Its notifications are of input alone.
    pub(super) alone: bool,
}

impl Rules {
    /// How long input goes on without being proved anew.
    fn between(&self) -> Duration {
        (self.after / 4).max(Duration::from_millis(250))
    }

    /// How long after the last proof there is none, whatever there was:
    /// without input the silence has been told before.
    fn doubtful_after(&self) -> Duration {
        // KWin's timers are coarse by a twentieth.
        self.between() + self.after + self.after / 10 + Duration::from_millis(500)
    }
}

/// Which of the two notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Of the threshold.
    Threshold,
    /// Of moments.
    Quick,
}

/// What is known of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Nothing was told since it was asked.
    Nothing,
    /// Something keeps the screen on, and input cannot be told from it.
    Doubt,
    /// There is input.
    Active,
    /// There is none.
    Idle,
}

/// What is known of a seat, and how surely.
#[derive(Debug)]
pub(super) struct Evidence {
    known: Known,
    /// The threshold's silence goes on.
    silent: bool,
    /// A silence has ended, perhaps by input.
    ended: Option<Instant>,
    /// When there was input, or nothing that keeps the screen on.
    sure: Instant,
}

impl Evidence {
    pub(super) fn new(now: Instant) -> Self {
        Self { known: Known::Nothing, silent: false, ended: None, sure: now }
    }

    pub(super) fn known(&self) -> Known {
        self.known
    }

    /// Takes in what a notification says: that there has been no input, or
    /// that there is some again.
    pub(super) fn record(&mut self, which: Which, idle: bool, rules: &Rules, now: Instant) {
        if which == Which::Threshold {
            self.silent = idle;
        }
        match (which, idle) {
            (Which::Threshold, true) => self.is(Known::Idle, now),
            (Which::Quick, true) => {
                let soon = self.ended.take().is_some_and(|end| now.duration_since(end) <= SOON);
                if soon {
                    self.is(Known::Active, now);
                } else if self.known != Known::Active {
                    self.sure = now;
                }
            }
            (_, false) if rules.alone => self.is(Known::Active, now),
            (_, false) => self.ended = Some(now),
        }
    }

    fn is(&mut self, known: Known, now: Instant) {
        (self.known, self.ended, self.sure) = (known, None, now);
    }

    /// Time has passed. Too often does no harm.
    pub(super) fn expire(&mut self, rules: &Rules, now: Instant) {
        if self.doubtful_at(rules).is_some_and(|at| at <= now) {
            self.known = Known::Doubt;
        }
    }

    /// Whether the quick one is wanted now.
    pub(super) fn wants_proof(&self, rules: &Rules, now: Instant) -> bool {
        match self.known {
            Known::Nothing => true,
            _ if rules.alone => false,
            Known::Doubt => true,
            Known::Active => now >= self.sure + rules.between(),
            Known::Idle => !self.silent,
        }
    }

    /// When to look again although nothing was told.
    pub(super) fn next_deadline(&self, rules: &Rules, now: Instant) -> Option<Instant> {
        let proof = (self.known == Known::Active && !rules.alone)
            .then(|| self.sure + rules.between())
            .filter(|at| *at > now);
        proof.or_else(|| self.doubtful_at(rules))
    }

    fn doubtful_at(&self, rules: &Rules) -> Option<Instant> {
        let certain = rules.alone || self.silent || self.known == Known::Doubt;
        (!certain).then(|| self.sure + rules.doubtful_after())
    }
}

/// What is known of several seats: input at any of them is input.
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

    /// A seat whose compositor tells `(at, which, idle)`, in milliseconds;
    /// what is known at each of `wanted`.
    fn told(alone: bool, events: &[(u64, Which, bool)], wanted: &[(u64, Known)]) {
        let rules = Rules { after: Duration::from_millis(AFTER), alone };
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut evidence = Evidence::new(start);
        let mut events = events.iter().peekable();
        for (moment, known) in wanted {
            loop {
                let event = events.peek().map(|e| at(e.0)).filter(|t| *t <= at(*moment));
                let now = event.unwrap_or(at(*moment));
                // Its own timer comes first.
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
        // Away, and a video begins: silence ends, and none comes after it.
        let video = [(AFTER, Threshold, true), (70_000, Threshold, false)];
        told(false, &video, &[(70_000, Idle), (120_000, Idle), (9_000_000, Doubt)]);
        // It ends later: the person may have come in the meantime.
        let ended = [video[0], video[1], (300_000, Quick, true), (360_000, Threshold, true)];
        told(false, &ended, &[(299_000, Doubt), (300_000, Doubt), (360_000, Idle)]);
        // A short one, and nobody came.
        let short = [video[0], video[1], (75_000, Quick, true), (135_000, Threshold, true)];
        told(false, &short, &[(75_000, Idle), (134_000, Idle), (140_000, Idle)]);
        // From the start.
        told(false, &[], &[(60_000, Nothing), (9_000_000, Doubt)]);
    }

    #[test]
    fn input_is_proved_anew() {
        let typing = [(100, Quick, true), (5_000, Quick, false), (5_100, Quick, true)];
        // A video begins, and no proof comes any more.
        told(false, &typing, &[(5_100, Active), (65_000, Active), (90_000, Doubt)]);
        let more = [typing[0], typing[1], typing[2], (60_000, Quick, false), (60_100, Quick, true)];
        told(false, &more, &[(90_000, Active), (142_000, Doubt)]);
        // Of input alone no proof is wanted.
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
