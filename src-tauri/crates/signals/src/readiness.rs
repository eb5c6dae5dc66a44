//! Waits on a file descriptor that a library reads by itself.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};

use tokio::io::Interest;
use tokio::net::UnixStream;

/// Reports when a file descriptor that another type owns is readable. A pidfd
/// is readable once its process has ended.
///
/// A duplicate of the descriptor is registered as a Unix stream, whatever its
/// real type. Nothing is ever read through it.
pub(crate) struct Readiness(UnixStream);

impl Readiness {
    /// Registers the descriptor and makes it non-blocking. Must be called
    /// within a tokio runtime.
    pub(crate) fn of(socket: impl AsFd) -> io::Result<Self> {
        let second: OwnedFd = socket.as_fd().try_clone_to_owned()?;
        let second = std::os::unix::net::UnixStream::from(second);
        second.set_nonblocking(true)?;
        UnixStream::from_std(second).map(Self)
    }

    /// Waits until there may be something to read, or the other end is closed.
    /// The wait is edge-triggered, so the caller must read all that is
    /// available before it waits again.
    pub(crate) async fn wait(&self) -> io::Result<()> {
        self.0.readable().await?;
        // Readiness is cleared before the caller reads, so that data that
        // arrives meanwhile sets it again.
        match self.0.try_io(Interest::READABLE, || Err::<(), _>(ErrorKind::WouldBlock.into())) {
            Err(e) if e.kind() != ErrorKind::WouldBlock => Err(e),
            _ => Ok(()),
        }
    }
}
