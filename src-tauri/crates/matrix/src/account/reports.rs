//! What an account tells the agent, in its order, and when something
//! changed.

use std::collections::VecDeque;

use presently_core::account::{Abilities, Marks};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::oneshot;

use super::{AccountEvent, AccountView, Events};

/// Reports wait here until there is room for them: whoever listens slowly
/// does not hold the account up.
pub(super) struct Reports {
    events: Events,
    user_id: String,
    waiting: VecDeque<AccountEvent>,
    /// What was told last. The view goes after all else, the latest only.
    view: Option<AccountView>,
    marks: Marks,
    abilities: Abilities,
}

impl Reports {
    /// `marks` and `abilities` are known on the other side.
    pub(super) fn new(events: Events, user_id: String, marks: Marks, abilities: Abilities) -> Self {
        Self { events, user_id, waiting: VecDeque::new(), view: None, marks, abilities }
    }

    pub(super) fn events(&self) -> &Events {
        &self.events
    }

    pub(super) fn push(&mut self, event: AccountEvent) {
        self.waiting.push_back(event);
    }

    /// Has the marks written if they changed; what waits for it gets the
    /// receiver.
    pub(super) fn keep(&mut self, marks: Marks) -> Option<oneshot::Receiver<()>> {
        if marks == self.marks {
            return None;
        }
        self.marks = marks.clone();
        let (durable, written) = oneshot::channel();
        self.push(AccountEvent::Marks { marks, durable });
        Some(written)
    }

    /// Has the abilities remembered if they changed.
    pub(super) fn remember(&mut self, abilities: &Abilities) {
        if *abilities != self.abilities {
            self.abilities = abilities.clone();
            self.push(AccountEvent::Abilities(abilities.clone()));
        }
    }

    /// There is something to tell, if only this view.
    pub(super) fn are_due(&self, view: &AccountView) -> bool {
        !self.waiting.is_empty() || self.view.as_ref() != Some(view)
    }

    /// Sends the oldest report, or the view where that is all.
    pub(super) fn tell(&mut self, view: AccountView) {
        let event = self.waiting.pop_front().unwrap_or_else(|| AccountEvent::View(view.clone()));
        let is_view = matches!(event, AccountEvent::View(_));
        match self.events.try_send((self.user_id.clone(), event)) {
            Ok(()) if is_view => self.view = Some(view),
            // Another account took the room: this one waits again.
            Err(TrySendError::Full((_, event))) if !is_view => self.waiting.push_front(event),
            _ => {}
        }
    }

    /// Sends what there is room for: whoever is quitting may not listen any
    /// more.
    pub(super) fn flush(&mut self) {
        for event in self.waiting.drain(..) {
            let _ = self.events.try_send((self.user_id.clone(), event));
        }
    }
}
