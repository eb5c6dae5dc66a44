//! Unix signals: SIGTERM at the end of the session, SIGINT from a terminal,
//! SIGHUP when the terminal is closed, SIGUSR2 after an upgrade, as in nginx.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::Shutdown;

pub(crate) struct ShutdownSignal {
    ends: [Signal; 3],
    upgraded: Signal,
}

impl ShutdownSignal {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            ends: [
                signal(SignalKind::terminate())?,
                signal(SignalKind::interrupt())?,
                signal(SignalKind::hangup())?,
            ],
            upgraded: signal(SignalKind::user_defined2())?,
        })
    }

    /// Returns when one of the signals arrives.
    pub(crate) async fn received(&mut self) -> Shutdown {
        let [terminate, interrupt, hangup] = &mut self.ends;
        tokio::select! {
            _ = terminate.recv() => Shutdown::End,
            _ = interrupt.recv() => Shutdown::End,
            _ = hangup.recv() => Shutdown::End,
            _ = self.upgraded.recv() => Shutdown::Upgrade,
        }
    }
}
