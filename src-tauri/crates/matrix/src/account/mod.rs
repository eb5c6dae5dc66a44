//! One task for each account: it asks [`presently_core::account::plan`] what
//! to send, sends it, and feeds the answers back. It has no rule of its own.

use std::time::Duration;

use presently_core::RemoteCall;
use presently_core::account::profile::{Fields, Held, Status, Wish};
use presently_core::account::profile_room::{RoomProblem, Said};
use presently_core::account::{Abilities, Desired, Marks, Note, Seen};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::api::{Api, BrokenSession};
use crate::{Matrix, Session};

mod driver;
mod fields;
mod filters;
mod flight;
mod profile;
mod reports;
mod requests;
pub(crate) mod room;

use driver::{Driver, Inputs};

/// Leaving may take this long, then the task ends whatever the server says.
pub const LEAVING: Duration = Duration::from_secs(2);

/// A rate limit that does not say for how long.
pub(crate) const UNSAID_LIMIT: Duration = Duration::from_secs(10);

/// What is known of an account from before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// What its server could do when last asked.
    pub abilities: Abilities,
    /// What an earlier run left there.
    pub marks: Marks,
}

/// What an account reports, with its user id beside it.
pub type Events = mpsc::Sender<(String, AccountEvent)>;

/// What an account reports.
#[derive(Debug)]
pub enum AccountEvent {
    /// How it is now. Sent on change only; the latest one counts.
    View(AccountView),
    /// What must be written durably. The request that it is about (busy, or
    /// a message) waits for `durable`; if that is dropped, the request is
    /// not sent now and tried again later.
    Marks {
        /// They.
        marks: Marks,
        /// Tells the account that it is written.
        durable: oneshot::Sender<()>,
    },
    /// The server can do this: remember it for its base URL.
    Abilities(Abilities),
    /// The server does not know this session any more and the account has
    /// stopped: the person must sign in again.
    NeedsLogin {
        /// Why, in one line.
        reason: String,
    },
    /// The tokens were refreshed. The new ones are not used until `stored`
    /// is answered or dropped, because their first use voids the old ones.
    Session {
        /// With the new tokens.
        session: Session,
        /// Tells the account that they are stored.
        stored: oneshot::Sender<()>,
    },
}

/// How an account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// How the connection is.
    pub connection: Connection,
    /// What is wrong with it, in one line.
    pub problem: Option<String>,
    /// What we last said, in the words of the wire.
    pub sent: Option<String>,
    /// What others see, read back from the server.
    pub seen: Option<Seen>,
    /// What the server can do.
    pub abilities: Abilities,
    /// What the person should know.
    pub note: Option<Note>,
    /// What others see is what was meant.
    pub settled: bool,
    /// The profile's fields that the server has.
    pub fields: Fields,
    /// The status in the profile, whoever set it.
    pub status: Held<Status>,
    /// The call in the profile, where we wrote it.
    pub call: Held<i64>,
    /// The profile shows what was meant.
    pub profile_settled: bool,
    /// The call that the account is in on another device.
    pub elsewhere: Option<RemoteCall>,
    /// Why there is no profile room where one is wanted.
    pub room_problem: Option<RoomProblem>,
    /// Another device has put something else in the place of what the person
    /// said last, in the presence or in the profile.
    pub replaced: bool,
}

/// How the connection to a homeserver is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// The first sync has not been answered.
    #[default]
    Connecting,
    /// It works.
    Syncing,
    /// It failed and is tried again.
    Retrying,
    /// The server does not know us any more.
    NeedsLogin,
}

/// A running account. It ends when this is dropped, without a word to the
/// server; [`Handle::leave`] says goodbye.
#[derive(Debug)]
pub struct Handle {
    commands: mpsc::Sender<Command>,
    profile: watch::Sender<Wish>,
    said: watch::Sender<Option<Said>>,
    spoken: watch::Sender<()>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
pub(crate) enum Command {
    Nudge,
    Leave,
}

/// Starts an account. It must be called within a tokio runtime.
pub fn spawn(
    matrix: &Matrix,
    session: Session,
    start: Start,
    desired: watch::Receiver<Desired>,
    events: Events,
) -> Handle {
    let (commands, inbox) = mpsc::channel(4);
    let (profile, wish) = watch::channel(Wish::default());
    let (said, room) = watch::channel(None);
    let (spoken, speaks) = watch::channel(());
    let http = matrix.http.clone();
    let task = tokio::spawn(async move {
        let user_id = session.user_id.clone();
        let (refreshed, tokens) = mpsc::unbounded_channel();
        match Api::open(&http, session, refreshed).await {
            Ok(api) => {
                let inputs = Inputs {
                    desired,
                    wish,
                    said: room,
                    spoken: speaks,
                    commands: inbox,
                    refreshed: tokens,
                };
                Driver::new(api, user_id, start, inputs, events).run().await;
            }
            Err(BrokenSession) => {
                let reason = "The stored sign-in cannot be read: sign in again".to_owned();
                let _ = events.send((user_id, AccountEvent::NeedsLogin { reason })).await;
            }
        }
    });
    Handle { commands, profile, said, spoken, task }
}

impl Handle {
    /// The network or the machine came back: what was waited for is tried
    /// at once.
    pub fn nudge(&self) {
        // A full inbox already holds a nudge.
        let _ = self.commands.try_send(Command::Nudge);
    }

    /// What the profile is to say from now on. Nothing until this is called.
    pub fn set_profile(&self, wish: Wish) {
        self.profile.send_if_modified(|old| std::mem::replace(old, wish.clone()) != wish);
    }

    /// The person has said a message, or that there is none. Without it, what
    /// another device said since stands.
    pub fn spoke(&self) {
        self.spoken.send_replace(());
    }

    /// What the profile room is to say from now on; none where the person
    /// did not opt in, as until this is called.
    pub fn set_profile_room(&self, said: Option<Said>) {
        self.said.send_if_modified(|old| std::mem::replace(old, said.clone()) != said);
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
