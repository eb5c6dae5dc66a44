//! A private world for Presently's tests and demo: real homeservers, a display,
//! a session bus with a secret store, a person and a colleague.
//!
//! The components are real and use only the loopback and temporary folders.
//! Waiting is for events, with deadlines. A failure reports what was seen.
//! Everything ends with the process that started it.

pub mod authority;
pub mod bench;
pub mod bus;
pub mod cable;
pub mod client;
pub mod colleague;
pub mod data_server;
pub mod desk;
pub mod display;
pub mod forward;
pub mod keepassxc;
pub mod logind;
pub mod process;
pub mod prompter;
pub mod proxy;
pub mod radicale;
pub mod scratch;
pub mod secret_service;
pub mod sound;
pub mod stage;
pub mod synapse;
pub mod tray_host;
pub mod webdriver;
pub mod world;
pub mod xfce_panel;

use std::future::Future;
use std::time::Duration;

use anyhow::{Result, bail};

pub use client::{Client, Seen, User};
pub use colleague::Colleague;
pub use reqwest::Method;
pub use synapse::{Limits, Options, Synapse};
pub use world::{Agent, World};

/// A duration in seconds.
pub const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// Waits for a future. A time-out is an error that names it.
pub async fn within<T>(
    deadline: Duration,
    what: &str,
    future: impl Future<Output = Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(deadline, future).await {
        Ok(result) => result,
        Err(_) => bail!("{what} did not come within {deadline:?}"),
    }
}

/// Waits until a file exists. Its folder must exist.
pub async fn wait_for_file(path: &std::path::Path, deadline: Duration) -> Result<()> {
    use futures_util::StreamExt;
    use inotify::{Inotify, WatchMask};
    let folder = path.parent().unwrap_or(path);
    let inotify = Inotify::init()?;
    inotify.watches().add(folder, WatchMask::CREATE | WatchMask::MOVED_TO)?;
    let mut events = inotify.into_event_stream([0u8; 4096])?;
    within(deadline, &path.display().to_string(), async {
        while !path.exists() {
            events.next().await.transpose()?;
        }
        Ok(())
    })
    .await
}

/// Prints to the standard error, which the test runner shows only for failed
/// tests.
#[expect(clippy::print_stderr, reason = "the test runner captures this, and not a write")]
pub fn note(text: &str) {
    eprintln!("{text}");
}
