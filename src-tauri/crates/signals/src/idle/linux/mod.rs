//! Where input can be seen on Linux.

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
use wayland::Wayland;

use super::Sources;
use crate::Environment;

/// Why a source is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Wayland(#[from] wayland::Error),
    #[error(transparent)]
    Mutter(#[from] mutter::Error),
    #[error(transparent)]
    X11(#[from] x11::Error),
    #[error(transparent)]
    Logind(#[from] logind::Error),
}

impl Error {
    /// Whether it is simply not there.
    pub(super) fn is_absence(&self) -> bool {
        match self {
            Self::Wayland(e) => e.is_absence(),
            Self::Mutter(e) => e.is_absence(),
            Self::X11(e) => e.is_absence(),
            Self::Logind(e) => e.is_absence(),
        }
    }
}

/// In the order in which they are asked: what tells of input first, and last
/// what only repeats the desktop's opinion.
pub(super) fn sources(environment: &Environment, after: Duration) -> Sources {
    vec![
        Box::new(Wayland::<ExtIdle>::new(environment, after)),
        Box::new(Wayland::<KdeIdle>::new(environment, after)),
        Box::new(mutter::Mutter::new(environment, after)),
        Box::new(x11::XSync::new(environment, after)),
        Box::new(logind::Hint(environment.clone())),
    ]
}
