//! The last resort: what the desktop told logind. Coarse, and at the
//! desktop's own threshold.

use std::path::PathBuf;

use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use presently_core::idle::Idle;
use presently_core::{Code, Coded, coded_error};
use zbus::OwnedObjectPath;

use crate::Environment;
use crate::bus::{Bus, Error as BusError, Reread, Which, reread};
use crate::idle::{Seen, unseen};
use crate::logind::{Error as LogindError, changes_of, check_open, open_session, session};
use crate::probe::{Backend, Opening, Readings, Refusal};

/// Why logind is of no use.
#[derive(Debug)]
pub(crate) enum Error {
    /// logind, or the person's session there.
    Logind(LogindError),
    /// The session shows nothing.
    NotGraphical,
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Logind(e) => e.code(),
            Self::NotGraphical => Code::new("logind-not-graphical"),
        }
    }
}

coded_error!(Error);

impl From<LogindError> for Error {
    fn from(error: LogindError) -> Self {
        Self::Logind(error)
    }
}

impl From<BusError> for Error {
    fn from(e: BusError) -> Self {
        Self::Logind(e.into())
    }
}

impl Refusal for Error {
    fn is_absence(&self) -> bool {
        match self {
            Self::Logind(e) => e.is_absence(),
            Self::NotGraphical => true,
        }
    }
}

/// Idle by logind's hint.
pub(super) struct Hint(pub(super) Environment);

impl Backend<Seen, super::Error> for Hint {
    fn name(&self) -> &'static str {
        "logind"
    }

    fn socket(&self) -> Option<PathBuf> {
        Which::System.socket(&self.0)
    }

    fn open(&self) -> Opening<'_, Seen, super::Error> {
        Box::pin(async { Ok(self.readings().await?.map_ok(Seen::Idle).boxed()) })
    }
}

impl Hint {
    async fn readings(&self) -> Result<Readings<Idle, super::Error>, Error> {
        let (bus, path) = open_session(&self.0).await?;
        let kind: String = bus.property(session(&path), "Type").await?;
        if !matches!(kind.as_str(), "x11" | "wayland" | "mir") {
            return Err(Error::NotGraphical);
        }
        let signals = bus.listen(changes_of(&path)).await?;
        Ok(reread(bus.clone(), signals, Session { bus, path }))
    }
}

struct Session {
    bus: Bus,
    path: OwnedObjectPath,
}

impl Reread for Session {
    type Reading = Idle;
    type Error = super::Error;

    async fn read(&self) -> Result<Idle, super::Error> {
        let object = session(&self.path);
        let read = async {
            check_open(&self.bus, &self.path).await?;
            let hint: bool = self.bus.property(object, "IdleHint").await?;
            let since: u64 = self.bus.property(object, "IdleSinceHint").await?;
            Ok::<_, Error>(reading(hint, since))
        };
        Ok(read.await?)
    }
}

/// What the hint says, changed so many microseconds after 1970. A desktop
/// that never gave one says nothing: its sessions would look active for
/// ever.
fn reading(idle: bool, since: u64) -> Idle {
    let since = i64::try_from(since).ok().filter(|us| *us > 0);
    let Some(since) = since.and_then(|us| Timestamp::from_microsecond(us).ok()) else {
        return Idle::Unknown(unseen(Code::new("logind-not-told")));
    };
    if idle { Idle::Idle { since } } else { Idle::Active { since } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_that_was_never_given_is_none() {
        let since = Timestamp::from_microsecond(1_800_000_000_000_000).expect("in range");
        let unknown = Idle::Unknown(unseen(Code::new("logind-not-told")));
        assert_eq!(reading(false, 0), unknown);
        assert_eq!(reading(false, 1_800_000_000_000_000), Idle::Active { since });
        assert_eq!(reading(true, 1_800_000_000_000_000), Idle::Idle { since });
        assert_eq!(reading(true, u64::MAX), unknown);
    }
}
