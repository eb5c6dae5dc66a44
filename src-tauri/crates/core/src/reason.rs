//! Why something is claimed or shown, as a code with its arguments.
//! `presently-text` makes the sentences.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Code;

/// Why something is claimed or shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Reason {
    /// The person chose it.
    Chosen,
    /// Programs use the microphone or the camera, or share the screen.
    CallHere {
        /// The programs that are named, in the order in which their use began.
        programs: Vec<ProgramInCall>,
        /// How many more there are.
        others: usize,
    },
    /// The account is in a call on another device.
    CallElsewhere,
    /// A meeting is in the calendar.
    Meeting,
    /// The calendar says that the person is out of office.
    OutOfOffice,
    /// The desktop's do-not-disturb is on.
    DoNotDisturb,
    /// The computer is asleep or about to sleep.
    Asleep,
    /// The screen is locked.
    Locked,
    /// Another session is in front.
    OtherSession,
    /// It is outside the working hours.
    OutsideHours,
    /// There was no keyboard or mouse input for the threshold.
    NoInput,
    /// There was input less than the threshold ago.
    Input,
    /// The account is told the status message only.
    MessageOnly,
    /// The account is told nothing.
    NothingShared,
    /// Nothing has been read yet.
    Starting,
    /// No source makes a claim.
    NothingKnown,
    /// Input cannot be read.
    Unreadable {
        /// Why not.
        why: Code,
    },
    /// A reason that only a newer version knows.
    #[serde(other)]
    Other,
}

/// A program that takes part in a call. `Debug` prints only what it uses,
/// because a program's name tells what the person does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProgramInCall {
    /// Its name, else its binary, else the id of its desktop entry; `None`
    /// where none of them is known.
    pub program: Option<String>,
    /// What it uses.
    pub uses: Used,
}

impl fmt::Debug for ProgramInCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProgramInCall({:?})", self.uses)
    }
}

/// What a program uses in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Used {
    /// The microphone.
    Microphone,
    /// The camera.
    Camera,
    /// Both.
    MicrophoneAndCamera,
    /// The screen, which it shows to others.
    Screen,
}

#[cfg(test)]
impl Reason {
    /// These programs, and so many others, use these.
    pub(crate) fn call(programs: &[(&str, Used)], others: usize) -> Self {
        let named = |(program, uses): &(&str, Used)| ProgramInCall {
            program: Some((*program).to_owned()),
            uses: *uses,
        };
        Self::CallHere { programs: programs.iter().map(named).collect(), others }
    }

    /// Input cannot be read, and why.
    pub(crate) fn unreadable(why: &str) -> Self {
        Self::Unreadable { why: Code::plain(why) }
    }
}
