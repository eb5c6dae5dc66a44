//! Whether anything shows tray icons here, for `presently doctor`.

use std::fmt;

/// Whether anything shows tray icons here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostState {
    /// A panel shows them.
    Present,
    /// Nothing does now. The icon appears when something starts to.
    Absent,
    /// It cannot be found out: why, in a few words.
    Unknown(String),
}

impl fmt::Display for HostState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Present => f.write_str("the desktop shows tray icons"),
            Self::Absent => f.write_str(
                "nothing here shows tray icons; the icon appears when a panel starts to \
                 (GNOME needs its AppIndicator extension)",
            ),
            Self::Unknown(why) => write!(f, "no tray icon can be shown: {why}"),
        }
    }
}

/// Whether a panel is registered with the StatusNotifierWatcher of the
/// session bus. Starts nothing, and gives up on a desktop that does not
/// answer within a second.
#[cfg(target_os = "linux")]
pub async fn host_present() -> HostState {
    const LIMIT: std::time::Duration = std::time::Duration::from_secs(1);
    match tokio::time::timeout(LIMIT, ask()).await {
        Ok(Ok(true)) => HostState::Present,
        Ok(Ok(false)) => HostState::Absent,
        Ok(Err(why)) => HostState::Unknown(format!("the session bus says: {why}")),
        Err(_) => HostState::Unknown("the desktop does not answer".to_owned()),
    }
}

#[cfg(target_os = "linux")]
async fn ask() -> zbus::Result<bool> {
    const WATCHER: &str = "org.kde.StatusNotifierWatcher";
    let bus = zbus::Connection::session().await?;
    let names = zbus::fdo::DBusProxy::new(&bus).await?;
    if !names.name_has_owner(WATCHER.try_into()?).await? {
        return Ok(false);
    }
    let watcher = zbus::Proxy::new(&bus, WATCHER, "/StatusNotifierWatcher", WATCHER).await?;
    watcher.get_property("IsStatusNotifierHostRegistered").await
}

/// Windows and macOS always have a place for it.
#[cfg(not(target_os = "linux"))]
pub async fn host_present() -> HostState {
    HostState::Present
}
