//! One task for each account: it sends what
//! [`presently_core::account::Account`] asks for, and feeds the answers
//! back. It has no rule of its own about servers.

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

/// Leaving may take this long, then the task ends whatever the server says.
pub const LEAVING: Duration = Duration::from_secs(2);

/// What is known of an account from before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// What its server could do when last asked.
    pub abilities: Abilities,
    /// What an earlier run left there.
    pub marks: Marks,
}

/// A running account. It ends when this is dropped, without a word to the
/// server; [`Handle::leave`] says goodbye.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    intent: watch::Receiver<Intent>,
    spoken: watch::Sender<u64>,
    task: JoinHandle<()>,
}

/// Starts an account. It must be called within a tokio runtime.
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

/// The two ends of what an account is told.
fn begin(intent: watch::Receiver<Intent>, task: impl FnOnce(Inputs) -> JoinHandle<()>) -> Handle {
    let (commands, inbox) = mpsc::channel(4);
    let (spoken, speaks) = watch::channel(0);
    let inputs = Inputs { intent: intent.clone(), spoken: speaks, commands: inbox };
    Handle { commands, intent, spoken, task: task(inputs) }
}

/// The keys of a hasher are random, and nothing better is needed to keep
/// clients from coming back in step.
fn seed() -> u64 {
    RandomState::new().build_hasher().finish()
}

impl Handle {
    /// The network or the machine came back: what was waited for is tried
    /// at once.
    pub fn reconnect(&self) {
        // A full inbox already holds a reconnect.
        let _ = self.commands.try_send(Command::Reconnect);
    }

    /// The person has said a message, or that there is none. Without it, what
    /// another device said since stands. It is about the intent that was sent
    /// before it.
    pub fn spoke(&self) {
        self.spoken.send_modify(|times| *times += 1);
    }

    /// The account looked like this after it had applied all its inputs:
    /// what the view says of being settled is about that.
    pub fn has_applied_inputs(&self, view: &AccountView) -> bool {
        view.applied.spoken == *self.spoken.borrow() && view.applied.intent == *self.intent.borrow()
    }

    /// Leaves others with nothing that nobody keeps true, then ends: within
    /// [`LEAVING`]. What did not go out is done at the next start.
    pub async fn leave(mut self) {
        let farewell = async {
            if self.commands.send(Command::Leave).await.is_ok() {
                let _ = (&mut self.task).await;
            }
        };
        let _ = tokio::time::timeout(LEAVING, farewell).await;
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.task.abort();
    }
}
