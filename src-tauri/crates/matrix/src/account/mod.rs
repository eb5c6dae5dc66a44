//! One task for each account. It sends the requests of
//! [`presently_core::account::Account`] and passes the answers back. It
//! contains no rule about servers.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use presently_core::Code;
use presently_core::account::{self, Abilities, Intent, Marks};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::api::{Api, BrokenSession};
use crate::{Matrix, Session};

mod driver;
mod event;
mod fields;
mod filters;
mod homeserver;
mod in_flight;
mod reports;
mod requests;
pub(crate) mod room;

use driver::{Clock, Command, Driver, Inputs};

pub use event::{AccountEvent, AccountView, Events};
pub use presently_core::account::Connection;

/// How long [`Handle::leave`] may take. The task is then aborted, whether or
/// not the server has answered.
pub const LEAVE_TIMEOUT: Duration = Duration::from_secs(2);

/// What an earlier run knew about an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// What the server could do when it was last asked.
    pub abilities: Abilities,
    /// What an earlier run left on the server.
    pub marks: Marks,
}

/// A running account. Dropping it ends it without another request;
/// [`Handle::leave`] says goodbye.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    intent: watch::Receiver<Intent>,
    message_changes: watch::Sender<u64>,
    task: JoinHandle<()>,
}

/// Starts an account. It shows the latest `intent` and reports to `events`.
/// Must be called within a tokio runtime.
pub fn spawn(
    matrix: &Matrix,
    session: Session,
    start: Start,
    intent: watch::Receiver<Intent>,
    events: Events,
) -> Handle {
    let http = matrix.http.clone();
    begin(intent, |inputs| {
        tokio::spawn(async move {
            let user_id = session.user_id.clone();
            let start = account::Start {
                user: user_id.clone(),
                device: session.device_id.clone(),
                abilities: start.abilities,
                marks: start.marks,
                seed: seed(),
            };
            let (refreshed, tokens) = mpsc::unbounded_channel();
            match Api::open(&http, session, refreshed).await {
                Ok(api) => {
                    let api = Arc::new(api);
                    Driver::new(api, start, inputs, tokens, events, Clock::system()).run().await;
                }
                Err(BrokenSession) => {
                    let reason = Code::new("session-broken");
                    let _ = events.send((user_id, AccountEvent::NeedsLogin { reason })).await;
                }
            }
        })
    })
}

/// Creates the inputs of an account and starts its task with them.
fn begin(intent: watch::Receiver<Intent>, task: impl FnOnce(Inputs) -> JoinHandle<()>) -> Handle {
    let (commands, inbox) = mpsc::channel(4);
    let (message_changes, message_changed) = watch::channel(0);
    let inputs =
        Inputs { intent: intent.clone(), message_changes: message_changed, commands: inbox };
    Handle { commands, intent, message_changes, task: task(inputs) }
}

/// A random number that keeps agents from polling in step. The random keys of a
/// hasher are good enough for that.
fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

impl Handle {
    /// The network or the machine is back: pending retries are sent at once.
    pub fn reconnect(&self) {
        // A full inbox already holds a reconnect.
        let _ = self.commands.try_send(Command::Reconnect);
    }

    /// The person has set or cleared their message, which is in the intent that
    /// was sent before this call. Without this call a later message of another
    /// device is kept.
    pub fn message_changed(&self) {
        self.message_changes.send_modify(|times| *times += 1);
    }

    /// Whether the account had applied all its inputs when it made this view.
    /// Only then is `settled` in the view about the latest intent.
    pub fn has_applied_inputs(&self, view: &AccountView) -> bool {
        view.applied.message_changes == *self.message_changes.borrow()
            && view.applied.intent == *self.intent.borrow()
    }

    /// Clears on the server what would become untrue, says goodbye and ends,
    /// all within [`LEAVE_TIMEOUT`]. What could not be sent is cleared at the
    /// next start.
    pub async fn leave(mut self) {
        let farewell = async {
            if self.commands.send(Command::Leave).await.is_ok() {
                let _ = (&mut self.task).await;
            }
        };
        let _ = tokio::time::timeout(LEAVE_TIMEOUT, farewell).await;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.task.abort();
    }
}
