//! What the agent answers to a request.

use presently_core::{Code, Coded, Secret, coded_error};
use presently_text::Texts;
use serde::{Deserialize, Serialize};

use crate::history::HistoryView;
use crate::look::Look;
#[cfg(doc)]
use crate::request::{BrowserWay, Request};
use crate::settings::SettingsView;
use crate::snapshot::{Account, Doctor, Snapshot};

/// An answer of the agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// The request is fulfilled, and the change is durable.
    Done {
        /// The first revision of the snapshot that shows it.
        #[cfg_attr(test, ts(type = "number"))]
        revision: u64,
    },
    /// The snapshot.
    Snapshot(Box<Snapshot>),
    /// The account that was signed in.
    SignedIn {
        /// The account.
        account: Box<Account>,
    },
    /// How a homeserver lets people sign in.
    Ways {
        /// Its base URL. An older agent does not say it.
        #[serde(default)]
        homeserver: Option<String>,
        /// By [`Request::Login`].
        password: bool,
        /// By [`BrowserWay::Sso`].
        sso: bool,
        /// By [`BrowserWay::OAuth`].
        oauth: bool,
    },
    /// A sign-in through the browser has begun.
    Browse {
        /// The page to open there: https, or http to this computer. It is
        /// secret, because who knows it may finish the sign-in in the person's
        /// place.
        #[cfg_attr(test, ts(type = "string"))]
        url: Secret,
        /// Identifies the sign-in in later requests.
        ticket: u32,
    },
    /// What another user shows.
    Look(Box<Look>),
    /// What was shown.
    History(Box<HistoryView>),
    /// What `doctor` shows.
    Doctor(Box<Doctor>),
    /// The settings in force.
    Settings(SettingsView),
    /// Text to print as it is.
    Text {
        /// The text.
        text: String,
    },
    /// The request was refused or failed.
    Failed(Failure),
}

/// Why a request was refused or failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Failure {
    /// Its kind, for clients that act on it.
    pub code: ErrorCode,
    /// What happened and what to do, in one line of English.
    pub message: String,
    /// The message as a code with its arguments.
    #[serde(default)]
    #[cfg_attr(test, ts(type = "Code | null"))]
    pub message_code: Option<Code>,
}

impl Failure {
    /// A failure on which no client acts.
    pub fn new(what: &impl Coded) -> Self {
        Self::of_kind(ErrorCode::Other, what)
    }

    /// A failure of a kind on which clients act.
    pub fn of_kind(code: ErrorCode, what: &impl Coded) -> Self {
        let what = what.code();
        Self { code, message: Texts::english().code(&what), message_code: Some(what) }
    }
}

impl Coded for Failure {
    fn code(&self) -> Code {
        self.message_code.clone().unwrap_or_else(|| Code::plain(&self.message))
    }
}

coded_error!(Failure);

/// Kinds of failure on which clients act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// The password was not accepted: the window asks for it again.
    WrongPassword,
    /// No homeserver was found for the user id: the window asks for its URL.
    UnknownHomeserver,
    /// No agent runs: the window offers to start one.
    NoAgent,
    /// Anything else.
    Other,
}
