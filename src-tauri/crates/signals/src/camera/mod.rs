//! Which programs look through a camera.

#[cfg(target_os = "linux")]
mod holders;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod loopback;

use presently_core::call::Use;
use tokio::sync::watch;

use crate::{Environment, Status};

#[cfg(not(target_os = "linux"))]
use crate::elsewhere as platform;
#[cfg(target_os = "linux")]
use linux as platform;

/// Watches the cameras: every program that holds one open, each once, in
/// order. Programs of other users and some in sandboxes cannot be seen. Must
/// be called within a tokio runtime; the task ends when the last receiver is
/// dropped.
pub fn watch(environment: Environment) -> watch::Receiver<Status<Vec<Use>>> {
    let (out, watched) = watch::channel(Status::not_read_yet());
    tokio::spawn(platform::run(environment, out));
    watched
}
