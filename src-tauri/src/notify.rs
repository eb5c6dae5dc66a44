//! Notifications: a choice that is about to end, an account that needs a new
//! sign-in, a mistake in the settings file, a window that does not come.
//! [`Notices`] says, purely, which are due; [`send`] shows one.

use std::collections::{BTreeSet, HashMap};
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use presently_core::{Code, Coded, Presence, Source, coded_error};
use presently_ipc::Snapshot;
use presently_ipc::snapshot::Connection;
use presently_text::{Texts, text};

/// So long before its end a choice is said to end soon.
const LEAD: SignedDuration = SignedDuration::from_mins(5);

/// A choice shorter than this is not said to end: whoever makes it has it in
/// mind.
const WORTH_SAYING: SignedDuration = SignedDuration::from_mins(15);

/// Between two notifications of a kind. What is due earlier waits.
const APART: SignedDuration = SignedDuration::from_mins(10);

/// How long the desktop may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// What there is to say.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// A choice ends soon.
    Ending {
        /// The account it is about, or all.
        account: Option<String>,
        /// What was chosen, where it is known.
        shown: Option<&'static str>,
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
        /// What.
        what: Code,
    },
    /// The window was asked for where nobody could be answered, and did not
    /// come.
    Window {
        /// Why.
        why: Code,
    },
}

/// Which notices are still standing, so that each is given once.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    said: BTreeSet<Notice>,
    /// When one of each kind was given last.
    last: HashMap<Discriminant<Notice>, Timestamp>,
}

impl Notices {
    /// The notices that are due now, with what is wrong in the settings file
    /// among them, and when to evaluate again although nothing changed; that
    /// moment is later than `now`. While the person is not to be disturbed
    /// none is due: they wait.
    pub fn due(
        &mut self,
        snapshot: &Snapshot,
        settings: &[Code],
        do_not_disturb: bool,
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
        standing.extend(settings.iter().map(|what| Notice::Settings { what: what.clone() }));

        self.said.retain(|notice| standing.contains(notice));
        if do_not_disturb {
            return (Vec::new(), next);
        }
        let mut new = Vec::new();
        for notice in standing {
            if self.said.contains(&notice) {
                continue;
            }
            let last = self.last.get(&discriminant(&notice)).copied();
            // One from the future was given before the clock was set back.
            let free =
                last.filter(|last| *last <= now).and_then(|last| last.checked_add(APART).ok());
            if let Some(free) = free.filter(|free| *free > now) {
                next = Some(next.map_or(free, |n| n.min(free)));
                continue;
            }
            self.last.insert(discriminant(&notice), now);
            self.said.insert(notice.clone());
            new.push(notice);
        }
        (new, next)
    }
}

/// The choices that end: the one about all accounts, and those of single
/// accounts that differ from it.
fn endings(snapshot: &Snapshot) -> impl Iterator<Item = (Notice, Option<Timestamp>, Timestamp)> {
    let ending = |account, presence: Option<Presence>, until| Notice::Ending {
        account,
        shown: presence.map(Presence::name),
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
    pub fn text(&self, zone: &TimeZone, texts: &Texts) -> (String, String) {
        match self {
            Self::Ending { account, shown, until } => {
                let at = texts.time(&until.to_zoned(zone.clone()));
                let shown = shown.unwrap_or("unknown");
                (
                    text!(texts, "notice-ending", presence = shown, time = at),
                    match account {
                        Some(id) => text!(texts, "notice-ending-on", user_id = id),
                        None => text!(texts, "notice-ending-everywhere"),
                    },
                )
            }
            Self::SignIn { user_id } => {
                (text!(texts, "needs-sign-in", user_id = user_id), text!(texts, "notice-sign-in"))
            }
            Self::Settings { what } => (text!(texts, "notice-settings"), texts.code(what)),
            Self::Window { why } => (text!(texts, "notice-window"), texts.code(why)),
        }
    }
}

/// Why a notice was not shown.
#[derive(Debug)]
pub enum NotifyError {
    /// There is no notification service, or it refused.
    Refused(notify_rust::error::Error),
    /// It did not answer within five seconds.
    Silent,
}

impl Coded for NotifyError {
    fn code(&self) -> Code {
        match self {
            Self::Refused(why) => Code::new("notify-refused").with("why", why.to_string()),
            Self::Silent => Code::new("notify-silent"),
        }
    }
}

coded_error!(NotifyError);

impl From<notify_rust::error::Error> for NotifyError {
    fn from(error: notify_rust::error::Error) -> Self {
        Self::Refused(error)
    }
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
pub fn send_beside(notice: Notice, texts: Texts) {
    tokio::spawn(async move {
        if let Err(error) = send(&notice, &texts).await {
            tracing::info!(%error, "a notification was not shown");
        }
    });
}

/// Shows a notice. Waits at most five seconds for the desktop.
#[cfg(target_os = "linux")]
pub async fn send(notice: &Notice, texts: &Texts) -> Result<(), NotifyError> {
    let notification = notification(notice, texts);
    match tokio::time::timeout(LIMIT, notification.show_async()).await {
        Ok(shown) => Ok(shown.map(drop)?),
        Err(_) => Err(NotifyError::Silent),
    }
}

/// Shows a notice.
#[cfg(not(target_os = "linux"))]
pub async fn send(notice: &Notice, texts: &Texts) -> Result<(), NotifyError> {
    let notification = notification(notice, texts);
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

fn notification(notice: &Notice, texts: &Texts) -> notify_rust::Notification {
    let (summary, body) = notice.text(&TimeZone::system(), texts);
    let mut notification = notify_rust::Notification::new();
    notification.appname("Presently").summary(&summary).body(&body).icon("presently");
    // By it a desktop finds the icon, and the person's own rules about us.
    #[cfg(target_os = "linux")]
    notification.hint(notify_rust::Hint::DesktopEntry(crate::DESKTOP_ENTRY.to_owned()));
    notification
}

#[cfg(test)]
#[path = "notify_tests.rs"]
mod tests;
