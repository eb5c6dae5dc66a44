//! Which programs show the screen to others, and which look through a camera
//! that PipeWire holds for them.

#[cfg(target_os = "linux")]
mod graph;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod pod;
#[cfg(target_os = "linux")]
mod wire;

use presently_core::call::Use;
use tokio::sync::watch;

use crate::{Environment, Status};

#[cfg(not(target_os = "linux"))]
use crate::elsewhere as platform;
#[cfg(target_os = "linux")]
use linux as platform;

/// Watches video between programs: a picture of the screen that a program
/// takes is [`presently_core::call::CallDevice::Screen`], a camera's is
/// [`presently_core::call::CallDevice::Camera`]. What is shown on X11 without
/// PipeWire cannot be seen. Must be called within a tokio runtime; the task
/// ends when the last receiver is dropped.
pub fn watch(environment: Environment) -> watch::Receiver<Status<Vec<Use>>> {
    let (out, watched) = watch::channel(Status::not_read_yet());
    tokio::spawn(platform::run(environment, out));
    watched
}
