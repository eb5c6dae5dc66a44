//! The lock as logind knows it: by the hint that desktops give it, and by
//! what it was asked to have locked.

use std::future::pending;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};
use zbus::OwnedObjectPath;
use zbus::message::Message;

use crate::Environment;
use crate::bus::{Bus, Signals, Which, signal_of};
use crate::logind::{Error, changes_of, check_open, open_session, session};
use crate::observe::{Observed, readings};
use crate::probe::{Backend, Opening};

/// How long a lock that was asked for counts while nobody says that it was
/// done: when it was undone might not be told either.
const LOCK_REQUEST_LIFETIME: Duration = Duration::from_secs(10);

/// What logind says of the person's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    /// Whether the screen is locked; none where nobody has ever told logind
    /// of a lock in this session: many lockers do not.
    pub(super) locked: Option<bool>,
    /// Since when somebody has wanted it locked (`loginctl lock-session`)
    /// without its being told whether it was.
    pub(super) asked: Option<Timestamp>,
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
            let (bus, path) = open_session(&self.0).await?;
            let mut rules = changes_of(&path);
            rules.extend(["Lock", "Unlock"].map(|request| signal_of(session(&path), request)));
            let signals = bus.listen(rules).await?;
            let hints = Hints::default();
            Ok(readings(Session { bus, path, signals, hints }))
        })
    }
}

struct Session {
    bus: Bus,
    path: OwnedObjectPath,
    signals: Signals,
    hints: Hints,
}

impl Observed for Session {
    type Reading = Seat;
    type Error = Error;

    async fn read(&mut self) -> Result<Seat, Error> {
        check_open(&self.bus, &self.path).await?;
        let object = session(&self.path);
        self.hints.hint(self.bus.property(object, "LockedHint").await?);
        Ok(Seat {
            locked: self.hints.locked,
            asked: self.hints.asked.map(|(since, _)| since),
            in_front: self.bus.property(object, "Active").await?,
        })
    }

    /// Waits for a signal, or until a request to lock is too old to count.
    async fn event(&mut self) -> Result<(), Error> {
        let old = self.hints.asked.map(|(_, asked)| asked + LOCK_REQUEST_LIFETIME);
        let old = async {
            match old {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        let message = tokio::select! {
            message = self.signals.try_next() => message,
            () = old => {
                self.hints.asked = None;
                return Ok(());
            }
        };
        let message: Message = message.ok().flatten().ok_or_else(|| self.bus.lost())?;
        let header = message.header();
        if header.interface().is_some_and(|it| it == session(&self.path).interface) {
            match header.member().map(|member| member.as_str()) {
                Some("Lock") => self.hints.order(true),
                Some("Unlock") => self.hints.order(false),
                _ => (),
            }
        }
        Ok(())
    }
}

/// What logind was told of a session's lock.
#[derive(Debug, Default)]
struct Hints {
    locked: Option<bool>,
    asked: Option<(Timestamp, Instant)>,
}

impl Hints {
    /// The desktop's hint. Before the first lock it is the same for those
    /// that never give it.
    fn hint(&mut self, locked: bool) {
        match (locked, self.locked) {
            (true, _) => (self.locked, self.asked) = (Some(true), None),
            (false, Some(true)) => (self.locked, self.asked) = (Some(false), None),
            (false, _) => (),
        }
    }

    /// Somebody wants it locked, or unlocked.
    fn order(&mut self, locked: bool) {
        if locked {
            self.asked = Some((Timestamp::now(), Instant::now()));
        } else {
            // The hint, where it is given, is read next and knows better.
            (self.locked, self.asked) = (Some(false), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_that_nobody_gives_says_nothing() {
        let mut hints = Hints::default();
        let mut says = |act: &dyn Fn(&mut Hints)| {
            act(&mut hints);
            (hints.locked, hints.asked.is_some())
        };
        assert_eq!(says(&|t| t.hint(false)), (None, false));
        assert_eq!(says(&|t| t.order(true)), (None, true));
        assert_eq!(says(&|t| t.hint(false)), (None, true));
        assert_eq!(says(&|t| t.order(false)), (Some(false), false));
        assert_eq!(says(&|t| t.order(true)), (Some(false), true));
        assert_eq!(says(&|t| t.hint(true)), (Some(true), false));
        assert_eq!(says(&|t| t.hint(false)), (Some(false), false));
        assert_eq!(says(&|t| t.hint(false)), (Some(false), false));
    }
}
