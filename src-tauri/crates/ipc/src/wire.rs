//! Committed examples of the messages on the socket. They are read by the other
//! programs of the same version, by scripts of status bars and by older
//! programs that still run. So a field may be added, but none renamed or
//! removed.
//!
//! `BLESS=1 cargo test -p presently-ipc wire` writes the examples.

use std::fmt::Debug;
use std::path::Path;

use jiff::Timestamp;
use presently_core::account::Note;
use presently_core::duration::Span;
use presently_core::reason::{ProgramInCall, Used};
use presently_core::settings::{BusyMode, Share};
use presently_core::{Code, Presence, Reason, Source};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::history::{HistoryView, SpanView, TotalsView};
use crate::look::{Look, ProfileCall, ProfileRoom, ProfileStatus};
use crate::request::{BrowserWay, End, MessageText, Pausable, WindowView};
use crate::settings::{SettingView, SettingsView};
use crate::snapshot::*;
use crate::{ActivationToken, ErrorCode, Failure, Reply, Request, Secret};

/// Checks that the values are serialised as in the committed file, and that the
/// file is read as these values.
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(file: &str, values: &[T]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("wire").join(file);
    let written = serde_json::to_string_pretty(values).expect("serialises") + "\n";
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &written).expect("the examples are writable");
    }
    let committed = std::fs::read_to_string(&path).expect("the examples are committed");
    assert_eq!(written, committed, "{file} says otherwise");
    let read: Vec<T> = serde_json::from_str(&committed).expect("the examples are read");
    assert_eq!(read, values, "{file}");
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn message_text() -> MessageText {
    MessageText { text: "In a review".to_owned(), emoji: Some("🔍".to_owned()) }
}

fn firefox() -> Reason {
    let program = Some("Firefox".to_owned());
    let programs = vec![ProgramInCall { program, uses: Used::Microphone }];
    Reason::CallHere { programs, others: 0 }
}

pub(crate) fn account() -> Account {
    Account {
        user_id: "@me:example.org".to_owned(),
        homeserver: Some("https://matrix.example.org/".to_owned()),
        connection: Connection::Syncing,
        problem: None,
        problem_code: None,
        paused: None,
        source: Source::Call,
        reason: "Firefox is using the microphone".to_owned(),
        since: Some(at("2026-11-22T10:00:00Z")),
        reason_code: Some(firefox()),
        until: None,
        message: Some(MessageView {
            text: "In a review".to_owned(),
            emoji: "🔍".to_owned(),
            until: Some(at("2026-11-22T12:00:00Z")),
        }),
        intended: Some(Presence::Busy),
        sent: Some("org.matrix.msc3026.busy".to_owned()),
        seen_by_others: Some(Presence::Busy),
        message_seen_by_others: Some("In a review".to_owned()),
        settled: true,
        server: Server {
            busy: Some(true),
            presence: PresenceSupport::On,
            status_field: Some("org.matrix.msc4426.status".to_owned()),
            call_field: None,
        },
        note: Some("Another device of yours keeps you busy".to_owned()),
        notes: vec![Note::OtherDevice { presence: Presence::Busy, name: None }],
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

pub(crate) fn snapshot() -> Snapshot {
    let unknown = Signal {
        state: SignalState::Unsupported,
        backend: None,
        detail: "Not looked at yet".to_owned(),
        detail_code: Some(Code::new("signal-not-yet")),
        since: None,
    };
    Snapshot {
        revision: 12,
        settings_revision: 1,
        presence: Some(Presence::Busy),
        source: Source::Call,
        reason: "Firefox is using the microphone".to_owned(),
        reason_code: Some(firefox()),
        since: Some(at("2026-11-22T10:00:00Z")),
        until: None,
        message: account().message,
        recent_messages: vec![message_text()],
        claims: vec![ClaimView {
            source: Source::Call,
            presence: Presence::Busy,
            reason: "Firefox is using the microphone".to_owned(),
            reason_code: Some(firefox()),
            since: at("2026-11-22T10:00:00Z"),
            until: None,
        }],
        signals: Signals {
            idle: Signal {
                state: SignalState::Known,
                backend: Some("x11-xsync".to_owned()),
                detail: "input".to_owned(),
                detail_code: Some(Code::new("signal-input")),
                since: Some(at("2026-11-22T09:58:00Z")),
            },
            microphone: unknown.clone(),
            camera: unknown.clone(),
            screen: unknown.clone(),
            lock: unknown.clone(),
            sleep: unknown.clone(),
            dnd: unknown,
        },
        accounts: vec![account()],
        next_meeting: Some(MeetingView {
            start: at("2026-11-22T16:00:00Z"),
            end: at("2026-11-22T16:30:00Z"),
            doubted: false,
        }),
        calendars: vec![CalendarView {
            name: "Personal".to_owned(),
            place: CalendarPlace::Gnome,
            uid: Some("system-calendar".to_owned()),
            counts: true,
            events: 3,
            trouble: None,
            trouble_code: None,
        }],
        paused: Paused {
            calls: Some(PauseView {
                since: at("2026-11-22T10:00:00Z"),
                until: Some(at("2026-11-22T11:00:00Z")),
            }),
            hours: None,
        },
        troubles: vec!["No tray host: the icon is not shown".to_owned()],
        trouble_codes: Vec::new(),
    }
}

fn history() -> HistoryView {
    let (start, end) = (at("2026-11-22T09:58:00Z"), at("2026-11-22T10:00:00Z"));
    HistoryView {
        recording: true,
        spans: vec![
            SpanView { start, end, presence: None, source: Source::None, ongoing: false },
            SpanView {
                start: end,
                end: at("2026-11-22T10:30:00Z"),
                presence: Some(Presence::Busy),
                source: Source::Call,
                ongoing: true,
            },
        ],
        totals: TotalsView { available: 0, busy: 1800, calls: 1800, away: 0, invisible: 0 },
    }
}

#[test]
fn requests() {
    let user_id = "@me:example.org".to_owned();
    let end = at("2026-11-22T16:30:00Z");
    let token = ActivationToken::try_from("c0ffee".to_owned());
    check(
        "requests.json",
        &[
            Request::Status,
            Request::Follow,
            Request::Choose {
                presence: Some(Presence::Busy),
                end: Some(End::For(Span::minutes(90))),
                message: Some(message_text()),
                account: Some(user_id.clone()),
            },
            Request::Choose { presence: None, end: None, message: None, account: None },
            Request::Message { message: Some(message_text()), end: Some(End::Until(end)) },
            Request::Message { message: None, end: None },
            Request::ForgetMessage { message: Some(message_text()) },
            Request::ForgetMessage { message: None },
            Request::Login {
                user_id: user_id.clone(),
                homeserver: Some("https://matrix.example.org".to_owned()),
                password: Secret::new("a secret"),
            },
            Request::LoginWays { user_id: user_id.clone(), homeserver: None },
            Request::LoginBrowser {
                user_id: user_id.clone(),
                homeserver: None,
                way: Some(BrowserWay::OAuth),
            },
            Request::LoginFinish { ticket: 1 },
            Request::LoginCancel { ticket: 1 },
            Request::Logout { user_id: user_id.clone() },
            Request::AccountSet {
                user_id: user_id.clone(),
                share: Some(Share::Message),
                busy: Some(BusyMode::Never),
                call_field: None,
                profile_room: Some(true),
            },
            Request::Look { user_id: "@you:example.org".to_owned() },
            Request::Pause { what: Pausable::Calls, end: Some(End::For(Span::minutes(60))) },
            Request::Pause { what: Pausable::Account(user_id.clone()), end: None },
            Request::Resume { what: Some(Pausable::Account(user_id)) },
            Request::Resume { what: Some(Pausable::Hours) },
            Request::Resume { what: None },
            Request::History { from: Some(at("2026-11-21T23:00:00Z")), to: Some(end) },
            Request::History { from: None, to: None },
            Request::EraseHistory,
            Request::SkipMeeting,
            Request::AttendMeeting,
            Request::RefreshCalendars,
            Request::CalendarAccount {
                address: "https://cloud.example.org/".to_owned(),
                user: "me".to_owned(),
                password: Secret::new("hunter2"),
            },
            Request::Window { view: None, activation: None },
            Request::Window { view: Some(WindowView::Status), activation: token.ok() },
            Request::Doctor { full: false },
            Request::SettingsGet { key: Some("idle.after".to_owned()) },
            Request::Settings,
            Request::SettingsSet { key: "idle.after".to_owned(), value: "10m".to_owned() },
            Request::Quit,
        ],
    );
}

#[test]
fn a_request_is_named_as_on_the_wire() {
    let committed = include_str!("../wire/requests.json");
    let values: Vec<serde_json::Value> = serde_json::from_str(committed).expect("JSON");
    for value in values {
        let request: Request = serde_json::from_value(value.clone()).expect("a request");
        assert_eq!(value["request"], request.name());
    }
}

#[test]
fn replies() {
    let check_line = |state, details: &[&str]| Check {
        part: "idle".to_owned(),
        state,
        summary: "x11-xsync".to_owned(),
        details: details.iter().map(|d| (*d).to_owned()).collect(),
    };
    let failed = |code| {
        Reply::Failed(Failure {
            code,
            message: "What happened".to_owned(),
            message_code: Some(Code::plain("What happened")),
        })
    };
    check(
        "replies.json",
        &[
            Reply::Done { revision: 13 },
            Reply::Snapshot(Box::new(snapshot())),
            Reply::SignedIn { account: Box::new(account()) },
            Reply::Ways {
                homeserver: Some("https://example.org/".to_owned()),
                password: false,
                sso: false,
                oauth: true,
            },
            Reply::Browse { url: Secret::new("https://example.org/authorize?x=y"), ticket: 1 },
            Reply::Look(Box::new(Look {
                user_id: "@you:example.org".to_owned(),
                name: Some("You".to_owned()),
                through: "@me:example.org".to_owned(),
                presence: Some(Presence::Busy),
                message: Some("In a review".to_owned()),
                currently_active: None,
                last_active: Some(at("2026-11-22T10:00:00Z")),
                status: Some(ProfileStatus {
                    text: "In a review".to_owned(),
                    emoji: "🔍".to_owned(),
                }),
                call: Some(ProfileCall { since: Some(at("2026-11-22T09:55:00Z")) }),
                profile_room: Some(ProfileRoom {
                    presence: Some(Presence::Busy),
                    message: Some("In a review".to_owned()),
                }),
                notes: vec!["What cannot be seen, and why".to_owned()],
                note_codes: vec![Code::plain("What cannot be seen, and why")],
            })),
            Reply::History(Box::new(history())),
            Reply::Doctor(Box::new(Doctor {
                version: "0.1.0".to_owned(),
                system: "Debian GNU/Linux 12, GNOME on x11".to_owned(),
                checks: vec![
                    check_line(CheckState::Good, &["wayland: no compositor"]),
                    check_line(CheckState::Bad, &[]),
                    check_line(CheckState::Unsure, &[]),
                ],
            })),
            Reply::Settings(SettingsView {
                settings: vec![SettingView {
                    key: "idle.after".to_owned(),
                    value: "10m".into(),
                    default: "5m".into(),
                }],
                starts_at_login: Some(true),
                recent_programs: vec!["OBS Studio".to_owned()],
            }),
            Reply::Text { text: "5m".to_owned() },
            failed(ErrorCode::WrongPassword),
            failed(ErrorCode::UnknownHomeserver),
            failed(ErrorCode::Other),
        ],
    );
}

#[test]
fn the_words_of_every_state() {
    use Connection::*;
    check("connections.json", &[Connecting, Syncing, Retrying, NeedsLogin, Paused]);
    check("sources.json", &Source::ALL);
    check("presences.json", &Presence::ALL);
    for view in WindowView::ALL {
        let written = serde_json::to_value(view).expect("serialises");
        assert_eq!((written, WindowView::from_name(view.name())), (view.name().into(), Some(view)));
    }
}

#[test]
fn a_password_is_shown_by_nothing() {
    let request = Request::Login {
        user_id: "@me:example.org".to_owned(),
        homeserver: None,
        password: Secret::new("hunter2"),
    };
    assert!(!format!("{request:?}").contains("hunter2"));
    let url = Secret::new("https://example.org/authorize?state=hunter2");
    assert!(!format!("{:?}", Reply::Browse { url, ticket: 1 }).contains("hunter2"));
}
