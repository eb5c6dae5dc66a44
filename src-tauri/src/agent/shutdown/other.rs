//! Ctrl-C, on systems without Unix signals.

use std::io;

use super::Shutdown;

pub(crate) struct ShutdownSignal;

impl ShutdownSignal {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Returns when Ctrl-C is pressed.
    pub(crate) async fn received(&mut self) -> Shutdown {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Shutdown::End,
            Err(_) => std::future::pending().await,
        }
    }
}
