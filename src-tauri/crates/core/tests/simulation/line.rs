//! What becomes of a request on its way: the line of one machine, and the
//! moods of the server.

use std::time::Duration;

use presently_core::Mono;

use crate::dice::Dice;

/// How long a request takes where all is well.
pub const TRIP: Duration = Duration::from_millis(8);
/// A request that nobody answers is given up after this.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The line of one machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Line {
    #[default]
    Good,
    /// Nothing gets through, and that is known at once.
    Down,
    /// Every way takes up to this.
    Slow(Duration),
    /// One in three requests or answers is lost, or the request comes late,
    /// after it was given up.
    Lossy,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    /// It is at the server after this, if at all.
    pub there: Option<Duration>,
    /// The answer takes this long back, or it fails so long after it was
    /// sent.
    pub back: Back,
}

#[derive(Clone, Copy, Debug)]
pub enum Back {
    Answer(Duration),
    Failure(Duration),
}

impl Line {
    pub fn fate(self, dice: &mut Dice) -> Fate {
        let fine = Fate { there: Some(Duration::ZERO), back: Back::Answer(TRIP) };
        match self {
            Line::Good => fine,
            Line::Down => Fate { there: None, back: Back::Failure(TRIP) },
            Line::Slow(longest) => Fate {
                there: Some(dice.time(longest)),
                back: Back::Answer(TRIP + dice.time(longest)),
            },
            Line::Lossy if !dice.one_in(3) => fine,
            Line::Lossy => {
                let told = if dice.one_in(3) { TIMEOUT } else { TRIP + dice.time(SOON) };
                let there = match dice.below(3) {
                    0 => None,
                    // It was done, and the answer is lost.
                    1 => Some(Duration::ZERO),
                    // Something on the way holds it back.
                    _ => Some(dice.time(TIMEOUT)),
                };
                Fate { there, back: Back::Failure(told) }
            }
        }
    }
}

const SOON: Duration = Duration::from_secs(2);

/// What a server does beside what it ought to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Well,
    /// 429 to every PUT and every request about the profile, and to polls,
    /// too; and what it says of when to come back.
    Limits { polls: bool, says: Says },
    /// 5xx to everything, after it was done or instead.
    Fails { acts: bool },
    /// 400 to polls whose filter goes by its id, which it does not know.
    Forgets,
}

/// What a server says of when to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// The truth: when it will be over.
    Over(Mono),
    /// The same each time.
    Always(Duration),
}

impl Says {
    pub fn wait(self, now: Mono) -> Duration {
        match self {
            Says::Over(at) => at.since(now) + TRIP,
            Says::Always(wait) => wait,
        }
    }
}
