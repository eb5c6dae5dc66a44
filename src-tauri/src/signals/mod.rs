//! All watchers of this desktop's signals in one. The agent decides by them;
//! `presently signals` shows and records them.

use std::time::Duration;

use presently_core::call::{CallDevice, Use};
use presently_core::desk::SignalReading;
use presently_core::dnd::Dnd;
use presently_core::lock::{Lock, Sleep};
use presently_signals::idle::IdleStatus;
use presently_signals::sleep::Ready;
use presently_signals::{
    Environment, Reading, Status, camera, dnd, idle, lock, microphone, screen, sleep,
};
use tokio::sync::watch;

pub mod words;

/// The current status of each signal.
#[derive(Debug)]
pub struct Watchers {
    pub(crate) idle: watch::Receiver<IdleStatus>,
    pub(crate) lock: watch::Receiver<Status<Lock>>,
    pub(crate) sleep: watch::Receiver<Status<Sleep>>,
    pub(crate) microphone: watch::Receiver<Status<Vec<Use>>>,
    /// Programs that have a camera device open.
    held: watch::Receiver<Status<Vec<Use>>>,
    /// PipeWire streams of screens and cameras.
    video: watch::Receiver<Status<Vec<Use>>>,
    pub(crate) dnd: watch::Receiver<Status<Dnd>>,
    idle_after: watch::Sender<Duration>,
    may_sleep: Ready,
    /// A reading to return next, which changed together with the last one.
    pending: Option<SignalReading>,
}

impl Watchers {
    /// Starts the watchers. The person is idle after no input for `idle_after`.
    /// Must be called within a tokio runtime. The watchers end when this is
    /// dropped.
    pub fn start(environment: Environment, idle_after: Duration) -> Self {
        let (idle_after, after) = watch::channel(idle_after);
        let (sleep, may_sleep) = sleep::watch(environment.clone());
        Self {
            idle: idle::watch(environment.clone(), after),
            lock: lock::watch(environment.clone()),
            sleep,
            microphone: microphone::watch(environment.clone()),
            held: camera::watch(environment.clone()),
            video: screen::watch(environment.clone()),
            dnd: dnd::watch(environment),
            idle_after,
            may_sleep,
            pending: None,
        }
    }

    /// Sets the time without input after which the person is idle.
    pub fn set_idle_after(&self, idle_after: Duration) {
        self.idle_after
            .send_if_modified(|after| std::mem::replace(after, idle_after) != idle_after);
    }

    /// The next reading of any signal, which may equal the last one. If a
    /// signal changes several times before the call, only the last reading is
    /// returned. It is safe to cancel.
    pub async fn next(&mut self) -> SignalReading {
        if let Some(said) = self.pending.take() {
            return said;
        }
        tokio::select! {
            status = next_change(&mut self.idle) => SignalReading::Idle(status.idle),
            status = next_change(&mut self.lock) => SignalReading::Lock(status.reading),
            status = next_change(&mut self.sleep) => SignalReading::Sleep(status.reading),
            status = next_change(&mut self.microphone) => SignalReading::Microphone(status.reading),
            _ = next_change(&mut self.held) => SignalReading::Camera(self.camera().reading),
            _ = next_change(&mut self.video) => {
                self.pending = Some(SignalReading::Camera(self.camera().reading));
                SignalReading::Screen(self.screen().reading)
            }
            status = next_change(&mut self.dnd) => SignalReading::Dnd(status.reading),
        }
    }

    /// The camera uses: device files that programs have open, and PipeWire
    /// streams.
    pub(crate) fn camera(&self) -> Status<Vec<Use>> {
        let held = self.held.borrow();
        let shown = uses_of(&self.video.borrow(), CallDevice::Camera);
        let reading = merged(&held.reading, &shown.reading);
        Status { reading, last_event: held.last_event.max(shown.last_event), ..held.clone() }
    }

    /// The programs that show the screen to others.
    pub(crate) fn screen(&self) -> Status<Vec<Use>> {
        uses_of(&self.video.borrow(), CallDevice::Screen)
    }

    /// Releases the delay of sleep, once everything has been sent.
    pub fn let_sleep(&self) {
        self.may_sleep.tell();
    }
}

/// The next status of a watcher.
async fn next_change<S: Clone>(watched: &mut watch::Receiver<S>) -> S {
    if watched.changed().await.is_err() {
        // The watcher ends only with its last receiver, which is this one.
        std::future::pending::<()>().await;
    }
    watched.borrow_and_update().clone()
}

/// The uses of one kind of device.
fn uses_of(status: &Status<Vec<Use>>, device: CallDevice) -> Status<Vec<Use>> {
    let reading = status.reading.clone().map(|mut uses| {
        uses.retain(|it| it.device == device);
        uses
    });
    Status { reading, ..status.clone() }
}

/// The uses of both readings. If one is unknown, the other counts if it has any.
fn merged(one: &Reading<Vec<Use>>, other: &Reading<Vec<Use>>) -> Reading<Vec<Use>> {
    match (one, other) {
        (_, Reading::Known(more)) if !more.is_empty() => {
            let mut uses: Vec<Use> =
                one.known().into_iter().flatten().chain(more).cloned().collect();
            uses.sort_unstable();
            uses.dedup();
            Reading::Known(uses)
        }
        _ => one.clone(),
    }
}

#[cfg(test)]
mod tests {
    use presently_core::Code;
    use presently_core::call::Program;

    use super::*;

    #[test]
    fn a_camera_may_be_held_or_shown() {
        let it = |device, name: &str| Use {
            device,
            program: Program { name: Some(name.to_owned()), ..Program::default() },
        };
        let camera = |name| it(CallDevice::Camera, name);
        let video = vec![camera("Zoom"), it(CallDevice::Screen, "Firefox")];
        let video = Status { reading: Reading::Known(video), ..Status::not_read_yet() };
        assert_eq!(
            uses_of(&video, CallDevice::Screen).reading,
            Reading::Known(vec![it(CallDevice::Screen, "Firefox")])
        );
        let shown = uses_of(&video, CallDevice::Camera).reading;
        let unknown = || Reading::Unknown(Code::plain("not seen"));
        for (held, shown, wanted) in [
            (Reading::Known(vec![]), &shown, Reading::Known(vec![camera("Zoom")])),
            (
                Reading::Known(vec![camera("Zoom"), camera("Cheese")]),
                &shown,
                Reading::Known(vec![camera("Cheese"), camera("Zoom")]),
            ),
            (unknown(), &shown, Reading::Known(vec![camera("Zoom")])),
            (unknown(), &Reading::Known(vec![]), unknown()),
            (Reading::Known(vec![]), &unknown(), Reading::Known(vec![])),
        ] {
            assert_eq!(merged(&held, shown), wanted);
        }
    }
}
