//! The reading of the desktop's do-not-disturb, and the claim that follows from
//! it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::settings::DndSettings;
use crate::{Claim, Presence, Reason, Scope, Source};

/// The desktop's do-not-disturb.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dnd {
    /// Whether it is on.
    pub on: bool,
    /// Since when it has been on or off.
    pub since: Timestamp,
}

impl Dnd {
    /// The claim that follows; `None` if it is off or the settings do not count
    /// it as busy.
    pub fn claim(&self, settings: &DndSettings) -> Option<Claim> {
        (self.on && settings.busy).then_some(Claim {
            source: Source::Dnd,
            scope: Scope::All,
            presence: Presence::Busy,
            reason: Reason::DoNotDisturb,
            since: self.since,
            until: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_only_for_those_who_want_it() {
        let dnd = |on| Dnd { on, since: Timestamp::UNIX_EPOCH };
        for (on, busy, claims) in
            [(true, true, true), (true, false, false), (false, true, false), (false, false, false)]
        {
            assert_eq!(dnd(on).claim(&DndSettings { busy }).is_some(), claims);
        }
    }
}
