//! What an account reports.

use presently_core::Code;
use presently_core::account::{Abilities, Intent, Marks, View};
use tokio::sync::{mpsc, oneshot};

use crate::Session;

/// What an account reports, with its user id beside it.
pub type Events = mpsc::Sender<(String, AccountEvent)>;

/// What an account reports.
#[derive(Debug)]
pub enum AccountEvent {
    /// How it is now. Sent on change only; the latest one counts.
    View(Box<AccountView>),
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
        /// Why.
        reason: Code,
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
    /// All but what is wrong with its connection.
    pub account: View,
    /// That.
    pub problem: Option<Code>,
    /// What it was told before.
    pub(super) applied: Applied,
}

/// What an account was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Applied {
    pub(super) intent: Intent,
    /// How often the person has spoken.
    pub(super) spoken: u64,
}
