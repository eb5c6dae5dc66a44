//! The desk of the demo's person: the desktop of whoever runs the demo, or a
//! private one.

use std::env::var;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::World;
use crate::tray_host::TrayHost;

/// A world with a display and a session bus.
#[derive(Debug)]
pub struct Desk {
    /// The world.
    pub world: World,
    /// Whether the display is a private one.
    pub private: bool,
    /// The panel of a private desk, in which the agent shows its icon.
    pub tray: Option<TrayHost>,
}

impl Desk {
    /// The current desktop if there is one, else a private desk.
    pub async fn any(mut world: World) -> Result<Self> {
        let wayland = var("WAYLAND_DISPLAY").ok();
        if wayland.is_none() && var("DISPLAY").is_err() {
            return Self::private(world).await;
        }
        let runtime = var("XDG_RUNTIME_DIR").unwrap_or_default();
        for name in [
            "DISPLAY",
            "XAUTHORITY",
            "DBUS_SESSION_BUS_ADDRESS",
            "XDG_CURRENT_DESKTOP",
            "XDG_SESSION_TYPE",
        ] {
            if let Ok(value) = var(name) {
                world.set_env(name, value);
            }
        }
        // The agent has a private runtime folder, so sockets of the real one
        // need absolute paths.
        if let Some(name) = wayland {
            let socket = Path::new(&runtime).join(name);
            world.set_env("WAYLAND_DISPLAY", socket.display().to_string());
        }
        if var("DBUS_SESSION_BUS_ADDRESS").is_err() {
            world.set_env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={runtime}/bus"));
        }
        world.set_env("PULSE_SERVER", format!("unix:{runtime}/pulse/native"));
        say("Your own desktop is used; your settings and secrets are not.")?;
        // The person's own secret store must not be used.
        world.write_settings("secrets = \"file\"\n")?;
        Ok(Self { world, private: false, tray: None })
    }

    /// A desk with a private display, session bus and secret store.
    pub async fn private(mut world: World) -> Result<Self> {
        world.add_display().await?;
        world.add_keyring().await?;
        world.add_notifications().await?;
        let tray = Some(TrayHost::on(world.bus()?).await?);
        say("A display, a session bus, a tray and a secret store of its own.")?;
        Ok(Self { world, private: true, tray })
    }
}

/// Prints one line.
pub fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).context("cannot print")
}
