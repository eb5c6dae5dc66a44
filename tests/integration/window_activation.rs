//! The window comes to the front where the desktop lets it.

use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use presently_world::process::{Process, run};
use presently_world::{World, secs, within};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::unix::pipe::Receiver;
use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::{Connection, Dispatch, QueueHandle};
use wayland_protocols::xdg::activation::v1::client::xdg_activation_token_v1::{
    self, XdgActivationTokenV1,
};
use wayland_protocols::xdg::activation::v1::client::xdg_activation_v1::{self, XdgActivationV1};

use crate::scene::settings;
use crate::signals_compositor::Sway;

#[tokio::test]
async fn a_launcher_brings_the_window_to_the_front() -> Result<()> {
    let sway = Sway::start().await?;
    let mut world = World::new()?;
    world.add_bus().await?;
    world.write_settings(&settings("5m"))?;
    world.set_env("WAYLAND_DISPLAY", sway.socket().display().to_string());
    world.set_env("GDK_BACKEND", "wayland");
    // As if the launcher had started the agent: the token was for that.
    world.set_env("XDG_ACTIVATION_TOKEN", "used-up");
    let mut events = Events::of(&sway, &world).await?;
    let _agent = world.agent().await?;
    world.presently(&["window"]).await?;
    events.wait_for("new", "container", "presently-window").await?;
    ensure!(focused(&sway).await? == "presently-window");

    for view in ["now", "status"] {
        sway_does(&sway, &["workspace", "elsewhere"]).await?;
        events.wait_for("focus", "current", "elsewhere").await?;
        ensure!(focused(&sway).await? == "elsewhere");
        world.set_env("XDG_ACTIVATION_TOKEN", &activation_token(&sway.socket())?);
        world.presently(&["window", "--view", view]).await?;
        events.wait_for("focus", "old", "elsewhere").await?;
        ensure!(focused(&sway).await? == "presently-window");
    }
    Ok(())
}

/// A token as a launcher gets it of the compositor.
fn activation_token(socket: &Path) -> Result<String> {
    let connection = Connection::from_socket(UnixStream::connect(socket)?)?;
    let (globals, mut queue) = registry_queue_init::<Launcher>(&connection)?;
    let handle = queue.handle();
    let activation: XdgActivationV1 = globals.bind(&handle, 1..=1, ())?;
    activation.get_activation_token(&handle, ()).commit();
    let mut launcher = Launcher::default();
    loop {
        if let Some(token) = launcher.token {
            return Ok(token);
        }
        queue.blocking_dispatch(&mut launcher)?;
    }
}

#[derive(Default)]
struct Launcher {
    token: Option<String>,
}

impl Dispatch<WlRegistry, GlobalListContents> for Launcher {
    fn event(
        _: &mut Self,
        _: &WlRegistry,
        _: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

impl Dispatch<XdgActivationV1, ()> for Launcher {
    fn event(
        _: &mut Self,
        _: &XdgActivationV1,
        _: xdg_activation_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

impl Dispatch<XdgActivationTokenV1, ()> for Launcher {
    fn event(
        launcher: &mut Self,
        _: &XdgActivationTokenV1,
        event: xdg_activation_token_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let xdg_activation_token_v1::Event::Done { token } = event {
            launcher.token = Some(token);
        }
    }
}

/// What sway says about windows and workspaces.
struct Events {
    lines: Lines<BufReader<Receiver>>,
    _swaymsg: Process,
}

impl Events {
    async fn of(sway: &Sway, world: &World) -> Result<Self> {
        let mut swaymsg =
            sway.message(&["--raw", "-t", "subscribe", "-m", "[\"window\",\"workspace\"]"])?;
        swaymsg.stdout(Stdio::piped());
        let mut swaymsg = Process::start("swaymsg", swaymsg, world.logs()).await?;
        let stdout = swaymsg.take_stdout().context("it was piped")?;
        let lines = BufReader::new(Receiver::from_owned_fd(stdout.into())?).lines();
        Ok(Self { lines, _swaymsg: swaymsg })
    }

    /// Waits for this change of the part of the event with this name.
    async fn wait_for(&mut self, change: &str, part: &str, name: &str) -> Result<()> {
        within(secs(30), &format!("{change} of {part} {name}"), async {
            loop {
                let line = self.lines.next_line().await?.context("swaymsg has ended")?;
                let event: Value = serde_json::from_str(&line)?;
                let node = &event[part];
                let is_named = node["name"] == name || node["app_id"] == name;
                if event["change"] == change && is_named {
                    return Ok(());
                }
            }
        })
        .await
    }
}

async fn sway_does(sway: &Sway, arguments: &[&str]) -> Result<()> {
    run(sway.message(arguments)?, b"", secs(10)).await?.success().map(drop)
}

/// The application, or else the name, of what has the focus.
async fn focused(sway: &Sway) -> Result<String> {
    let tree = run(sway.message(&["--raw", "-t", "get_tree"])?, b"", secs(10)).await?.success()?;
    let tree: Value = serde_json::from_str(&tree.stdout)?;
    let mut nodes = vec![&tree];
    while let Some(node) = nodes.pop() {
        if node["focused"] == true {
            let name = node["app_id"].as_str().or_else(|| node["name"].as_str());
            return Ok(name.unwrap_or_default().to_owned());
        }
        nodes.extend(node["nodes"].as_array().into_iter().flatten());
    }
    Ok(String::new())
}
