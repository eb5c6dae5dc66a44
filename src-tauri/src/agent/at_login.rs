//! Keeps the entry in the person's autostart folder in line with the settings.

use presently_core::Code;
use presently_ipc::snapshot::{Check, CheckState};
use presently_text::Texts;

use super::{Agent, doctor};
use crate::autostart::{Autostart, Standing};

/// The state of starting at login.
#[derive(Debug)]
pub(super) struct AtLogin {
    /// The last value of the setting.
    enabled: bool,
    /// Why the last attempt to apply the setting failed.
    trouble: Option<Code>,
}

impl AtLogin {
    pub(super) fn new(enabled: bool) -> Self {
        Self { enabled, trouble: None }
    }

    pub(super) fn trouble(&self) -> Option<&Code> {
        self.trouble.as_ref()
    }
}

impl Agent {
    /// Writes, renews or removes the entry. Without an account there is nothing
    /// to start for, so a new entry is written only if the person has just
    /// enabled the setting or an entry already exists.
    pub(super) fn keep_autostart(&mut self) {
        let Some(autostart) = Autostart::of_this_program(&self.paths) else { return };
        let settings = self.settings.get();
        let enabled = settings.autostart.enabled;
        let due = !settings.accounts.is_empty() || !self.at_login.enabled;
        let is_there = || autostart.standing().is_ok_and(|s| s != Standing::Absent);
        let entry = autostart.entry().display().to_string();
        let done = match enabled {
            true if due || is_there() => autostart.enable().map_err(|error| {
                Code::new("autostart-not-arranged")
                    .with("entry", entry)
                    .with("why", error.to_string())
            }),
            true => Ok(()),
            false => autostart.disable().map_err(|error| {
                Code::new("autostart-not-removed")
                    .with("entry", entry)
                    .with("why", error.to_string())
            }),
        };
        let trouble = done.err();
        self.at_login = AtLogin { enabled, trouble };
    }

    /// Whether the desktop starts the agent at login, or `None` if that is
    /// unknown.
    pub(super) fn starts_at_login(&self) -> Option<bool> {
        match Autostart::of_this_program(&self.paths)?.standing().ok()? {
            Standing::Ours => Some(true),
            Standing::Absent | Standing::TurnedOff => Some(false),
            Standing::Foreign => None,
        }
    }

    /// The check for `presently doctor`: whether the agent starts at login, and
    /// why not.
    pub(super) fn autostart_check(&self) -> Check {
        let check = |state, summary| doctor::check("start at login", state, summary);
        let unsure = |summary| check(CheckState::Unsure, summary);
        if let Some(trouble) = self.at_login.trouble() {
            return check(CheckState::Bad, Texts::english().code(trouble));
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
                let why = Texts::english().error(why);
                unsure(format!("by {entry}, written for another place than this: {why}"))
            }
            (Ok(Standing::Absent), Some(why)) => {
                unsure(format!("not arranged: {}", Texts::english().error(why)))
            }
            (Ok(Standing::Absent), None) if settings.accounts.is_empty() => {
                unsure("not yet: from the first sign-in on".to_owned())
            }
            (Ok(Standing::Absent), None) => {
                unsure(format!("no more: {entry} was removed; it comes back at the next start"))
            }
        }
    }
}
