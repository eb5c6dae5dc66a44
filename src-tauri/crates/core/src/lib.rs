//! The rules that decide which presence is shown.
//!
//! Nothing here reads a clock, a file or the network, and nothing is
//! asynchronous. Time is an argument. The two halves are [`decide()`], which
//! turns claims into a [`Decision`], and [`account::Account`], which turns what
//! an account is to show into the requests that its homeserver needs now.

pub mod account;
pub mod call;
pub mod claim;
pub mod code;
pub mod decide;
pub mod desk;
pub mod dnd;
pub mod duration;
pub mod history;
pub mod hours;
pub mod idle;
pub mod lock;
pub mod manual;
pub mod meeting;
pub mod pause;
pub mod presence;
pub mod reading;
pub mod reason;
pub mod recent;
pub mod recording;
pub mod remote_call;
pub mod secret;
pub mod settings;
pub mod time;

pub use claim::{Claim, Scope, Source};
pub use code::{Code, Coded};
pub use decide::{Decision, decide};
pub use desk::Desk;
pub use history::History;
pub use manual::{Choice, Manual, Message};
pub use pause::{Pause, Pauses};
pub use presence::Presence;
pub use reading::Reading;
pub use reason::Reason;
pub use recent::{RecentMessage, RecentMessages};
pub use remote_call::RemoteCall;
pub use secret::Secret;
pub use settings::Settings;
pub use time::{Moment, Mono};
