//! Where sockets, buses and devices are found, from the environment of the
//! process.

mod sound;

use std::path::PathBuf;

/// The socket of a PulseAudio server that runs for all users.
const SYSTEM_SOUND: &str = "/run/pulse/native";

/// The locations of the display, the buses, the sockets and the devices. It is
/// a plain value, so that tests and the demo can pass other locations.
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
    /// `XDG_CONFIG_HOME`, else `.config` in `HOME`: the person's configuration
    /// folder.
    pub configuration: Option<PathBuf>,
    /// The socket of the person's sound server: `PULSE_SERVER`, else
    /// `default-server` in PulseAudio's client.conf, else `native` in
    /// `PULSE_RUNTIME_PATH`, else `pulse/native` in `runtime_dir`.
    pub sound_socket: Option<PathBuf>,
    /// The socket of a sound server that runs for all users. `None` if the
    /// environment or client.conf names a server.
    pub system_sound_socket: Option<PathBuf>,
    /// `PULSE_COOKIE`, else `pulse/cookie` in the configuration folder: the
    /// file that authenticates the person to a sound server that does not go by
    /// user id.
    pub sound_cookie: Option<PathBuf>,
    /// PipeWire's own socket: `PIPEWIRE_REMOTE` in `PIPEWIRE_RUNTIME_DIR`, else
    /// in `runtime_dir`.
    pub video_socket: Option<PathBuf>,
    /// `PATH`: the folders of programs, absolute ones only.
    pub programs: Vec<PathBuf>,
    /// The folder of device nodes, if it is not `/dev`.
    pub devices: Option<PathBuf>,
    /// The folder of udev's device database, if it is not `/run/udev/data`.
    pub device_data: Option<PathBuf>,
    /// `PRESENTLY_IDLE`: the one idle backend to use, for support.
    pub idle_backend: Option<String>,
}

impl Environment {
    /// Reads the environment of this process. An empty variable counts as
    /// unset.
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
