//! Notifications of this agent: those that are shown, and what the person does
//! in them.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use presently_core::Coded as _;
use presently_core::settings::MeetingCheck;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Agent, Outcome};
use crate::notify::{self, Inputs, Notice, NoticeAction, Notices};

/// How long the desktop may take to withdraw what is shown when the agent ends.
const WITHDRAWAL_TIMEOUT: Duration = Duration::from_millis(500);

/// The notifications of this run.
#[derive(Debug, Default)]
pub(super) struct Notifications {
    notices: Notices,
    /// Those that were shown and still apply. A notification is withdrawn when
    /// its sender is dropped.
    standing: BTreeMap<Notice, oneshot::Sender<Infallible>>,
    /// One task for each that is on the desktop.
    shown: JoinSet<()>,
}

impl Notifications {
    pub(super) fn was_not_shown(&mut self, notice: &Notice) {
        self.standing.remove(notice);
        self.notices.was_not_shown(notice);
    }

    /// Withdraws all that is shown: nobody would act on its buttons any more.
    pub(super) async fn withdraw(&mut self) {
        self.standing.clear();
        let withdrawn = async { while self.shown.join_next().await.is_some() {} };
        let _ = timeout(WITHDRAWAL_TIMEOUT, withdrawn).await;
    }
}

impl Agent {
    /// Shows what is due and withdraws what does not apply any more. Returns
    /// when to call this again although nothing has changed.
    pub(super) fn update_notifications(&mut self, now: Timestamp) -> Option<Timestamp> {
        let settings = &self.settings.get().notify;
        if !settings.enabled {
            // What still applies when they are enabled again is shown then.
            self.notifications.standing.clear();
            self.notifications.notices = Notices::default();
            return None;
        }
        let snapshot = Arc::clone(&self.snapshots.borrow());
        let inputs = Inputs {
            settings: self.settings.troubles(),
            do_not_disturb: self.desk.is_do_not_disturb(),
            calls: settings.calls,
            // Who counts meetings during calls only need not be asked.
            asks: self.settings.get().meeting.check == MeetingCheck::Desk,
        };
        let due = self.notifications.notices.due(&snapshot, inputs, now);
        for notice in &due.over {
            self.notifications.standing.remove(notice);
        }
        due.new.into_iter().for_each(|notice| self.notify(notice));
        due.next
    }

    /// Shows a notice until it is withdrawn.
    pub(super) fn notify(&mut self, notice: Notice) {
        let (keep, withdrawn) = oneshot::channel();
        self.notifications.standing.insert(notice.clone(), keep);
        let (texts, outcomes) = (self.texts, self.outcomes.clone());
        // Those that have ended are no longer of interest.
        while self.notifications.shown.try_join_next().is_some() {}
        self.notifications.shown.spawn(async move {
            match notify::show(&notice, &texts, withdrawn).await {
                Ok(None) => {}
                Ok(Some(action)) => {
                    let _ = outcomes.send(Outcome::Notification(notice, action)).await;
                }
                Err(error) => {
                    tracing::info!(%error, "a notification was not shown");
                    let _ = outcomes.send(Outcome::NotShown(notice)).await;
                }
            }
        });
    }

    /// Withdraws the notice that the window did not open.
    pub(super) fn withdraw_window_notice(&mut self) {
        self.notifications.standing.retain(|notice, _| !matches!(notice, Notice::Window { .. }));
    }

    /// Does what the person chose in a notification.
    pub(super) async fn act_on(&mut self, notice: Notice, action: NoticeAction) {
        match (action, notice) {
            (NoticeAction::Open(view), _) => self.open_window(Some(view), None, None),
            (NoticeAction::Extend, Notice::Ending { account, since, until, .. }) => {
                // What cannot be saved is shown among the troubles.
                if let Err(failure) = self.extend_choice(account, since, until).await {
                    tracing::warn!(error = %failure.code().name(), "the choice was not extended");
                }
            }
            (NoticeAction::Extend, _) => {}
            (NoticeAction::Attend(attends), _) => {
                if let Err(failure) = self.say_attendance(attends).await {
                    tracing::warn!(error = %failure.code().name(), "nothing was said of a meeting");
                }
            }
        }
    }
}
