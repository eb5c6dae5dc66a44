//! Sentences about why something is shown.

use presently_core::Reason;
use presently_core::reason::{ProgramInCall, Used};

use crate::{Texts, text};

impl Texts {
    /// The reason, as a sentence without its full stop.
    pub fn reason(&self, reason: &Reason) -> String {
        match reason {
            Reason::CallHere { programs, others } => self.call(programs, *others),
            Reason::Unreadable { why } => self.code(why),
            Reason::Chosen => text!(self, "reason-chosen"),
            Reason::CallElsewhere => text!(self, "reason-call-elsewhere"),
            Reason::Meeting => text!(self, "reason-meeting"),
            Reason::OutOfOffice => text!(self, "reason-out-of-office"),
            Reason::OutsideHours => text!(self, "reason-outside-hours"),
            Reason::DoNotDisturb => text!(self, "reason-do-not-disturb"),
            Reason::Asleep => text!(self, "reason-asleep"),
            Reason::Locked => text!(self, "reason-locked"),
            Reason::OtherSession => text!(self, "reason-other-session"),
            Reason::NoInput => text!(self, "reason-no-input"),
            Reason::Input => text!(self, "reason-input"),
            Reason::MessageOnly => text!(self, "reason-message-only"),
            Reason::NothingShared => text!(self, "reason-nothing-shared"),
            Reason::Starting => text!(self, "reason-starting"),
            Reason::NothingKnown => text!(self, "reason-nothing-known"),
            Reason::Other => text!(self, "reason-other"),
        }
    }

    fn call(&self, programs: &[ProgramInCall], others: usize) -> String {
        let named = programs.iter().map(|ProgramInCall { program, uses }| {
            let program = program.clone().unwrap_or_else(|| text!(self, "a-program"));
            let uses = match uses {
                Used::Microphone => "microphone",
                Used::Camera => "camera",
                Used::MicrophoneAndCamera => "both",
                Used::Screen => "screen",
            };
            text!(self, "reason-call-here", program = program, uses = uses)
        });
        let others = (others > 0).then(|| text!(self, "reason-call-others", others = others));
        named.chain(others).collect::<Vec<_>>().join(", ")
    }
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
            assert_eq!(Texts::english().reason(&Reason::CallHere { programs, others }), wanted);
        }
    }
}
