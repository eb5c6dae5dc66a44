//! Whether the machine sleeps, told before it does.

#[cfg(target_os = "linux")]
mod linux;

use presently_core::lock::Sleep;
use tokio::sync::watch;

use crate::{Environment, Status};

/// Tells the system that all has been said and it may sleep.
#[derive(Clone, Debug)]
pub struct Ready(watch::Sender<()>);

impl Ready {
    /// The machine may sleep now. Without it, it does after the time that
    /// [`watch`] names; said while nothing waits, it means nothing.
    pub fn tell(&self) {
        self.0.send_replace(());
    }
}

/// Watches for sleep. When [`Sleep::Asleep`] is told the machine still runs:
/// it waits for [`Ready::tell`], three seconds at the most. Must be called
/// within a tokio runtime; the task ends when the last receiver is dropped.
pub fn watch(environment: Environment) -> (watch::Receiver<Status<Sleep>>, Ready) {
    let (out, watched) = watch::channel(Status::looking());
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
