//! The idle sources of Linux.

mod evidence;
mod ext_idle;
mod kde_idle;
mod logind;
mod mutter;
mod wayland;
mod x11;

use std::time::Duration;

use ext_idle::ExtIdle;
use kde_idle::KdeIdle;
use presently_core::{Code, Coded, coded_error};
use wayland::Wayland;

use super::Sources;
use crate::Environment;
use crate::bus::Error as BusError;
use crate::probe::Refusal;

/// Why an idle source cannot be used.
#[derive(Debug)]
pub(crate) enum Error {
    /// A Wayland compositor.
    Wayland(wayland::Error),
    /// GNOME's compositor.
    Mutter(mutter::Error),
    /// An X server.
    X11(x11::Error),
    /// logind.
    Logind(logind::Error),
}

impl Error {
    /// The source's own error.
    fn inner(&self) -> &dyn Refusal {
        match self {
            Self::Wayland(e) => e,
            Self::Mutter(e) => e,
            Self::X11(e) => e,
            Self::Logind(e) => e,
        }
    }
}

impl Coded for Error {
    fn code(&self) -> Code {
        self.inner().code()
    }
}

coded_error!(Error);

impl Refusal for Error {
    fn is_absence(&self) -> bool {
        self.inner().is_absence()
    }
}

impl From<wayland::Error> for Error {
    fn from(error: wayland::Error) -> Self {
        Self::Wayland(error)
    }
}

impl From<mutter::Error> for Error {
    fn from(error: mutter::Error) -> Self {
        Self::Mutter(error)
    }
}

impl From<x11::Error> for Error {
    fn from(error: x11::Error) -> Self {
        Self::X11(error)
    }
}

impl From<logind::Error> for Error {
    fn from(error: logind::Error) -> Self {
        Self::Logind(error)
    }
}

/// [`crate::bus::reread`] needs this conversion. Only the logind source uses
/// that.
impl From<BusError> for Error {
    fn from(error: BusError) -> Self {
        Self::Logind(error.into())
    }
}

/// All sources in the order in which they are tried. Those that report input
/// come first. logind comes last, because it only repeats the desktop's
/// opinion.
pub(super) fn sources(environment: &Environment, after: Duration) -> Sources {
    vec![
        Box::new(Wayland::<ExtIdle>::new(environment, after)),
        Box::new(Wayland::<KdeIdle>::new(environment, after)),
        Box::new(mutter::Mutter::new(environment, after)),
        Box::new(x11::XSync::new(environment, after)),
        Box::new(logind::Hint(environment.clone())),
    ]
}
