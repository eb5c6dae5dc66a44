//! The committed example of a snapshot, for tests.

use presently_ipc::{Reply, Snapshot};

/// The snapshot among the examples of replies.
pub(crate) fn snapshot() -> Snapshot {
    const REPLIES: &str = include_str!("../crates/ipc/wire/replies.json");
    let replies: Vec<Reply> = serde_json::from_str(REPLIES).expect("the examples are read");
    let snapshot = replies.into_iter().find_map(|reply| match reply {
        Reply::Snapshot(snapshot) => Some(*snapshot),
        _ => None,
    });
    snapshot.expect("one is a snapshot")
}
