//! Reads from the operating system whether and how the person uses this
//! computer.
//!
//! Each signal is a module with a `watch` function. It spawns a task and
//! returns a [`tokio::sync::watch::Receiver`], whose latest value is all that
//! is known. The task ends when the last receiver is dropped. For each signal
//! several backends are tried in order until one answers. What cannot be read
//! is reported as unknown, with the reason, and never guessed.

#[cfg(target_os = "linux")]
mod bus;
pub mod camera;
pub mod dnd;
#[cfg(not(target_os = "linux"))]
mod elsewhere;
pub mod environment;
pub mod idle;
#[cfg_attr(not(target_os = "linux"), path = "limits_elsewhere.rs")]
pub mod limits;
pub mod lock;
#[cfg(target_os = "linux")]
mod logind;
pub mod microphone;
pub mod network;
mod observe;
mod probe;
#[cfg(target_os = "linux")]
mod readiness;
pub mod screen;
pub mod sleep;
#[cfg_attr(not(target_os = "linux"), path = "socket_watch_elsewhere.rs")]
mod socket_watch;
pub mod status;

pub use environment::Environment;
pub use status::{Reading, Status, Tried};
