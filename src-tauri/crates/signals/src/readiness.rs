//! Waiting on the socket of a library that does its own reading.

use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};

use tokio::io::Interest;
use tokio::net::UnixStream;

/// Tells when a socket that another type owns has something to read.
/// A process that ends has, at its handle.
///
/// A second descriptor of the socket is registered, in the guise of a Unix
/// stream, whatever kind of socket it is: nothing is ever read through it.
pub(crate) struct Readiness(UnixStream);

impl Readiness {
    /// Registers the socket, which becomes non-blocking. Must be called
    /// within a tokio runtime.
    pub(crate) fn of(socket: impl AsFd) -> io::Result<Self> {
        let second: OwnedFd = socket.as_fd().try_clone_to_owned()?;
        let second = std::os::unix::net::UnixStream::from(second);
        second.set_nonblocking(true)?;
        UnixStream::from_std(second).map(Self)
    }

    /// Waits until there may be something to read, or the other end is
    /// gone. What came before a wait is told by it only if it came after the
    /// wait before: read all there is, then wait.
    pub(crate) async fn wait(&self) -> io::Result<()> {
        self.0.readable().await?;
        // The mark is cleared before the caller reads, so that what comes in
        // between sets it again.
        match self.0.try_io(Interest::READABLE, || Err::<(), _>(ErrorKind::WouldBlock.into())) {
            Err(e) if e.kind() != ErrorKind::WouldBlock => Err(e),
            _ => Ok(()),
        }
    }
}
