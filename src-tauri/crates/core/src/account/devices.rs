//! The other devices of an account. While one of them syncs, it may hold a
//! presence that we have left (PROTOCOL section 0.2).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A device that was seen so long ago does not sync. Synapse writes down
/// that it saw one every two minutes.
pub const SYNCING: Duration = Duration::from_secs(5 * 60);

/// A device as its homeserver lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// What its owner calls it.
    pub name: Option<String>,
    /// When it was seen last, on the server's clock. `None` where the server
    /// does not say.
    pub last_seen: Option<Timestamp>,
}

impl Device {
    /// What a person knows it by.
    pub fn label(&self) -> &str {
        self.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).unwrap_or(&self.id)
    }

    /// It may be syncing at `now`. Where that is not known it counts as
    /// true: busy that cannot be left again is the worse mistake.
    pub fn may_sync(&self, now: Timestamp) -> bool {
        let limit = SignedDuration::try_from(SYNCING).unwrap_or(SignedDuration::MAX);
        self.last_seen.is_none_or(|seen| now.duration_since(seen) < limit)
    }
}

/// How a device of Presently is called: "Presently on HOST".
const AGENT: &str = "Presently on ";

/// A device of this name is another Presently of the same person. It leaves
/// a busy that its sync has caught by a PUT of its own, at once when it sees
/// it, so it does not hold what another device has left, and real busy can
/// be shown beside it. People may call other devices so, too: one that was
/// seen to hold busy is no such agent, and what is learnt from that
/// (`held_once`) does not ask for names.
pub fn is_agent(name: &str) -> bool {
    name.starts_with(AGENT)
}

/// The devices but `own` that may be syncing at `now`, the last seen first.
pub fn others_syncing(mut devices: Vec<Device>, own: &str, now: Timestamp) -> Vec<Device> {
    devices.retain(|device| device.id != own && device.may_sync(now));
    // Those of which nothing is known are the least likely.
    devices.sort_by_key(|device| std::cmp::Reverse(device.last_seen));
    devices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, name: Option<&str>, seen: Option<i64>) -> Device {
        let last_seen = seen.map(|s| Timestamp::from_second(s).expect("a time"));
        Device { id: id.to_owned(), name: name.map(str::to_owned), last_seen }
    }

    #[test]
    fn other_agents_are_known_by_their_name() {
        for (name, agent) in [
            ("Presently on desk", true),
            ("Presently on ", true),
            ("Presently", false),
            ("presently on desk", false),
            ("Element on laptop", false),
            ("Not Presently on desk", false),
        ] {
            assert_eq!(is_agent(name), agent, "{name}");
        }
    }

    #[test]
    fn those_count_that_were_seen_lately_or_of_which_nothing_is_known() {
        let now = Timestamp::from_second(10_000).expect("a time");
        let devices = vec![
            device("OURS", Some("Presently on desk"), Some(9_999)),
            device("OLD", Some("Element on phone"), Some(9_700)),
            device("NEVER", None, None),
            device("WEB", Some("Element on laptop"), Some(9_701)),
            device("AHEAD", Some(" "), Some(10_100)),
        ];
        let others = others_syncing(devices, "OURS", now);
        let labels: Vec<_> = others.iter().map(Device::label).collect();
        assert_eq!(labels, ["AHEAD", "Element on laptop", "NEVER"]);
    }
}
