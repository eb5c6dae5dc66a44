//! One account: what it is told to show, and how it is.

use presently_core::account::profile::{Status, Wish, call_joined};
use presently_core::account::profile_room::Said;
use presently_core::account::{Desired, Note};
use presently_core::manual::DEFAULT_EMOJI;
use presently_core::settings::{AccountSettings, BusyMode};
use presently_core::{Claim, Decision, Pause, RemoteCall, Source};
use presently_ipc::snapshot::Connection;
use presently_matrix::account::{AccountView, Handle};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::tokens::Keeper;

/// One account.
pub(in crate::agent) struct Slot {
    pub(in crate::agent) user_id: String,
    pub(in crate::agent) homeserver: Option<String>,
    /// The device of the session that it runs with.
    pub(super) device_id: Option<String>,
    /// The device whose session has ended, which a new sign-in goes on with.
    pub(in crate::agent) ended: Option<String>,
    pub(in crate::agent) settings: AccountSettings,
    pub(in crate::agent) decision: Option<Decision>,
    pub(in crate::agent) view: Option<AccountView>,
    /// Set where the account does not run: what its connection is then, and
    /// why, in one line.
    pub(in crate::agent) stopped: Option<(Connection, String)>,
    /// The person has paused it.
    pub(in crate::agent) paused: Option<Pause>,
    /// It was paused and says goodbye: it must not run again before that is
    /// done.
    pub(super) farewell: Option<JoinHandle<()>>,
    pub(super) desired: watch::Sender<Desired>,
    pub(super) wish: Wish,
    pub(super) said: Option<Said>,
    pub(super) handle: Option<Handle>,
    /// Keeps the renewed tokens; it is told to give up when this is dropped.
    pub(super) keeper: Option<Keeper>,
    /// Why the renewed tokens are not stored, in one line.
    pub(in crate::agent) unstored: Option<String>,
    /// A task reads its session from the secret store.
    pub(super) loading: bool,
}

impl Slot {
    pub(super) fn new(user_id: &str) -> Self {
        Self {
            user_id: user_id.to_owned(),
            homeserver: None,
            device_id: None,
            ended: None,
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
    pub(in crate::agent) fn decide(&mut self, decision: Decision, busy: BusyMode) {
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

    /// Gives up storing renewed tokens, before something else is stored or
    /// what is stored is removed.
    pub(in crate::agent) fn end_keeping(&mut self) -> impl Future<Output = ()> + use<> {
        let keeper = self.keeper.take();
        self.unstored = None;
        async {
            if let Some(keeper) = keeper {
                keeper.end().await;
            }
        }
    }

    pub(in crate::agent) fn take_handle(&mut self) -> Option<Handle> {
        self.handle.take()
    }

    /// What others see is what was decided; also where nobody can be told.
    pub(in crate::agent) fn is_shown(&self) -> bool {
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
    pub(in crate::agent) fn call_elsewhere(&self) -> Option<Claim> {
        self.view.as_ref()?.elsewhere.map(RemoteCall::claim)
    }

    /// The person has said a message, or that there is none.
    pub(in crate::agent) fn spoke(&mut self) {
        if let Some(handle) = &self.handle {
            handle.spoke();
        }
        if let Some(view) = &mut self.view {
            // Whoever waits must not be told about what was said before.
            view.replaced = false;
        }
    }

    /// What the person should know.
    pub(in crate::agent) fn note(&self) -> Option<String> {
        let view = self.view.as_ref()?;
        let says = self.decision.as_ref().is_some_and(|d| d.message.is_some());
        let replaced = (view.replaced && says).then_some(&Note::MessageReplaced);
        let notes: Vec<_> = view.note.iter().chain(replaced).map(ToString::to_string).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// The network or the machine came back.
    pub(in crate::agent) fn nudge(&self) {
        if let Some(handle) = &self.handle {
            handle.nudge();
        }
    }

    /// It should run, and nothing has been done about that yet.
    pub(super) fn is_idle(&self) -> bool {
        let stopped = self.stopped.is_some() || self.paused.is_some();
        self.handle.is_none() && !self.loading && self.farewell.is_none() && !stopped
    }

    /// It is signed in, or may be again without the person.
    pub(in crate::agent) fn is_signed_in(&self) -> bool {
        !matches!(self.stopped, Some((Connection::NeedsLogin, _)))
    }
}
