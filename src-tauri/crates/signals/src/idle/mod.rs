//! Whether there is input at the desk.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(any(test, windows, target_os = "macos"))]
mod polled;
#[cfg(any(windows, target_os = "macos"))]
mod system;

use std::future::pending;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use presently_core::idle::Idle;
use presently_core::{Code, Coded, coded_error};
use tokio::sync::watch;

use crate::Environment;
use crate::probe::{Backend, Opening, Refusal, follow};
use crate::status::{Absorb, Reading, Status, Tried};

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(any(windows, target_os = "macos"))]
use system as platform;

/// What a system has, in the order in which it is asked.
type Sources = Vec<Box<dyn Backend<Seen, platform::Error>>>;

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
    /// What the backend cannot tell.
    pub note: Option<Code>,
}

/// What a source says.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// It was opened, and tells only of what comes. What was known before
    /// still holds.
    Nothing {
        /// Why nothing is known where nothing was known before.
        why: Code,
        /// What it cannot tell.
        note: Option<Code>,
    },
    /// This holds from now on.
    Idle(Idle),
}

impl Absorb<Seen> for IdleStatus {
    fn absorb(&mut self, status: Status<Seen>) {
        let same = status.backend == self.backend;
        let note = match &status.reading {
            Reading::Known(Seen::Nothing { note, .. }) => note.clone(),
            _ => self.note.take().filter(|_| same),
        };
        let reading = match status.reading {
            Reading::Known(Seen::Nothing { why, .. }) => match &self.idle {
                Idle::Unknown(_) => Reading::Unknown(why),
                before => Reading::Known(before.clone()),
            },
            Reading::Known(Seen::Idle(idle)) => Reading::Known(idle),
            Reading::Unknown(why) | Reading::Unsupported(why) => Reading::Unknown(why),
        };
        let idle = match reading {
            // Without input in between it goes on.
            Reading::Known(Idle::Idle { since }) => match self.idle {
                Idle::Idle { since: before } if before < since => Idle::Idle { since: before },
                _ => Idle::Idle { since },
            },
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
            note,
        };
    }
}

/// Why a place where input could be seen is not used.
#[derive(Debug)]
pub(crate) enum Error {
    /// Another backend is forced.
    NotAsked(String),
    /// No backend has the name that is forced.
    NoSuch {
        /// That name.
        asked: String,
        /// Those there are.
        known: String,
    },
    /// It was asked, and says why.
    Source(platform::Error),
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotAsked(asked) => Code::new("idle-not-asked").with("asked", asked),
            Self::NoSuch { asked, known } => {
                Code::new("idle-no-such").with("asked", asked).with("known", known)
            }
            Self::Source(e) => e.code(),
        }
    }
}

coded_error!(Error);

impl From<platform::Error> for Error {
    fn from(error: platform::Error) -> Self {
        Self::Source(error)
    }
}

impl Refusal for Error {
    fn is_absence(&self) -> bool {
        match self {
            Self::NotAsked(_) => true,
            Self::NoSuch { .. } => false,
            Self::Source(e) => e.is_absence(),
        }
    }
}

/// That input cannot be seen, and why.
fn unseen(why: Code) -> Code {
    Code::new("idle-unseen").with("why", why)
}

/// Watches for input. No input for `after` (at least a second) is idle; a
/// change of `after` takes effect at once. Must be called within a tokio
/// runtime; the task ends when the last receiver is dropped.
pub fn watch(
    environment: Environment,
    mut after: watch::Receiver<Duration>,
) -> watch::Receiver<IdleStatus> {
    let status = IdleStatus {
        backend: None,
        idle: Idle::looking(),
        tried: Vec::new(),
        last_event: None,
        note: None,
    };
    let (out, watched) = watch::channel(status);
    tokio::spawn(async move {
        loop {
            let threshold = (*after.borrow_and_update()).max(SHORTEST);
            let backends = backends(&environment, threshold);
            tokio::select! {
                () = out.closed() => return,
                () = changed(&mut after) => (),
                () = follow(unseen, &backends, &out) => (),
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
fn backends(environment: &Environment, after: Duration) -> Vec<Box<dyn Backend<Seen, Error>>> {
    let sources = platform::sources(environment, after);
    let forced = environment.idle_backend.as_ref();
    let known = sources.iter().map(|source| source.name()).collect::<Vec<_>>();
    let exists = forced.is_none_or(|asked| known.contains(&asked.as_str()));
    let known = known.join(", ");
    sources
        .into_iter()
        .map(|source| -> Box<dyn Backend<Seen, Error>> {
            match forced {
                Some(asked) if source.name() != asked => Box::new(Barred {
                    name: source.name(),
                    asked: asked.clone(),
                    known: (!exists).then(|| known.clone()),
                }),
                _ => Box::new(Asked(source)),
            }
        })
        .collect()
}

/// A backend that may be used.
struct Asked(Box<dyn Backend<Seen, platform::Error>>);

impl Backend<Seen, Error> for Asked {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn socket(&self) -> Option<PathBuf> {
        self.0.socket()
    }

    fn open(&self) -> Opening<'_, Seen, Error> {
        Box::pin(async { Ok(self.0.open().await?.map_err(Error::from).boxed()) })
    }
}

/// One that `PRESENTLY_IDLE` keeps from being used.
struct Barred {
    name: &'static str,
    asked: String,
    /// All there are, if the one that is asked for is none of them.
    known: Option<String>,
}

impl Backend<Seen, Error> for Barred {
    fn name(&self) -> &'static str {
        self.name
    }

    fn open(&self) -> Opening<'_, Seen, Error> {
        let asked = self.asked.clone();
        let refusal = match self.known.clone() {
            Some(known) => Error::NoSuch { asked, known },
            None => Error::NotAsked(asked),
        };
        Box::pin(async { Err(refusal) })
    }
}
