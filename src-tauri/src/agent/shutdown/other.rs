//! Ctrl-C, where there are no signals.

use std::io;

pub(crate) struct ShutdownSignal;

impl ShutdownSignal {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Returns when it comes.
    pub(crate) async fn received(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
