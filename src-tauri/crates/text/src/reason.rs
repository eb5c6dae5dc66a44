//! Why something is shown.

use presently_core::Reason;
use presently_core::reason::{ProgramInCall, Used};

/// The reason in English, as a sentence without its full stop.
pub fn reason(reason: &Reason) -> String {
    let text = match reason {
        Reason::CallHere { programs, others } => return call(programs, *others),
        Reason::Unreadable { why } => why,
        Reason::Chosen => "You chose it",
        Reason::CallElsewhere => "In a call on another device",
        Reason::DoNotDisturb => "Do not disturb is on",
        Reason::Asleep => "The computer is asleep",
        Reason::Locked => "The screen is locked",
        Reason::OtherSession => "Another session is in front",
        Reason::NoInput => "No keyboard or mouse input",
        Reason::Input => "Keyboard or mouse in use",
        Reason::MessageOnly => "This account is told your status message only",
        Reason::NothingShared => "This account is told nothing",
        Reason::Starting => "Just started",
        Reason::NothingKnown => "Nothing is known",
        Reason::Other => "For a reason that this version does not know",
    };
    text.to_owned()
}

fn call(programs: &[ProgramInCall], others: usize) -> String {
    let named = programs.iter().map(|ProgramInCall { program, uses }| {
        let program = program.as_deref().unwrap_or("A program");
        let uses = match uses {
            Used::Microphone => "is using the microphone",
            Used::Camera => "is using the camera",
            Used::MicrophoneAndCamera => "is using the microphone and the camera",
            Used::Screen => "is sharing the screen",
        };
        format!("{program} {uses}")
    });
    let others = (others > 0).then(|| format!("{others} more"));
    named.chain(others).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_names_its_programs() {
        let one = |program: Option<&str>, uses| ProgramInCall {
            program: program.map(str::to_owned),
            uses,
        };
        for (programs, others, wanted) in [
            (vec![one(Some("Zoom"), Used::Microphone)], 0, "Zoom is using the microphone"),
            (vec![one(None, Used::Camera)], 0, "A program is using the camera"),
            (
                vec![
                    one(Some("Firefox"), Used::MicrophoneAndCamera),
                    one(Some("OBS"), Used::Screen),
                ],
                2,
                "Firefox is using the microphone and the camera, OBS is sharing the screen, 2 more",
            ),
        ] {
            assert_eq!(reason(&Reason::CallHere { programs, others }), wanted);
        }
    }
}
