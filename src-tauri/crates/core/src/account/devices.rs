//! The other devices of an account. A device that calls /v3/sync with a
//! presence while the user is busy is recorded as busy too. It may then hold a
//! presence that we have left (docs/protocol.md, "Busy").

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// A device that was last seen longer ago than this does not sync. Synapse
/// updates that time every two minutes.
pub const SYNCING: Duration = Duration::from_secs(5 * 60);

/// How long the busy of a device that stopped syncing may last. Synapse ends it
/// 60 minutes after the last sync (docs/protocol.md, "Busy"). The rest is a
/// margin.
pub(super) const BUSY_KEPT: Duration = Duration::from_secs(65 * 60);

/// A device as its homeserver lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: String,
    /// Its display name.
    pub name: Option<String>,
    /// When it was last seen, by the server's clock. `None` if the server does
    /// not say.
    pub last_seen: Option<Timestamp>,
}

impl Device {
    /// The name to show to a person: the display name, or the id if there is
    /// none.
    pub fn label(&self) -> &str {
        self.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).unwrap_or(&self.id)
    }

    fn was_seen(&self, within: Duration, now: Timestamp) -> bool {
        let limit = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
        self.last_seen.is_none_or(|seen| now.duration_since(seen) < limit)
    }
}

/// How a device syncs, as far as its name tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Another Presently of the same person. If its sync has caught a busy, it
    /// leaves that busy by a PUT of its own as soon as it sees it.
    Agent,
    /// It uses sliding sync (MSC4186), which carries no presence. So it neither
    /// catches busy nor holds it.
    Sliding,
    /// It uses /v3/sync, or its way is unknown.
    Classic,
}

/// The start of the display name of Presently's devices: "Presently on HOST".
const AGENT: &str = "Presently on ";

/// Clients that use sliding sync only, by a part of their device's display
/// name.
///
/// After a sign-in by password, the client has chosen the name ("Element X
/// iOS"). After a sign-in by OAuth, the Matrix Authentication Service has
/// composed it from the names of client and machine, in the language of the
/// sign-in page ("Element X on iPhone 15 Pro", "Element X auf ..."; its
/// templates/device_name.txt). In some languages the client comes last.
const SLIDING: [&str; 5] = [
    // element-x-ios Other/Extensions/UIDevice.swift, element-x-android
    // RustMatrixAuthenticationService.kt and OAuthConfigurationProvider.kt.
    "Element X",
    // The same code under another name (its submodules are not public).
    "Element Pro",
    // schildichat-android-next RustMatrixAuthenticationService.kt.
    "SchildiChat Next",
    // schildi-revenge RustMatrixAuthenticationService.kt.
    "Schildi Revenge",
    // robrix src/sliding_sync.rs: "robrix-un-pw", "robrix-sso-...".
    "robrix",
];

impl Kind {
    /// The kind of a device with this display name.
    pub fn of(name: &str) -> Self {
        if name.starts_with(AGENT) {
            Self::Agent
        } else if SLIDING.iter().any(|client| is_client(name, client)) {
            Self::Sliding
        } else {
            Self::Classic
        }
    }
}

/// Whether `name` contains `client` as whole words.
fn is_client(name: &str, client: &str) -> bool {
    name.match_indices(client).any(|(at, _)| {
        let (before, after) = (&name[..at], &name[at + client.len()..]);
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    })
}

/// Another device that may be syncing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Its id.
    pub id: String,
    /// The name to show to a person.
    pub name: String,
    /// How it syncs.
    pub kind: Kind,
}

/// The devices other than `own` that may have synced within this time before
/// `now`, the last seen first.
///
/// If a server says of some devices when they were seen, those without a time
/// were never used. An administrator can create such a device. If it says so of
/// none, each device counts as syncing, because a busy that cannot be left
/// again is the worse mistake.
pub(super) fn others_seen(
    devices: &[Device],
    own: &str,
    now: Timestamp,
    within: Duration,
) -> Vec<Other> {
    let says_when = devices.iter().any(|device| device.last_seen.is_some());
    let seen = |device: &&Device| {
        let never_seen = says_when && device.last_seen.is_none();
        device.id != own && !never_seen && device.was_seen(within, now)
    };
    let mut devices: Vec<&Device> = devices.iter().filter(seen).collect();
    devices.sort_by_key(|device| std::cmp::Reverse(device.last_seen));
    let other = |device: &Device| Other {
        id: device.id.clone(),
        name: device.label().to_owned(),
        kind: Kind::of(device.label()),
    };
    devices.into_iter().map(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, name: Option<&str>, seen: Option<i64>) -> Device {
        let last_seen = seen.map(|s| Timestamp::from_second(s).expect("a time"));
        Device { id: id.to_owned(), name: name.map(str::to_owned), last_seen }
    }

    #[test]
    fn kinds_are_known_by_name() {
        for (name, kind) in [
            ("Presently on desk", Kind::Agent),
            ("Presently on ", Kind::Agent),
            ("Presently", Kind::Classic),
            ("presently on desk", Kind::Classic),
            ("Not Presently on desk", Kind::Classic),
            ("Element on laptop", Kind::Classic),
            ("Element X iOS", Kind::Sliding),
            ("Element X", Kind::Sliding),
            ("Element X auf iPhone 15 Pro", Kind::Sliding),
            ("运行在 Pixel 9 的 Element X", Kind::Sliding),
            ("SchildiChat Next (Xiaomi Mi 9T)", Kind::Sliding),
            ("robrix-un-pw", Kind::Sliding),
            ("Element Xtra", Kind::Classic),
            ("Element on Chrome for Linux", Kind::Classic),
            ("Element Android", Kind::Classic),
        ] {
            assert_eq!(Kind::of(name), kind, "{name}");
        }
    }

    fn labels(devices: Vec<Device>) -> Vec<String> {
        let now = Timestamp::from_second(10_000).expect("a time");
        let others = others_seen(&devices, "OURS", now, SYNCING);
        others.into_iter().map(|other| other.name).collect()
    }

    #[test]
    fn those_count_that_were_seen_lately() {
        let seen = vec![
            device("OURS", Some("Presently on desk"), Some(9_999)),
            device("OLD", Some("Element on phone"), Some(9_700)),
            device("NEVER", None, None),
            device("WEB", Some("Element on laptop"), Some(9_701)),
            device("AHEAD", Some(" "), Some(10_100)),
        ];
        assert_eq!(labels(seen), ["AHEAD", "Element on laptop"]);
        // This holds even if only our own device was seen.
        let ours = device("OURS", None, Some(9_999));
        assert!(labels(vec![ours, device("NEVER", None, None)]).is_empty());
    }

    #[test]
    fn where_the_server_says_of_none_when_it_was_seen_each_counts() {
        let unsaid = vec![device("OURS", None, None), device("PHONE", Some("Element"), None)];
        assert_eq!(labels(unsaid), ["Element"]);
    }
}
