//! The readings in words, for the snapshot. Pure.

use jiff::Timestamp;
use presently_core::call::{Program, Use};
use presently_core::desk::SignalReading;
use presently_core::dnd::Dnd;
use presently_core::idle::Idle;
use presently_core::lock::{Lock, Sleep};
use presently_core::{Code, Reading};
use presently_ipc::snapshot::{Signal, SignalState};
use presently_text::Texts;

/// Whether programs are named. Their names tell what the person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Programs {
    /// By their own names.
    Named,
    /// Only by their number.
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

/// The reading of a signal in words, and its backend.
pub fn signal(said: &SignalReading, backend: Option<&str>, programs: Programs) -> Signal {
    let (state, code, since) = match said {
        SignalReading::Idle(Idle::Unknown(why)) => (SignalState::Unknown, why.clone(), None),
        SignalReading::Idle(Idle::Active { since }) => known(Code::new("signal-input"), *since),
        SignalReading::Idle(Idle::Idle { since }) => known(Code::new("signal-no-input"), *since),
        SignalReading::Lock(reading) => read(reading, |lock| match lock {
            Lock::Open { since } => known(Code::new("signal-not-locked"), *since),
            Lock::Locked { since } => known(Code::new("signal-locked"), *since),
            Lock::InBackground { since } => known(Code::new("signal-other-session"), *since),
        }),
        SignalReading::Sleep(reading) => read(reading, |sleep| match sleep {
            Sleep::Awake { since } => known(Code::new("signal-awake"), *since),
            Sleep::Asleep { since } => known(Code::new("signal-asleep"), *since),
        }),
        SignalReading::Dnd(reading) => read(reading, |Dnd { on, since }| match on {
            true => known(Code::new("signal-on"), *since),
            false => known(Code::new("signal-off"), *since),
        }),
        SignalReading::Microphone(reading)
        | SignalReading::Camera(reading)
        | SignalReading::Screen(reading) => {
            read(reading, |uses| (SignalState::Known, used_by(uses, programs), None))
        }
    };
    Signal {
        state,
        backend: backend.map(str::to_owned),
        detail: Texts::english().code(&code),
        detail_code: Some(code),
        since,
    }
}

/// A signal's state, what it says, and since when.
type Words = (SignalState, Code, Option<Timestamp>);

fn known(what: Code, since: Timestamp) -> Words {
    (SignalState::Known, what, Some(since))
}

fn read<R>(reading: &Reading<R>, say: impl Fn(&R) -> Words) -> Words {
    match reading {
        Reading::Known(reading) => say(reading),
        Reading::Unknown(why) => (SignalState::Unknown, why.clone(), None),
        Reading::Unsupported(why) => (SignalState::Unsupported, why.clone(), None),
    }
}

fn used_by(uses: &[Use], how: Programs) -> Code {
    let mut programs: Vec<&Program> = uses.iter().map(|it| &it.program).collect();
    programs.sort_unstable();
    programs.dedup();
    match (programs.len(), how) {
        (0, _) => Code::new("signal-not-in-use"),
        (count, Programs::Counted) => Code::new("signal-used-by-some").with("count", count),
        (_, Programs::Named) => {
            let names = programs.iter().map(|program| match program.called() {
                Some(name) => Code::plain(name),
                None => Code::new("signal-a-program"),
            });
            let listed = |before, name| {
                Code::new("signal-and-also").with("first", before).with("second", name)
            };
            let names = names.reduce(listed).unwrap_or_else(|| Code::new("signal-a-program"));
            Code::new("signal-used-by").with("programs", names)
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
        let said = SignalReading::Lock(Reading::Unsupported(Code::plain("Not on this system")));
        let signal = signal(&said, None, Programs::Named);
        assert_eq!(signal.state, SignalState::Unsupported);
        assert_eq!(signal.detail, "Not on this system");
    }
}
