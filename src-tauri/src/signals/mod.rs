//! The watchers of all signals of this desktop, as one. The agent decides by
//! them; `presently signals` shows and records them.

use std::time::Duration;

use presently_core::call::Use;
use presently_core::desk::Said;
use presently_core::dnd::Dnd;
use presently_core::lock::{Lock, Sleep};
use presently_signals::idle::IdleStatus;
use presently_signals::sleep::Ready;
use presently_signals::{Environment, Reading, Status, camera, dnd, idle, lock, microphone, sleep};
use tokio::sync::watch;

pub mod words;

/// What is known of each signal now.
#[derive(Debug)]
pub struct Watchers {
    pub(crate) idle: watch::Receiver<IdleStatus>,
    pub(crate) lock: watch::Receiver<Status<Lock>>,
    pub(crate) sleep: watch::Receiver<Status<Sleep>>,
    pub(crate) microphone: watch::Receiver<Status<Vec<Use>>>,
    pub(crate) camera: watch::Receiver<Status<Vec<Use>>>,
    pub(crate) screen: watch::Receiver<Status<Vec<Use>>>,
    pub(crate) dnd: watch::Receiver<Status<Dnd>>,
    idle_after: watch::Sender<Duration>,
    may_sleep: Ready,
}

impl Watchers {
    /// Begins to watch. No input for `idle_after` is idle. Must be called
    /// within a tokio runtime; the watchers end when this is dropped.
    pub fn start(environment: Environment, idle_after: Duration) -> Self {
        let (idle_after, after) = watch::channel(idle_after);
        let (sleep, may_sleep) = sleep::watch(environment.clone());
        Self {
            idle: idle::watch(environment.clone(), after),
            lock: lock::watch(environment.clone()),
            sleep,
            microphone: microphone::watch(environment.clone()),
            camera: camera::watch(environment.clone()),
            screen: unread(),
            dnd: dnd::watch(environment),
            idle_after,
            may_sleep,
        }
    }

    /// No input for this long is idle from now on.
    pub fn set_idle_after(&self, idle_after: Duration) {
        self.idle_after
            .send_if_modified(|after| std::mem::replace(after, idle_after) != idle_after);
    }

    /// The next thing that a signal says; what it said before may be the
    /// same. What one says again before it was heard is skipped but for the
    /// last. Nothing is lost when this is dropped.
    pub async fn next(&mut self) -> Said {
        tokio::select! {
            status = news(&mut self.idle) => Said::Idle(status.idle),
            status = news(&mut self.lock) => Said::Lock(status.reading),
            status = news(&mut self.sleep) => Said::Sleep(status.reading),
            status = news(&mut self.microphone) => Said::Microphone(status.reading),
            status = news(&mut self.camera) => Said::Camera(status.reading),
            status = news(&mut self.screen) => Said::Screen(status.reading),
            status = news(&mut self.dnd) => Said::Dnd(status.reading),
        }
    }

    /// All has been said: the machine, which is about to, may sleep.
    pub fn let_sleep(&self) {
        self.may_sleep.tell();
    }
}

/// The latest status, once it is another one.
async fn news<S: Clone>(watched: &mut watch::Receiver<S>) -> S {
    if watched.changed().await.is_err() {
        // A watcher ends with its last receiver only, which is this one.
        std::future::pending::<()>().await;
    }
    watched.borrow_and_update().clone()
}

/// A signal for which there is no watcher.
fn unread<R>() -> watch::Receiver<Status<R>> {
    let why = "Not read by this version".to_owned();
    watch::channel(Status { reading: Reading::Unsupported(why), ..Status::looking() }).1
}
