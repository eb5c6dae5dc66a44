//! Notification of edits to the settings file.

#[cfg(target_os = "linux")]
mod places;
#[cfg(target_os = "linux")]
#[path = "watch/inotify.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "watch/none.rs"]
mod system;

pub use system::{Watch, WatchError};
