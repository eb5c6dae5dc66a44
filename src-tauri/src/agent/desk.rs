//! What the desktop tells: the signals, and the claims that follow.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use presently_core::call::{Calls, Moment, Rules, Seen};
use presently_core::idle::Idle;
use presently_core::lock::{self, Lock, Sleep};
use presently_core::{Claim, Mono, Settings};
use presently_ipc::snapshot::{Signal, SignalState, Signals};
use presently_signals::idle::IdleStatus;
use presently_signals::sleep::Ready;
use presently_signals::{Environment, Reading, Status, idle};
use tokio::sync::watch;

/// The signals of this desktop.
pub(super) struct Desk {
    idle: watch::Receiver<IdleStatus>,
    idle_after: watch::Sender<Duration>,
    lock: watch::Receiver<Status<Lock>>,
    sleep: watch::Receiver<Status<Sleep>>,
    may_sleep: Ready,
    calls: Calls,
    started: Instant,
}

/// What the signals claim, and when to ask again although none changed.
pub(super) struct Claims {
    pub(super) live: Vec<Claim>,
    pub(super) next: Option<Timestamp>,
}

impl Desk {
    /// Begins to watch. Must be called within a tokio runtime.
    pub(super) fn watch(settings: &Settings) -> Self {
        let environment = Environment::from_process();
        let (idle_after, after) = watch::channel(settings.idle.after.0);
        let (sleep, may_sleep) = presently_signals::sleep::watch(environment.clone());
        Self {
            lock: presently_signals::lock::watch(environment.clone()),
            idle: idle::watch(environment, after),
            idle_after,
            sleep,
            may_sleep,
            calls: Calls::default(),
            started: Instant::now(),
        }
    }

    /// The settings are others now.
    pub(super) fn settings(&self, settings: &Settings) {
        self.idle_after.send_if_modified(|after| {
            std::mem::replace(after, settings.idle.after.0) != settings.idle.after.0
        });
    }

    /// Returns when a signal changed.
    pub(super) async fn changed(&mut self) {
        let told = tokio::select! {
            told = self.idle.changed() => told,
            told = self.lock.changed() => told,
            told = self.sleep.changed() => told,
        };
        if told.is_err() {
            // A watcher ends with its last receiver only, which is ours.
            std::future::pending().await
        }
    }

    /// What the signals claim now.
    pub(super) fn claims(&mut self, settings: &Settings, now: Timestamp) -> Claims {
        let lock = self.lock.borrow().reading.known().copied();
        let sleep = self.sleep.borrow().reading.known().copied();
        let seen = Seen {
            uses: &[],
            locked: lock.is_some_and(|l| l.is_shut()),
            asleep: sleep.is_some_and(|s| s.is_asleep()),
        };
        let rules = Rules { settings: &settings.call, paused_until: None };
        let since_start = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let moment = Moment { mono: Mono(since_start), wall: now };
        let call = self.calls.look(&seen, &rules, moment);
        let shut = settings.lock.away.then(|| lock::claim(lock.as_ref(), sleep.as_ref()));
        let idle = self.idle.borrow().idle.claim();
        let next = call.next.map(|next| now + next.since(moment.mono));
        Claims { live: [call.claim, shut.flatten(), idle].into_iter().flatten().collect(), next }
    }

    /// Whether the machine is about to sleep, or sleeps.
    pub(super) fn is_asleep(&self) -> bool {
        self.sleep.borrow().reading.known().is_some_and(Sleep::is_asleep)
    }

    /// All has been said: the machine may sleep.
    pub(super) fn let_sleep(&self) {
        self.may_sleep.tell();
    }

    /// What cannot be seen, for when nothing is claimed.
    pub(super) fn blind(&self) -> String {
        match &self.idle.borrow().idle {
            Idle::Unknown(why) => why.clone(),
            _ => "Nothing is known".to_owned(),
        }
    }

    /// All signals, for the snapshot.
    pub(super) fn signals(&self) -> Signals {
        let absent = || Signal {
            state: SignalState::Unsupported,
            backend: None,
            detail: "Not read by this version".to_owned(),
            since: None,
        };
        Signals {
            idle: idle_signal(&self.idle.borrow()),
            microphone: absent(),
            camera: absent(),
            lock: signal(&self.lock.borrow(), |lock| match lock {
                Lock::Open { since } => ("not locked", *since),
                Lock::Locked { since } => ("locked", *since),
                Lock::Behind { since } => ("another session is in front", *since),
            }),
            sleep: signal(&self.sleep.borrow(), |sleep| match sleep {
                Sleep::Awake { since } => ("awake", *since),
                Sleep::Asleep { since } => ("asleep", *since),
            }),
            dnd: absent(),
        }
    }

    /// All that is known, for `doctor`: each signal's name, what it says,
    /// and what was tried.
    pub(super) fn details(&self) -> Vec<Detail> {
        let signals = self.signals();
        let idle = self.idle.borrow();
        vec![
            Detail::new("idle", signals.idle, &idle.tried, idle.last_event),
            Detail::of("lock", signals.lock, &self.lock.borrow()),
            Detail::of("sleep", signals.sleep, &self.sleep.borrow()),
        ]
    }
}

/// One signal, for `doctor`.
pub(super) struct Detail {
    pub(super) part: &'static str,
    pub(super) signal: Signal,
    /// What was tried before the backend that is used, and why not taken.
    pub(super) tried: Vec<String>,
    pub(super) last_event: Option<Timestamp>,
}

impl Detail {
    fn new(
        part: &'static str,
        signal: Signal,
        tried: &[presently_signals::Tried],
        last_event: Option<Timestamp>,
    ) -> Self {
        let tried = tried.iter().map(|t| format!("{} not taken: {}", t.backend, t.why)).collect();
        Self { part, signal, tried, last_event }
    }

    fn of<R>(part: &'static str, signal: Signal, status: &Status<R>) -> Self {
        Self::new(part, signal, &status.tried, status.last_event)
    }
}

fn idle_signal(status: &IdleStatus) -> Signal {
    let (state, detail, since) = match &status.idle {
        Idle::Unknown(why) => (SignalState::Unknown, why.clone(), None),
        Idle::Active { since } => (SignalState::Known, "input".to_owned(), Some(*since)),
        Idle::Idle { since } => (SignalState::Known, "no input".to_owned(), Some(*since)),
    };
    Signal { state, backend: status.backend.map(str::to_owned), detail, since }
}

fn signal<R>(status: &Status<R>, say: impl Fn(&R) -> (&'static str, Timestamp)) -> Signal {
    let (state, detail, since) = match &status.reading {
        Reading::Known(reading) => {
            let (detail, since) = say(reading);
            (SignalState::Known, detail.to_owned(), Some(since))
        }
        Reading::Unknown(why) => (SignalState::Unknown, why.clone(), None),
        Reading::Unsupported(why) => (SignalState::Unsupported, why.clone(), None),
    };
    Signal { state, backend: status.backend.map(str::to_owned), detail, since }
}
