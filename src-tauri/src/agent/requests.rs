//! Requests from clients and from the tray.

use jiff::Timestamp;
use presently_core::{
    Choice, Code, Coded as _, Message, Pause, Pauses, Presence, RecentMessage, Scope,
};
use presently_ipc::request::{End, MessageText, Pausable};
use presently_ipc::server::PendingRequest;
use presently_ipc::settings::SettingsView;
use presently_ipc::{Failure, Reply, Request};

use super::accounts::Slot;
use super::{Agent, Shutdown, doctor};
use crate::notify::EXTENSION;
use crate::settings::{AccountChange, SettingsFile, no_account};
use crate::state::State;
use crate::tray::TrayAction;

impl Agent {
    /// Handles a request of a client and answers it.
    pub(super) async fn answer(&mut self, pending: PendingRequest) {
        let PendingRequest { request, answer } = pending;
        let reply = match request {
            Request::Choose { presence, end, message, account } => {
                self.choose(presence, end, message, account).await
            }
            Request::Message { message, end } => self.message(message, end).await,
            Request::ForgetMessage { message } => self.forget_message(message).await,
            Request::Login { user_id, homeserver, password } => {
                return self.sign_in(&user_id, homeserver, password, answer);
            }
            Request::LoginWays { user_id, homeserver } => {
                return self.ways(user_id, homeserver, answer);
            }
            Request::LoginBrowser { user_id, homeserver, way } => {
                return self.begin_browser_sign_in(&user_id, homeserver, way, answer);
            }
            Request::LoginFinish { ticket } => return self.finish_browser_sign_in(ticket, answer),
            Request::LoginCancel { ticket } => {
                self.cancel_browser_sign_in(ticket);
                Ok(())
            }
            Request::Logout { user_id } => return self.sign_out(user_id, answer).await,
            Request::AccountSet { user_id, share, busy, call_field, profile_room } => {
                let change = AccountChange { share, busy, call_field, profile_room };
                let set = move |file: &mut SettingsFile| file.set_account(&user_id, change);
                match self.settings(set).await {
                    Ok(()) => {
                        self.settings_changed();
                        Ok(())
                    }
                    Err(error) => Err(Failure::new(&error)),
                }
            }
            Request::Look { user_id } => return self.look(user_id, answer),
            Request::SkipMeeting => self.say_attendance(false).await,
            Request::AttendMeeting => self.say_attendance(true).await,
            Request::RefreshCalendars => {
                self.agenda.refresh();
                Ok(())
            }
            Request::CalendarAccount { address, user, password } => {
                return self.add_calendar_account(&address, &user, password, answer);
            }
            Request::Pause { what, end } => self.pause(what, end).await,
            Request::Resume { what } => self.resume(what).await,
            Request::Window { view, activation } => {
                return self.open_window(view, activation, Some(answer));
            }
            Request::Doctor { full } => {
                let parts = doctor::Parts::of(self, full);
                tokio::spawn(async move {
                    let _ = answer.send(Reply::Doctor(Box::new(parts.check().await)));
                });
                return;
            }
            Request::SettingsGet { key } => {
                let reply = match self.settings.show(key.as_deref()) {
                    Ok(text) => Reply::Text { text },
                    Err(error) => Reply::Failed(Failure::new(&error)),
                };
                let _ = answer.send(reply);
                return;
            }
            Request::Settings => {
                let settings = self.settings.view();
                let starts_at_login = self.starts_at_login();
                let recent_programs = self.desk.recent_programs(self.settings.get());
                let view = SettingsView { settings, starts_at_login, recent_programs };
                let _ = answer.send(Reply::Settings(view));
                return;
            }
            Request::SettingsSet { key, value } => {
                let before = self.calendar_accounts();
                match self.settings(move |file| file.set(&key, &value)).await {
                    Ok(()) => {
                        self.settings_changed();
                        self.forget_passwords(before);
                        Ok(())
                    }
                    Err(error) => Err(Failure::new(&error)),
                }
            }
            Request::History { from, to } => {
                let _ = answer.send(self.history(from, to));
                return;
            }
            Request::EraseHistory => self.erase_history().await,
            Request::Quit => {
                self.leaving = Some(Shutdown::End);
                Ok(())
            }
            Request::Status | Request::Follow => {
                let snapshot = self.snapshots.borrow().as_ref().clone();
                let _ = answer.send(Reply::Snapshot(Box::new(snapshot)));
                return;
            }
        };
        // The snapshot must show the change before the client is told that it
        // is done.
        self.refresh();
        let reply = match reply {
            Ok(()) => Reply::Done { revision: self.revision() },
            Err(failure) => Reply::Failed(failure),
        };
        let _ = answer.send(reply);
    }

    /// Handles a click in the tray. There is nobody to answer, so a failure is
    /// shown among the troubles.
    pub(super) async fn clicked(&mut self, action: TrayAction) {
        let done = match action {
            TrayAction::Choose { presence, end } => self.choose(presence, end, None, None).await,
            TrayAction::ToggleBusy => self.toggle_busy().await,
            TrayAction::Say { message, end } => self.message(message, end).await,
            TrayAction::PauseAccounts(end) => self.pause_accounts(end).await,
            TrayAction::ResumeAccounts => {
                self.keep_state(|state| state.pauses.accounts.clear()).await
            }
            TrayAction::PauseCalls(end) => self.pause(Pausable::Calls, end).await,
            TrayAction::SayAttendance(attends) => self.say_attendance(attends).await,
            TrayAction::PauseHours(end) => self.pause(Pausable::Hours, end).await,
            TrayAction::ResumeHours => self.resume(Some(Pausable::Hours)).await,
            TrayAction::ResumeCalls => self.resume(Some(Pausable::Calls)).await,
            TrayAction::OpenWindow(view) => {
                self.open_window(view, None, None);
                Ok(())
            }
            TrayAction::Quit => {
                self.leaving = Some(Shutdown::End);
                Ok(())
            }
        };
        if let Err(failure) = done
            && self.unsaved.is_none()
            && !self.troubles.contains(&failure.code())
        {
            self.troubles.push(failure.code());
        }
    }

    /// Moves the end of the choice that was made at `since`, if that is known,
    /// and ends at `until`. Fails if it is not in force any more, or if the
    /// state cannot be saved.
    pub(super) async fn extend_choice(
        &mut self,
        account: Option<String>,
        since: Option<Timestamp>,
        until: Timestamp,
    ) -> Result<(), Failure> {
        let now = Timestamp::now();
        let scope = self.scope(account)?;
        let mut is_extended = false;
        self.keep(None, None, |manual| {
            is_extended = manual.extend(&scope, (since, until), EXTENSION, now);
        })
        .await?;
        match is_extended {
            true => Ok(()),
            false => Err(Failure::new(&Code::new("choice-has-changed"))),
        }
    }

    async fn choose(
        &mut self,
        presence: Option<Presence>,
        end: Option<End>,
        message: Option<MessageText>,
        account: Option<String>,
    ) -> Result<(), Failure> {
        let now = Timestamp::now();
        let scope = self.scope(account)?;
        let Some(presence) = presence else {
            return self.automatic(&scope, now).await;
        };
        let until = moment(end, now)?;
        let message = message.map(|m| parse(&m, until)).transpose()?;
        let spoken = message.is_some().then(|| scope.clone());
        let said = message.as_ref().map(RecentMessage::from);
        let choice = Choice { presence, since: now, until, message };
        self.keep(spoken, said, |manual| manual.choose(scope, choice)).await
    }

    async fn toggle_busy(&mut self) -> Result<(), Failure> {
        let mut manual = self.state.get().manual.clone();
        manual.toggle_busy(Timestamp::now());
        // A message that becomes visible again counts as newly set.
        let mut spoken = manual.choices.iter().filter(|(_, c)| c.message.is_some()).map(|(s, _)| s);
        let spoken = match (spoken.next(), spoken.next()) {
            (Some(one), None) => Some(one.clone()),
            (None, _) => None,
            (Some(_), Some(_)) => Some(Scope::All),
        };
        self.keep(spoken, None, |kept| *kept = manual).await
    }

    async fn automatic(&mut self, scope: &Scope, now: Timestamp) -> Result<(), Failure> {
        if self.state.get().manual.follows_all(scope, now) {
            return Err(Failure::new(&Code::new("choice-is-for-all")));
        }
        self.keep(None, None, |manual| {
            manual.automatic(scope);
        })
        .await
    }

    async fn message(
        &mut self,
        text: Option<MessageText>,
        end: Option<End>,
    ) -> Result<(), Failure> {
        let now = Timestamp::now();
        let until = moment(end, now)?;
        let message = text.map(|m| parse(&m, until)).transpose()?;
        let said = message.as_ref().map(RecentMessage::from);
        self.keep(Some(Scope::All), said, |manual| manual.say(message)).await
    }

    async fn forget_message(&mut self, message: Option<MessageText>) -> Result<(), Failure> {
        self.keep_state(|state| match message {
            None => state.recent_messages.forget_all(),
            Some(message) => state.recent_messages.forget(&message.into()),
        })
        .await
    }

    /// Pauses call detection or an account. It replaces an earlier pause.
    async fn pause(&mut self, what: Pausable, end: Option<End>) -> Result<(), Failure> {
        let now = Timestamp::now();
        let pause = Pause { since: now, until: moment(end, now)? };
        if let Pausable::Account(user_id) = &what {
            self.scope(Some(user_id.clone()))?;
        }
        self.keep_state(|state| match what {
            Pausable::Calls => state.pauses.calls = Some(pause),
            Pausable::Hours => state.pauses.hours = Some(pause),
            Pausable::Account(user_id) => {
                state.pauses.accounts.insert(user_id, pause);
            }
        })
        .await
    }

    /// Pauses every account, those too that are paused already.
    async fn pause_accounts(&mut self, end: Option<End>) -> Result<(), Failure> {
        let now = Timestamp::now();
        let pause = Pause { since: now, until: moment(end, now)? };
        let accounts = self.settings.get().accounts.iter();
        let paused: Vec<_> = accounts.map(|it| (it.user_id.clone(), pause)).collect();
        self.keep_state(|state| state.pauses.accounts.extend(paused)).await
    }

    async fn resume(&mut self, what: Option<Pausable>) -> Result<(), Failure> {
        if let Some(Pausable::Account(user_id)) = &what {
            self.scope(Some(user_id.clone()))?;
        }
        self.keep_state(|state| match what {
            None => state.pauses = Pauses::default(),
            Some(Pausable::Calls) => state.pauses.calls = None,
            Some(Pausable::Hours) => state.pauses.hours = None,
            Some(Pausable::Account(user_id)) => {
                state.pauses.accounts.remove(&user_id);
            }
        })
        .await
    }

    /// Saves a change of the person's choices; it is durable when this returns.
    /// A message in the scope `spoken` is the person's last word there and
    /// replaces one set on another device. `said` is a message that they set
    /// now, to be offered again.
    async fn keep(
        &mut self,
        spoken: Option<Scope>,
        said: Option<RecentMessage>,
        change: impl FnOnce(&mut presently_core::Manual),
    ) -> Result<(), Failure> {
        let is_about = |user_id: &str| match &spoken {
            None => false,
            Some(Scope::All) => true,
            Some(Scope::Account(one)) => one == user_id,
        };
        self.keep_state(|state| {
            change(&mut state.manual);
            if let Some(said) = said {
                state.recent_messages.add(said);
            }
            for (_, marks) in state.marks.iter_mut().filter(|(user_id, _)| is_about(user_id)) {
                marks.said.set_here();
                marks.status_said.set_here();
            }
        })
        .await?;
        self.accounts.iter_mut().filter(|s| is_about(&s.user_id)).for_each(Slot::message_changed);
        Ok(())
    }

    pub(super) async fn keep_state(
        &mut self,
        change: impl FnOnce(&mut State),
    ) -> Result<(), Failure> {
        let now = Timestamp::now();
        let saved = self.save(|state| {
            state.manual.prune(now);
            state.pauses.prune(now);
            state.attendance.prune(now);
            change(state);
        });
        let saved = saved.await;
        match &self.unsaved {
            Some(unsaved) if !saved => {
                Err(Failure::new(&Code::new("nothing-changed").with("why", unsaved.why.clone())))
            }
            _ => Ok(()),
        }
    }

    fn scope(&self, account: Option<String>) -> Result<Scope, Failure> {
        match account {
            None => Ok(Scope::All),
            Some(user_id) if self.settings.account(&user_id).is_some() => {
                Ok(Scope::Account(user_id))
            }
            Some(user_id) => Err(Failure::new(&no_account(&user_id))),
        }
    }
}

fn parse(message: &MessageText, until: Option<Timestamp>) -> Result<Message, Failure> {
    Message::new(&message.text, message.emoji.as_deref(), until)
        .map_err(|error| Failure::new(&error))
}

/// The end of something that is requested at `now`.
fn moment(end: Option<End>, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let until = match end {
        None => return Ok(None),
        Some(End::Until(until)) => until,
        Some(End::For(span)) => {
            now.checked_add(span.0).map_err(|_| Failure::new(&Code::new("end-too-far")))?
        }
    };
    if until <= now {
        return Err(Failure::new(&Code::new("end-passed")));
    }
    Ok(Some(until))
}
