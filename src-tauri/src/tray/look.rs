//! Which icon stands for a snapshot.

use presently_core::{Presence, Source};
use presently_ipc::Snapshot;
use presently_ipc::snapshot::Connection;

/// Which icon: a shape, and a mark that says how the presence came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// What is shown.
    pub shape: Shape,
    /// In the lower right corner; none where it is decided automatically.
    pub mark: Option<Mark>,
}

/// What is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A disc with a tick.
    Online,
    /// An octagon with a bar.
    Busy,
    /// A moon.
    Unavailable,
    /// A ring.
    Offline,
    /// A question mark.
    Unknown,
    /// Two bars in a ring: every account is paused.
    Paused,
}

/// How the presence came about, where it is not all that can be seen that
/// decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A dot: the person chose it.
    Manual,
    /// Two bars: call detection is paused.
    CallsPaused,
}

impl Look {
    /// All that there are.
    pub const ALL: [Look; 14] = {
        const fn look(shape: Shape, mark: Option<Mark>) -> Look {
            Look { shape, mark }
        }
        let (manual, paused) = (Some(Mark::Manual), Some(Mark::CallsPaused));
        [
            look(Shape::Online, None),
            look(Shape::Online, manual),
            look(Shape::Online, paused),
            look(Shape::Busy, None),
            look(Shape::Busy, manual),
            look(Shape::Busy, paused),
            look(Shape::Unavailable, None),
            look(Shape::Unavailable, manual),
            look(Shape::Unavailable, paused),
            look(Shape::Offline, None),
            look(Shape::Offline, manual),
            look(Shape::Offline, paused),
            look(Shape::Unknown, None),
            look(Shape::Paused, None),
        ]
    };

    /// That of a snapshot.
    pub fn of(snapshot: &Snapshot) -> Self {
        if are_all_paused(snapshot) {
            return Self { shape: Shape::Paused, mark: None };
        }
        let shape = match snapshot.presence {
            Some(Presence::Online) => Shape::Online,
            Some(Presence::Busy) => Shape::Busy,
            Some(Presence::Unavailable) => Shape::Unavailable,
            Some(Presence::Offline) => Shape::Offline,
            None => return Self { shape: Shape::Unknown, mark: None },
        };
        let mark = match snapshot.source {
            Source::Manual => Some(Mark::Manual),
            _ => snapshot.paused.calls.map(|_| Mark::CallsPaused),
        };
        Self { shape, mark }
    }

    /// Its name among the files of the icons.
    pub fn name(self) -> String {
        let shape = match self.shape {
            Shape::Online => "online",
            Shape::Busy => "busy",
            Shape::Unavailable => "unavailable",
            Shape::Offline => "offline",
            Shape::Unknown => "unknown",
            Shape::Paused => "paused",
        };
        match self.mark {
            None => shape.to_owned(),
            Some(Mark::Manual) => format!("{shape}-manual"),
            Some(Mark::CallsPaused) => format!("{shape}-calls-paused"),
        }
    }
}

/// Whether there are accounts, and every one of them is paused.
pub(super) fn are_all_paused(snapshot: &Snapshot) -> bool {
    let mut accounts = snapshot.accounts.iter();
    !snapshot.accounts.is_empty() && accounts.all(|a| a.connection == Connection::Paused)
}
