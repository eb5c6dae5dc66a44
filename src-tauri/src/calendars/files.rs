//! Files and folders of files, read again when they change.

use std::path::PathBuf;

use jiff::Timestamp;
use presently_ipc::snapshot::CalendarPlace;

use super::apart::apart;
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
        Self { watch: Watch::of([]) }
    }
}

impl Source for Files {
    async fn read(&mut self, wanted: &Wanted, _: Asked) -> Vec<Reading> {
        let names = wanted.calendars.iter().filter(|name| !is_address(name));
        let names: Vec<(&String, PathBuf)> = names.map(|name| (name, path(name))).collect();
        // Before the reading, so that no change is missed.
        self.watch = Watch::of(names.iter().map(|(_, path)| path.as_path()));
        let mut readings = Vec::new();
        for (name, path) in names {
            let (addresses, titles) = (wanted.addresses.clone(), wanted.titles_of(&[name]));
            let window = window(Timestamp::now());
            let read = apart(move || read::read(&path, &addresses, window, titles)).await;
            readings.push(Reading::of(name, name.clone(), CalendarPlace::File, read));
        }
        readings
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
