//! How the agent is asked to end from outside.

#[cfg(unix)]
#[path = "ending/unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "ending/other.rs"]
mod system;

pub(crate) use system::Ending;
