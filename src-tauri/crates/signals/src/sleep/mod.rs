//! Whether the machine sleeps, reported before it does.

#[cfg(target_os = "linux")]
mod linux;

use presently_core::lock::Sleep;
use tokio::sync::watch;

use crate::{Environment, Status};

/// Tells the system that the agent is done and the machine may sleep.
#[derive(Clone, Debug)]
pub struct Ready(watch::Sender<()>);

impl Ready {
    /// Lets the machine sleep now. Without this call it sleeps after the time
    /// that [`watch()`] names. The call has no effect while no sleep is pending.
    pub fn tell(&self) {
        self.0.send_replace(());
    }
}

/// Watches for sleep. [`Sleep::Asleep`] is reported while the machine still
/// runs: it waits for [`Ready::tell`], three seconds at most. Must be called
/// within a tokio runtime; the task ends when the last receiver is dropped.
pub fn watch(environment: Environment) -> (watch::Receiver<Status<Sleep>>, Ready) {
    let (out, watched) = watch::channel(Status::not_read_yet());
    let (ready, told) = watch::channel(());
    tokio::spawn(run(environment, told, out));
    (watched, Ready(ready))
}

#[cfg(target_os = "linux")]
use linux::run;

#[cfg(not(target_os = "linux"))]
async fn run(environment: Environment, _: watch::Receiver<()>, out: watch::Sender<Status<Sleep>>) {
    crate::elsewhere::run(environment, out).await;
}
