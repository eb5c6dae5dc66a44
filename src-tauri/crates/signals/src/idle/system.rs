//! Windows and macOS: the system is asked, through the crate `user-idle`.

use std::panic::catch_unwind;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _};
use user_idle::UserIdle;

use super::{Seen, Sources, polled};
use crate::Environment;
use crate::probe::{Backend, Opening};

/// Why the system did not answer.
#[derive(Debug, thiserror::Error)]
#[error("the system does not say when there was input ({0})")]
pub(crate) struct Error(String);

impl Error {
    /// Whether it is simply not there. It always is.
    pub(super) fn is_absence(&self) -> bool {
        false
    }
}

/// The only one there.
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

/// How long there has been no input.
fn without_input() -> Result<Duration, Error> {
    // On Windows the crate subtracts two 32-bit tick counts, which panics
    // where overflow is checked, for a moment every 49.7 days.
    match catch_unwind(UserIdle::get_time) {
        Ok(Ok(idle)) => Ok(idle.duration()),
        Ok(Err(e)) => Err(Error(e.to_string())),
        Err(_) => Err(Error("its clock has just wrapped".to_owned())),
    }
}
