//! The agent of Presently. It holds every secret and makes every decision. It
//! never uses tauri, so that it starts without GTK and WebKit.

pub mod agent;
pub mod alarm;
pub mod autostart;
pub mod browser;
pub mod calendars;
pub mod cli;
pub mod downloads;
#[cfg(test)]
mod example;
pub mod history;
pub mod history_export;
mod kept;
pub mod localize;
#[cfg_attr(all(target_os = "linux", target_env = "gnu"), path = "memory_glibc.rs")]
#[cfg_attr(not(all(target_os = "linux", target_env = "gnu")), path = "memory_none.rs")]
mod memory;
pub mod notify;
mod replace;
pub mod settings;
pub mod signals;
pub mod state;
pub mod tray;

/// The name of the desktop entry that the package installs, without `.desktop`.
pub const DESKTOP_ENTRY: &str = "org.presently.Presently";

/// The version; in a release build with the commit, as in `0.1.0 (1a2b3c4)`.
pub const VERSION: &str = env!("PRESENTLY_VERSION");
