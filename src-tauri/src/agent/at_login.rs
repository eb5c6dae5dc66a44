//! Keeps the entry in the person's autostart folder as the settings say.

use presently_ipc::snapshot::{Check, CheckState};

use super::{Agent, doctor};
use crate::autostart::{Autostart, Standing};

/// What is known of being started at login.
#[derive(Debug)]
pub(super) struct AtLogin {
    /// What the settings said last.
    enabled: bool,
    /// Why the last attempt to follow them failed, in one line.
    trouble: Option<String>,
}

impl AtLogin {
    pub(super) fn new(enabled: bool) -> Self {
        Self { enabled, trouble: None }
    }

    pub(super) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }
}

impl Agent {
    /// Writes, renews or removes the entry. With no account there is nothing
    /// yet to start for, unless the person has just switched it on or it was
    /// arranged before.
    pub(super) fn keep_autostart(&mut self) {
        let Some(autostart) = Autostart::of_this_program(&self.paths) else { return };
        let settings = self.settings.get();
        let enabled = settings.autostart.enabled;
        let due = !settings.accounts.is_empty() || !self.at_login.enabled;
        let is_there = || autostart.standing().is_ok_and(|s| s != Standing::Absent);
        let (failed, done) = match enabled {
            true if due || is_there() => ("it cannot be started at login", autostart.enable()),
            true => ("", Ok(())),
            false => ("it is still started at login", autostart.disable()),
        };
        let entry = autostart.entry().display();
        let trouble = done.err().map(|error| format!("{failed}: {entry}: {error}"));
        self.at_login = AtLogin { enabled, trouble };
    }

    /// Whether it is started at login, and why not.
    pub(super) fn autostart_check(&self) -> Check {
        let check = |state, summary| doctor::check("start at login", state, summary);
        let unsure = |summary| check(CheckState::Unsure, summary);
        if let Some(trouble) = self.at_login.trouble() {
            return check(CheckState::Bad, trouble.to_owned());
        }
        let settings = self.settings.get();
        if !settings.autostart.enabled {
            return unsure("turned off in the settings".to_owned());
        }
        let Some(autostart) = Autostart::of_this_program(&self.paths) else {
            return unsure("not arranged: it is not known where entries are".to_owned());
        };
        let entry = autostart.entry().display();
        match (autostart.standing(), autostart.not_installed()) {
            (Err(error), _) => check(CheckState::Bad, format!("not known: {entry}: {error}")),
            (Ok(Standing::Foreign), _) => {
                unsure(format!("as {entry} says, which Presently did not write and leaves alone"))
            }
            (Ok(Standing::TurnedOff), _) => {
                unsure(format!("turned off in the desktop's settings, which changed {entry}"))
            }
            (Ok(Standing::Ours), None) => check(CheckState::Good, format!("by {entry}")),
            (Ok(Standing::Ours), Some(why)) => {
                unsure(format!("by {entry}, written for another place than this: {why}"))
            }
            (Ok(Standing::Absent), Some(why)) => unsure(format!("not arranged: {why}")),
            (Ok(Standing::Absent), None) if settings.accounts.is_empty() => {
                unsure("not yet: from the first sign-in on".to_owned())
            }
            (Ok(Standing::Absent), None) => {
                unsure(format!("no more: {entry} was removed; it comes back at the next start"))
            }
        }
    }
}
