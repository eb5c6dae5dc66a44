//! The lock on Linux: logind and the screen saver, whichever says that it is
//! locked. Both are heard, because no desktop tells both.

use jiff::Timestamp;
use presently_core::lock::Lock;
use tokio::sync::watch;

use super::screensaver::{Saver, ScreenSavers};
use super::seat::{Logind, Seat};
use crate::probe::follow;
use crate::{Environment, Reading, Status};

/// Watches both and tells what they say together.
pub(super) async fn run(environment: Environment, out: watch::Sender<Status<Lock>>) {
    let (seat, mut seat_seen) = watch::channel(Status::<Seat>::looking());
    let (saver, mut saver_seen) = watch::channel(Status::<Saver>::looking());
    let logind: [Box<dyn crate::probe::Backend<_, _>>; 1] = [Box::new(Logind(environment.clone()))];
    let savers: [Box<dyn crate::probe::Backend<_, _>>; 1] = [Box::new(ScreenSavers(environment))];
    let merge = async {
        loop {
            let now = merged(&seat_seen.borrow_and_update(), &saver_seen.borrow_and_update());
            out.send_if_modified(|before| {
                let mut now = now;
                if let (Reading::Known(now), before) = (&mut now.reading, &before.reading) {
                    *now = now.continuing(before.known());
                }
                let changed = *before != now;
                *before = now;
                changed
            });
            tokio::select! {
                _ = seat_seen.changed() => (),
                _ = saver_seen.changed() => (),
            }
        }
    };
    tokio::select! {
        () = out.closed() => (),
        () = follow("The session cannot be seen", &logind, &seat) => (),
        () = follow("The screen saver cannot be seen", &savers, &saver) => (),
        () = merge => (),
    }
}

/// What the two say together.
fn merged(seat: &Status<Seat>, saver: &Status<Saver>) -> Status<Lock> {
    let since = Timestamp::now();
    let locked = Reading::Known(Lock::Locked { since });
    let open = Reading::Known(Lock::Open { since });
    let (backend, reading) = match (&seat.reading, &saver.reading) {
        (Reading::Known(Seat { locked: true, .. }), _) => (seat.backend, locked),
        (_, Reading::Known(Saver::Active(name))) => (Some(*name), locked),
        (Reading::Known(Seat { in_front: false, .. }), _) => {
            (seat.backend, Reading::Known(Lock::Behind { since }))
        }
        (Reading::Known(_), _) => (seat.backend, open),
        (_, Reading::Known(Saver::Open(name))) => (Some(*name), open),
        (Reading::Unknown(why) | Reading::Unsupported(why), Reading::Known(Saver::Nobody)) => {
            (None, Reading::Unknown(format!("{why}; and the desktop has no screen saver")))
        }
        (
            Reading::Unknown(one) | Reading::Unsupported(one),
            Reading::Unknown(two) | Reading::Unsupported(two),
        ) => (None, Reading::Unknown(format!("{one}; {two}"))),
    };
    Status {
        backend,
        reading,
        tried: [&seat.tried[..], &saver.tried[..]].concat(),
        last_event: seat.last_event.max(saver.last_event),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known<R>(reading: R) -> Status<R> {
        Status { backend: Some("it"), reading: Reading::Known(reading), ..Status::looking() }
    }

    #[test]
    fn either_may_say_that_it_is_locked_and_neither_is_asked_to_guess() {
        let seat = |locked, in_front| Some(Seat { locked, in_front });
        let (open, locked, behind) = (Some("open"), Some("locked"), Some("behind"));
        for (seat, saver, expected) in [
            (None, None, None),
            (None, Some(Saver::Nobody), None),
            (None, Some(Saver::Open("s")), open),
            (None, Some(Saver::Active("s")), locked),
            (seat(false, true), None, open),
            (seat(false, true), Some(Saver::Active("s")), locked),
            (seat(true, true), Some(Saver::Open("s")), locked),
            (seat(true, false), None, locked),
            (seat(false, false), Some(Saver::Open("s")), behind),
            (seat(false, true), Some(Saver::Nobody), open),
        ] {
            let merged = merged(
                &seat.map_or_else(Status::looking, known),
                &saver.map_or_else(Status::looking, known),
            );
            let got = merged.reading.known().map(|lock| match lock {
                Lock::Open { .. } => "open",
                Lock::Locked { .. } => "locked",
                Lock::Behind { .. } => "behind",
            });
            assert_eq!(got, expected, "{seat:?} {saver:?}");
            assert_eq!(merged.backend.is_some(), expected.is_some());
        }
    }
}
