//! The reports of an account to the agent, in order and on change only.

use std::collections::VecDeque;
use std::sync::Arc;

use presently_core::account::{Abilities, Marks};
use tokio::sync::mpsc::OwnedPermit;
use tokio::sync::{Mutex, oneshot};

use super::event::{AccountEvent, AccountView, Events};

/// A reserved place in the channel for one report.
pub(super) type SendPermit = OwnedPermit<(String, AccountEvent)>;

/// Queues the reports until the channel has room. A slow receiver does not
/// delay the account, and no report is lost.
pub(super) struct Reports {
    events: Events,
    user_id: String,
    waiting: VecDeque<AccountEvent>,
    /// The view that was sent last. Only the latest view is sent, after all
    /// queued reports.
    view: Option<AccountView>,
    marks: Marks,
    /// The newest marks on their way to the disk.
    written: Written,
    abilities: Abilities,
}

impl Reports {
    /// `marks` and `abilities` are what the agent already has.
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

    /// Has the marks written if they have changed. No request waits for it,
    /// because clearing a mark is not urgent.
    pub(super) fn marks_changed(&mut self, marks: Marks) {
        if marks != self.marks {
            self.write(marks);
        }
    }

    /// Has the marks written, unless they are written or being written already.
    /// The caller waits for the result before it sends the request.
    pub(super) fn write_marks(&mut self, marks: Marks) -> Written {
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

    /// Reports the abilities if they have changed.
    pub(super) fn abilities_changed(&mut self, abilities: &Abilities) {
        if *abilities != self.abilities {
            self.abilities = abilities.clone();
            self.push(AccountEvent::Abilities(abilities.clone()));
        }
    }

    /// Whether there is something to send: a queued report, or a view that
    /// differs from the last one.
    pub(super) fn are_due(&self, view: Option<&AccountView>) -> bool {
        !self.waiting.is_empty() || view.is_some_and(|view| self.view.as_ref() != Some(view))
    }

    /// Waits for room in the channel. `None` if the receiver is gone. The room
    /// stays reserved until it is used or dropped: if each account released it
    /// and asked again, it would pass between many accounts forever.
    pub(super) async fn reserve(&self) -> Option<SendPermit> {
        self.events.clone().reserve_owned().await.ok()
    }

    /// Sends the oldest queued report, or the view if there is none.
    pub(super) fn send(&mut self, permit: SendPermit, view: Option<AccountView>) {
        let event = match (self.waiting.pop_front(), view) {
            (Some(event), _) => event,
            (None, Some(view)) => {
                self.view = Some(view.clone());
                AccountEvent::View(Box::new(view))
            }
            (None, None) => return,
        };
        drop(permit.send((self.user_id.clone(), event)));
    }

    /// Sends all queued reports, however slow the receiver is.
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

    /// Waits until the marks are durable. False if they could not be written.
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

    /// Whether the write is known to have failed.
    fn has_failed(&self) -> bool {
        // The lock is held while `is_durable` waits, so the result is not known
        // yet.
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
