//! The agent: one task owns all state. After every event it decides everything
//! anew and passes on what changed.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_core::decide::{self, Known, decide};
use presently_core::hours::AtWork;
use presently_core::settings::{Language, Secrets};
use presently_core::{Code, Coded as _, Scope};
use presently_ipc::server::{PendingRequest, Server};
use presently_ipc::{ActivationToken, Paths, Snapshot};
use presently_matrix::account::AccountEvent;
use presently_matrix::{Matrix, SecretStore, SecretStores};
use presently_text::{Locale, Texts};
use tokio::sync::{mpsc, watch};

use crate::alarm::Alarm;
use crate::history::HistoryFile;
use crate::notify::{Notice, NoticeAction};
use crate::settings::{SettingsFile, Watch};
use crate::state::StateFile;
use crate::tray::{self, Tray, TrayAction};

mod account_locks;
mod accounts;
mod at_login;
mod browser_sign_in;
mod calendar_account;
mod desk;
mod doctor;
mod goodbye;
mod history;
mod look;
mod meetings;
mod network;
mod notifications;
mod private;
mod requests;
mod saving;
pub(crate) mod shutdown;
mod sign_in;
mod sign_out;
mod troubles;
mod view;
mod window;

use account_locks::AccountLocks;
use accounts::{Accounts, Loaded, Slot, StoreResult};
use at_login::AtLogin;
use browser_sign_in::PendingSignIn;
use calendar_account::CalendarAccount;
use desk::Desk;
use meetings::{Agenda, published_zone, stand_ins};
use network::Networks;
use notifications::Notifications;
pub use shutdown::Shutdown;
use shutdown::ShutdownSignal;
use sign_in::SignedIn;

/// How the agent is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The paths of its files.
    pub paths: Paths,
    /// Whether to show the tray icon.
    pub tray: bool,
    /// Whether to open the window at the start if there is no account.
    pub open_window_if_no_account: bool,
}

/// Results of work that runs beside the agent's own task.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The result of reading a session from the secret store.
    Loaded(Loaded),
    /// The result of storing renewed tokens.
    Stored(StoreResult),
    /// A sign-in ended.
    SignedIn(Box<SignedIn>),
    /// A request found the token of this account expired.
    Expired(String),
    /// The goodbye of a paused or removed account has ended.
    Left(String),
    /// The attempt to open the window has ended.
    Window(window::Opened),
    /// The person used an action of a notification.
    Notification(Notice, NoticeAction),
    /// The desktop did not show this notice.
    NotShown(Notice),
    /// A CalDAV account can be added, or not.
    CalendarAccount(CalendarAccount),
}

/// The state of the agent. Only its own task accesses it.
pub(crate) struct Agent {
    paths: Paths,
    settings: SettingsFile,
    /// The texts in the person's language, and the setting that selected it.
    texts: Texts,
    language: Language,
    keyring: SecretStore,
    secrets_file: SecretStore,
    /// The store that the settings selected when they were last applied.
    kept_in: Secrets,
    state: StateFile,
    history: HistoryFile,
    matrix: Matrix,
    accounts: Accounts,
    desk: Desk,
    agenda: Agenda,
    networks: Networks,
    notifications: Notifications,
    alarm: Alarm,
    at_login: AtLogin,
    account_locks: AccountLocks,
    /// The sign-in through the browser that was started last.
    pending_sign_in: Option<PendingSignIn>,
    /// How many such sign-ins were started.
    tickets: u32,
    tray: Option<Tray>,
    snapshots: watch::Sender<Arc<Snapshot>>,
    outcomes: mpsc::Sender<Outcome>,
    /// Permanent troubles of this run.
    troubles: Vec<Code>,
    /// The last failure to save the state, until saving works again.
    unsaved: Option<saving::Unsaved>,
    /// Why the window did not open, until one does.
    no_window: Option<Code>,
    /// Counts the changes of the settings.
    settings_revision: u64,
    asleep: bool,
    leaving: Option<Shutdown>,
}

/// Runs the agent until it is asked to end, and returns how to end.
///
/// # Errors
///
/// The reason why the agent cannot start.
pub async fn run(options: Options) -> Result<Shutdown, Code> {
    let paths = options.paths;
    // First, so that no signal is missed during the start.
    let shutdown = ShutdownSignal::new()
        .map_err(|error| Code::new("start-no-signal").with("why", error.to_string()))?;
    // From here on a second start finds this agent.
    let server = Server::bind(&paths).map_err(|error| error.code())?;
    // Before the file is read, so that no edit in between is missed.
    let edits = Watch::new(&paths.settings_file);
    let settings = SettingsFile::open(&paths.settings_file, &paths.last_good_settings);
    let (state, lost) = StateFile::open(&paths.state_file);
    let history = HistoryFile::open(&paths.history_file);
    let secrets_file = SecretStore::file(&paths.secrets_file);
    let matrix = Matrix::new().map_err(|error| error.code())?;
    let (actions, clicked) = mpsc::channel(8);
    let (request_sender, requests) = mpsc::channel(16);
    let (events, told) = mpsc::channel(64);
    let (outcomes, ended) = mpsc::channel(16);
    let mut troubles: Vec<Code> = lost.into_iter().collect();
    let tray = options
        .tray
        .then(|| tray::start(actions))
        .and_then(|tray| tray.map_err(|error| troubles.push(error.code())).ok());
    if let Err(error) = &edits {
        troubles.push(error.code());
    }
    let desk = Desk::watch(settings.get());
    let keyring = SecretStore::keyring();
    let setting = settings.get().secrets;
    let stores = SecretStores::selected(setting, keyring.clone(), secrets_file.clone());
    let agenda = Agenda::start(settings.get(), stores);
    let (snapshots, shown) = watch::channel(Arc::new(view::nothing()));
    let mut agent = Agent {
        accounts: Accounts::new(events),
        alarm: Alarm::new()
            .map_err(|error| Code::new("start-no-timer").with("why", error.to_string()))?,
        at_login: AtLogin::new(settings.get().autostart.enabled),
        notifications: Notifications::default(),
        account_locks: AccountLocks::default(),
        pending_sign_in: None,
        tickets: 0,
        paths,
        keyring,
        secrets_file,
        kept_in: settings.get().secrets,
        texts: Texts::new(Locale::from_env(settings.get().language)),
        language: settings.get().language,
        settings,
        state,
        history,
        matrix,
        agenda,
        desk,
        networks: Networks::watch(),
        tray,
        snapshots,
        outcomes,
        troubles,
        unsaved: None,
        no_window: None,
        settings_revision: 0,
        asleep: false,
        leaving: None,
    };
    agent.keep_autostart();
    agent.start_accounts();
    agent.refresh();
    let socket = tokio::spawn(server.serve(request_sender, shown));
    if options.open_window_if_no_account && agent.settings.get().accounts.is_empty() {
        // The person has started this by hand, and there is nothing to show yet.
        let activation = ActivationToken::from_vars(|name| std::env::var_os(name));
        agent.open_window(None, activation, None);
    }
    let mut inbox = Inbox { requests, clicked, told, ended, edits: edits.ok(), shutdown };
    let shutdown = agent.serve(&mut inbox).await;
    let asked = Timestamp::now();
    match shutdown {
        Shutdown::End => agent.say_goodbye(inbox.close()).await,
        Shutdown::Upgrade => agent.give_way(inbox.close()).await,
    }
    // Last, so that a slow disk does not delay the accounts.
    agent.history.finish(asked).await;
    // Dropping it closes the channel, so that pending answers are sent.
    drop(agent);
    let _ = socket.await;
    Ok(shutdown)
}

/// Every source of events that wakes the agent.
struct Inbox {
    requests: mpsc::Receiver<PendingRequest>,
    clicked: mpsc::Receiver<TrayAction>,
    told: mpsc::Receiver<(String, AccountEvent)>,
    ended: mpsc::Receiver<Outcome>,
    edits: Option<Watch>,
    shutdown: ShutdownSignal,
}

impl Inbox {
    /// Closes everything but the events of the accounts.
    fn close(self) -> mpsc::Receiver<(String, AccountEvent)> {
        self.told
    }

    async fn edited(edits: &mut Option<Watch>) {
        match edits {
            Some(edits) => edits.edited().await,
            None => std::future::pending().await,
        }
    }
}

impl Agent {
    async fn serve(&mut self, inbox: &mut Inbox) -> Shutdown {
        loop {
            if let Some(shutdown) = self.leaving {
                return shutdown;
            }
            tokio::select! {
                Some(pending) = inbox.requests.recv() => self.answer(pending).await,
                Some(action) = inbox.clicked.recv() => self.clicked(action).await,
                Some((user_id, event)) = inbox.told.recv() => self.handle_account_event(&user_id, event).await,
                Some(outcome) = inbox.ended.recv() => self.outcome(outcome).await,
                () = self.desk.changed() => (),
                () = self.agenda.changed() => self.update_agenda(),
                change = self.networks.changed() => self.network_changed(&change),
                () = self.alarm.fired() => self.save_again().await,
                () = Inbox::edited(&mut inbox.edits) => self.settings_edited().await,
                shutdown = inbox.shutdown.received() => self.leaving = Some(shutdown),
            }
            self.refresh();
            if self.keep_history().await {
                self.refresh();
            }
        }
    }

    async fn outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Loaded(loaded) => self.loaded(loaded),
            Outcome::Stored(kept) => self.tokens_stored(kept),
            Outcome::SignedIn(signed_in) => self.signed_in(*signed_in).await,
            Outcome::Expired(user_id) => {
                if let Some(slot) = self.accounts.get(&user_id) {
                    slot.reconnect();
                }
            }
            Outcome::Left(user_id) => self.left(&user_id),
            Outcome::Window(opened) => self.window_opened(opened),
            Outcome::Notification(notice, action) => self.act_on(notice, action).await,
            Outcome::CalendarAccount(account) => self.calendar_account_ready(account).await,
            Outcome::NotShown(notice) => self.notifications.was_not_shown(&notice),
        }
    }

    async fn settings_edited(&mut self) {
        if self.settings(SettingsFile::reload).await {
            self.settings_changed();
        }
    }

    /// Runs an operation on the settings file off the agent's task, so that a
    /// slow disk does not block the accounts.
    async fn settings<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut SettingsFile) -> T + Send + 'static,
    ) -> T {
        let mut file = self.settings.clone();
        let (file, done) = presently_durable::unblock(move || {
            let done = work(&mut file);
            (file, done)
        })
        .await;
        self.settings = file;
        done
    }

    /// Applies the settings after a change.
    fn settings_changed(&mut self) {
        self.settings_revision += 1;
        if std::mem::replace(&mut self.kept_in, self.settings.get().secrets)
            != self.settings.get().secrets
        {
            self.move_all_secrets();
        }
        let language = self.settings.get().language;
        if std::mem::replace(&mut self.language, language) != language {
            self.texts = Texts::new(Locale::from_env(language));
            if let Some(tray) = &mut self.tray {
                tray.show(&self.snapshots.borrow(), &TimeZone::system(), &self.texts);
            }
        }
        self.desk.settings(self.settings.get());
        self.update_agenda();
        self.keep_autostart();
        self.start_accounts();
    }

    /// Decides everything anew from the current state, and passes changes on to
    /// the accounts, the tray, the clients, the notifications and the alarm.
    fn refresh(&mut self) {
        let now = Timestamp::now();
        self.keep_pauses(now);
        let pauses = &self.state.get().pauses;
        let calls_paused = pauses.calls(now);
        let hours_paused = pauses.hours(now);
        let mut claims = self.desk.claims(self.settings.get(), calls_paused, now);
        if self.settings.get().call.enabled && calls_paused.is_none() {
            claims.live.extend(self.accounts.iter().filter_map(Slot::call_elsewhere));
        }
        let meetings = self.agenda.evaluate(&self.settings.get().meeting, &claims, now);
        claims.live.extend(meetings.claim);
        let next_in_agenda = self.agenda.next(now);
        let at_work = match hours_paused {
            None => self.agenda.at_work(&self.settings.get().hours, now),
            Some(_) => AtWork { claim: None, next: None },
        };
        claims.live.extend(at_work.claim);
        let manual = &self.state.get().manual;
        let known = Known { manual, claims: &claims.live, fallback: &claims.fallback };
        let stand_ins = stand_ins(&self.settings.get().meeting, meetings.title, &self.texts);
        let zone = published_zone(&self.settings.get().hours);
        for slot in self.accounts.iter_mut() {
            let scope = Scope::Account(slot.user_id.clone());
            if let Some(settings) = self.settings.account(&slot.user_id) {
                slot.settings.clone_from(settings);
            }
            slot.decide(decide(&known, &scope, now), &stand_ins, zone.as_deref());
        }
        let mut times =
            vec![decide::next_evaluation(&known, now), claims.next, pauses.next_end(now)];
        times.extend([next_in_agenda, at_work.next]);
        times.push(self.unsaved.as_ref().map(|unsaved| unsaved.again));
        let mut snapshot = view::snapshot(&view::Parts {
            known: &known,
            signals: self.desk.signals(),
            accounts: &self.accounts,
            calls_paused,
            hours_paused,
            next_meeting: meetings.next,
            calendars: self.agenda.calendars(),
            recent_messages: &self.state.get().recent_messages,
            troubles: self.troubles(),
            settings_revision: self.settings_revision,
            now,
        });
        let shown = Arc::clone(&self.snapshots.borrow());
        snapshot.revision = shown.revision;
        self.record(&snapshot, now);
        if *shown != snapshot {
            snapshot.revision += 1;
            self.history.allow_write();
            let snapshot = Arc::new(snapshot);
            self.snapshots.send_replace(Arc::clone(&snapshot));
            if let Some(tray) = &mut self.tray {
                tray.show(&snapshot, &TimeZone::system(), &self.texts);
            }
        }
        times.push(self.update_notifications(now));
        times.push(self.history.due(now));
        self.alarm.set(times.into_iter().flatten().min());
        self.handle_sleep(self.desk.is_asleep());
    }

    /// Before the machine sleeps, releases the delay once the accounts are at
    /// rest. After it wakes, reconnects at once, because the connections are
    /// dead.
    fn handle_sleep(&mut self, asleep: bool) {
        if asleep && self.accounts.iter().all(Slot::is_at_rest) {
            self.desk.let_sleep();
        }
        if self.asleep && !asleep {
            self.reconnect_after_sleep();
        }
        self.asleep = asleep;
    }

    fn revision(&self) -> u64 {
        self.snapshots.borrow().revision
    }
}
