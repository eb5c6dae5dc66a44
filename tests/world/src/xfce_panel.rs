//! The panel of Xfce with its status tray, on a world's display and session
//! bus: what a person sees of the icon and its menu, and where they click.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process::Process;
use crate::{World, secs, within};

/// The height of the panel in pixels.
pub const HEIGHT: u32 = 28;

/// Where the first icon stands, in pixels.
const ICON: (&str, &str) = ("12", "14");

/// The limit for anything that the panel does.
const SOON: Duration = secs(20);

/// Where Debian and Fedora have the settings service of Xfce, which its
/// package puts into no `PATH`.
const XFCONFD: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/xfce4/xfconf/xfconfd",
    "/usr/lib/aarch64-linux-gnu/xfce4/xfconf/xfconfd",
    "/usr/lib64/xfce4/xfconf/xfconfd",
    "/usr/lib/xfce4/xfconf/xfconfd",
];

/// A panel along the upper edge with the status tray alone. Dropping it ends
/// it.
#[derive(Debug)]
pub struct XfcePanel {
    _panel: Process,
    _settings: Process,
}

/// A window of the panel, by its place on the display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    id: String,
    /// From the left edge of the display.
    pub x: i32,
    /// From its upper edge.
    pub y: i32,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
}

impl XfcePanel {
    /// Starts the panel in a world with a display and a session bus, and waits
    /// until it takes icons. It is dark or light as `GTK_THEME` of the world
    /// says.
    pub async fn start(world: &World) -> Result<Self> {
        let channels = world.path().join("config/xfce4/xfconf/xfce-perchannel-xml");
        std::fs::create_dir_all(&channels)?;
        std::fs::write(channels.join("xfce4-panel.xml"), settings())?;
        let xfconfd = XFCONFD.iter().find(|path| Path::new(path).exists());
        let mut settings = world.command(xfconfd.context("xfconf is not installed")?);
        settings.stdin(Stdio::null()).stdout(Stdio::null());
        let settings = Process::start("xfconfd", settings, world.logs()).await?;
        world.bus()?.wait_for_name("org.xfce.Xfconf", SOON).await?;

        let mut panel = world.command("xfce4-panel");
        panel.args(["--disable-wm-check"]).stdin(Stdio::null()).stdout(Stdio::null());
        // Nothing else of a desktop is there.
        panel.env("NO_AT_BRIDGE", "1").env("GSETTINGS_BACKEND", "memory");
        let panel = Process::start("xfce4-panel", panel, world.logs()).await?;
        world.bus()?.wait_for_name("org.kde.StatusNotifierWatcher", SOON).await?;
        Ok(Self { _panel: panel, _settings: settings })
    }

    /// Waits until the icon has many pixels of this colour, in RGB.
    pub async fn shows_colour(&self, world: &World, rgb: [u8; 3]) -> Result<()> {
        let (file, part) = (world.path().join("icon.rgb"), format!("{HEIGHT}x{HEIGHT}+0+0"));
        let is_near =
            |pixel: &&[u8]| pixel.iter().zip(rgb).all(|(have, want)| have.abs_diff(want) < 24);
        let mut last = 0;
        let found = within(SOON, "the icon's colour", async {
            loop {
                world.display()?.screenshot_of(&file, &part).await?;
                last = std::fs::read(&file)?.chunks_exact(3).filter(is_near).count();
                // An octagon of 22 pixels has about 350.
                if last > 150 {
                    return Ok(());
                }
                // Nobody tells what is drawn.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        found.await.with_context(|| format!("{last} pixels are like {rgb:?}"))
    }

    /// Clicks the icon with a button: 1 is the left one, 3 the right one.
    pub async fn click_icon(&self, world: &World, button: &str) -> Result<()> {
        let (x, y) = ICON;
        world.display()?.xdotool(&["mousemove", x, y, "click", button]).await.map(drop)
    }

    /// Opens the menu by a right click and waits for it.
    pub async fn open_menu(&self, world: &World) -> Result<Place> {
        let before = self.windows(world).await?;
        self.click_icon(world, "3").await?;
        self.new_window(world, &before).await
    }

    /// Moves down so many entries in the open menu, and opens the submenu
    /// there.
    pub async fn open_submenu(&self, world: &World, entries: usize) -> Result<Place> {
        let before = self.windows(world).await?;
        let keys = std::iter::repeat_n("Down", entries).chain(["Right"]);
        let keys: Vec<&str> = ["key"].into_iter().chain(keys).collect();
        world.display()?.xdotool(&keys).await?;
        self.new_window(world, &before).await
    }

    /// Clicks at a place of the display with the left button.
    pub async fn click_at(&self, world: &World, x: i32, y: i32) -> Result<()> {
        let (x, y) = (x.to_string(), y.to_string());
        // In two steps: a menu must see the pointer come.
        let display = world.display()?;
        display.xdotool(&["mousemove", &x, &y]).await?;
        display.xdotool(&["mousemove_relative", "1", "0", "click", "1"]).await.map(drop)
    }

    /// Waits until a window satisfies `wanted`; it is `None` once it is gone.
    pub async fn wait_for(
        &self,
        world: &World,
        window: &Place,
        what: &str,
        wanted: impl Fn(Option<&Place>) -> bool,
    ) -> Result<()> {
        within(SOON, what, async {
            loop {
                let windows = self.windows(world).await?;
                if wanted(windows.iter().find(|other| other.id == window.id)) {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .with_context(|| format!("it was {window:?}"))
    }

    /// What a window looks like, 8 bits of each colour.
    pub async fn picture(&self, world: &World, window: &Place) -> Result<Vec<u8>> {
        let file = world.path().join("window.rgb");
        let Place { x, y, width, height, .. } = window;
        world.display()?.screenshot_of(&file, &format!("{width}x{height}+{x}+{y}")).await?;
        Ok(std::fs::read(&file)?)
    }

    /// Waits until a window looks other than before.
    pub async fn changes(&self, world: &World, window: &Place, before: &[u8]) -> Result<()> {
        within(SOON, "another picture", async {
            while self.picture(world, window).await? == before {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(())
        })
        .await
    }

    /// The window that was not there before, once it has its size.
    async fn new_window(&self, world: &World, before: &[Place]) -> Result<Place> {
        let mut last = Vec::new();
        let found = within(SOON, "a menu", async {
            loop {
                let windows = self.windows(world).await?;
                let is_new = |window: &&Place| before.iter().all(|other| other.id != window.id);
                // A menu has a size of one pixel before it is laid out.
                let laid_out = windows.iter().filter(is_new).find(|window| window.height > 30);
                if let Some(window) = laid_out
                    && last.contains(window)
                {
                    return Ok(window.clone());
                }
                last = windows;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        found.await.with_context(|| format!("before: {before:?}"))
    }

    async fn windows(&self, world: &World) -> Result<Vec<Place>> {
        let display = world.display()?;
        let ids = display.xdotool(&["search", "--onlyvisible", "--name", ".*"]).await?;
        let mut windows = Vec::new();
        for id in ids.lines() {
            // A window may go between the two questions.
            let Ok(shell) = display.xdotool(&["getwindowgeometry", "--shell", id]).await else {
                continue;
            };
            let number = |name: &str| {
                let value = shell.lines().find_map(|line| line.strip_prefix(name))?;
                value.parse().ok()
            };
            if let (Some(x), Some(y), Some(width), Some(height)) =
                (number("X="), number("Y="), number("WIDTH="), number("HEIGHT="))
            {
                windows.push(Place { id: id.to_owned(), x, y, width, height });
            }
        }
        Ok(windows)
    }
}

fn settings() -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="{HEIGHT}"/>
      <property name="icon-size" type="uint" value="22"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/>
  </property>
</channel>
"#
    )
}
