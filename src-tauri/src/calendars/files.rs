//! Files and folders of files, read again when they change.

use std::path::PathBuf;

use jiff::Timestamp;
use presently_ipc::snapshot::CalendarPlace;

use super::read;
use super::remote::is_address;
use super::source::{Asked, Reading, Source};
use super::watch::Watch;
use super::{Wanted, window};

/// The calendars that are files or folders.
#[derive(Debug)]
pub(super) struct Files {
    watch: Watch,
}

impl Files {
    pub(super) fn new() -> Self {
        Self { watch: Watch::of(&[]) }
    }
}

impl Source for Files {
    async fn read(&mut self, wanted: &Wanted, _: Asked) -> Vec<Reading> {
        let names = wanted.calendars.iter().filter(|name| !is_address(name));
        let names: Vec<String> = names.cloned().collect();
        let paths: Vec<PathBuf> = names.iter().map(|name| path(name)).collect();
        // Before the reading, so that no change is missed.
        self.watch = Watch::of(&paths);
        let addresses = wanted.addresses.clone();
        presently_durable::unblock(move || {
            let read = |(name, path): (String, PathBuf)| {
                let read = read::read(&path, &addresses, window(Timestamp::now()), false);
                Reading::of(&name.clone(), name, CalendarPlace::File, read)
            };
            names.into_iter().zip(paths).map(read).collect()
        })
        .await
    }

    async fn changed(&mut self) {
        self.watch.changed().await;
    }
}

/// The path that a name in the settings stands for.
pub(super) fn path(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(below), Some(home)) => PathBuf::from(home).join(below),
        _ => PathBuf::from(name),
    }
}
