//! Presence, status and sign-in on Matrix homeservers. This is the only crate
//! that names matrix-sdk.

pub mod account;
mod address;
mod api;
mod browser;
pub mod caldav;
pub mod download;
mod filters;
mod homeserver;
mod http;
mod look;
mod proxy;
mod redirect;
mod request_error;
mod revocation;
mod secrets;
mod server_clock;
mod session;
mod sign_in;
mod sign_in_error;
mod stored;
#[cfg(test)]
mod stub;

pub use browser::{BrowserSignIn, BrowserWay, Browsing, CameBack, Discovered, Ways};
pub use http::{HttpUnavailable, Matrix};
pub use look::{CallField, Look, LookError};
pub use presently_core::Secret;
pub use proxy::BadProxy;
pub use secrets::{
    AllSessions, Keyring, SecretError, SecretFile, SecretStore, SecretStores, StoredSession,
};
pub use session::Session;
pub use sign_in::{SignIn, SignOutError};
pub use sign_in_error::SignInError;
pub use stored::Stored;
