//! Whether the person's session is locked, or not in front.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod lockers;
#[cfg(target_os = "linux")]
mod screensaver;
#[cfg(target_os = "linux")]
mod seat;

use presently_core::lock::Lock;
use tokio::sync::watch;

use crate::{Environment, Status};

#[cfg(not(target_os = "linux"))]
use crate::elsewhere as platform;
#[cfg(target_os = "linux")]
use linux as platform;

/// Watches the lock. Must be called within a tokio runtime; the task ends
/// when the last receiver is dropped.
pub fn watch(environment: Environment) -> watch::Receiver<Status<Lock>> {
    let (out, watched) = watch::channel(Status::not_read_yet());
    tokio::spawn(platform::run(environment, out));
    watched
}
