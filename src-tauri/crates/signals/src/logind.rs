//! logind: the person's session on this machine. See
//! org.freedesktop.login1(5).

use rustix::process::getuid;
use zbus::OwnedObjectPath;

use crate::Environment;
use crate::bus::{Bus, Error as BusError, Object};

/// The service's name, which is in every rule and call.
pub(crate) const SERVICE: &str = "org.freedesktop.login1";

/// The object that knows them all.
pub(crate) const MANAGER: Object<'static> = Object {
    service: SERVICE,
    path: "/org/freedesktop/login1",
    interface: "org.freedesktop.login1.Manager",
};

/// Why logind is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Bus(#[from] BusError),
    #[error("logind knows no session of yours")]
    NoSession,
    #[error("your session in logind has ended")]
    Ended,
}

/// The object of a session.
pub(crate) fn session(path: &str) -> Object<'_> {
    Object { service: SERVICE, path, interface: "org.freedesktop.login1.Session" }
}

/// That a session has not ended: logind keeps it for as long as any of its
/// processes runs.
pub(crate) async fn check_open(bus: &Bus, path: &str) -> Result<(), Error> {
    let state: String = bus.property(session(path), "State").await?;
    if state == "closing" { Err(Error::Ended) } else { Ok(()) }
}

/// What tells one session from another.
#[derive(Debug)]
struct Candidate {
    path: OwnedObjectPath,
    /// It is the one that this process was started in.
    own: bool,
    /// It shows something: X11, Wayland or Mir.
    graphical: bool,
    /// It is at a screen of this machine.
    seated: bool,
    /// It is the one in front there.
    in_front: bool,
}

impl Candidate {
    /// How well it fits; more is better. A process need not be in the
    /// session that it serves: the user's service manager starts it outside,
    /// and from a remote shell it is in the wrong one.
    fn rank(&self) -> (u8, bool) {
        let kind = match (self.own, self.graphical, self.seated) {
            (true, true, _) => 5,
            (true, _, true) => 4,
            (_, true, _) => 3,
            (_, _, true) => 2,
            (true, _, _) => 1,
            _ => 0,
        };
        (kind, self.in_front)
    }
}

/// Finds the person's session.
pub(crate) async fn find_session(
    bus: &Bus,
    environment: &Environment,
) -> Result<OwnedObjectPath, Error> {
    type Row = (String, u32, String, String, OwnedObjectPath);
    let rows: Vec<Row> = bus.call(MANAGER, "ListSessions", &()).await?;
    let mut candidates = Vec::new();
    for (id, uid, _, seat, path) in rows {
        if uid != getuid().as_raw() {
            continue;
        }
        // A session may end while it is asked.
        let Ok(class) = bus.property::<String>(session(&path), "Class").await else { continue };
        let Ok(kind) = bus.property::<String>(session(&path), "Type").await else { continue };
        if class != "user" || check_open(bus, &path).await.is_err() {
            continue;
        }
        candidates.push(Candidate {
            own: environment.session_id.as_ref() == Some(&id),
            graphical: matches!(kind.as_str(), "x11" | "wayland" | "mir"),
            seated: !seat.is_empty(),
            in_front: bus.property(session(&path), "Active").await.unwrap_or(false),
            path,
        });
    }
    let best = candidates.into_iter().max_by_key(Candidate::rank);
    best.map(|candidate| candidate.path).ok_or(Error::NoSession)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_that_is_served_need_not_be_the_own_one() {
        let rank = |own, graphical, seated| {
            let path = OwnedObjectPath::try_from("/s").expect("a path");
            Candidate { path, own, graphical, seated, in_front: false }.rank()
        };
        let (own_desktop, other_desktop) = (rank(true, true, true), rank(false, true, true));
        let (startx, ssh, console) =
            (rank(true, false, true), rank(true, false, false), rank(false, false, true));
        assert!(own_desktop > startx && startx > other_desktop);
        assert!(other_desktop > console && console > ssh && ssh > rank(false, false, false));
    }
}
