//! One account: its intent, and its view.

use presently_core::account::{Intent, Note, View};
use presently_core::settings::AccountSettings;
use presently_core::{Claim, Code, Coded as _, Decision, Pause, Presence, RemoteCall};
use presently_ipc::snapshot::Connection;
use presently_matrix::Session;
use presently_matrix::account::{self, AccountView, Handle};
use presently_text::{Texts, text};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::tokens::StoreTask;

/// One account.
pub(in crate::agent) struct Slot {
    pub(in crate::agent) user_id: String,
    pub(in crate::agent) homeserver: Option<String>,
    /// The device of the session that it runs with.
    pub(super) device_id: Option<String>,
    /// What it runs with, in case that its store loses it.
    pub(in crate::agent) session: Option<Session>,
    /// The device whose session has ended, which a new sign-in goes on with.
    pub(in crate::agent) ended: Option<String>,
    pub(in crate::agent) settings: AccountSettings,
    pub(in crate::agent) decision: Option<Decision>,
    pub(in crate::agent) last_view: Option<AccountView>,
    /// Set where the account does not run: what its connection is then, and
    /// why.
    pub(in crate::agent) stopped: Option<(Connection, Code)>,
    /// The person has paused it.
    pub(in crate::agent) paused: Option<Pause>,
    /// It was paused and says goodbye: it must not run again before that is
    /// done.
    pub(in crate::agent) farewell: Option<JoinHandle<()>>,
    pub(super) intent: watch::Sender<Intent>,
    /// The person has said a message since the last decision, or that there
    /// is none.
    message_changed: bool,
    pub(super) handle: Option<Handle>,
    /// Keeps the renewed tokens; it is told to give up when this is dropped.
    pub(super) store_task: Option<StoreTask>,
    /// Why its tokens are not where they are to be kept.
    pub(in crate::agent) unstored: Option<Code>,
    /// A task reads its session from the secret store.
    pub(super) loading: bool,
}

impl Slot {
    pub(super) fn new(user_id: &str) -> Self {
        Self {
            user_id: user_id.to_owned(),
            homeserver: None,
            device_id: None,
            session: None,
            ended: None,
            settings: AccountSettings::new(user_id),
            decision: None,
            last_view: None,
            stopped: None,
            paused: None,
            farewell: None,
            intent: watch::Sender::new(Intent::default()),
            message_changed: false,
            handle: None,
            store_task: None,
            unstored: None,
            loading: false,
        }
    }

    /// Its last view, if there was one.
    pub(in crate::agent) fn view(&self) -> Option<&View> {
        self.last_view.as_ref().map(|view| &view.account)
    }

    /// What to show from now on: what was decided, as far as the account may
    /// be told.
    pub(in crate::agent) fn decide(&mut self, decision: Decision, texts: &Texts) {
        let in_call = text!(texts, "in-a-call");
        let intent = Intent::new(&decision, &self.settings, &in_call);
        self.intent.send_if_modified(|old| std::mem::replace(old, intent.clone()) != intent);
        // After the intent, which has what they said.
        if std::mem::take(&mut self.message_changed)
            && let Some(handle) = &self.handle
        {
            handle.message_changed();
        }
        self.decision = Some(decision.shared(self.settings.share));
    }

    /// Gives up storing renewed tokens, before something else is stored or
    /// what is stored is removed.
    pub(in crate::agent) fn end_storing(&mut self) -> impl Future<Output = ()> + use<> {
        let store_task = self.store_task.take();
        self.unstored = None;
        async {
            if let Some(store_task) = store_task {
                store_task.end().await;
            }
        }
    }

    pub(in crate::agent) fn take_handle(&mut self) -> Option<Handle> {
        self.handle.take()
    }

    /// What others see is what was decided; also where nobody can be told.
    pub(in crate::agent) fn is_shown(&self) -> bool {
        if self.stopped.is_some() || self.last_view.is_none() {
            return self.handle.is_none();
        }
        let settled = |view: &View| view.settled && view.profile_settled;
        self.current_view().is_some_and(settled) && self.unseen().is_none()
    }

    /// Nothing is left to do for what others see, or nothing that waiting
    /// helps.
    pub(in crate::agent) fn is_at_rest(&self) -> bool {
        let presence_is_shown = self.current_view().is_some_and(|view| view.settled);
        self.is_shown() || presence_is_shown && self.unseen().is_some()
    }

    /// Why others will not see what was decided, however long it is waited
    /// for.
    pub(in crate::agent) fn unseen(&self) -> Option<Code> {
        unseen(self.current_view()?, &self.intent.borrow())
    }

    /// How it is, if it has applied all its inputs.
    fn current_view(&self) -> Option<&View> {
        let (handle, view) = (self.handle.as_ref()?, self.last_view.as_ref()?);
        handle.has_applied_inputs(view).then_some(&view.account)
    }

    /// What follows from the call that the account is in on another device.
    pub(in crate::agent) fn call_elsewhere(&self) -> Option<Claim> {
        self.view()?.elsewhere.map(RemoteCall::claim)
    }

    /// The person has said a message, or that there is none. The account is
    /// told with the next decision.
    pub(in crate::agent) fn message_changed(&mut self) {
        self.message_changed = true;
        if let Some(view) = &mut self.last_view {
            // Whoever waits must not be told about what was said before.
            view.account.notes.retain(|note| *note != Note::MessageReplaced);
        }
    }

    /// What the person should know, in English.
    pub(in crate::agent) fn note(&self) -> Option<String> {
        Texts::english().notes(&self.view()?.notes)
    }

    /// The same for others to read: without the names of devices.
    pub(in crate::agent) fn note_without_names(&self) -> Option<String> {
        let notes = self.view()?.notes.iter().cloned();
        let notes: Vec<_> = notes.map(Note::without_names).collect();
        Texts::english().notes(&notes)
    }

    /// The network or the machine came back.
    pub(in crate::agent) fn reconnect(&self) {
        if let Some(handle) = &self.handle {
            handle.reconnect();
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

/// Where this server takes none of what others are to see.
fn nowhere(view: &View, intent: &Intent) -> Option<Code> {
    let fields = view.fields.as_ref().filter(|_| view.abilities.presence == Some(false))?;
    let wish = intent.profile();
    if wish.status.is_some() && fields.status.is_none() {
        return Some(Code::new("unseen-message"));
    }
    let is_there = intent.presence().presence.is_some_and(|p| p != Presence::Offline);
    let in_profile = wish.status.is_some() || wish.call.is_some() && fields.call.is_some();
    (is_there && !in_profile).then(|| Code::new("unseen-presence"))
}

/// What others will never see of this intent, although the server answers.
fn unseen(view: &View, intent: &Intent) -> Option<Code> {
    if view.connection != account::Connection::Syncing {
        return None;
    }
    let refused = view.notes.iter().find_map(|note| match note {
        Note::FieldRefused(refused) => Some(refused.code()),
        _ => None,
    });
    refused.or_else(|| nowhere(view, intent))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use presently_core::account::profile::Fields;
    use presently_core::account::{Account, Connection, Everything, MessageOnly, Start};
    use presently_core::{Message, Moment, Mono};

    use super::*;

    #[test]
    fn what_nobody_can_see_is_not_waited_for() {
        let now = Moment { mono: Mono(0), wall: Timestamp::UNIX_EPOCH };
        let view = |presence: bool, fields: Option<Fields>| {
            let mut view = Account::new(Start::default()).view(now);
            view.connection = Connection::Syncing;
            view.abilities.presence = Some(presence);
            view.fields = fields;
            view
        };
        let says = |text: Option<&str>| {
            let message = text.map(|text| Message::new(text, None, None).expect("short"));
            Intent::Message(MessageOnly { message, ..MessageOnly::default() })
        };
        let status =
            Fields { status: Some("m.status".to_owned()), call: None, ..Fields::default() };
        for (presence, fields, text, nobody) in [
            (false, Some(Fields::default()), Some("Back at 15:00"), true),
            (false, Some(Fields::default()), None, false),
            (false, Some(status), Some("Back at 15:00"), false),
            // It was not asked yet.
            (false, None, Some("Back at 15:00"), false),
            (true, Some(Fields::default()), Some("Back at 15:00"), false),
        ] {
            let view = view(presence, fields.clone());
            let unseen = unseen(&view, &says(text));
            assert_eq!(unseen.is_some(), nobody, "{presence} {fields:?} {text:?} {unseen:?}");
        }
        let busy = |text: Option<&str>, call| {
            let message = text.map(|text| Message::new(text, None, None).expect("short"));
            let presence = Some(Presence::Busy);
            Intent::Everything(Everything { presence, message, call, ..Everything::default() })
        };
        let status = Fields { status: Some("m.status".to_owned()), ..Fields::default() };
        let call = Fields { call: Some("m.call".to_owned()), ..Fields::default() };
        for (presence, fields, intent, wanted) in [
            (false, Fields::default(), busy(None, None), Some("unseen-presence")),
            (false, Fields::default(), busy(Some("x"), None), Some("unseen-message")),
            (false, status.clone(), busy(None, None), Some("unseen-presence")),
            // What is seen of it is something.
            (false, status, busy(Some("x"), None), None),
            (false, call, busy(None, Some(300)), None),
            (false, Fields::default(), busy(None, Some(300)), Some("unseen-presence")),
            (true, Fields::default(), busy(None, None), None),
            // Who is to be seen as gone is.
            (false, Fields::default(), Intent::Nothing, None),
        ] {
            let view = view(presence, Some(fields.clone()));
            let unseen = unseen(&view, &intent);
            let code = unseen.as_ref().map(Code::name);
            assert_eq!(code, wanted, "{presence} {fields:?} {intent:?}");
        }
        let offline =
            View { connection: Connection::Retrying, ..view(false, Some(Fields::default())) };
        assert_eq!(unseen(&offline, &says(Some("Back at 15:00"))), None, "it may be another one");
    }
}
