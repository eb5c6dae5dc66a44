//! Calendars at addresses on the web (ICS): when each is downloaded, and what it
//! held.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use presently_calendar::MAX_BYTES;
use presently_core::{Code, Coded as _};
use presently_ipc::snapshot::CalendarPlace;
use presently_matrix::caldav::is_account;
use presently_matrix::download::{Download, DownloadError, Downloader, Version, server_of};
use tokio::time::Instant;

use super::apart::apart;
use super::read::{self, ReadCalendar};
use super::schedule::Schedule;
use super::source::{Asked, Reading, Source};
use super::{RENEWAL, Wanted, window};

/// What was downloaded.
#[derive(Debug, Default)]
pub(super) struct Remotes {
    calendars: HashMap<String, Remote>,
    /// The person's e-mail addresses with which they were read.
    addresses: Vec<String>,
    /// The calendars with titles.
    titles: Vec<String>,
    /// Created with the first address, because it costs memory.
    downloader: Option<Downloader>,
}

/// One calendar.
#[derive(Debug)]
struct Remote {
    version: Version,
    /// When the occurrences were listed from a whole download.
    listed: Timestamp,
    current: Result<ReadCalendar, Code>,
    schedule: Schedule,
}

/// Whether a name in the settings is an address on the web.
pub(super) fn is_address(name: &str) -> bool {
    name.contains("://")
}

/// Whether it is one of a calendar in a file there, and of no account.
fn is_download(name: &str) -> bool {
    is_address(name) && !is_account(name)
}

/// A calendar's name for messages: who knows its address may read it.
pub(super) fn shown(name: &str) -> String {
    server_of(name).unwrap_or_else(|| name.split("://").next().unwrap_or_default().to_owned())
}

impl Source for Remotes {
    async fn read(&mut self, wanted: &Wanted, asked: Asked) -> Vec<Reading> {
        self.update(wanted, asked).await;
        let names = wanted.calendars.iter().filter(|name| is_download(name));
        let reading = |name: &String| {
            Reading::of(name, shown(name), CalendarPlace::Address, self.current(name))
        };
        names.map(reading).collect()
    }

    async fn changed(&mut self) {
        match self.calendars.values().map(|remote| remote.schedule.next()).min() {
            Some(next) => tokio::time::sleep_until(next).await,
            None => std::future::pending().await,
        }
    }
}

impl Remotes {
    /// Downloads those that are due.
    async fn update(&mut self, wanted: &Wanted, asked: Asked) {
        let Wanted { calendars: names, addresses, titles, .. } = wanted;
        if (&self.addresses, &self.titles) != (addresses, titles) {
            // The person's answers are others now, or the titles.
            self.addresses.clone_from(addresses);
            self.titles.clone_from(titles);
            self.calendars.clear();
        }
        self.calendars.retain(|name, _| names.contains(name));
        let now = Instant::now();
        let due = names.iter().filter(|name| is_download(name)).filter(|name| {
            self.calendars.get(*name).is_none_or(|remote| remote.schedule.is_due(now, asked))
        });
        let due: Vec<String> = due.cloned().collect();
        if due.is_empty() {
            return;
        }
        let downloader = match self.downloader.clone().map_or_else(Downloader::new, Ok) {
            Ok(downloader) => self.downloader.insert(downloader).clone(),
            Err(error) => {
                for name in due {
                    self.not_downloaded(
                        name,
                        DownloadError { why: error.code(), retry_after: None },
                    );
                }
                return;
            }
        };
        let downloads = due.into_iter().map(|name| {
            let version = self.version(&name);
            let downloader = downloader.clone();
            async move {
                let download = downloader.get(&name, &version, MAX_BYTES).await;
                (name, download)
            }
        });
        for (name, download) in join_all(downloads).await {
            match download {
                Ok(Download::Unchanged) => self.unchanged(&name),
                Ok(Download::New(content, version)) => {
                    self.changed(name, content, version, wanted).await;
                }
                Err(error) => self.not_downloaded(name, error),
            }
        }
    }

    /// What a calendar holds.
    fn current(&self, name: &str) -> Result<ReadCalendar, Code> {
        match self.calendars.get(name) {
            Some(remote) => remote.current.clone(),
            None => Err(Code::new("signal-not-yet")),
        }
    }

    /// The version that need not be sent again; none where the occurrences of
    /// the next days are to be listed anew.
    fn version(&self, name: &str) -> Version {
        let is_recent = |remote: &&Remote| {
            let age = Timestamp::now().duration_since(remote.listed);
            (SignedDuration::ZERO..RENEWAL).contains(&age) && remote.listed != Timestamp::MIN
        };
        let remote = self.calendars.get(name).filter(is_recent);
        remote.map_or_else(Version::default, |remote| remote.version.clone())
    }

    fn unchanged(&mut self, name: &str) {
        let now = Instant::now();
        if let Some(remote) = self.calendars.get_mut(name) {
            remote.schedule.succeed(now);
        }
    }

    async fn changed(&mut self, name: String, content: Vec<u8>, version: Version, wanted: &Wanted) {
        let listed = Timestamp::now();
        let shown = shown(&name);
        let titles = wanted.titles_of(&[&name, &shown]);
        let addresses = wanted.addresses.clone();
        let window: Range<Timestamp> = window(listed);
        let read = apart(move || read::content(content, &shown, &addresses, window, titles)).await;
        match read {
            Ok(read) => {
                let now = Instant::now();
                let mut remote = Remote::new(now);
                (remote.version, remote.listed, remote.current) = (version, listed, Ok(read));
                remote.schedule.succeed(now);
                self.calendars.insert(name, remote);
            }
            Err(why) => self.failed(name, why, None),
        }
    }

    fn not_downloaded(&mut self, name: String, error: DownloadError) {
        let why =
            Code::new("calendar-unreadable").with("path", shown(&name)).with("why", error.why);
        self.failed(name, why, error.retry_after);
    }

    fn failed(&mut self, name: String, why: Code, retry_after: Option<Duration>) {
        let now = Instant::now();
        let remote = self.calendars.entry(name).or_insert_with(|| Remote::new(now));
        remote.fail(now, why, retry_after);
    }
}

impl Remote {
    fn new(now: Instant) -> Self {
        Self {
            version: Version::default(),
            listed: Timestamp::MIN,
            current: Err(Code::new("signal-not-yet")),
            schedule: Schedule::new(now),
        }
    }

    fn fail(&mut self, now: Instant, why: Code, retry_after: Option<Duration>) {
        self.schedule.fail(now, retry_after);
        self.current = Err(why);
        // What is downloaded next is listed anew.
        self.listed = Timestamp::MIN;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_not_shown() {
        assert!(is_address("webcal://example.org/x") && !is_address("/home/me/x"));
        assert_eq!(shown("https://example.org/secret/basic.ics"), "example.org");
        assert_eq!(shown("http://example.org/secret"), "http");
    }
}
