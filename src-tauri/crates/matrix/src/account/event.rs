//! What an account reports.

use presently_core::Code;
use presently_core::account::{Abilities, Intent, Marks, View};
use tokio::sync::{mpsc, oneshot};

use crate::Session;

/// The channel of reports. Each comes with the user id of its account.
pub type Events = mpsc::Sender<(String, AccountEvent)>;

/// What an account reports.
#[derive(Debug)]
pub enum AccountEvent {
    /// The view of the account. It is sent on change only, and the latest one
    /// counts.
    View(Box<AccountView>),
    /// Marks that must be written to disk. The request that needs them (busy,
    /// or a message) waits for `durable`. If `durable` is dropped, the request
    /// is not sent now and is retried later.
    Marks {
        /// The marks.
        marks: Marks,
        /// Confirms that the marks are durable.
        durable: oneshot::Sender<()>,
    },
    /// What the server can do. The agent keeps it for this base URL.
    Abilities(Abilities),
    /// The server does not accept this session any more and the account has
    /// stopped. The person must sign in again.
    NeedsLogin {
        /// Why the session has ended.
        reason: Code,
    },
    /// The tokens were refreshed. The new ones are not used until `stored` is
    /// answered or dropped or two seconds have passed, because their first use
    /// voids the old ones.
    Session {
        /// The session with the new tokens.
        session: Session,
        /// Confirms that the session is stored.
        stored: oneshot::Sender<()>,
    },
}

/// The view of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountView {
    /// The state of the account.
    pub account: View,
    /// What is wrong with the connection.
    pub problem: Option<Code>,
    /// The inputs that the view takes into account.
    pub(super) applied: Applied,
}

/// The inputs that an account has applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    pub(super) intent: Intent,
    /// How many times the person has set or cleared their message.
    pub(super) message_changes: u64,
}
