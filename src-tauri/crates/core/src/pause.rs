//! What the person has paused: call detection, or an account.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// When the person paused it.
    pub since: Timestamp,
    /// When it ends by itself, on the wall clock. `None` lasts until the person
    /// ends it.
    pub until: Option<Timestamp>,
}

impl Pause {
    /// Whether it holds at `now`. It no longer does at the moment of its end.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|end| now < end)
    }
}

/// All pauses. They are kept across restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pauses {
    /// The pause of call detection: microphone, camera and screen do not count.
    #[serde(default)]
    pub calls: Option<Pause>,
    /// The pause of the working hours: every hour is one.
    #[serde(default)]
    pub hours: Option<Pause>,
    /// The paused accounts, by user id. They send and receive nothing.
    #[serde(default)]
    pub accounts: BTreeMap<String, Pause>,
}

impl Pauses {
    /// The pause of call detection; `None` where none holds at `now`.
    pub fn calls(&self, now: Timestamp) -> Option<Pause> {
        self.calls.filter(|pause| pause.is_live(now))
    }

    /// The pause of the working hours; `None` where none holds at `now`.
    pub fn hours(&self, now: Timestamp) -> Option<Pause> {
        self.hours.filter(|pause| pause.is_live(now))
    }

    /// The pause of an account; `None` where none holds at `now`.
    pub fn account(&self, user_id: &str, now: Timestamp) -> Option<Pause> {
        self.accounts.get(user_id).copied().filter(|pause| pause.is_live(now))
    }

    /// Drops the pauses that have ended, so that they are not kept for ever.
    pub fn prune(&mut self, now: Timestamp) {
        self.calls = self.calls(now);
        self.hours = self.hours(now);
        self.accounts.retain(|_, pause| pause.is_live(now));
    }

    /// The next end of a pause after `now`; `None` if no pause will end by
    /// itself.
    pub fn next_end(&self, now: Timestamp) -> Option<Timestamp> {
        let pauses = self.calls.iter().chain(&self.hours).chain(self.accounts.values());
        pauses.filter_map(|pause| pause.until).filter(|end| *end > now).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("in range")
    }

    fn pause(until: Option<i64>) -> Pause {
        Pause { since: at(0), until: until.map(at) }
    }

    #[test]
    fn a_pause_ends_on_the_wall_clock_or_never() {
        let mut pauses = Pauses { calls: Some(pause(Some(60))), ..Pauses::default() };
        pauses.accounts.insert("@me:a".to_owned(), pause(None));
        pauses.accounts.insert("@me:b".to_owned(), pause(Some(30)));
        for (now, calls, a, b, next) in [
            (0, true, true, true, Some(30)),
            (29, true, true, true, Some(30)),
            (30, true, true, false, Some(60)),
            (60, false, true, false, None),
            (86_400, false, true, false, None),
        ] {
            let now = at(now);
            let live = |user_id| pauses.account(user_id, now).is_some();
            assert_eq!((pauses.calls(now).is_some(), live("@me:a"), live("@me:b")), (calls, a, b));
            assert_eq!(pauses.next_end(now), next.map(at));
        }
        pauses.prune(at(60));
        assert_eq!((pauses.calls, pauses.accounts.len()), (None, 1));
    }
}
