//! Desks without a screen, with a keyboard or a pointer that is at hand at once.

use std::sync::Arc;

use anyhow::{Context, Result};
use presently_signals::Environment;
use presently_world::display::{Display, Keyboard};
use presently_world::process::Logs;
use presently_world::scratch::Scratch;

use crate::compositor::{Mutter, Sway};
use crate::kwin::KWin;
use crate::pointer::Pointer;

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
    KWin(Box<KWin>),
    Sway(Pointer, Sway),
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
            Kind::KWin => Self::KWin(Box::new(KWin::without_lock().await?)),
            Kind::Sway => {
                let sway = Sway::start().await?;
                let folder = sway.environment().runtime_dir.context("its folder")?;
                Self::Sway(Pointer::at(&folder.join("wayland-1"))?, sway)
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
            Self::Sway(_, sway) => sway.environment(),
            Self::Mutter(mutter) => mutter.environment(),
        }
    }

    /// Presses and lets go of a key, or nudges the pointer.
    pub(crate) async fn press(&mut self) -> Result<()> {
        match self {
            Self::X11(keyboard, _) => keyboard.press_key(),
            Self::KWin(kwin) => kwin.press_key().await,
            Self::Sway(pointer, _) => pointer.nudge(),
            Self::Mutter(mutter) => mutter.press_key().await,
        }
    }
}
