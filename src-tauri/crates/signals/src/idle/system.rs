//! Windows and macOS: the crate `user-idle` reads the time since the last
//! input.

use std::panic::catch_unwind;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use presently_core::{Code, Coded, coded_error};
use user_idle::UserIdle;

use super::{Seen, Sources, polled};
use crate::Environment;
use crate::probe::{Backend, Opening, Refusal};

/// Why the system did not answer.
#[derive(Debug)]
pub(crate) enum Error {
    /// The error of the system.
    Refused(String),
    /// The system's tick count has just wrapped.
    Wrapped,
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Refused(why) => Code::new("system-no-idle").with("why", why),
            Self::Wrapped => {
                Code::new("system-no-idle").with("why", Code::new("system-clock-wrapped"))
            }
        }
    }
}

coded_error!(Error);

impl Refusal for Error {
    /// The source exists on each of these systems.
    fn is_absence(&self) -> bool {
        false
    }
}

/// The only source of these systems.
pub(super) fn sources(_: &Environment, after: Duration) -> Sources {
    vec![Box::new(System { after })]
}

struct System {
    after: Duration,
}

impl Backend<Seen, Error> for System {
    fn name(&self) -> &'static str {
        "system"
    }

    fn open(&self) -> Opening<'_, Seen, Error> {
        Box::pin(async {
            Ok(polled::readings(self.after, without_input).map_ok(Seen::Idle).boxed())
        })
    }
}

/// The time since the last input.
fn without_input() -> Result<Duration, Error> {
    // On Windows the crate subtracts two 32-bit tick counts, which panics
    // where overflow is checked, for a moment every 49.7 days.
    match catch_unwind(UserIdle::get_time) {
        Ok(Ok(idle)) => Ok(idle.duration()),
        Ok(Err(e)) => Err(Error::Refused(e.to_string())),
        Err(_) => Err(Error::Wrapped),
    }
}
