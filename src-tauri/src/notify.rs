//! Notifications: a choice that is about to end, an account that needs a new
//! sign-in, a mistake in the settings file, a window that does not come.
//! [`Notices`] says, purely, which are due; [`send`] shows one.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use presently_core::{Presence, Source};
use presently_ipc::Snapshot;
use presently_ipc::snapshot::Connection;

/// So long before its end a choice is said to end soon.
const LEAD: SignedDuration = SignedDuration::from_mins(5);

/// A choice shorter than this is not said to end: whoever makes it has it in
/// mind.
const WORTH_SAYING: SignedDuration = SignedDuration::from_mins(15);

/// How long the desktop may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// What there is to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// A choice ends soon.
    Ending {
        /// The account it is about, or all.
        account: Option<String>,
        /// What was chosen, in the word people read.
        shown: &'static str,
        /// When it ends.
        until: Timestamp,
    },
    /// An account is signed out by its server.
    SignIn {
        /// Its user id.
        user_id: String,
    },
    /// Something in the settings file is wrong.
    Settings {
        /// What, in one line.
        line: String,
    },
    /// The window was asked for where nobody could be answered, and did not
    /// come.
    Window {
        /// Why, in one line.
        line: String,
    },
}

/// Which notices are still standing, so that each is given once.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    said: BTreeSet<Notice>,
}

impl Notices {
    /// The notices that are due now, with what is wrong in the settings file
    /// among them, and when to look again although nothing
    /// changed; that moment is later than `now`.
    pub fn due(
        &mut self,
        snapshot: &Snapshot,
        settings: &[String],
        now: Timestamp,
    ) -> (Vec<Notice>, Option<Timestamp>) {
        let mut standing = BTreeSet::new();
        let mut next: Option<Timestamp> = None;
        for (notice, since, until) in endings(snapshot) {
            let worth = since.is_none_or(|since| until.duration_since(since) >= WORTH_SAYING);
            if !worth || until <= now {
                continue;
            }
            let due = until.saturating_sub(LEAD).unwrap_or(Timestamp::MIN);
            if due <= now {
                standing.insert(notice);
            } else {
                next = Some(next.map_or(due, |n| n.min(due)));
            }
        }
        let signed_out =
            snapshot.accounts.iter().filter(|a| a.connection == Connection::NeedsLogin);
        standing.extend(signed_out.map(|a| Notice::SignIn { user_id: a.user_id.clone() }));
        standing.extend(settings.iter().map(|line| Notice::Settings { line: line.clone() }));

        let new = standing.difference(&self.said).cloned().collect();
        self.said = standing;
        (new, next)
    }
}

/// The choices that end: the one about all accounts, and those of single
/// accounts that differ from it.
fn endings(snapshot: &Snapshot) -> impl Iterator<Item = (Notice, Option<Timestamp>, Timestamp)> {
    let ending = |account, presence: Option<Presence>, until| Notice::Ending {
        account,
        shown: presence.map_or("Your choice", Presence::word),
        until,
    };
    let all = (snapshot.source == Source::Manual)
        .then_some(snapshot.until)
        .flatten()
        .map(|until| (ending(None, snapshot.presence, until), snapshot.since, until));
    let own = snapshot.accounts.iter().filter_map(move |a| {
        let until = a.until.filter(|_| a.source == Source::Manual)?;
        let same = snapshot.source == Source::Manual && snapshot.until == Some(until);
        (!same).then(|| (ending(Some(a.user_id.clone()), a.intended, until), a.since, until))
    });
    all.into_iter().chain(own)
}

impl Notice {
    /// Its heading and its text, for somebody in `zone`.
    pub fn text(&self, zone: &TimeZone) -> (String, String) {
        match self {
            Self::Ending { account, shown, until } => {
                let at = until.to_zoned(zone.clone()).strftime("%H:%M");
                let on = account.as_ref().map(|id| format!(" on {id}")).unwrap_or_default();
                (
                    format!("{shown} ends at {at}"),
                    format!("After that your presence{on} is automatic again."),
                )
            }
            Self::SignIn { user_id } => (
                format!("{user_id} needs a new sign-in"),
                "Nobody sees your presence there until then. Open Presently to sign in again."
                    .to_owned(),
            ),
            Self::Settings { line } => ("Your settings have a mistake".to_owned(), line.clone()),
            Self::Window { line } => ("Presently's window did not open".to_owned(), line.clone()),
        }
    }
}

/// Why a notice was not shown.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// There is no notification service, or it refused.
    #[error("the desktop shows no notifications: {0}")]
    Refused(#[from] notify_rust::error::Error),
    /// It did not answer within five seconds.
    #[error("the desktop's notifications do not answer")]
    Silent,
}

/// The notification service's own name, for `presently doctor`; fails like
/// [`send`] would. May start the service, as sending does.
#[cfg(target_os = "linux")]
pub async fn service() -> Result<String, NotifyError> {
    match tokio::time::timeout(LIMIT, server_name()).await {
        Ok(answer) => Ok(answer.map_err(notify_rust::error::Error::from)?),
        Err(_) => Err(NotifyError::Silent),
    }
}

#[cfg(target_os = "linux")]
async fn server_name() -> zbus::Result<String> {
    const SERVICE: &str = "org.freedesktop.Notifications";
    let bus = zbus::Connection::session().await?;
    let service =
        zbus::Proxy::new(&bus, SERVICE, "/org/freedesktop/Notifications", SERVICE).await?;
    let (name, _, _, _): (String, String, String, String) =
        service.call("GetServerInformation", &()).await?;
    Ok(name)
}

/// Shows a notice while the caller goes on. Must be called within a tokio
/// runtime.
pub fn send_beside(notice: Notice) {
    tokio::spawn(async move {
        if let Err(error) = send(&notice).await {
            tracing::info!(%error, "a notification was not shown");
        }
    });
}

/// Shows a notice. Waits at most five seconds for the desktop.
#[cfg(target_os = "linux")]
pub async fn send(notice: &Notice) -> Result<(), NotifyError> {
    let notification = notification(notice);
    match tokio::time::timeout(LIMIT, notification.show_async()).await {
        Ok(shown) => Ok(shown.map(drop)?),
        Err(_) => Err(NotifyError::Silent),
    }
}

/// Shows a notice.
#[cfg(not(target_os = "linux"))]
pub async fn send(notice: &Notice) -> Result<(), NotifyError> {
    let notification = notification(notice);
    let shown = tokio::task::spawn_blocking(move || notification.show().map(drop));
    match tokio::time::timeout(LIMIT, shown).await {
        Ok(Ok(shown)) => Ok(shown?),
        _ => Err(NotifyError::Silent),
    }
}

/// Windows and macOS bring their own.
#[cfg(not(target_os = "linux"))]
pub async fn service() -> Result<String, NotifyError> {
    Ok("the system's notifications".to_owned())
}

fn notification(notice: &Notice) -> notify_rust::Notification {
    let (summary, body) = notice.text(&TimeZone::system());
    let mut notification = notify_rust::Notification::new();
    notification.appname("Presently").summary(&summary).body(&body).icon("presently");
    notification
}

#[cfg(test)]
#[path = "notify_tests.rs"]
mod tests;
