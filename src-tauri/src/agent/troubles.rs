//! What is wrong with the agent itself, for the snapshot and for `presently
//! doctor`.

use presently_core::Code;

use super::Agent;

impl Agent {
    /// All troubles, without duplicates.
    pub(super) fn troubles(&self) -> Vec<Code> {
        let settings = self.settings.troubles().iter().cloned();
        let at_login = self.at_login.trouble().cloned();
        let mut troubles = self.own_troubles();
        for trouble in
            settings.chain(at_login).chain(self.agenda.troubles(&self.settings.get().hours))
        {
            if !troubles.contains(&trouble) {
                troubles.push(trouble);
            }
        }
        troubles
    }

    /// The troubles of the agent itself that `presently doctor` does not show
    /// under another check.
    pub(super) fn own_troubles(&self) -> Vec<Code> {
        let unstored = self.accounts.iter().filter_map(|slot| slot.unstored.as_ref());
        let unsaved = self.unsaved.as_ref().map(|unsaved| &unsaved.why);
        let mut own = Vec::new();
        let all = self.troubles.iter().chain(unstored).chain(unsaved).chain(&self.no_window);
        for trouble in all.chain(self.history.troubles()) {
            // Two accounts may have the same trouble.
            if !own.contains(trouble) {
                own.push(trouble.clone());
            }
        }
        own
    }
}
