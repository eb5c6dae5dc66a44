//! How the agent is asked to end from outside.

#[cfg(unix)]
#[path = "shutdown/unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "shutdown/other.rs"]
mod system;

pub(crate) use system::ShutdownSignal;
