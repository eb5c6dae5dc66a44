//! SIGTERM at the end of the session, SIGINT in a terminal, SIGHUP when the
//! terminal goes.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

pub(crate) struct ShutdownSignal([Signal; 3]);

impl ShutdownSignal {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self([
            signal(SignalKind::terminate())?,
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    /// Returns when one of them comes.
    pub(crate) async fn received(&mut self) {
        let [terminate, interrupt, hangup] = &mut self.0;
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
            _ = hangup.recv() => (),
        }
    }
}
