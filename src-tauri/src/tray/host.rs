//! Whether anything shows tray icons here, for `presently doctor`.

use presently_core::{Code, Coded};

/// Whether anything shows tray icons here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostState {
    /// A panel shows them.
    Present,
    /// Nothing does now. The icon appears when something starts to.
    Absent,
    /// It cannot be found out, and why.
    Unknown(Code),
}

impl Coded for HostState {
    fn code(&self) -> Code {
        match self {
            Self::Present => Code::new("tray-host-present"),
            Self::Absent => Code::new("tray-host-absent"),
            Self::Unknown(why) => Code::new("tray-host-unknown").with("why", why.clone()),
        }
    }
}

#[cfg(target_os = "linux")]
pub(super) const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// Where the watcher is, on that connection.
#[cfg(target_os = "linux")]
pub(super) const WATCHER_PATH: &str = "/StatusNotifierWatcher";

/// How long the desktop may take to answer.
#[cfg(target_os = "linux")]
pub(super) const LIMIT: std::time::Duration = std::time::Duration::from_secs(1);

/// Whether a panel is registered with the StatusNotifierWatcher of the
/// session bus. Starts nothing, and gives up on a desktop that does not
/// answer within a second.
#[cfg(target_os = "linux")]
pub async fn host_present() -> HostState {
    let ask = async {
        let bus = zbus::Connection::session().await?;
        if owner(&bus).await?.is_none() {
            return Ok(false);
        }
        let watcher = zbus::Proxy::new(&bus, WATCHER, WATCHER_PATH, WATCHER).await?;
        watcher.get_property("IsStatusNotifierHostRegistered").await
    };
    match tokio::time::timeout(LIMIT, ask).await {
        Ok(Ok(true)) => HostState::Present,
        Ok(Ok(false)) => HostState::Absent,
        Ok(Err(why)) => HostState::Unknown(Code::new("tray-bus-says").with("why", line(&why))),
        Err(_) => HostState::Unknown(Code::new("tray-desktop-silent")),
    }
}

#[cfg(target_os = "linux")]
pub(super) async fn owner(bus: &zbus::Connection) -> zbus::Result<Option<String>> {
    let names = zbus::fdo::DBusProxy::new(bus).await?;
    match names.get_name_owner(WATCHER.try_into()?).await {
        Ok(owner) => Ok(Some(owner.to_string())),
        Err(zbus::fdo::Error::NameHasNoOwner(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The first line of an error: the bus's own may have several.
#[cfg(target_os = "linux")]
fn line(error: &zbus::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// There is no tray for other systems yet.
#[cfg(not(target_os = "linux"))]
pub async fn host_present() -> HostState {
    HostState::Unknown(Code::new("tray-unsupported"))
}
