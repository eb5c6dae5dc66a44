//! The accounts: what each was told to show, and what it reported.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use presently_core::account::profile::{Status, Wish, call_joined};
use presently_core::account::profile_room::Said;
use presently_core::account::{Desired, Note};
use presently_core::manual::DEFAULT_EMOJI;
use presently_core::settings::{AccountSettings, BusyMode, Secrets};
use presently_core::{Claim, Decision, Pause, RemoteCall, Source};
use presently_ipc::snapshot::Connection;
use presently_matrix::account::{self, AccountEvent, AccountView, Events, Handle, Start};
use presently_matrix::{SecretError, SecretStore, Session};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::{Agent, Outcome};

/// A locked or absent secret store is tried again after this.
const STORE_RETRY: Duration = Duration::from_secs(15);

/// All accounts, in the order of the settings.
pub(super) struct Accounts {
    slots: Vec<Slot>,
    events: Events,
    /// Tells when renewed tokens were stored, or will not come.
    renewed: watch::Sender<()>,
}

/// One account.
pub(super) struct Slot {
    pub(super) user_id: String,
    pub(super) homeserver: Option<String>,
    pub(super) settings: AccountSettings,
    pub(super) decision: Option<Decision>,
    pub(super) view: Option<AccountView>,
    /// Set where the account does not run: what its connection is then, and
    /// why, in one line.
    pub(super) stopped: Option<(Connection, String)>,
    /// The person has paused it.
    pub(super) paused: Option<Pause>,
    /// It was paused and says goodbye: it must not run again before that is
    /// done.
    farewell: Option<JoinHandle<()>>,
    desired: watch::Sender<Desired>,
    wish: Wish,
    said: Option<Said>,
    handle: Option<Handle>,
    /// Keeps the renewed tokens; it is told to give up when this is dropped.
    keeper: Option<Keeper>,
    /// Why the renewed tokens are not stored, in one line.
    pub(super) unstored: Option<String>,
    /// A task reads its session from the secret store.
    loading: bool,
}

/// A task that stores renewed tokens, however long that takes.
struct Keeper {
    /// Dropped, it gives up after the attempt that is under way.
    wanted: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Keeper {
    /// Ends it; what it is about to write is written first.
    async fn end(self) {
        drop(self.wanted);
        let _ = self.task.await;
    }
}

/// Renewed tokens were stored, or why not.
#[derive(Debug)]
pub(crate) struct Kept {
    user_id: String,
    trouble: Option<String>,
}

/// A session was read from the secret store, or not.
#[derive(Debug)]
pub(crate) struct Loaded {
    user_id: String,
    session: Result<Session, SecretError>,
}

impl Accounts {
    pub(super) fn new(events: Events) -> Self {
        Self { slots: Vec::new(), events, renewed: watch::Sender::new(()) }
    }

    /// Changes when an account's renewed tokens were stored, or will not
    /// come.
    pub(super) fn renewed(&self) -> watch::Receiver<()> {
        self.renewed.subscribe()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Slot> {
        self.slots.iter_mut()
    }

    pub(super) fn get(&mut self, user_id: &str) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|s| s.user_id == user_id)
    }

    /// Takes an account out; it still runs until its handle is dropped.
    pub(super) fn take(&mut self, user_id: &str) -> Option<Slot> {
        let at = self.slots.iter().position(|s| s.user_id == user_id)?;
        Some(self.slots.remove(at))
    }

    /// Makes room for an account that is about to run.
    pub(super) fn make_room(&mut self, user_id: &str) {
        if self.get(user_id).is_none() {
            self.slots.push(Slot::new(user_id));
        }
    }

    /// Waits until renewed tokens that are being stored are, or cannot be.
    pub(super) fn keep_last(&mut self) -> impl Future<Output = ()> + use<> {
        let keepers: Vec<_> = self.slots.iter_mut().map(Slot::end_keeping).collect();
        async {
            for keeper in keepers {
                keeper.await;
            }
        }
    }

    /// Says goodbye on all of them at the same time.
    pub(super) fn leave(&mut self) -> impl Future<Output = ()> + use<> {
        let mut farewells = tokio::task::JoinSet::new();
        for slot in &mut self.slots {
            if let Some(handle) = slot.handle.take() {
                farewells.spawn(handle.leave());
            }
            if let Some(farewell) = slot.farewell.take() {
                farewells.spawn(async {
                    let _ = farewell.await;
                });
            }
        }
        async {
            farewells.join_all().await;
        }
    }
}

impl Slot {
    fn new(user_id: &str) -> Self {
        Self {
            user_id: user_id.to_owned(),
            homeserver: None,
            settings: AccountSettings::new(user_id),
            decision: None,
            view: None,
            stopped: None,
            paused: None,
            farewell: None,
            desired: watch::Sender::new(Desired::default()),
            wish: Wish::default(),
            said: None,
            handle: None,
            keeper: None,
            unstored: None,
            loading: false,
        }
    }

    /// What to show from now on.
    pub(super) fn decide(&mut self, decision: Decision, busy: BusyMode) {
        let in_call = decision.source == Source::Call;
        let desired = Desired {
            presence: decision.presence,
            manual: decision.source == Source::Manual,
            message: decision.message.as_ref().map(|m| m.text.clone()),
            message_ends: decision.message.as_ref().is_some_and(|m| m.until.is_some()),
            stand_in: in_call.then(|| "In a call".to_owned()),
            busy,
        };
        let status = decision.message.as_ref().map(|m| Status {
            text: m.text.clone(),
            emoji: m.emoji.clone().unwrap_or_else(|| DEFAULT_EMOJI.to_owned()),
        });
        let tells_calls = in_call && self.settings.call_field;
        let call = decision.since.filter(|_| tells_calls).map(call_joined);
        self.wish = Wish { status, call };
        self.said = self.settings.profile_room.then(|| Said::of(&decision));
        if let Some(handle) = &self.handle {
            handle.set_profile(self.wish.clone());
            handle.set_profile_room(self.said.clone());
        }
        self.desired.send_if_modified(|old| std::mem::replace(old, desired.clone()) != desired);
        self.decision = Some(decision);
    }

    /// Gives up storing renewed tokens, before what is stored is removed.
    pub(super) fn end_keeping(&mut self) -> impl Future<Output = ()> + use<> {
        let keeper = self.keeper.take();
        async {
            if let Some(keeper) = keeper {
                keeper.end().await;
            }
        }
    }

    pub(super) fn take_handle(&mut self) -> Option<Handle> {
        self.handle.take()
    }

    /// What others see is what was decided; also where nobody can be told.
    pub(super) fn is_shown(&self) -> bool {
        let Some(view) = self.view.as_ref().filter(|_| self.stopped.is_none()) else {
            return self.handle.is_none();
        };
        let mut desired = self.desired.borrow().clone();
        if view.replaced {
            desired.message = None;
        }
        let seen = view.seen.as_ref();
        if view.abilities.presence == Some(false) {
            return view.settled;
        }
        let shown = seen.is_some_and(|seen| desired.is_shown_by(seen));
        // The account may not have heard yet what was decided just now, so
        // its own word is not enough.
        view.settled && (shown || desired.claims_nothing())
    }

    /// What follows from the call that the account is in on another device.
    pub(super) fn call_elsewhere(&self) -> Option<Claim> {
        self.view.as_ref()?.elsewhere.map(RemoteCall::claim)
    }

    /// The person has said a message, or that there is none.
    pub(super) fn spoke(&mut self) {
        if let Some(handle) = &self.handle {
            handle.spoke();
        }
        if let Some(view) = &mut self.view {
            // Whoever waits must not be told about what was said before.
            view.replaced = false;
        }
    }

    /// What the person should know.
    pub(super) fn note(&self) -> Option<String> {
        let view = self.view.as_ref()?;
        let says = self.decision.as_ref().is_some_and(|d| d.message.is_some());
        let replaced = (view.replaced && says).then_some(&Note::MessageReplaced);
        let notes: Vec<_> = view.note.iter().chain(replaced).map(ToString::to_string).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// The network or the machine came back.
    pub(super) fn nudge(&self) {
        if let Some(handle) = &self.handle {
            handle.nudge();
        }
    }

    /// It should run, and nothing has been done about that yet.
    fn is_idle(&self) -> bool {
        let stopped = self.stopped.is_some() || self.paused.is_some();
        self.handle.is_none() && !self.loading && self.farewell.is_none() && !stopped
    }

    /// It is signed in, or may be again without the person.
    pub(super) fn is_signed_in(&self) -> bool {
        !matches!(self.stopped, Some((Connection::NeedsLogin, _)))
    }
}

impl Agent {
    /// Where sessions are kept, as the settings say now.
    pub(super) fn secrets(&self) -> SecretStore {
        match self.settings.get().secrets {
            Secrets::Keyring => SecretStore::Keyring,
            Secrets::File => SecretStore::File(self.paths.secrets_file.clone()),
        }
    }

    /// Brings the accounts in line with the settings: starts those that are
    /// new, drops those that are gone, keeps their order.
    pub(super) fn start_accounts(&mut self) {
        let wanted: Vec<String> =
            self.settings.get().accounts.iter().map(|a| a.user_id.clone()).collect();
        let known: BTreeSet<&String> = wanted.iter().collect();
        let (mut kept, gone): (Vec<Slot>, Vec<Slot>) =
            self.accounts.slots.drain(..).partition(|s| known.contains(&s.user_id));
        for mut slot in gone {
            if let Some(handle) = slot.take_handle() {
                tokio::spawn(handle.leave());
            }
        }
        for user_id in &wanted {
            if !kept.iter().any(|s| s.user_id == *user_id) {
                kept.push(Slot::new(user_id));
            }
        }
        kept.sort_by_key(|s| wanted.iter().position(|w| *w == s.user_id));
        self.accounts.slots = kept;
        self.keep_pauses(Timestamp::now());
    }

    /// Brings the accounts in line with what is paused now: one that is
    /// paused says goodbye, one that is not any more runs again.
    pub(super) fn keep_pauses(&mut self, now: Timestamp) {
        let pauses = &self.state.get().pauses;
        for slot in &mut self.accounts.slots {
            slot.paused = pauses.account(&slot.user_id, now);
            if slot.paused.is_some()
                && let Some(handle) = slot.handle.take()
            {
                slot.view = None;
                let (outcomes, user_id) = (self.outcomes.clone(), slot.user_id.clone());
                slot.farewell = Some(tokio::spawn(async move {
                    handle.leave().await;
                    let _ = outcomes.send(Outcome::Left(user_id)).await;
                }));
            }
        }
        let idle: Vec<String> =
            self.accounts.iter().filter(|s| s.is_idle()).map(|s| s.user_id.clone()).collect();
        for user_id in idle {
            self.load(&user_id, Duration::ZERO);
        }
    }

    /// An account that was paused has said goodbye.
    pub(super) fn left(&mut self, user_id: &str) {
        if let Some(slot) = self.accounts.get(user_id) {
            slot.farewell = None;
        }
    }

    fn load(&mut self, user_id: &str, after: Duration) {
        let (secrets, outcomes) = (self.secrets(), self.outcomes.clone());
        let Some(slot) = self.accounts.get(user_id) else { return };
        slot.loading = true;
        let user_id = user_id.to_owned();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            // The person is asked to unlock the keyring once, not again and
            // again.
            let session = match after {
                Duration::ZERO => secrets.load(&user_id).await,
                _ => secrets.load_quietly(&user_id).await,
            };
            let _ = outcomes.send(Outcome::Loaded(Loaded { user_id, session })).await;
        });
    }

    /// A session was read, or not.
    pub(super) fn loaded(&mut self, loaded: Loaded) {
        let Loaded { user_id, session } = loaded;
        let Some(slot) = self.accounts.get(&user_id) else { return };
        slot.loading = false;
        if slot.paused.is_some() {
            // It is read again when the pause ends.
            return;
        }
        match session {
            Ok(session) => self.run_account(session),
            Err(error) => {
                // A store that is locked or not there yet is no logout.
                let wait = matches!(
                    error,
                    SecretError::Locked | SecretError::Unavailable | SecretError::Keyring(_)
                );
                let connection = if wait { Connection::Connecting } else { Connection::NeedsLogin };
                slot.stopped = Some((connection, error.to_string()));
                if wait {
                    self.load(&user_id, STORE_RETRY);
                }
            }
        }
    }

    /// Runs an account with this session from now on.
    pub(super) fn run_account(&mut self, session: Session) {
        let marks = self.state.get().marks.get(&session.user_id).cloned().unwrap_or_default();
        let remembered = self.state.get().servers.get(&session.homeserver).cloned();
        let start = Start { abilities: remembered.unwrap_or_default(), marks };
        let (matrix, events) = (self.matrix.clone(), self.accounts.events.clone());
        let Some(slot) = self.accounts.get(&session.user_id) else { return };
        slot.homeserver = Some(session.homeserver.clone());
        slot.stopped = None;
        slot.view = None;
        let desired = slot.desired.subscribe();
        let handle = account::spawn(&matrix, session, start, desired, events);
        handle.set_profile(slot.wish.clone());
        handle.set_profile_room(slot.said.clone());
        slot.handle = Some(handle);
    }

    /// An account reported something.
    pub(super) fn told(&mut self, user_id: &str, event: AccountEvent) {
        match event {
            AccountEvent::View(view) => {
                // One that is leaving has nothing to show any more.
                if let Some(slot) = self.accounts.get(user_id).filter(|s| s.handle.is_some()) {
                    slot.view = Some(view);
                }
            }
            AccountEvent::Marks { marks, durable } => {
                // Not saved, the request is not sent: dropping says so.
                if self.save(|state| state.mark(user_id, marks)) {
                    let _ = durable.send(());
                }
            }
            AccountEvent::Abilities(abilities) => {
                let base = self.accounts.get(user_id).and_then(|s| s.homeserver.clone());
                if let Some(base) = base {
                    self.save(|state| {
                        state.servers.insert(base, abilities);
                    });
                }
            }
            AccountEvent::NeedsLogin { reason } => {
                if let Some(slot) = self.accounts.get(user_id) {
                    slot.handle = None;
                    slot.view = None;
                    slot.stopped = Some((Connection::NeedsLogin, reason));
                }
                // Nobody need wait for new tokens any more.
                self.accounts.renewed.send_replace(());
            }
            AccountEvent::Session { session, stored } => self.keep_tokens(session, stored),
        }
    }

    /// Stores renewed tokens, and tries for as long as it takes and no newer
    /// ones come: a keyring that is locked now is no logout at the next start.
    fn keep_tokens(&mut self, session: Session, stored: oneshot::Sender<()>) {
        let (secrets, renewed) = (self.secrets(), self.accounts.renewed.clone());
        let outcomes = self.outcomes.clone();
        let Some(slot) = self.accounts.get(&session.user_id) else { return };
        let earlier = slot.keeper.take();
        let (wanted, mut unwanted) = oneshot::channel();
        let task = tokio::spawn(async move {
            if let Some(earlier) = earlier {
                // Or the older tokens might be written last.
                earlier.end().await;
            }
            let mut stored = Some(stored);
            loop {
                let kept = secrets.save_quietly(&session).await;
                let trouble = kept.as_ref().err().map(ToString::to_string);
                let kept = Kept { user_id: session.user_id.clone(), trouble };
                let is_kept = kept.trouble.is_none();
                if let Some(stored) = stored.take().filter(|_| is_kept) {
                    renewed.send_replace(());
                    let _ = stored.send(());
                }
                let _ = outcomes.send(Outcome::Kept(kept)).await;
                if is_kept {
                    return;
                }
                tokio::select! {
                    () = tokio::time::sleep(STORE_RETRY) => {}
                    _ = &mut unwanted => return,
                }
            }
        });
        slot.keeper = Some(Keeper { wanted, task });
    }

    /// Renewed tokens were stored, or not.
    pub(super) fn kept(&mut self, kept: Kept) {
        let Kept { user_id, trouble } = kept;
        if let Some(slot) = self.accounts.get(&user_id) {
            slot.unstored = trouble;
        }
    }

    /// Saves a change of the state; where that fails it is shown among the
    /// troubles until a later change succeeds.
    pub(super) fn save(&mut self, change: impl FnOnce(&mut crate::state::State)) -> bool {
        match self.state.change(change) {
            Ok(()) => {
                self.unsaved = None;
                true
            }
            Err(error) => {
                let path = self.paths.state_file.display();
                self.unsaved = Some(format!("{path} cannot be saved: {error}"));
                false
            }
        }
    }
}
