//! What presence follows from what is known.
//!
//! Pure: nothing here reads a clock, a file or the network, and nothing is
//! asynchronous. Time is an argument. The two halves are [`decide`], which
//! turns claims into a [`Decision`], and [`account::plan`], which turns a
//! decision into the requests that one homeserver needs now.

pub mod account;
pub mod call;
pub mod claim;
pub mod decide;
pub mod dnd;
pub mod duration;
pub mod idle;
pub mod lock;
pub mod manual;
pub mod presence;
pub mod settings;
pub mod time;

pub use claim::{Claim, Scope, Source};
pub use decide::{Decision, decide};
pub use manual::{Choice, Manual, Message};
pub use presence::Presence;
pub use settings::Settings;
pub use time::Mono;
