//! Whether there is input at the desk.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(test, windows, target_os = "macos"))]
mod polled;
#[cfg(any(windows, target_os = "macos"))]
mod system;
#[cfg(target_os = "linux")]
mod x11;

use std::future::pending;
use std::time::Duration;

use jiff::Timestamp;
use presently_core::idle::Idle;
use tokio::sync::watch;

use crate::Environment;
use crate::probe::{Backend, Refusal, follow};
use crate::status::{Absorb, Reading, Status, Tried};

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(any(windows, target_os = "macos"))]
use system as platform;

type Backends = Vec<Box<dyn Backend<Idle, Error>>>;

/// The shortest threshold: below it every pause between two words counts.
const SHORTEST: Duration = Duration::from_secs(1);

/// All that is known about input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleStatus {
    /// Where it is read.
    pub backend: Option<&'static str>,
    /// What is known.
    pub idle: Idle,
    /// What was tried before that backend, and why it was not taken.
    pub tried: Vec<Tried>,
    /// When the backend last told something.
    pub last_event: Option<Timestamp>,
}

impl Absorb<Idle> for IdleStatus {
    fn absorb(&mut self, status: Status<Idle>) {
        let idle = match status.reading {
            // A source opened anew does not know since when there has been
            // input; the one before it did.
            Reading::Known(Idle::Active { .. }) if matches!(self.idle, Idle::Active { .. }) => {
                self.idle.clone()
            }
            Reading::Known(idle) => idle,
            Reading::Unknown(why) | Reading::Unsupported(why) => Idle::Unknown(why),
        };
        *self = Self {
            backend: status.backend,
            idle,
            tried: status.tried,
            last_event: status.last_event,
        };
    }
}

/// Why a place where input could be seen is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// Another backend is forced.
    #[error("PRESENTLY_IDLE asks for “{0}”")]
    NotAsked(String),
    /// No backend has the name that is forced.
    #[error("PRESENTLY_IDLE is “{asked}”, and there is only {known}; unset it")]
    NoSuch { asked: String, known: String },
    #[cfg(target_os = "linux")]
    #[error(transparent)]
    X11(#[from] x11::Error),
    #[cfg(any(windows, target_os = "macos"))]
    #[error(transparent)]
    System(#[from] system::Error),
}

impl Refusal for Error {
    fn is_absence(&self) -> bool {
        match self {
            Self::NotAsked(_) => true,
            Self::NoSuch { .. } => false,
            #[cfg(target_os = "linux")]
            Self::X11(e) => e.is_absence(),
            #[cfg(any(windows, target_os = "macos"))]
            Self::System(_) => false,
        }
    }
}

/// Watches for input. No input for `after` (at least a second) is idle; a
/// change of `after` takes effect at once. Must be called within a tokio
/// runtime; the task ends when the last receiver is dropped.
pub fn watch(
    environment: Environment,
    mut after: watch::Receiver<Duration>,
) -> watch::Receiver<IdleStatus> {
    let looking = Status::<Idle>::looking();
    let mut status = IdleStatus {
        backend: None,
        idle: Idle::Unknown(String::new()),
        tried: Vec::new(),
        last_event: None,
    };
    status.absorb(looking);
    let (out, watched) = watch::channel(status);
    tokio::spawn(async move {
        loop {
            let threshold = (*after.borrow_and_update()).max(SHORTEST);
            let backends = backends(&environment, threshold);
            tokio::select! {
                () = out.closed() => return,
                () = changed(&mut after) => (),
                () = follow("Keyboard and mouse cannot be seen", &backends, &out) => (),
            }
        }
    });
    watched
}

/// Waits for a change; for ever, where nobody is left to make one.
async fn changed(after: &mut watch::Receiver<Duration>) {
    if after.changed().await.is_err() {
        pending::<()>().await;
    }
}

/// The backends in the order in which they are asked; with one forced, the
/// others refuse.
fn backends(environment: &Environment, after: Duration) -> Backends {
    let all = platform::backends(environment, after);
    let Some(asked) = &environment.idle_backend else { return all };
    let known = all.iter().map(|b| b.name()).collect::<Vec<_>>().join(", ");
    let exists = all.iter().any(|b| b.name() == asked);
    all.into_iter()
        .map(|backend| -> Box<dyn Backend<Idle, Error>> {
            if backend.name() == asked {
                return backend;
            }
            let (asked, known) = (asked.clone(), known.clone());
            Box::new(Barred { name: backend.name(), asked, known, exists })
        })
        .collect()
}

/// Stands for a backend that `PRESENTLY_IDLE` keeps from being used.
struct Barred {
    name: &'static str,
    asked: String,
    known: String,
    exists: bool,
}

impl Backend<Idle, Error> for Barred {
    fn name(&self) -> &'static str {
        self.name
    }

    fn open(&self) -> crate::probe::Opening<'_, Idle, Error> {
        let (asked, known) = (self.asked.clone(), self.known.clone());
        let refusal =
            if self.exists { Error::NotAsked(asked) } else { Error::NoSuch { asked, known } };
        Box::pin(async { Err(refusal) })
    }
}
