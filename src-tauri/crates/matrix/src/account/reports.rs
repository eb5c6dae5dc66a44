//! What an account tells the agent, in its order, and when something
//! changed.

use std::collections::VecDeque;
use std::sync::Arc;

use presently_core::account::{Abilities, Marks};
use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::{Mutex, oneshot};

use super::event::{AccountEvent, AccountView, Events};

/// Room for one report.
pub(super) type Room = OwnedPermit<(String, AccountEvent)>;

/// Reports wait here until there is room for them: whoever listens slowly
/// does not hold the account up, and nothing is lost.
pub(super) struct Reports {
    events: Events,
    user_id: String,
    waiting: VecDeque<AccountEvent>,
    /// What was told last. The view goes after all else, the latest only.
    view: Option<AccountView>,
    marks: Marks,
    /// The newest marks on their way to the disk.
    written: Written,
    abilities: Abilities,
}

impl Reports {
    /// `marks` and `abilities` are known on the other side.
    pub(super) fn new(events: Events, user_id: String, marks: Marks, abilities: Abilities) -> Self {
        Self {
            events,
            user_id,
            waiting: VecDeque::new(),
            view: None,
            marks,
            written: Written::already(),
            abilities,
        }
    }

    pub(super) fn push(&mut self, event: AccountEvent) {
        self.waiting.push_back(event);
    }

    /// Has the marks written if they changed: what has ended may be written
    /// at leisure.
    pub(super) fn note(&mut self, marks: Marks) {
        if marks != self.marks {
            self.write(marks);
        }
    }

    /// Has the marks written unless they are, or are being written already.
    /// What needs them waits for that.
    pub(super) fn keep(&mut self, marks: Marks) -> Written {
        if marks != self.marks || self.written.has_failed() {
            self.write(marks);
        }
        self.written.clone()
    }

    fn write(&mut self, marks: Marks) {
        self.marks = marks.clone();
        let (durable, written) = oneshot::channel();
        self.written = Written::soon(written);
        self.push(AccountEvent::Marks { marks, durable });
    }

    /// Has the abilities remembered if they changed.
    pub(super) fn remember(&mut self, abilities: &Abilities) {
        if *abilities != self.abilities {
            self.abilities = abilities.clone();
            self.push(AccountEvent::Abilities(abilities.clone()));
        }
    }

    /// There is something to tell, if only this view.
    pub(super) fn are_due(&self, view: Option<&AccountView>) -> bool {
        !self.waiting.is_empty() || view.is_some_and(|view| self.view.as_ref() != Some(view))
    }

    /// Waits until a report can be sent; none if nobody listens any more. The
    /// room is kept for this account until it is used or dropped: given back
    /// and asked for again, it would go round among many accounts for ever.
    pub(super) async fn room(&self) -> Option<Room> {
        self.events.clone().reserve_owned().await.ok()
    }

    /// Sends the oldest report, or the view where that is all.
    pub(super) fn tell(&mut self, room: Room, view: Option<AccountView>) {
        let event = match (self.waiting.pop_front(), view) {
            (Some(event), _) => event,
            (None, Some(view)) => {
                self.view = Some(view.clone());
                AccountEvent::View(Box::new(view))
            }
            (None, None) => return,
        };
        drop(room.send((self.user_id.clone(), event)));
    }

    /// Sends all that waits, however long whoever listens takes.
    pub(super) async fn flush(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if self.events.send((self.user_id.clone(), event)).await.is_err() {
                return;
            }
        }
    }
}

/// Marks that are durable, or that are being written.
#[derive(Clone, Debug)]
pub(super) struct Written(Arc<Mutex<Writing>>);

#[derive(Debug)]
enum Writing {
    UnderWay(oneshot::Receiver<()>),
    Over { durable: bool },
}

impl Written {
    fn already() -> Self {
        Self(Arc::new(Mutex::new(Writing::Over { durable: true })))
    }

    fn soon(written: oneshot::Receiver<()>) -> Self {
        Self(Arc::new(Mutex::new(Writing::UnderWay(written))))
    }

    /// Waits until they are durable; false where they could not be written.
    pub(super) async fn is_durable(&self) -> bool {
        let mut writing = self.0.lock().await;
        match &mut *writing {
            Writing::Over { durable } => *durable,
            Writing::UnderWay(written) => {
                let durable = written.await.is_ok();
                *writing = Writing::Over { durable };
                durable
            }
        }
    }

    /// It is known that they could not be written.
    fn has_failed(&self) -> bool {
        // Who holds it waits for them still.
        let Ok(mut writing) = self.0.try_lock() else { return false };
        if let Writing::UnderWay(written) = &mut *writing {
            use oneshot::error::TryRecvError::{Closed, Empty};
            match written.try_recv() {
                Err(Empty) => return false,
                Ok(()) => *writing = Writing::Over { durable: true },
                Err(Closed) => *writing = Writing::Over { durable: false },
            }
        }
        matches!(*writing, Writing::Over { durable: false })
    }
}
