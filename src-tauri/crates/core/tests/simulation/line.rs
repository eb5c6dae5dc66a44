//! What becomes of a request on its way: the line of one machine, and the
//! faults of the server.

use std::time::Duration;

use presently_core::Mono;

use crate::dice::Dice;

/// How long a request takes on a good line.
pub const TRIP: Duration = Duration::from_millis(8);
/// A request without an answer is given up after this time.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// The line of one machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Line {
    #[default]
    Good,
    /// Nothing gets through, and the agent knows it at once.
    Down,
    /// Each direction takes up to this time.
    Slow(Duration),
    /// One in three requests fails: the request or its answer is lost, or the
    /// request arrives after it was given up.
    Lossy,
}

/// What becomes of one request.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    /// The time until it is at the server. `None` if it never arrives.
    pub there: Option<Duration>,
    /// The time that the answer takes back, or the time from sending to the
    /// failure.
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
                    // The request is carried out, and its answer is lost.
                    1 => Some(Duration::ZERO),
                    // The request arrives late.
                    _ => Some(dice.time(TIMEOUT)),
                };
                Fate { there, back: Back::Failure(told) }
            }
        }
    }
}

const SOON: Duration = Duration::from_secs(2);

/// A fault of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    #[default]
    Well,
    /// 429 to every PUT and every request about the profile, and to polls if
    /// `polls`. `says` is the pause that it asks for.
    Limits { polls: bool, says: Says },
    /// 5xx to requests, after they were carried out (`acts`) or instead.
    Fails { acts: bool },
    /// 400 to polls that give the filter by its id, which the server does not
    /// know.
    Forgets,
}

/// The pause that a rate limit asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Says {
    /// The truth: until the time at which it is over.
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
