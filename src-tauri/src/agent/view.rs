//! Makes the snapshot from what is known, decided and read back.

use jiff::Timestamp;
use presently_core::decide::{Known, decide};
use presently_core::manual::DEFAULT_EMOJI;
use presently_core::{Code, Coded, Message, Pause, Reason, RecentMessages, Scope, Source};
use presently_ipc::snapshot::{
    Account, CalendarView, ClaimView, Connection, MeetingView, MessageView, Paused,
    PresenceSupport, Server, Signal, SignalState, Signals, Snapshot,
};
use presently_matrix::account as matrix;
use presently_text::Texts;

use super::accounts::{Accounts, Slot};

/// The input of a snapshot.
pub(super) struct Parts<'a> {
    pub(super) known: &'a Known<'a>,
    pub(super) signals: Signals,
    pub(super) accounts: &'a Accounts,
    pub(super) calls_paused: Option<Pause>,
    pub(super) hours_paused: Option<Pause>,
    pub(super) next_meeting: Option<MeetingView>,
    /// The calendars of meetings.
    pub(super) calendars: Vec<CalendarView>,
    pub(super) recent_messages: &'a RecentMessages,
    pub(super) troubles: Vec<Code>,
    pub(super) settings_revision: u64,
    pub(super) now: Timestamp,
}

/// Makes the snapshot. The caller sets its revision.
pub(super) fn snapshot(parts: &Parts<'_>) -> Snapshot {
    let english = Texts::english();
    let decision = decide(parts.known, &Scope::All, parts.now);
    let claims = parts.known.live(&Scope::All, parts.now);
    Snapshot {
        revision: 0,
        settings_revision: parts.settings_revision,
        presence: decision.presence,
        source: decision.source,
        reason: english.reason(&decision.reason),
        reason_code: Some(decision.reason),
        since: decision.since,
        until: decision.until,
        message: decision.message.map(message),
        recent_messages: parts.recent_messages.iter().map(Into::into).collect(),
        claims: claims
            .into_iter()
            .map(|c| ClaimView {
                source: c.source,
                presence: c.presence,
                reason: english.reason(&c.reason),
                reason_code: Some(c.reason),
                since: c.since,
                until: c.until,
            })
            .collect(),
        signals: parts.signals.clone(),
        accounts: parts.accounts.iter().map(account).collect(),
        paused: Paused {
            calls: parts.calls_paused.map(Into::into),
            hours: parts.hours_paused.map(Into::into),
        },
        next_meeting: parts.next_meeting,
        calendars: parts.calendars.clone(),
        troubles: parts.troubles.iter().map(|trouble| english.code(trouble)).collect(),
        trouble_codes: parts.troubles.clone(),
    }
}

/// The snapshot before the first decision.
pub(super) fn nothing() -> Snapshot {
    let english = Texts::english();
    let not_yet = Code::new("signal-not-yet");
    let signal = Signal {
        state: SignalState::Unknown,
        backend: None,
        detail: english.code(&not_yet),
        detail_code: Some(not_yet),
        since: None,
    };
    Snapshot {
        revision: 0,
        settings_revision: 0,
        presence: None,
        source: Source::None,
        reason: english.reason(&Reason::Starting),
        reason_code: Some(Reason::Starting),
        since: None,
        until: None,
        message: None,
        recent_messages: Vec::new(),
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
        accounts: Vec::new(),
        paused: Paused::default(),
        next_meeting: None,
        calendars: Vec::new(),
        troubles: Vec::new(),
        trouble_codes: Vec::new(),
    }
}

fn message(message: Message) -> MessageView {
    MessageView {
        text: message.text,
        emoji: message.emoji.unwrap_or_else(|| DEFAULT_EMOJI.to_owned()),
        until: message.until,
    }
}

/// The view of one account.
pub(super) fn account(slot: &Slot) -> Account {
    let english = Texts::english();
    let view = slot.view();
    let decision = slot.decision.as_ref();
    let seen = view.and_then(|v| v.seen.as_ref());
    let abilities = view.map(|v| &v.abilities);
    let fields = view.and_then(|v| v.fields.as_ref());
    let (connection, problem) = match (slot.paused, &slot.stopped, &slot.last_view) {
        (Some(_), ..) => (Connection::Paused, None),
        (None, Some((connection, why)), _) => (*connection, Some(why.clone())),
        (None, None, Some(told)) => (connection(told.account.connection), told.problem.clone()),
        (None, None, None) => (Connection::Connecting, None),
    };
    let unseen = slot.unseen();
    let room_problem = view.and_then(|view| view.room_problem.as_ref()).map(Coded::code);
    Account {
        user_id: slot.user_id.clone(),
        homeserver: slot.homeserver.clone(),
        connection,
        problem: problem.as_ref().map(|problem| english.code(problem)),
        problem_code: problem,
        paused: slot.paused.map(Into::into),
        source: decision.map_or(Source::None, |d| d.source),
        since: decision.and_then(|d| d.since),
        reason: decision.map(|d| english.reason(&d.reason)).unwrap_or_default(),
        reason_code: decision.map(|d| d.reason.clone()),
        until: decision.and_then(|d| d.until),
        message: decision.and_then(|d| d.message.clone()).map(message),
        intended: decision.and_then(|d| d.presence),
        sent: view.and_then(|v| v.sent).map(|sent| sent.wire().to_owned()),
        seen_by_others: seen.map(|s| s.presence),
        message_seen_by_others: seen.and_then(|s| s.message.clone()),
        settled: view.is_some() && slot.stopped.is_none() && slot.is_shown(),
        server: Server {
            busy: abilities.and_then(|a| a.busy),
            presence: match abilities.and_then(|a| a.presence) {
                Some(true) => PresenceSupport::On,
                Some(false) => PresenceSupport::Off,
                None => PresenceSupport::Unknown,
            },
            status_field: fields.and_then(|fields| fields.status.clone()),
            call_field: fields.and_then(|fields| fields.call.clone()),
        },
        note: slot.note(),
        notes: view.map(|v| v.notes.clone()).unwrap_or_default(),
        unseen: unseen.as_ref().map(|unseen| english.code(unseen)),
        unseen_code: unseen,
        share: slot.settings.share,
        busy_mode: slot.settings.busy,
        call_field: slot.settings.call_field,
        profile_room: slot.settings.profile_room,
        profile_room_problem: room_problem.as_ref().map(|problem| english.code(problem)),
        profile_room_problem_code: room_problem,
    }
}

fn connection(connection: matrix::Connection) -> Connection {
    match connection {
        matrix::Connection::Connecting => Connection::Connecting,
        matrix::Connection::Syncing => Connection::Syncing,
        matrix::Connection::Retrying => Connection::Retrying,
        matrix::Connection::NeedsLogin => Connection::NeedsLogin,
    }
}
