//! A sample snapshot for tests.

use presently_core::settings::{BusyMode, Share};
use presently_core::{Presence, Reason, Source};
use presently_ipc::Snapshot;
use presently_ipc::snapshot::*;

/// A settled account: busy is intended and read back.
pub(super) fn account(user_id: &str) -> Account {
    Account {
        user_id: user_id.to_owned(),
        homeserver: Some("https://example.org/".to_owned()),
        connection: Connection::Syncing,
        problem: None,
        problem_code: None,
        paused: None,
        source: Source::Manual,
        reason: "You chose it".to_owned(),
        since: None,
        reason_code: Some(Reason::Chosen),
        until: None,
        message: None,
        intended: Some(Presence::Busy),
        sent: None,
        seen_by_others: Some(Presence::Busy),
        message_seen_by_others: None,
        settled: true,
        server: Server {
            busy: Some(true),
            presence: PresenceSupport::On,
            status_field: None,
            call_field: None,
        },
        note: None,
        notes: Vec::new(),
        unseen: None,
        unseen_code: None,
        share: Share::Everything,
        busy_mode: BusyMode::Auto,
        call_field: false,
        profile_room: false,
        profile_room_problem: None,
        profile_room_problem_code: None,
    }
}

/// Busy by choice until 17:30 in Berlin.
pub(super) fn snapshot(accounts: Vec<Account>) -> Snapshot {
    let signal = Signal {
        state: SignalState::Unknown,
        backend: None,
        detail: String::new(),
        detail_code: None,
        since: None,
    };
    Snapshot {
        revision: 1,
        settings_revision: 0,
        presence: Some(Presence::Busy),
        source: Source::Manual,
        reason: "You chose it".to_owned(),
        reason_code: Some(Reason::Chosen),
        since: Some("2026-11-22T09:30:00Z".parse().expect("a time")),
        until: Some("2026-11-22T16:30:00Z".parse().expect("a time")),
        message: None,
        claims: Vec::new(),
        signals: Signals {
            idle: signal.clone(),
            microphone: signal.clone(),
            camera: signal.clone(),
            screen: signal.clone(),
            lock: signal.clone(),
            sleep: signal.clone(),
            dnd: signal,
        },
        accounts,
        recent_messages: Vec::new(),
        paused: Paused::default(),
        next_meeting: None,
        calendars: Vec::new(),
        troubles: Vec::new(),
        trouble_codes: Vec::new(),
    }
}
