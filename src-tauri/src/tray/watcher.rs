//! Panels that come: when the icon is to be offered again.
//!
//! The tray's library offers it once to each new owner of the watcher's
//! name. A panel that has its name before its object refuses that, and
//! nothing on the bus says when the object has come: so it is asked for.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{sleep, timeout};
use zbus::fdo::DBusProxy;
use zbus::{Connection, Proxy};

use super::host::{LIMIT, WATCHER, WATCHER_PATH, owner};

/// How long to wait before a new owner is asked, in which the library offers
/// the icon by itself.
const FIRST: Duration = Duration::from_millis(200);

/// The longest time between two questions.
const LONGEST: Duration = Duration::from_secs(4);

/// So many questions, over about five minutes: a name without an object is
/// then a desktop without a tray, for as long as it has that owner.
const QUESTIONS: usize = 80;

/// How long to wait before each question.
fn waits() -> impl Iterator<Item = Duration> {
    let doubled = |wait: &Duration| Some((*wait * 2).min(LONGEST));
    std::iter::successors(Some(FIRST), doubled).take(QUESTIONS)
}

/// Calls `ready` whenever a panel begins to take icons, for as long as there
/// is a session bus and `ready` says to go on.
pub(super) async fn watch(ready: impl Fn() -> bool) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let daemon = DBusProxy::new(&bus).await?;
    let mut owners = daemon.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
    let mut has_owner = owner(&bus).await?.is_some();
    loop {
        let answered = async {
            match has_owner && answers(&bus).await {
                true => (),
                false => std::future::pending().await,
            }
        };
        let change = tokio::select! {
            () = answered => {
                if !ready() {
                    return Ok(());
                }
                owners.next().await
            }
            change = owners.next() => change,
        };
        let Some(change) = change else { return Ok(()) };
        has_owner = change.args()?.new_owner().is_some();
    }
}

/// Waits until the watcher's object is there; gives up in the end.
async fn answers(bus: &Connection) -> bool {
    for wait in waits() {
        sleep(wait).await;
        if items(bus).await.is_some() {
            return true;
        }
    }
    false
}

/// The items that the watcher has, as it writes them; `None` where it does
/// not answer.
async fn items(bus: &Connection) -> Option<Vec<String>> {
    let ask = async {
        let watcher = Proxy::new(bus, WATCHER, WATCHER_PATH, WATCHER).await?;
        watcher.get_property::<Vec<String>>("RegisteredStatusNotifierItems").await
    };
    timeout(LIMIT, ask).await.ok()?.ok()
}

/// Whether the watcher has an icon of this process; `None` where it does not
/// answer. For threads without a runtime.
pub(super) fn has_ours() -> Option<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let ask = async {
            let bus = Connection::session().await.ok()?;
            let items = items(&bus).await?;
            let ours = ours(&bus).await?;
            Some(items.iter().any(|item| ours.iter().any(|name| is_of(item, name))))
        };
        timeout(LIMIT, ask).await.ok()?
    })
}

/// The names under which our icon may be registered: its own, and that of
/// the connection behind it.
async fn ours(bus: &Connection) -> Option<Vec<String>> {
    let daemon = DBusProxy::new(bus).await.ok()?;
    let prefix = format!("org.kde.StatusNotifierItem-{}-", std::process::id());
    let mut names = Vec::new();
    for name in daemon.list_names().await.ok()? {
        if name.as_str().starts_with(&prefix) {
            let owner = daemon.get_name_owner(name.as_ref()).await;
            names.extend(owner.ok().map(|owner| owner.to_string()));
            names.push(name.to_string());
        }
    }
    Some(names)
}

/// Whether the watcher's word for an item is this name: watchers write a
/// path behind it, with or without an `@`.
fn is_of(item: &str, name: &str) -> bool {
    item.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '@']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_come_soon_and_then_seldom_and_end() {
        let waits: Vec<Duration> = waits().collect();
        let first: Vec<u128> = waits.iter().take(7).map(Duration::as_millis).collect();
        assert_eq!(first, [200, 400, 800, 1600, 3200, 4000, 4000]);
        let all: Duration = waits.iter().sum();
        assert!(Duration::from_secs(240) < all && all < Duration::from_secs(360), "{all:?}");
    }

    #[test]
    fn an_item_is_known_by_its_name() {
        let ours = "org.kde.StatusNotifierItem-12-1";
        for (item, name, known) in [
            (ours, ours, true),
            ("org.kde.StatusNotifierItem-12-1/StatusNotifierItem", ours, true),
            ("org.kde.StatusNotifierItem-12-1@/StatusNotifierItem", ours, true),
            ("org.kde.StatusNotifierItem-12-10", ours, false),
            (":1.7/StatusNotifierItem", ":1.7", true),
            (":1.71/StatusNotifierItem", ":1.7", false),
        ] {
            assert_eq!(is_of(item, name), known, "{item} {name}");
        }
    }
}
