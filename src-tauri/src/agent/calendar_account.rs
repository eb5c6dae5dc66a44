//! CalDAV accounts that are added and removed. What takes long runs beside the
//! agent's own task: a server is asked, and the person may be asked to unlock the
//! keyring.

use jiff::{SignedDuration, Timestamp};
use presently_core::Code;
use presently_ipc::{Failure, Reply, Secret};
use presently_matrix::caldav::{Account, is_account, with_user};
use tokio::sync::oneshot;

use super::{Agent, Outcome};
use crate::calendars::{self, Wanted};

/// An account whose calendars could be read and whose password is stored, or
/// why not.
#[derive(Debug)]
pub(crate) struct CalendarAccount {
    /// As it is to stand in the settings.
    name: String,
    result: Result<(), Failure>,
    answer: oneshot::Sender<Reply>,
}

impl Agent {
    /// Reads the calendars of an account and stores its password.
    pub(super) fn add_calendar_account(
        &self,
        address: &str,
        user: &str,
        password: Secret,
        answer: oneshot::Sender<Reply>,
    ) {
        let name = with_user(address, user);
        let account = name.as_deref().and_then(|name| Account::new(name, password.clone()));
        let (Some(name), Some(account)) = (name, account) else {
            let bad = Failure::new(&Code::new("download-bad-address"));
            let _ = answer.send(Reply::Failed(bad));
            return;
        };
        let (secrets, outcomes) = (self.secrets(), self.outcomes.clone());
        let wanted = Wanted::meetings(&self.settings.get().meeting, secrets.clone());
        tokio::spawn(async move {
            let now = Timestamp::now();
            let today = now..now.saturating_add(SignedDuration::from_hours(1)).unwrap_or(now);
            let result = match calendars::read_with(&account, &wanted, today).await {
                Ok(_) => {
                    let saved = secrets.save_password(&name, &password).await;
                    saved.map_err(|error| Failure::new(&error))
                }
                Err(error) => Err(Failure::new(&error.why)),
            };
            let account = CalendarAccount { name, result, answer };
            let _ = outcomes.send(Outcome::CalendarAccount(account)).await;
        });
    }

    /// Adds the account to the settings, and answers who asked for it.
    pub(super) async fn calendar_account_ready(&mut self, account: CalendarAccount) {
        let CalendarAccount { name, result, answer } = account;
        let reply = match result {
            Ok(()) => self.append_calendar(name).await,
            Err(failure) => Err(failure),
        };
        self.refresh();
        let reply = match reply {
            Ok(()) => Reply::Done { revision: self.revision() },
            Err(failure) => Reply::Failed(failure),
        };
        let _ = answer.send(reply);
    }

    async fn append_calendar(&mut self, name: String) -> Result<(), Failure> {
        let mut names = self.settings.get().meeting.calendars.clone();
        if !names.contains(&name) {
            names.push(name);
            let value = calendars::setting(&names);
            let set = self.settings(move |file| file.set(calendars::SETTING, &value)).await;
            set.map_err(|error| Failure::new(&error))?;
        }
        self.settings_changed();
        // The password may be a new one.
        self.agenda.refresh();
        Ok(())
    }

    /// The accounts in the settings.
    pub(super) fn calendar_accounts(&self) -> Vec<String> {
        let calendars = self.settings.get().meeting.calendars.iter();
        calendars.filter(|name| is_account(name)).cloned().collect()
    }

    /// Deletes the passwords of those accounts of `before` that the person has
    /// removed with a command or in the window. A settings file that is edited
    /// may be one that is half written.
    pub(super) fn forget_passwords(&self, before: Vec<String>) {
        let left = self.calendar_accounts();
        for name in before.into_iter().filter(|name| !left.contains(name)) {
            let secrets = self.secrets();
            tokio::spawn(async move {
                if let Err(error) = secrets.forget_password(&name).await {
                    tracing::info!(%error, "the password of a calendar was left");
                }
            });
        }
    }
}
