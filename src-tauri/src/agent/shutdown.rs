//! Requests from outside to end the agent.

#[cfg(unix)]
#[path = "shutdown/unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "shutdown/other.rs"]
mod system;

pub(crate) use system::ShutdownSignal;

/// How the agent is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// Say goodbye and end.
    End,
    /// Give way to a newer version of the program, which takes over what is
    /// shown. Nobody is seen as offline in between.
    Upgrade,
}
