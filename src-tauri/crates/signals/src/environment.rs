//! Where in the system to look, as the process was told.

mod sound;

use std::path::PathBuf;

/// Where PulseAudio listens that was started for all users.
const SYSTEM_SOUND: &str = "/run/pulse/native";

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
    /// `PULSE_SERVER`, `default-server` of PulseAudio's client.conf,
    /// `PULSE_RUNTIME_PATH` or the place in `runtime_dir`: the sound server's
    /// socket.
    pub sound_socket: Option<PathBuf>,
    /// The socket of the sound server of all users, where the person has not
    /// said which to use.
    pub system_sound_socket: Option<PathBuf>,
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
        let named = text("PULSE_SERVER").or_else(|| {
            let told = path("PULSE_CLIENTCONFIG");
            sound::default_server(told.as_deref(), configuration.as_deref())
        });
        let named = named.and_then(|server| sound::local_server(&server));
        Self {
            system_sound_socket: named.is_none().then(|| PathBuf::from(SYSTEM_SOUND)),
            sound_socket: named
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
