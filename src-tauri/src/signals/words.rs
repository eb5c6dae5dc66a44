//! What the signals say, in the words that people read. Pure.

use jiff::Timestamp;
use presently_core::Reading;
use presently_core::call::{Program, Use};
use presently_core::desk::SignalReading;
use presently_core::dnd::Dnd;
use presently_core::idle::Idle;
use presently_core::lock::{Lock, Sleep};
use presently_ipc::snapshot::{Signal, SignalState};

/// Whether programs are named: they say what their person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Programs {
    /// By what they call themselves.
    Named,
    /// Only how many.
    Counted,
}

/// A signal's name.
pub fn name(said: &SignalReading) -> &'static str {
    match said {
        SignalReading::Idle(_) => "idle",
        SignalReading::Lock(_) => "lock",
        SignalReading::Sleep(_) => "sleep",
        SignalReading::Microphone(_) => "microphone",
        SignalReading::Camera(_) => "camera",
        SignalReading::Screen(_) => "screen",
        SignalReading::Dnd(_) => "dnd",
    }
}

/// What a signal says, and where it is read.
pub fn signal(said: &SignalReading, backend: Option<&str>, programs: Programs) -> Signal {
    let (state, detail, since) = match said {
        SignalReading::Idle(Idle::Unknown(why)) => (SignalState::Unknown, why.clone(), None),
        SignalReading::Idle(Idle::Active { since }) => known("input", *since),
        SignalReading::Idle(Idle::Idle { since }) => known("no input", *since),
        SignalReading::Lock(reading) => read(reading, |lock| match lock {
            Lock::Open { since } => known("not locked", *since),
            Lock::Locked { since } => known("locked", *since),
            Lock::Behind { since } => known("another session is in front", *since),
        }),
        SignalReading::Sleep(reading) => read(reading, |sleep| match sleep {
            Sleep::Awake { since } => known("awake", *since),
            Sleep::Asleep { since } => known("asleep", *since),
        }),
        SignalReading::Dnd(reading) => {
            read(reading, |Dnd { on, since }| known(if *on { "on" } else { "off" }, *since))
        }
        SignalReading::Microphone(reading)
        | SignalReading::Camera(reading)
        | SignalReading::Screen(reading) => {
            read(reading, |uses| (SignalState::Known, used_by(uses, programs), None))
        }
    };
    Signal { state, backend: backend.map(str::to_owned), detail, since }
}

/// A signal's state, what it says, and since when.
type Words = (SignalState, String, Option<Timestamp>);

fn known(detail: &str, since: Timestamp) -> Words {
    (SignalState::Known, detail.to_owned(), Some(since))
}

fn read<R>(reading: &Reading<R>, say: impl Fn(&R) -> Words) -> Words {
    match reading {
        Reading::Known(reading) => say(reading),
        Reading::Unknown(why) => (SignalState::Unknown, why.clone(), None),
        Reading::Unsupported(why) => (SignalState::Unsupported, why.clone(), None),
    }
}

fn used_by(uses: &[Use], how: Programs) -> String {
    let mut programs: Vec<&Program> = uses.iter().map(|it| &it.program).collect();
    programs.sort_unstable();
    programs.dedup();
    match (programs.len(), how) {
        (0, _) => "not in use".to_owned(),
        (1, Programs::Counted) => "in use by a program".to_owned(),
        (n, Programs::Counted) => format!("in use by {n} programs"),
        (_, Programs::Named) => {
            let names: Vec<&str> =
                programs.iter().map(|program| program.called().unwrap_or("a program")).collect();
            format!("in use by {}", names.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use presently_core::call::CallDevice;

    use super::*;

    #[test]
    fn programs_are_named_or_counted() {
        let it = |name: &str| Use {
            device: CallDevice::Camera,
            program: Program { name: Some(name.to_owned()), ..Program::default() },
        };
        for (uses, named, counted) in [
            (vec![], "not in use", "not in use"),
            (vec![it("Zoom"), it("Zoom")], "in use by Zoom", "in use by a program"),
            (vec![it("Zoom"), it("Cheese")], "in use by Cheese, Zoom", "in use by 2 programs"),
        ] {
            let said = SignalReading::Camera(Reading::Known(uses));
            let detail = |programs| signal(&said, Some("v4l2"), programs).detail;
            assert_eq!(detail(Programs::Named), named);
            assert_eq!(detail(Programs::Counted), counted);
        }
    }

    #[test]
    fn what_is_not_known_says_why() {
        let said = SignalReading::Lock(Reading::Unsupported("Not on this system".to_owned()));
        let signal = signal(&said, None, Programs::Named);
        assert_eq!(signal.state, SignalState::Unsupported);
        assert_eq!(signal.detail, "Not on this system");
    }
}
