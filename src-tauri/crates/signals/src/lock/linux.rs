//! The lock on Linux: logind, the screen saver and the process of a locker,
//! whichever says that it is locked. All are heard, because no desktop tells
//! all of them.

use jiff::Timestamp;
use presently_core::Code;
use presently_core::lock::Lock;
use tokio::sync::watch;

use super::lockers::{Locker, Lockers};
use super::screensaver::{Saver, ScreenSavers};
use super::seat::{Logind, Seat};
use crate::probe::{and_also, follow};
use crate::{Environment, Reading, Status};

/// Watches all and tells what they say together.
pub(super) async fn run(environment: Environment, out: watch::Sender<Status<Lock>>) {
    let (seat, mut seat_seen) = watch::channel(Status::<Seat>::not_read_yet());
    let (saver, mut saver_seen) = watch::channel(Status::<Saver>::not_read_yet());
    let (locker, mut locker_seen) = watch::channel(Status::<Locker>::not_read_yet());
    let logind: [Box<dyn crate::probe::Backend<_, _>>; 1] = [Box::new(Logind(environment.clone()))];
    let savers: [Box<dyn crate::probe::Backend<_, _>>; 1] =
        [Box::new(ScreenSavers(environment.clone()))];
    let lockers: [Box<dyn crate::probe::Backend<_, _>>; 1] = [Box::new(Lockers(environment))];
    let merge = async {
        loop {
            let now = merged(
                &seat_seen.borrow_and_update(),
                &saver_seen.borrow_and_update(),
                &locker_seen.borrow_and_update(),
            );
            out.send_if_modified(|before| {
                let mut now = now;
                if let (Reading::Known(now), before) = (&mut now.reading, &before.reading) {
                    *now = now.with_start_of(before.known());
                }
                let changed = *before != now;
                *before = now;
                changed
            });
            tokio::select! {
                _ = seat_seen.changed() => (),
                _ = saver_seen.changed() => (),
                _ = locker_seen.changed() => (),
            }
        }
    };
    tokio::select! {
        () = out.closed() => (),
        () = follow(|why| Code::new("lock-session-unseen").with("why", why), &logind, &seat) => (),
        () = follow(|why| Code::new("lock-saver-unseen").with("why", why), &savers, &saver) => (),
        () = follow(|why| Code::new("lockers-unseen").with("why", why), &lockers, &locker) => (),
        () = merge => (),
    }
}

/// What they say together. That it is open is known only where somebody has
/// told of a lock before, or tells of each.
fn merged(seat: &Status<Seat>, saver: &Status<Saver>, locker: &Status<Locker>) -> Status<Lock> {
    let since = Timestamp::now();
    let locked = |backend| (backend, Reading::Known(Lock::Locked { since }));
    let open = |backend| (backend, Reading::Known(Lock::Open { since }));
    let ended = match locker.reading.known() {
        Some(Locker::Ended { at, .. }) => Some(*at),
        _ => None,
    };
    let asked = |seat: &Seat| seat.asked.is_some_and(|asked| ended < Some(asked));
    let (backend, reading) = match (&seat.reading, &saver.reading, &locker.reading) {
        (Reading::Known(Seat { locked: Some(true), .. }), ..) => locked(seat.backend),
        (_, Reading::Known(Saver::Active(name)), _) => locked(Some(*name)),
        (.., Reading::Known(Locker::Runs(name))) => locked(Some(*name)),
        (Reading::Known(it), ..) if asked(it) => locked(seat.backend),
        (Reading::Known(Seat { in_front: false, .. }), ..) => {
            (seat.backend, Reading::Known(Lock::InBackground { since }))
        }
        (Reading::Known(Seat { locked: Some(false), .. }), ..) => open(seat.backend),
        (_, Reading::Known(Saver::Open(name)), _) => open(Some(*name)),
        (.., Reading::Known(Locker::Ended { name, .. })) => open(Some(*name)),
        (one, two, _) => (None, Reading::Unknown(and_also(of_seat(one), of_saver(two)))),
    };
    Status {
        backend,
        note: reading.known().is_none().then(|| Code::new("lock-advice")),
        reading,
        tried: [&seat.tried[..], &saver.tried[..], &locker.tried[..]].concat(),
        last_event: seat.last_event.max(saver.last_event).max(locker.last_event),
    }
}

/// Why logind does not know.
fn of_seat(reading: &Reading<Seat>) -> Code {
    match reading {
        Reading::Known(_) => Code::new("lock-not-told"),
        Reading::Unknown(why) | Reading::Unsupported(why) => why.clone(),
    }
}

/// Why no screen saver does.
fn of_saver(reading: &Reading<Saver>) -> Code {
    match reading {
        Reading::Known(_) => Code::new("lock-no-saver"),
        Reading::Unknown(why) | Reading::Unsupported(why) => why.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known<R>(reading: R) -> Status<R> {
        Status { backend: Some("it"), reading: Reading::Known(reading), ..Status::not_read_yet() }
    }

    #[test]
    fn any_may_say_that_it_is_locked_and_none_is_asked_to_guess() {
        let seat = |locked, in_front| Some(Seat { locked, asked: None, in_front });
        let asked = |at| Some(Seat { locked: None, asked: Some(at), in_front: true });
        let (early, late) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        let ended = |at| Some(Locker::Ended { name: "l", at });
        let (open, locked, behind) = (Some("open"), Some("locked"), Some("behind"));
        let (active, quiet) = (Some(Saver::Active("s")), Some(Saver::Open("s")));
        for (seat, saver, locker, expected) in [
            (None, None, None, None),
            (None, Some(Saver::Nobody), None, None),
            (None, quiet, None, open),
            (None, active, None, locked),
            (seat(None, true), None, None, None),
            (seat(None, true), Some(Saver::Nobody), Some(Locker::NoneYet), None),
            (seat(None, true), quiet, None, open),
            (seat(None, true), active, None, locked),
            (seat(None, true), None, Some(Locker::Runs("l")), locked),
            (seat(None, true), None, ended(late), open),
            (seat(None, false), None, None, behind),
            (seat(None, false), None, Some(Locker::Runs("l")), locked),
            (seat(Some(false), true), None, None, open),
            (seat(Some(false), true), active, None, locked),
            (seat(Some(false), true), Some(Saver::Nobody), None, open),
            (seat(Some(true), true), quiet, None, locked),
            (seat(Some(true), false), None, None, locked),
            (seat(Some(false), false), quiet, None, behind),
            (asked(early), None, None, locked),
            (asked(early), quiet, Some(Locker::NoneYet), locked),
            (asked(early), None, ended(late), open),
            (asked(late), None, ended(early), locked),
            (None, None, ended(early), open),
        ] {
            let merged = merged(
                &seat.map_or_else(Status::not_read_yet, known),
                &saver.map_or_else(Status::not_read_yet, known),
                &locker.map_or_else(Status::not_read_yet, known),
            );
            let got = merged.reading.known().map(|lock| match lock {
                Lock::Open { .. } => "open",
                Lock::Locked { .. } => "locked",
                Lock::InBackground { .. } => "behind",
            });
            assert_eq!(got, expected, "{seat:?} {saver:?} {locker:?}");
            assert_eq!(merged.backend.is_some(), expected.is_some());
            assert_eq!(merged.note.is_some(), expected.is_none());
        }
    }
}
