//! The lock as logind knows it.

use std::path::PathBuf;

use zbus::OwnedObjectPath;

use crate::Environment;
use crate::bus::{Bus, Reread, Which, owner_of, properties_of, reread, signal};
use crate::logind::{Error, MANAGER, SERVICE, check_open, find_session, session};
use crate::probe::{Backend, Opening, Refusal};

/// What logind says of the person's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    /// The desktop told it that the screen is locked.
    pub(super) locked: bool,
    /// It is the one in front.
    pub(super) in_front: bool,
}

/// logind, asked about the lock.
pub(super) struct Logind(pub(super) Environment);

impl Backend<Seat, Error> for Logind {
    fn name(&self) -> &'static str {
        "logind"
    }

    fn socket(&self) -> Option<PathBuf> {
        Which::System.socket(&self.0)
    }

    fn open(&self) -> Opening<'_, Seat, Error> {
        Box::pin(async {
            let bus = Bus::connect(Which::System, &self.0).await?;
            let path = find_session(&bus, &self.0).await?;
            let rules = vec![
                properties_of(session(&path)),
                owner_of(SERVICE),
                // The session's end; reading it then fails.
                signal(MANAGER.interface, "SessionRemoved"),
            ];
            let signals = bus.listen(rules).await?;
            Ok(reread(bus.clone(), signals, Session { bus, path }))
        })
    }
}

struct Session {
    bus: Bus,
    path: OwnedObjectPath,
}

impl Reread for Session {
    type Reading = Seat;
    type Error = Error;

    async fn read(&self) -> Result<Seat, Error> {
        check_open(&self.bus, &self.path).await?;
        let object = session(&self.path);
        Ok(Seat {
            locked: self.bus.property(object, "LockedHint").await?,
            in_front: self.bus.property(object, "Active").await?,
        })
    }
}

impl Refusal for Error {
    fn is_absence(&self) -> bool {
        matches!(self, Self::Bus(e) if e.is_absence())
    }
}
