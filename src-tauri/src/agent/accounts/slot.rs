//! One account: its intent and its view.

use presently_core::account::{Intent, Note, StandInTexts, View};
use presently_core::settings::AccountSettings;
use presently_core::{Claim, Code, Coded as _, Decision, Pause, Presence, RemoteCall};
use presently_ipc::snapshot::Connection;
use presently_matrix::Session;
use presently_matrix::account::{self, AccountView, Handle};
use presently_text::Texts;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::tokens::StoreTask;

/// One account.
pub(in crate::agent) struct Slot {
    pub(in crate::agent) user_id: String,
    pub(in crate::agent) homeserver: Option<String>,
    /// The device id of the session in use.
    pub(super) device_id: Option<String>,
    /// The session in use, kept in case the secret store loses it.
    pub(in crate::agent) session: Option<Session>,
    /// The device id of a session that has ended. A new sign-in uses it again.
    pub(in crate::agent) ended: Option<String>,
    pub(in crate::agent) settings: AccountSettings,
    pub(in crate::agent) decision: Option<Decision>,
    pub(in crate::agent) last_view: Option<AccountView>,
    /// Set while the account does not run: the connection state to show, and
    /// the reason.
    pub(in crate::agent) stopped: Option<(Connection, Code)>,
    /// Set while the person has paused the account.
    pub(in crate::agent) paused: Option<Pause>,
    /// The goodbye of a pause. The account must not run again before it has
    /// ended.
    pub(in crate::agent) farewell: Option<JoinHandle<()>>,
    pub(super) intent: watch::Sender<Intent>,
    /// Whether the person has set or cleared a message since the last decision.
    message_changed: bool,
    pub(super) handle: Option<Handle>,
    /// Stores the renewed tokens. Dropping it tells the task to give up.
    pub(super) store_task: Option<StoreTask>,
    /// Why the tokens are not in the store that the settings select.
    pub(in crate::agent) unstored: Option<Code>,
    /// Whether a task is reading the session from the secret store.
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

    /// The last view, if there is one.
    pub(in crate::agent) fn view(&self) -> Option<&View> {
        self.last_view.as_ref().map(|view| &view.account)
    }

    /// Sets what the account is to show: the decision, reduced to what the
    /// account shares.
    /// `zone` is the time zone that the person wants others to know.
    pub(in crate::agent) fn decide(
        &mut self,
        decision: Decision,
        texts: &StandInTexts,
        zone: Option<&str>,
    ) {
        let intent = Intent::new(&decision, &self.settings, texts, zone);
        self.intent.send_if_modified(|old| std::mem::replace(old, intent.clone()) != intent);
        // The driver must receive the intent with the new message first.
        if std::mem::take(&mut self.message_changed)
            && let Some(handle) = &self.handle
        {
            handle.message_changed();
        }
        self.decision = Some(decision.shared(self.settings.share));
    }

    /// Cancels a pending write of renewed tokens, before something else is
    /// stored or what is stored is removed.
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

    /// Whether others see what was decided. Also true while the account does
    /// not run and nobody can be told.
    pub(in crate::agent) fn is_shown(&self) -> bool {
        if self.stopped.is_some() || self.last_view.is_none() {
            return self.handle.is_none();
        }
        let settled = |view: &View| view.settled && view.profile_settled;
        self.current_view().is_some_and(settled) && self.unseen().is_none()
    }

    /// Whether nothing is left to do for what others see, or nothing that
    /// waiting could change.
    pub(in crate::agent) fn is_at_rest(&self) -> bool {
        let presence_is_shown = self.current_view().is_some_and(|view| view.settled);
        self.is_shown() || presence_is_shown && self.unseen().is_some()
    }

    /// Why others will never see what was decided, however long one waits.
    pub(in crate::agent) fn unseen(&self) -> Option<Code> {
        unseen(self.current_view()?, &self.intent.borrow())
    }

    /// The last view, if the driver has applied all its inputs by then.
    fn current_view(&self) -> Option<&View> {
        let (handle, view) = (self.handle.as_ref()?, self.last_view.as_ref()?);
        handle.has_applied_inputs(view).then_some(&view.account)
    }

    /// The claim of a call that the account is in on another device.
    pub(in crate::agent) fn call_elsewhere(&self) -> Option<Claim> {
        self.view()?.elsewhere.map(RemoteCall::claim)
    }

    /// Records that the person has set or cleared a message. The driver is told
    /// with the next decision.
    pub(in crate::agent) fn message_changed(&mut self) {
        self.message_changed = true;
        if let Some(view) = &mut self.last_view {
            // A waiting client must not be told about the previous message.
            view.account.notes.retain(|note| *note != Note::MessageReplaced);
        }
    }

    /// The notes of the account, in English.
    pub(in crate::agent) fn note(&self) -> Option<String> {
        Texts::english().notes(&self.view()?.notes)
    }

    /// The notes without device names, in English, for output that others may
    /// read.
    pub(in crate::agent) fn note_without_names(&self) -> Option<String> {
        let notes = self.view()?.notes.iter().cloned();
        let notes: Vec<_> = notes.map(Note::without_names).collect();
        Texts::english().notes(&notes)
    }

    /// Reconnects after the network or the machine came back.
    pub(in crate::agent) fn reconnect(&self) {
        if let Some(handle) = &self.handle {
            handle.reconnect();
        }
    }

    /// Whether the account should run but neither runs nor is being started.
    pub(super) fn is_idle(&self) -> bool {
        let stopped = self.stopped.is_some() || self.paused.is_some();
        self.handle.is_none() && !self.loading && self.farewell.is_none() && !stopped
    }

    /// Whether the account is signed in, or may be again without the person.
    pub(in crate::agent) fn is_signed_in(&self) -> bool {
        !matches!(self.stopped, Some((Connection::NeedsLogin, _)))
    }
}

/// Why the server accepts nothing of what others are to see, if that is so.
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

/// Why others will never see this intent although the server answers.
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
            // The supported fields are not known yet.
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
            // The status is visible although the presence is not.
            (false, status, busy(Some("x"), None), None),
            (false, call, busy(None, Some(300)), None),
            (false, Fields::default(), busy(None, Some(300)), Some("unseen-presence")),
            (true, Fields::default(), busy(None, None), None),
            // Without presence the person is seen as offline, which is what was
            // meant.
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
