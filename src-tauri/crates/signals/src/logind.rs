//! logind: the person's session on this machine. See
//! org.freedesktop.login1(5).

use presently_core::{Code, Coded, coded_error};
use rustix::process::getuid;
use zbus::OwnedObjectPath;

use crate::Environment;
use crate::bus::{Bus, Error as BusError, Object, Rule, Which, owner_of, properties_of, signal};
use crate::probe::Refusal;

/// The service's name, which is in every rule and call.
pub(crate) const SERVICE: &str = "org.freedesktop.login1";

/// The object that knows them all.
pub(crate) const MANAGER: Object<'static> = Object {
    service: SERVICE,
    path: "/org/freedesktop/login1",
    interface: "org.freedesktop.login1.Manager",
};

/// Why logind is of no use.
#[derive(Debug)]
pub(crate) enum Error {
    /// The system bus, or logind on it.
    Bus(BusError),
    /// The person has no session.
    NoSession,
    /// The session has ended.
    Ended,
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Bus(e) => e.code(),
            Self::NoSession => Code::new("logind-no-session"),
            Self::Ended => Code::new("logind-session-ended"),
        }
    }
}

coded_error!(Error);

impl From<BusError> for Error {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl Refusal for Error {
    fn is_absence(&self) -> bool {
        matches!(self, Self::Bus(e) if e.is_absence())
    }
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

/// The system bus, and the person's session on it.
pub(crate) async fn open_session(
    environment: &Environment,
) -> Result<(Bus, OwnedObjectPath), Error> {
    let bus = Bus::connect(Which::System, environment).await?;
    let path = find_session(&bus, environment).await?;
    Ok((bus, path))
}

/// The rules for everything that may change a session's properties or end it.
/// Reading them fails after the end.
pub(crate) fn changes_of(path: &str) -> Vec<Rule> {
    vec![
        properties_of(session(path)),
        owner_of(SERVICE),
        signal(MANAGER.interface, "SessionRemoved"),
    ]
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
    /// The display of this process is its own: it was not logged in to from
    /// a shell elsewhere, whose display is another session's.
    shows: bool,
    /// It is the one in front there.
    in_front: bool,
}

impl Candidate {
    /// How well it fits; more is better. A process need not be in the
    /// session that it serves: the user's service manager starts it outside,
    /// and from a remote shell it is in the wrong one.
    fn rank(&self) -> (u8, bool) {
        let kind = match (self.own, self.graphical, self.seated) {
            (true, true, _) => 6,
            (true, _, true) => 5,
            // A remote desktop, which does not say that it is one.
            (true, _, _) if self.shows => 4,
            (_, true, _) => 3,
            (_, _, true) => 2,
            (true, _, _) => 1,
            _ => 0,
        };
        (kind, self.in_front)
    }
}

/// Finds the person's session.
async fn find_session(bus: &Bus, environment: &Environment) -> Result<OwnedObjectPath, Error> {
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
        let service: String = bus.property(session(&path), "Service").await.unwrap_or_default();
        candidates.push(Candidate {
            shows: has_display(environment) && !service.starts_with("ssh"),
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

/// Whether this process has a display on this machine: one that a remote
/// shell forwards is on another.
fn has_display(environment: &Environment) -> bool {
    environment.wayland_display.is_some()
        || environment.display.as_ref().is_some_and(|display| display.starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forwarded_display_is_not_here() {
        let display = |display: &str| {
            has_display(&Environment { display: Some(display.to_owned()), ..Default::default() })
        };
        assert!(display(":10.0"));
        assert!(!display("localhost:10.0"));
        assert!(!has_display(&Environment::default()));
    }

    #[test]
    fn the_session_that_is_served_need_not_be_the_own_one() {
        let rank_of = |own, graphical, seated, shows| {
            let path = OwnedObjectPath::try_from("/s").expect("a path");
            Candidate { path, own, graphical, seated, shows, in_front: false }.rank()
        };
        let rank = |own, graphical, seated| rank_of(own, graphical, seated, false);
        let remote_desktop = rank_of(true, false, false, true);
        let (own_desktop, other_desktop) = (rank(true, true, true), rank(false, true, true));
        let (startx, ssh, console) =
            (rank(true, false, true), rank(true, false, false), rank(false, false, true));
        assert!(own_desktop > startx && startx > remote_desktop);
        assert!(remote_desktop > other_desktop);
        assert_eq!(rank_of(false, true, true, true), other_desktop, "not this process's");
        assert!(other_desktop > console && console > ssh && ssh > rank(false, false, false));
    }
}
