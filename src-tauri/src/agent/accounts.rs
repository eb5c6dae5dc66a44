//! The accounts: what each one is to show, and what its driver reported.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use presently_core::Coded as _;
use presently_ipc::snapshot::Connection;
use presently_matrix::account::{self, AccountEvent, Events, Start};
use presently_matrix::{SecretError, SecretStores, Session, StoredSession};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Agent, Outcome};

mod keyring_prompt;
mod slot;
mod tokens;

use keyring_prompt::KeyringPrompt;
pub(super) use slot::Slot;
pub(super) use tokens::StoreResult;

/// The delay before a locked or absent secret store is read again.
const STORE_RETRY: Duration = Duration::from_secs(15);

/// All accounts, in the order of the settings.
pub(super) struct Accounts {
    slots: Vec<Slot>,
    /// The goodbyes of accounts that were removed from the settings. An account
    /// that is added again must not run before its earlier goodbye has ended.
    leaving: BTreeMap<String, JoinHandle<()>>,
    keyring_prompt: KeyringPrompt,
    events: Events,
    /// Notifies when renewed tokens were stored, or when none will come.
    renewed: watch::Sender<()>,
}

/// The result of reading a session from the secret store.
#[derive(Debug)]
pub(crate) struct Loaded {
    user_id: String,
    found: Result<StoredSession, SecretError>,
}

impl Accounts {
    pub(super) fn new(events: Events) -> Self {
        Self {
            slots: Vec::new(),
            leaving: BTreeMap::new(),
            keyring_prompt: KeyringPrompt::default(),
            events,
            renewed: watch::Sender::new(()),
        }
    }

    /// A receiver that changes when the renewed tokens of an account were
    /// stored, or when none will come.
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

    /// Removes an account from the list. Its driver runs until its handle is
    /// dropped.
    pub(super) fn take(&mut self, user_id: &str) -> Option<Slot> {
        let at = self.slots.iter().position(|s| s.user_id == user_id)?;
        Some(self.slots.remove(at))
    }

    /// Removes and returns the goodbye of a removed account, if one is under way.
    pub(super) fn end_leaving(&mut self, user_id: &str) -> Option<JoinHandle<()>> {
        self.leaving.remove(user_id)
    }

    /// Adds a slot for an account that is about to run, if it has none.
    pub(super) fn make_room(&mut self, user_id: &str) {
        if self.get(user_id).is_none() {
            self.slots.push(Slot::new(user_id));
        }
    }

    /// Waits until all pending writes of renewed tokens have ended,
    /// successfully or not.
    pub(super) fn finish_storing(&mut self) -> impl Future<Output = ()> + use<> {
        let keepers: Vec<_> = self.slots.iter_mut().map(Slot::end_storing).collect();
        async {
            for store_task in keepers {
                store_task.await;
            }
        }
    }

    /// Says goodbye on all accounts at the same time.
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
        for (_, farewell) in std::mem::take(&mut self.leaving) {
            farewells.spawn(async {
                let _ = farewell.await;
            });
        }
        async {
            farewells.join_all().await;
        }
    }
}

impl Agent {
    /// The secret stores: the one that the settings select, and the other one,
    /// where an earlier setting may have left sessions.
    pub(super) fn secrets(&self) -> SecretStores {
        let (keyring, file) = (self.keyring.clone(), self.secrets_file.clone());
        SecretStores::selected(self.settings.get().secrets, keyring, file)
    }

    /// Synchronizes the accounts with the settings: starts the new ones, drops
    /// the removed ones, and keeps the order.
    pub(super) fn start_accounts(&mut self) {
        let wanted: Vec<String> =
            self.settings.get().accounts.iter().map(|a| a.user_id.clone()).collect();
        let known: BTreeSet<&String> = wanted.iter().collect();
        let (mut kept, gone): (Vec<Slot>, Vec<Slot>) =
            self.accounts.slots.drain(..).partition(|s| known.contains(&s.user_id));
        for mut slot in gone {
            let farewell = slot.farewell.take();
            let (handle, pending_store) = (slot.take_handle(), slot.end_storing());
            let (outcomes, user_id) = (self.outcomes.clone(), slot.user_id.clone());
            let farewell = tokio::spawn(async move {
                if let Some(handle) = handle {
                    handle.leave().await;
                }
                if let Some(farewell) = farewell {
                    let _ = farewell.await;
                }
                pending_store.await;
                let _ = outcomes.send(Outcome::Left(user_id)).await;
            });
            self.accounts.leaving.insert(slot.user_id, farewell);
        }
        for user_id in &wanted {
            if !kept.iter().any(|s| s.user_id == *user_id) {
                let mut slot = Slot::new(user_id);
                slot.farewell = self.accounts.leaving.remove(user_id);
                kept.push(slot);
            }
        }
        kept.sort_by_key(|s| wanted.iter().position(|w| *w == s.user_id));
        self.accounts.slots = kept;
        self.keep_pauses(Timestamp::now());
    }

    /// Applies the pauses: an account that is paused says goodbye, and an
    /// account whose pause has ended runs again.
    pub(super) fn keep_pauses(&mut self, now: Timestamp) {
        let pauses = &self.state.get().pauses;
        for slot in &mut self.accounts.slots {
            slot.paused = pauses.account(&slot.user_id, now);
            if slot.paused.is_some()
                && let Some(handle) = slot.handle.take()
            {
                slot.last_view = None;
                let (outcomes, user_id) = (self.outcomes.clone(), slot.user_id.clone());
                slot.farewell = Some(tokio::spawn(async move {
                    handle.leave().await;
                    let _ = outcomes.send(Outcome::Left(user_id)).await;
                }));
            }
        }
        // A sign-in or sign-out replaces the session, so an account that is
        // locked by one must not start with the stored one.
        let idle = self
            .accounts
            .iter()
            .filter(|s| s.is_idle() && !self.account_locks.is_locked(&s.user_id));
        let idle: Vec<String> = idle.map(|s| s.user_id.clone()).collect();
        for user_id in idle {
            self.load(&user_id, Duration::ZERO);
        }
    }

    /// Handles the end of a goodbye of a paused or removed account.
    pub(super) fn left(&mut self, user_id: &str) {
        let is_done = JoinHandle::is_finished;
        // The task sends this outcome as its last action, so it may not be
        // finished yet; hence the comparison by user id.
        self.accounts.leaving.retain(|id, farewell| id != user_id && !is_done(farewell));
        if let Some(slot) = self.accounts.get(user_id) {
            slot.farewell = None;
        }
    }

    fn load(&mut self, user_id: &str, after: Duration) {
        let (secrets, outcomes) = (self.secrets(), self.outcomes.clone());
        let keyring_prompt = self.accounts.keyring_prompt.clone();
        let Some(slot) = self.accounts.get(user_id) else { return };
        slot.loading = true;
        let user_id = user_id.to_owned();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let found = keyring_prompt.load(&secrets, &user_id).await;
            let _ = outcomes.send(Outcome::Loaded(Loaded { user_id, found })).await;
        });
    }

    /// Handles the result of reading a session.
    pub(super) fn loaded(&mut self, loaded: Loaded) {
        let Loaded { user_id, found } = loaded;
        let Some(slot) = self.accounts.get(&user_id) else { return };
        slot.loading = false;
        if slot.paused.is_some() {
            // The end of the pause reads the session again, so `Connecting` no
            // longer applies.
            slot.stopped.take_if(|(connection, _)| *connection == Connection::Connecting);
            return;
        }
        if slot.handle.is_some() {
            // A sign-in has completed in the meantime.
            return;
        }
        match found {
            Ok(StoredSession { session, needs_migration }) => {
                if slot.stopped.is_some() {
                    // The keyring is unlocked, and has the passwords of calendars.
                    self.agenda.renew();
                }
                self.run_account(session);
                if needs_migration {
                    self.move_secrets(&user_id);
                }
            }
            Err(error) => {
                // Only a store that could be read completely proves that the
                // session is lost. A store that is locked, absent or does not
                // answer is tried again.
                let wait = !matches!(error, SecretError::NotFound(_) | SecretError::Broken(_));
                let connection = if wait { Connection::Connecting } else { Connection::NeedsLogin };
                slot.stopped = Some((connection, error.code()));
                if wait {
                    self.load(&user_id, STORE_RETRY);
                }
            }
        }
    }

    /// Starts the driver of an account with this session.
    pub(super) fn run_account(&mut self, session: Session) {
        let marks = self.state.get().marks.get(&session.user_id).cloned().unwrap_or_default();
        let remembered = self.state.get().servers.get(&session.homeserver).cloned();
        let start = Start { abilities: remembered.unwrap_or_default(), marks };
        let (matrix, events) = (self.matrix.clone(), self.accounts.events.clone());
        let Some(slot) = self.accounts.get(&session.user_id) else { return };
        slot.homeserver = Some(session.homeserver.clone());
        slot.device_id = Some(session.device_id.clone());
        slot.session = Some(session.clone());
        slot.ended = None;
        slot.stopped = None;
        slot.last_view = None;
        let intent = slot.intent.subscribe();
        slot.handle = Some(account::spawn(&matrix, session, start, intent, events));
    }

    /// Handles an event of an account driver.
    pub(super) async fn handle_account_event(&mut self, user_id: &str, event: AccountEvent) {
        match event {
            AccountEvent::View(view) => {
                // An account that is leaving has no view to show.
                if let Some(slot) = self.accounts.get(user_id).filter(|s| s.handle.is_some()) {
                    slot.last_view = Some(*view);
                }
            }
            AccountEvent::Marks { marks, durable } => {
                // If saving fails, `durable` is dropped. That tells the driver
                // not to send the request.
                if self.is_forgotten(user_id) || self.save(|state| state.mark(user_id, marks)).await
                {
                    let _ = durable.send(());
                }
            }
            AccountEvent::Abilities(abilities) => {
                let base = self.accounts.get(user_id).and_then(|s| s.homeserver.clone());
                if let Some(base) = base {
                    self.save(|state| {
                        state.servers.insert(base, abilities);
                    })
                    .await;
                }
            }
            AccountEvent::NeedsLogin { reason } => {
                if let Some(slot) = self.accounts.get(user_id) {
                    slot.handle = None;
                    slot.last_view = None;
                    slot.ended = slot.device_id.take();
                    slot.session = None;
                    slot.stopped = Some((Connection::NeedsLogin, reason));
                }
                // Ends the wait of those who wait for new tokens.
                self.accounts.renewed.send_replace(());
            }
            AccountEvent::Session { session, stored } => self.store_tokens(session, stored),
        }
    }

    /// Whether the account is being signed out. Its marks are not kept, because
    /// no later start could clear what they stand for.
    pub(super) fn is_forgotten(&self, user_id: &str) -> bool {
        let is_here = self.accounts.iter().any(|slot| slot.user_id == user_id)
            || self.accounts.leaving.contains_key(user_id);
        self.account_locks.is_locked(user_id) && !is_here
    }
}
