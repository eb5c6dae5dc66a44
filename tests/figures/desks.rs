//! Desks without a screen, with a keyboard that is at hand at once.

use std::io::Write as _;
use std::process::{ChildStdin, Stdio};
use std::sync::Arc;

use anyhow::{Context, Result};
use presently_signals::Environment;
use presently_world::display::{Display, Keyboard};
use presently_world::process::{Logs, Process, command};
use presently_world::scratch::Scratch;

use crate::compositor::{Mutter, Sway};
use crate::kwin::KWin;

/// Which desk.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    X11,
    KWin,
    Sway,
    Mutter,
}

impl Kind {
    /// What it is called.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::X11 => "Xvfb",
            Self::KWin => "KWin",
            Self::Sway => "sway",
            Self::Mutter => "Mutter",
        }
    }
}

/// A desk and its keyboard, gone when dropped.
pub(crate) enum Desk {
    X11(Keyboard, Display),
    KWin(KWin),
    Sway { keys: ChildStdin, _wtype: Process, sway: Sway },
    Mutter(Mutter),
}

impl Desk {
    /// Sets one up.
    pub(crate) async fn of(kind: Kind) -> Result<Self> {
        let logs = Logs::new(Arc::new(Scratch::new()?), false);
        Ok(match kind {
            Kind::X11 => {
                let display = Display::start(&logs).await?;
                Self::X11(display.keyboard().await?, display)
            }
            Kind::KWin => Self::KWin(KWin::without_lock().await?),
            Kind::Sway => {
                let sway = Sway::start().await?;
                let environment = sway.environment();
                let mut wtype = command("wtype");
                wtype.arg("-").env("WAYLAND_DISPLAY", "wayland-1");
                wtype.envs(environment.runtime_dir.map(|folder| ("XDG_RUNTIME_DIR", folder)));
                wtype.stdin(Stdio::piped()).stdout(Stdio::null());
                let mut wtype = Process::start("wtype", wtype, &logs).await?;
                let keys = wtype.take_stdin().context("it was piped")?;
                Self::Sway { keys, _wtype: wtype, sway }
            }
            Kind::Mutter => Self::Mutter(Mutter::start().await?),
        })
    }

    /// Where it is found.
    pub(crate) fn environment(&self) -> Environment {
        match self {
            Self::X11(_, display) => {
                Environment { display: Some(display.name().to_owned()), ..Environment::default() }
            }
            Self::KWin(kwin) => kwin.environment(),
            Self::Sway { sway, .. } => sway.environment(),
            Self::Mutter(mutter) => mutter.environment(),
        }
    }

    /// Presses and lets go of a key.
    pub(crate) async fn press(&mut self) -> Result<()> {
        match self {
            Self::X11(keyboard, _) => keyboard.press_key(),
            Self::KWin(kwin) => kwin.press_key().await,
            Self::Sway { keys, .. } => keys.write_all(b"x").context("wtype is gone"),
            Self::Mutter(mutter) => mutter.press_key().await,
        }
    }
}
