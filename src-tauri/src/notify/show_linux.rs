//! Shows notifications by the Desktop Notifications Specification
//! (<https://specifications.freedesktop.org/notification-spec/latest/>).

use std::convert::Infallible;
use std::time::Duration;

use notify_rust::{Hint, Notification, NotificationHandle, NotificationResponse, Urgency};
use presently_text::Texts;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{Notice, NoticeAction, NotifyError, notification};

/// How long the desktop may take to answer.
const LIMIT: Duration = Duration::from_secs(5);

const SERVICE: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// The key of the action that a click on the notification itself invokes.
const DEFAULT: &str = "default";

/// Shows a notice until the person closes it or acts on it, or until the sender
/// of `withdrawn` is dropped. Returns what the person did. One D-Bus connection
/// is open meanwhile.
///
/// # Errors
///
/// There is no notification service, or it refuses or does not answer in time.
pub async fn show(
    notice: &Notice,
    texts: &Texts,
    withdrawn: oneshot::Receiver<Infallible>,
) -> Result<Option<NoticeAction>, NotifyError> {
    let actions = actions(notice, texts).await;
    let mut notification = notification(notice, texts);
    describe(&mut notification, notice);
    for (key, label, _) in &actions {
        notification.action(key, label);
    }
    let shown = timeout(LIMIT, notification.show_async()).await;
    let shown = shown.map_err(|_| NotifyError::Silent)??;
    let key = tokio::select! {
        key = response(&shown) => key,
        _ = withdrawn => {
            let _ = timeout(LIMIT, shown.close_async()).await;
            None
        }
    };
    Ok(actions.into_iter().find(|(known, ..)| Some(known) == key.as_ref()).map(|(.., it)| it))
}

/// The key of the action that the person invokes. `None` if the notification is
/// closed.
async fn response(shown: &NotificationHandle) -> Option<String> {
    let mut key = None;
    shown
        .wait_for_action_async(|response: &NotificationResponse| {
            key = match response {
                NotificationResponse::Default => Some(DEFAULT.to_owned()),
                NotificationResponse::Action(action) => Some(action.clone()),
                _ => None,
            };
        })
        .await;
    key
}

/// The actions with their keys and labels. Empty if the service supports none:
/// some services show a dialog in place of a notification that has actions.
async fn actions(notice: &Notice, texts: &Texts) -> Vec<(String, String, NoticeAction)> {
    let supported = timeout(LIMIT, capabilities()).await;
    if !supported.is_ok_and(|known| known.is_ok_and(|all| all.iter().any(|it| it == "actions"))) {
        return Vec::new();
    }
    let buttons = notice.buttons(texts).into_iter().enumerate();
    let mut actions: Vec<_> = buttons
        .map(|(index, (action, label))| (format!("button-{index}"), label, action))
        .collect();
    if let Some(action) = notice.default_action() {
        let label = presently_text::text!(texts, "tray-open");
        actions.push((DEFAULT.to_owned(), label, action));
    }
    actions
}

fn describe(notification: &mut Notification, notice: &Notice) {
    // With this name a desktop finds the icon, and the person's own rules for
    // this program.
    notification.hint(Hint::DesktopEntry(crate::DESKTOP_ENTRY.to_owned()));
    let (category, urgency) = match notice {
        Notice::Ending { .. } | Notice::KeptBusy { .. } | Notice::Doubted { .. } => {
            (Some("presence"), Urgency::Normal)
        }
        Notice::CallBegan | Notice::CallEnded => (Some("presence"), Urgency::Low),
        Notice::SignIn { .. } => (Some("network.error"), Urgency::Normal),
        Notice::Settings { .. } | Notice::Window { .. } => (None, Urgency::Normal),
    };
    notification.urgency(urgency);
    if let Some(category) = category {
        notification.hint(Hint::Category(category.to_owned()));
    }
}

/// The name of the notification service, for `presently doctor`. May start the
/// service, as showing a notification does.
///
/// # Errors
///
/// As [`show`].
pub async fn service() -> Result<String, NotifyError> {
    match timeout(LIMIT, server_name()).await {
        Ok(answer) => Ok(answer.map_err(notify_rust::error::Error::from)?),
        Err(_) => Err(NotifyError::Silent),
    }
}

async fn proxy() -> zbus::Result<zbus::Proxy<'static>> {
    let bus = zbus::Connection::session().await?;
    zbus::Proxy::new(&bus, SERVICE, PATH, SERVICE).await
}

async fn server_name() -> zbus::Result<String> {
    let (name, _, _, _): (String, String, String, String) =
        proxy().await?.call("GetServerInformation", &()).await?;
    Ok(name)
}

async fn capabilities() -> zbus::Result<Vec<String>> {
    proxy().await?.call("GetCapabilities", &()).await
}
