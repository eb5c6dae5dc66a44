//! The calendars of GNOME, in Evolution Data Server: those of the Online
//! Accounts, of GNOME Calendar and of Evolution. They are read only while the
//! desktop itself runs the service, because it costs more memory than Presently.

mod changes;
mod client;
mod source_file;

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use presently_calendar::Titles;
use presently_core::Code;
use presently_ipc::snapshot::CalendarPlace;
use tokio::time::{Instant, sleep_until, timeout};

use super::schedule::Schedule;
use super::source::{Asked, Reading, Source};
use super::{NamedCalendar, ReadCalendar, Wanted, read, window};
use changes::{Changes, Listener};
use client::{Client, Listed, Opened};

const PLACE: CalendarPlace = CalendarPlace::Gnome;

/// The name of the service for the person.
const SERVICE: &str = "GNOME";

/// A change ends when nothing has happened for this long: a calendar that is
/// synchronised changes once for each event.
const DEBOUNCE: Duration = Duration::from_millis(300);

/// After this long the calendars are read even if they still change.
const LONGEST: Duration = Duration::from_secs(5);

/// The calendars of the desktop's service.
#[derive(Debug, Default)]
pub(super) struct Gnome {
    connection: Option<(Client, Listener)>,
    /// By their UIDs.
    calendars: HashMap<String, Calendar>,
    /// When something is tried again that failed.
    retry: Option<Schedule>,
}

/// A calendar that was read.
#[derive(Debug)]
struct Calendar {
    /// `None` if it must be opened again.
    opened: Option<Opened>,
    is_stale: bool,
    reading: Reading,
}

impl Source for Gnome {
    async fn read(&mut self, wanted: &Wanted, asked: Asked) -> Vec<Reading> {
        if !wanted.gnome {
            *self = Self::default();
            return Vec::new();
        }
        if self.connection.is_none() {
            // Without a session bus there is no GNOME.
            self.connection = connect().await.ok();
        }
        let Some((client, _)) = &self.connection else { return Vec::new() };
        let client = client.clone();
        let listed = match client.list().await {
            Ok(listed) => listed,
            Err(error) => {
                self.calendars.clear();
                self.failed();
                let read = Err(failure(SERVICE, &error));
                return vec![Reading::of(&key(""), SERVICE.to_owned(), PLACE, read)];
            }
        };
        let (ignored, counted): (Vec<_>, Vec<_>) =
            listed.into_iter().partition(|it| it.is_ignored(&wanted.ignored));
        let reads = counted.into_iter().map(|listed| {
            let before = self.calendars.remove(&listed.uid);
            let client = &client;
            async move {
                let uid = listed.uid.clone();
                (uid, reread(client, listed, before, wanted, asked).await)
            }
        });
        let read = join_all(reads).await;
        let are_read = read.iter().all(|(_, calendar)| calendar.reading.read.is_ok());
        self.calendars = read.into_iter().collect();
        match are_read {
            true => self.retry = None,
            false => self.failed(),
        }
        let ignored = ignored.into_iter().map(|listed| {
            let read = Ok(ReadCalendar::default());
            Reading { counts: false, ..reading(listed, Timestamp::now(), read) }
        });
        let counted = self.calendars.values().map(|calendar| calendar.reading.clone());
        let mut readings: Vec<Reading> = counted.chain(ignored).collect();
        readings.sort_by(|a, b| (&a.name, &a.key).cmp(&(&b.name, &b.key)));
        readings
    }

    async fn changed(&mut self) {
        loop {
            let Some((_, listener)) = &self.connection else { return std::future::pending().await };
            let retry = async {
                match &self.retry {
                    Some(retry) => sleep_until(retry.next()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = listener.changed() => {}
                () = retry => return,
            }
            let end = Instant::now() + LONGEST;
            let mut is_changing = true;
            while is_changing && Instant::now() < end {
                is_changing = timeout(DEBOUNCE, listener.changed()).await.is_ok();
            }
            let changes = listener.take();
            if self.is_due(changes) {
                return;
            }
        }
    }
}

impl Gnome {
    /// Notes what has changed. Returns whether something is to be read now.
    fn is_due(&mut self, changes: Changes) -> bool {
        if changes.is_lost {
            (self.connection, self.retry) = (None, None);
            self.calendars.clear();
            return true;
        }
        let mut is_due = changes.sources;
        for calendar in self.calendars.values_mut() {
            let Some(opened) = &calendar.opened else {
                is_due |= !changes.come.is_empty();
                continue;
            };
            if changes.gone.contains(&opened.service) {
                // Who ended it may be about to start it. Otherwise it is
                // started, which must not happen again and again.
                is_due |= changes.come.contains(&opened.service);
                calendar.opened = None;
                self.retry.get_or_insert_with(failed_once);
            } else if changes.paths.contains(&opened.path) {
                calendar.is_stale = true;
                is_due = true;
            }
        }
        is_due
    }

    fn failed(&mut self) {
        match &mut self.retry {
            Some(retry) => retry.fail(Instant::now(), None),
            None => self.retry = Some(failed_once()),
        }
    }
}

fn failed_once() -> Schedule {
    let now = Instant::now();
    let mut schedule = Schedule::new(now);
    schedule.fail(now, None);
    schedule
}

async fn connect() -> zbus::Result<(Client, Listener)> {
    let client = Client::connect().await?;
    let listener = Listener::new(&client.bus).await?;
    Ok((client, listener))
}

/// Reads a calendar unless it is as it was `before`.
async fn reread(
    client: &Client,
    listed: Listed,
    before: Option<Calendar>,
    wanted: &Wanted,
    asked: Asked,
) -> Calendar {
    let is_same = |before: &Calendar| {
        let is_read = before.opened.is_some() && before.reading.read.is_ok();
        is_read && !before.is_stale && before.reading.name == listed.name
    };
    let before = match before {
        Some(before) if asked == Asked::Due && is_same(&before) => return before,
        before => before,
    };
    let at = Timestamp::now();
    let titles = wanted.titles_of(&[&listed.name, &listed.uid]);
    let options = read::options(&wanted.addresses, titles, &window(at));
    let opened = before.and_then(|before| before.opened);
    let (opened, read) = match client.read(&listed, opened, &options).await {
        Ok((opened, read)) => (Some(opened), read),
        Err(error) => (None, Err(failure(&listed.name, &error))),
    };
    Calendar { opened, is_stale: false, reading: reading(listed, at, read) }
}

fn reading(listed: Listed, at: Timestamp, read: Result<ReadCalendar, Code>) -> Reading {
    let key = key(&listed.uid);
    Reading { uid: Some(listed.uid), at, ..Reading::of(&key, listed.name, PLACE, read) }
}

/// Reads all calendars once, with titles.
///
/// # Errors
///
/// Why they cannot be listed.
pub async fn read_once(
    addresses: &[String],
    ignored: &[String],
    window: Range<Timestamp>,
) -> Result<Vec<NamedCalendar>, Code> {
    // Without a session bus there is no GNOME.
    let Ok(client) = Client::connect().await else { return Ok(Vec::new()) };
    let listed = client.list().await.map_err(|error| failure(SERVICE, &error))?;
    let options = read::options(addresses, Titles::All, &window);
    let reads = listed.into_iter().map(|listed| async {
        let is_ignored = listed.is_ignored(ignored);
        let read = match client.read(&listed, None, &options).await {
            Ok((_, read)) => read,
            Err(error) => Err(failure(&listed.name, &error)),
        };
        NamedCalendar { name: listed.name, uid: listed.uid, is_ignored, read }
    });
    Ok(join_all(reads).await)
}

/// No other source has such names.
fn key(uid: &str) -> String {
    format!("gnome:{uid}")
}

fn failure(name: &str, error: &zbus::Error) -> Code {
    Code::new("calendar-unreadable").with("path", name).with("why", error.to_string())
}
