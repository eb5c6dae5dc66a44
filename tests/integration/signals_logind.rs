//! A real systemd-logind, and the environment in which the signals find it.

use std::ops::Deref;

use anyhow::Result;
use presently_signals::Environment;
use presently_world::logind;

/// systemd-logind and its bus, killed when dropped.
pub(crate) struct Logind(logind::Logind);

impl Logind {
    /// Starts them.
    pub(crate) async fn start() -> Result<Self> {
        logind::Logind::start().await.map(Self)
    }

    /// The environment in which Presently finds it.
    pub(crate) fn environment(&self) -> Environment {
        Environment { system_bus: Some(self.address().to_owned()), ..Environment::default() }
    }
}

impl Deref for Logind {
    type Target = logind::Logind;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}
