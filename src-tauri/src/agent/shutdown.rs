//! How the agent is asked to end from outside.

#[cfg(unix)]
#[path = "shutdown/unix.rs"]
mod system;
#[cfg(not(unix))]
#[path = "shutdown/other.rs"]
mod system;

pub(crate) use system::ShutdownSignal;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// To say goodbye and end.
    End,
    /// To give way to a newer version of the program, which takes over what
    /// is shown: nobody is seen as offline in between.
    Upgrade,
}
