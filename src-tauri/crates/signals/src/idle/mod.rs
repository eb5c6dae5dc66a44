//! Whether there is input at this computer.

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

/// The idle sources of a system, in the order in which they are tried.
type Sources = Vec<Box<dyn Backend<Seen, platform::Error>>>;

/// The shortest threshold. With a shorter one, each pause between two words
/// would count as idle.
const SHORTEST: Duration = Duration::from_secs(1);

/// All that is known about input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdleStatus {
    /// The backend that is in use.
    pub backend: Option<&'static str>,
    /// Whether there is input, or why that is unknown.
    pub idle: Idle,
    /// The backends that were tried before it, and why they were not taken.
    pub tried: Vec<Tried>,
    /// When the backend last reported something.
    pub last_event: Option<Timestamp>,
    /// What the backend cannot detect.
    pub note: Option<Code>,
}

/// What a source reports.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// The source is open and reports future changes only. The previous state
    /// still holds.
    Nothing {
        /// Why the state is unknown, if it was unknown before.
        why: Code,
        /// What the source cannot detect.
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
            // There was no input in between, so the idle period continues.
            Reading::Known(Idle::Idle { since }) => match self.idle {
                Idle::Idle { since: before } if before < since => Idle::Idle { since: before },
                _ => Idle::Idle { since },
            },
            // A source that was opened again does not know when input began,
            // but the previous state does.
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

/// Why an idle source is not used.
#[derive(Debug)]
pub(crate) enum Error {
    /// `PRESENTLY_IDLE` names another backend.
    Excluded(String),
    /// `PRESENTLY_IDLE` names a backend that does not exist.
    NoSuch {
        /// The name in `PRESENTLY_IDLE`.
        asked: String,
        /// The existing names, separated by commas.
        known: String,
    },
    /// The source's own error.
    Source(platform::Error),
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Excluded(asked) => Code::new("idle-not-asked").with("asked", asked),
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
            Self::Excluded(_) => true,
            Self::NoSuch { .. } => false,
            Self::Source(e) => e.is_absence(),
        }
    }
}

/// The code for input that cannot be detected, with the reason.
fn unseen(why: Code) -> Code {
    Code::new("idle-unseen").with("why", why)
}

/// Watches for input. The person is idle after no input for `after`, which is
/// at least one second. A change of `after` takes effect at once. Must be
/// called within a tokio runtime; the task ends when the last receiver is
/// dropped.
pub fn watch(
    environment: Environment,
    mut after: watch::Receiver<Duration>,
) -> watch::Receiver<IdleStatus> {
    let status = IdleStatus {
        backend: None,
        idle: Idle::not_read_yet(),
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

/// Waits for a change. It waits forever if the sender is gone.
async fn changed(after: &mut watch::Receiver<Duration>) {
    if after.changed().await.is_err() {
        pending::<()>().await;
    }
}

/// The backends in the order in which they are tried. If `PRESENTLY_IDLE` names
/// one, the others refuse to open.
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
                Some(asked) if source.name() != asked => Box::new(ExcludedBackend {
                    name: source.name(),
                    asked: asked.clone(),
                    known: (!exists).then(|| known.clone()),
                }),
                _ => Box::new(AllowedBackend(source)),
            }
        })
        .collect()
}

/// A backend that may be used.
struct AllowedBackend(Box<dyn Backend<Seen, platform::Error>>);

impl Backend<Seen, Error> for AllowedBackend {
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

/// A backend that `PRESENTLY_IDLE` excludes.
struct ExcludedBackend {
    name: &'static str,
    asked: String,
    /// The existing names, if `asked` is none of them.
    known: Option<String>,
}

impl Backend<Seen, Error> for ExcludedBackend {
    fn name(&self) -> &'static str {
        self.name
    }

    fn open(&self) -> Opening<'_, Seen, Error> {
        let asked = self.asked.clone();
        let refusal = match self.known.clone() {
            Some(known) => Error::NoSuch { asked, known },
            None => Error::Excluded(asked),
        };
        Box::pin(async { Err(refusal) })
    }
}
