//! Which programs listen.

#[cfg(target_os = "linux")]
mod pulse;
#[cfg(target_os = "linux")]
mod rule;
#[cfg(target_os = "linux")]
mod wire;

use presently_core::call::Use;
use tokio::sync::watch;

use crate::{Environment, Status};

#[cfg(not(target_os = "linux"))]
use crate::elsewhere as platform;
#[cfg(target_os = "linux")]
use pulse as platform;

/// Watches the microphone: every program that records from it, each once, in
/// order. What a person would not call using it (meters, filters, what plays
/// being recorded) is left out; whether a use counts as a call is
/// [`presently_core::call`]'s. Must be called within a tokio runtime; the
/// task ends when the last receiver is dropped.
pub fn watch(environment: Environment) -> watch::Receiver<Status<Vec<Use>>> {
    let (out, watched) = watch::channel(Status::not_read_yet());
    tokio::spawn(platform::run(environment, out));
    watched
}
