//! `presently doctor`: the state of every part, and the reasons.

use presently_core::settings::CallSettings;
use presently_core::{Code, Coded};
use presently_ipc::snapshot::{
    Account, Check, CheckState, Connection, Doctor, PauseView, PresenceSupport, SignalState,
    Snapshot,
};
use presently_matrix::SecretStore;
use presently_text::Texts;

use super::Agent;
use super::accounts::Slot;
use super::desk::Detail;
use super::private::Private;
use crate::notify;
use crate::signals::words::Programs;
use crate::tray::{self, HostState};

/// The input of the checks. It is a copy, because the checks query the desktop
/// and run beside the agent's task.
pub(super) struct Parts {
    full: bool,
    /// What is hidden without `--full`.
    private: Private,
    snapshot: Snapshot,
    /// The notes of each account, in the order of the snapshot.
    notes: Vec<Option<String>>,
    signals: [Detail; 7],
    network: Check,
    calendars: Option<Check>,
    call: CallSettings,
    secrets: SecretStore,
    tray: bool,
    notify: bool,
    autostart: Check,
    settings: (String, Vec<Code>),
    /// Troubles that no other check shows.
    troubles: Vec<Code>,
}

impl Parts {
    pub(super) fn of(agent: &Agent, full: bool) -> Self {
        Self {
            full,
            private: Private::of_this_computer(
                agent.settings.get().accounts.iter().map(|a| a.user_id.as_str()),
            ),
            notes: agent
                .accounts
                .iter()
                .map(if full { Slot::note } else { Slot::note_without_names })
                .collect(),
            snapshot: agent.snapshots.borrow().as_ref().clone(),
            signals: agent.desk.details(if full { Programs::Named } else { Programs::Counted }),
            network: agent.networks.check(),
            calendars: agent.agenda.check(full),
            call: agent.settings.get().call.clone(),
            secrets: agent.secrets().kept().clone(),
            tray: agent.tray.is_some(),
            notify: agent.settings.get().notify.enabled,
            autostart: agent.autostart_check(),
            settings: (
                agent.settings.path().display().to_string(),
                agent.settings.troubles().to_vec(),
            ),
            troubles: agent.own_troubles(),
        }
    }

    /// Runs all checks.
    pub(super) async fn check(self) -> Doctor {
        let mut checks: Vec<Check> = self.signals.iter().map(|d| self.signal(d)).collect();
        checks.push(self.calls());
        checks.extend(self.calendars.clone());
        checks.extend(watching());
        checks.push(self.network.clone());
        let notes = self.notes.iter().chain(std::iter::repeat(&None));
        for (n, (account, note)) in self.snapshot.accounts.iter().zip(notes).enumerate() {
            checks.push(self.account(n + 1, account, note.as_deref()));
        }
        checks.push(self.secret_store().await);
        checks.push(self.tray().await);
        checks.push(self.notifications().await);
        checks.push(self.autostart.clone());
        checks.push(self.settings());
        if !self.troubles.is_empty() {
            checks.push(Check {
                part: "agent".to_owned(),
                state: CheckState::Bad,
                summary: "something went wrong".to_owned(),
                details: self.troubles.iter().map(english).collect(),
            });
        }
        let mut doctor = Doctor { version: crate::VERSION.to_owned(), system: system(), checks };
        if !self.full {
            self.private.hide_in(&mut doctor);
        }
        doctor
    }

    fn signal(&self, detail: &Detail) -> Check {
        let signal = &detail.signal;
        let state = match signal.state {
            SignalState::Known => CheckState::Good,
            // Without input, automatic presence cannot work.
            SignalState::Unknown if detail.part == "idle" => CheckState::Bad,
            SignalState::Unknown | SignalState::Unsupported => CheckState::Unsure,
        };
        let summary = match &signal.backend {
            Some(backend) => format!("{backend}: {}", signal.detail),
            None => signal.detail.clone(),
        };
        let since = signal.since.map(|t| format!("so since {t:.0}"));
        let last = detail.last_event.map(|t| format!("last event at {t:.0}"));
        let note = detail.note.as_ref().map(|note| Texts::english().code(note));
        let details = since.into_iter().chain(last).chain(note);
        let details = details.chain(detail.tried.iter().cloned()).collect();
        Check { part: detail.part.to_owned(), state, summary, details }
    }

    /// Whether call detection counts microphone, camera and screen.
    fn calls(&self) -> Check {
        let CallSettings { enabled, enter, exit, ignore, screen_share } = &self.call;
        let (state, summary) = match self.snapshot.paused.calls {
            _ if !enabled => (CheckState::Unsure, "turned off in the settings".to_owned()),
            Some(PauseView { until: Some(until), .. }) => {
                (CheckState::Unsure, format!("paused until {until:.0}"))
            }
            Some(PauseView { until: None, .. }) => {
                (CheckState::Unsure, "paused until resumed".to_owned())
            }
            None => (CheckState::Good, format!("counts after {enter}, for {exit} longer")),
        };
        let screen = if *screen_share { "counts" } else { "does not count" };
        let ignored = match ignore.len() {
            _ if self.full => format!("ignored programs: {}", ignore.join(", ")),
            n => format!("ignored programs: {n}"),
        };
        let details = vec![format!("sharing the screen {screen}"), ignored];
        Check { part: "calls".to_owned(), state, summary, details }
    }

    fn account(&self, number: usize, account: &Account, note: Option<&str>) -> Check {
        let state = match account.connection {
            Connection::Syncing => CheckState::Good,
            Connection::Connecting | Connection::Paused => CheckState::Unsure,
            Connection::Retrying | Connection::NeedsLogin => CheckState::Bad,
        };
        let connection = match account.connection {
            Connection::Connecting => "connecting",
            Connection::Syncing => "syncing",
            Connection::Retrying => "cannot reach the server, trying again",
            Connection::NeedsLogin => "needs a new sign-in",
            Connection::Paused => "paused",
        };
        let who = if self.full { format!("{}: ", account.user_id) } else { String::new() };
        let shown = |p: Option<presently_core::Presence>| p.map_or("unknown", |p| p.name());
        let mut details = vec![
            format!("intended: {}", shown(account.intended)),
            format!("sent: {}", account.sent.as_deref().unwrap_or("nothing yet")),
            format!("seen by others: {}", shown(account.seen_by_others)),
            format!(
                "presence on the server: {}",
                match account.server.presence {
                    PresenceSupport::On => "on",
                    PresenceSupport::Off => "turned off",
                    PresenceSupport::Unknown => "not known yet",
                }
            ),
            format!(
                "busy (MSC3026): {}",
                match account.server.busy {
                    Some(true) => "yes",
                    Some(false) => "no, away is shown in its place",
                    None => "not known yet",
                }
            ),
        ];
        if self.full {
            details.extend(account.homeserver.iter().map(|url| format!("server: {url}")));
        }
        details.extend(account.problem.iter().map(|p| format!("problem: {p}")));
        details.extend(note.iter().map(|n| format!("note: {n}")));
        Check {
            part: format!("account {number}"),
            state,
            summary: format!("{who}{connection}"),
            details,
        }
    }

    async fn secret_store(&self) -> Check {
        let (state, summary) = match self.secrets.probe().await {
            Ok(what) => (CheckState::Good, english(&what)),
            Err(why) => (CheckState::Bad, english(&why)),
        };
        check("secret store", state, summary)
    }

    async fn tray(&self) -> Check {
        if !self.tray {
            return check("tray", CheckState::Unsure, "turned off by --no-tray");
        }
        let host = tray::host_present().await;
        let state = match host {
            HostState::Present => CheckState::Good,
            HostState::Absent | HostState::Unknown(_) => CheckState::Unsure,
        };
        check("tray", state, english(&host))
    }

    async fn notifications(&self) -> Check {
        if !self.notify {
            return check("notifications", CheckState::Unsure, "turned off in the settings");
        }
        match notify::service().await {
            Ok(service) => check("notifications", CheckState::Good, service),
            Err(error) => check("notifications", CheckState::Unsure, english(&error)),
        }
    }

    fn settings(&self) -> Check {
        match &self.settings {
            (path, troubles) if troubles.is_empty() => {
                check("settings", CheckState::Good, path.clone())
            }
            (_, troubles) => Check {
                details: troubles.iter().skip(1).map(english).collect(),
                ..check(
                    "settings",
                    CheckState::Bad,
                    troubles.first().map_or(String::new(), english),
                )
            },
        }
    }
}

/// A check that inotify works, if it does not.
fn watching() -> Option<Check> {
    let why = presently_signals::limits::check().err()?;
    let why = english(&why);
    let summary = format!("what comes or changes is seen late or not at all: {why}");
    Some(check("watching files", CheckState::Bad, summary))
}

pub(super) fn check(part: &str, state: CheckState, summary: impl Into<String>) -> Check {
    Check { part: part.to_owned(), state, summary: summary.into(), details: Vec::new() }
}

/// The text in English, the language of bug reports.
pub(super) fn english(what: &impl Coded) -> String {
    Texts::english().error(what)
}

/// The operating system and the desktop, by their own names.
fn system() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release
        .lines()
        .find_map(|l| l.strip_prefix("PRETTY_NAME="))
        .map_or(std::env::consts::OS.to_owned(), |n| n.trim_matches('"').to_owned());
    let text = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
    let desktop = text("XDG_CURRENT_DESKTOP").unwrap_or_else(|| "no desktop named".to_owned());
    let session = text("XDG_SESSION_TYPE").unwrap_or_else(|| "session type unknown".to_owned());
    format!("{name}, {desktop}, {session}")
}
