//! The desktop's do-not-disturb.

#[cfg(target_os = "linux")]
mod linux;

use presently_core::dnd::Dnd;
use tokio::sync::watch;

use crate::{Environment, Status};

#[cfg(not(target_os = "linux"))]
use crate::elsewhere as platform;
#[cfg(target_os = "linux")]
use linux as platform;

/// Watches do-not-disturb. Must be called within a tokio runtime; the task
/// ends when the last receiver is dropped.
pub fn watch(environment: Environment) -> watch::Receiver<Status<Dnd>> {
    let (out, watched) = watch::channel(Status::not_read_yet());
    tokio::spawn(platform::run(environment, out));
    watched
}
