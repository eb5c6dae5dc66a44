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
    /// `XDG_CONFIG_HOME`: where the person's settings are.
    pub configuration: Option<PathBuf>,
    /// `PULSE_SERVER`, `PULSE_RUNTIME_PATH` or the place in `runtime_dir`:
    /// the sound server's socket.
    pub sound_socket: Option<PathBuf>,
    /// `PULSE_COOKIE` or the place in the person's configuration: what the
    /// sound server knows them by, if not by their user id.
    pub sound_cookie: Option<PathBuf>,
    /// `PIPEWIRE_REMOTE` in `PIPEWIRE_RUNTIME_DIR` or `runtime_dir`:
    /// PipeWire's own socket.
    pub video_socket: Option<PathBuf>,
    /// `PATH`: where programs are.
    pub programs: Vec<PathBuf>,
    /// The folder of devices, if it is not `/dev`.
    pub devices: Option<PathBuf>,
    /// The folder of what udev knows of devices, if it is not
    /// `/run/udev/data`.
    pub device_data: Option<PathBuf>,
    /// `PRESENTLY_IDLE`: the one idle backend to use, for support.
    pub idle_backend: Option<String>,
}

impl Environment {
    /// What this process was started with. An empty variable counts as none.
    pub fn from_process() -> Self {
        let text = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
        let path = |name| text(name).map(PathBuf::from);
        let runtime_dir = path("XDG_RUNTIME_DIR");
        let configuration =
            path("XDG_CONFIG_HOME").or_else(|| path("HOME").map(|home| home.join(".config")));
        let remote = path("PIPEWIRE_REMOTE").unwrap_or_else(|| PathBuf::from("pipewire-0"));
        let video_socket = path("PIPEWIRE_RUNTIME_DIR")
            .or_else(|| runtime_dir.clone())
            .map(|folder| folder.join(remote));
        Self {
            sound_socket: text("PULSE_SERVER")
                .and_then(|server| local_server(&server))
                .or_else(|| path("PULSE_RUNTIME_PATH").map(|folder| folder.join("native")))
                .or_else(|| runtime_dir.as_ref().map(|folder| folder.join("pulse/native"))),
            sound_cookie: path("PULSE_COOKIE")
                .or_else(|| configuration.as_ref().map(|folder| folder.join("pulse/cookie"))),
            configuration,
            display: text("DISPLAY"),
            wayland_display: text("WAYLAND_DISPLAY"),
            runtime_dir,
            session_bus: text("DBUS_SESSION_BUS_ADDRESS"),
            system_bus: text("DBUS_SYSTEM_BUS_ADDRESS"),
            session_id: text("XDG_SESSION_ID"),
            video_socket,
            programs: std::env::var_os("PATH")
                .map(|path| std::env::split_paths(&path).filter(|p| p.is_absolute()).collect())
                .unwrap_or_default(),
            devices: None,
            device_data: None,
            idle_backend: text("PRESENTLY_IDLE"),
        }
    }
}

/// The first server on this machine that `PULSE_SERVER` names: a list of
/// addresses, each perhaps with the host in braces that it is for.
fn local_server(list: &str) -> Option<PathBuf> {
    list.split_whitespace().find_map(|address| {
        let address = address.rsplit_once('}').map_or(address, |(_, rest)| rest);
        let path = address.strip_prefix("unix:").unwrap_or(address);
        path.starts_with('/').then(|| PathBuf::from(path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_servers_as_they_are_named() {
        for (list, path) in [
            ("/run/pulse", Some("/run/pulse")),
            ("unix:/run/pulse", Some("/run/pulse")),
            ("{0123abcd}unix:/run/pulse tcp:host:4713", Some("/run/pulse")),
            ("tcp:host:4713 unix:/run/pulse", Some("/run/pulse")),
            ("tcp:host:4713", None),
            ("", None),
        ] {
            assert_eq!(local_server(list).as_deref(), path.map(std::path::Path::new), "{list}");
        }
    }
}
