//! The messages between Presently's agent, its command line and its window, and
//! the local socket that carries them.
//!
//! Each message is one line of JSON. A client sends one [`Request`] on a
//! connection and reads [`Reply`]s until the agent closes it.
//! [`Request::Follow`] gets one after each change, every other request gets one
//! in all.

pub mod activation;
pub mod client;
pub mod history;
pub mod look;
pub mod paths;
pub mod reply;
pub mod request;
pub mod server;
pub mod settings;
pub mod snapshot;
pub mod window_instance;

// The local socket of this system. The rest of the crate is the same on every
// system.
#[cfg(unix)]
#[path = "socket/unix.rs"]
mod socket;

#[cfg(test)]
mod bindings;
#[cfg(test)]
mod wire;

pub use activation::ActivationToken;
pub use client::{Client, ClientError};
pub use history::HistoryView;
pub use look::Look;
pub use paths::Paths;
pub use presently_core::Secret;
pub use reply::{ErrorCode, Failure, Reply};
pub use request::Request;
pub use server::{BindError, PendingRequest, Server};
pub use snapshot::Snapshot;
