//! What the desktop tells: the signals, and the claims that follow.

use std::time::Duration;

use jiff::Timestamp;
use presently_core::idle::Idle;
use presently_core::{Claim, Settings};
use presently_ipc::snapshot::{Signal, SignalState, Signals};
use presently_signals::idle::IdleStatus;
use presently_signals::{Environment, idle};
use tokio::sync::watch;

/// The signals of this desktop.
pub(super) struct Desk {
    idle: watch::Receiver<IdleStatus>,
    idle_after: watch::Sender<Duration>,
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
        Self { idle: idle::watch(environment, after), idle_after }
    }

    /// The settings are others now.
    pub(super) fn settings(&self, settings: &Settings) {
        self.idle_after.send_if_modified(|after| {
            std::mem::replace(after, settings.idle.after.0) != settings.idle.after.0
        });
    }

    /// Returns when a signal changed.
    pub(super) async fn changed(&mut self) {
        if self.idle.changed().await.is_err() {
            std::future::pending().await
        }
    }

    /// What the signals claim now.
    pub(super) fn claims(&mut self, _settings: &Settings, _now: Timestamp) -> Claims {
        let idle = self.idle.borrow().idle.claim();
        Claims { live: idle.into_iter().collect(), next: None }
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
            lock: absent(),
            sleep: absent(),
            dnd: absent(),
        }
    }

    /// All that is known about input, for `doctor`.
    pub(super) fn idle_status(&self) -> IdleStatus {
        self.idle.borrow().clone()
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
