//! Where in the system to look, as the process was told.

use std::path::PathBuf;

/// Where the display, the buses and the rest are. A plain value, so that
/// tests and the demo can point it at a private world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `DISPLAY`: the X server.
    pub display: Option<String>,
    /// `WAYLAND_DISPLAY`: the compositor's socket.
    pub wayland_display: Option<String>,
    /// `XDG_RUNTIME_DIR`: where this user's sockets are.
    pub runtime_dir: Option<PathBuf>,
    /// `DBUS_SESSION_BUS_ADDRESS`; without it, the bus in `runtime_dir`.
    pub session_bus: Option<String>,
    /// `DBUS_SYSTEM_BUS_ADDRESS`; without it, the system's own.
    pub system_bus: Option<String>,
    /// `XDG_SESSION_ID`: the logind session that the process is in.
    pub session_id: Option<String>,
    /// `PRESENTLY_IDLE`: the one idle backend to use, for support.
    pub idle_backend: Option<String>,
}

impl Environment {
    /// What this process was started with. An empty variable counts as none.
    pub fn from_process() -> Self {
        let text = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
        Self {
            display: text("DISPLAY"),
            wayland_display: text("WAYLAND_DISPLAY"),
            runtime_dir: text("XDG_RUNTIME_DIR").map(PathBuf::from),
            session_bus: text("DBUS_SESSION_BUS_ADDRESS"),
            system_bus: text("DBUS_SYSTEM_BUS_ADDRESS"),
            session_id: text("XDG_SESSION_ID"),
            idle_backend: text("PRESENTLY_IDLE"),
        }
    }
}
