//! The person's calendars: reads them, and reads them again when they change.
//! What their events mean is decided in [`presently_core::meeting`].

mod read;
mod remote;
#[cfg_attr(target_os = "linux", path = "calendars/watch_inotify.rs")]
#[cfg_attr(not(target_os = "linux"), path = "calendars/watch_none.rs")]
mod watch;

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use presently_calendar::MAX_BYTES;
use presently_core::Code;
use presently_core::Coded as _;
use presently_core::meeting::Occurrence;
use presently_matrix::download::{Download, Downloader, Version};
use tokio::sync::watch as channel;

pub use read::ReadCalendar;
use remote::{Remotes, is_address};
use watch::Watch;

/// How far back the occurrences reach that are held: a meeting that has begun
/// before may still go on.
const BACK: SignedDuration = SignedDuration::from_hours(24);

/// How far ahead they reach.
const AHEAD: SignedDuration = SignedDuration::from_hours(8 * 24);

/// After this long the calendars are read again, so that the occurrences of the
/// next week are always held.
const RENEWAL: SignedDuration = SignedDuration::from_hours(24);

/// For how long what was read last counts when a calendar cannot be read.
const LAST_GOOD_COUNTS: SignedDuration = SignedDuration::from_hours(24);

/// What the calendars hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agenda {
    /// The occurrences of all calendars around now.
    pub occurrences: Vec<Occurrence>,
    /// The calendars, in the order of the settings.
    pub calendars: Vec<CalendarState>,
    /// When it must be read again; `None` without calendars.
    pub renewal: Option<Timestamp>,
}

/// How the last reading of a calendar went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarState {
    /// As it stands in the settings.
    pub name: String,
    /// The number of its events.
    pub events: usize,
    /// What is wrong with the calendar, or with the first of its events that
    /// cannot be read.
    pub trouble: Option<Code>,
}

/// Reads the calendars of the settings and watches them. Ends when it is
/// dropped.
#[derive(Debug)]
pub struct Calendars {
    agenda: channel::Receiver<Arc<Agenda>>,
    wanted: channel::Sender<Wanted>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    calendars: Vec<String>,
    addresses: Vec<String>,
    /// A new number asks for a new reading.
    reading: u64,
}

impl Calendars {
    /// Starts to read the calendars of these names. Answers to invitations are
    /// found by the person's e-mail addresses. Must be called within a tokio
    /// runtime.
    pub fn start(names: &[String], addresses: &[String]) -> Self {
        let (wanted, wishes) = channel::channel(Wanted::of(names, addresses));
        let (updates, agenda) = channel::channel(Arc::default());
        tokio::spawn(keep_reading(wishes, updates));
        Self { agenda, wanted }
    }

    /// Reads other calendars, if these are others.
    pub fn set(&self, names: &[String], addresses: &[String]) {
        self.wanted.send_if_modified(|wanted| {
            let new = Wanted { reading: wanted.reading, ..Wanted::of(names, addresses) };
            let is_new = *wanted != new;
            *wanted = new;
            is_new
        });
    }

    /// Reads all of them again.
    pub fn renew(&self) {
        self.wanted.send_modify(|wanted| wanted.reading += 1);
    }

    /// What they hold.
    pub fn agenda(&self) -> Arc<Agenda> {
        Arc::clone(&self.agenda.borrow())
    }

    /// Returns when they hold something else.
    pub async fn changed(&mut self) {
        if self.agenda.changed().await.is_err() {
            std::future::pending().await
        }
    }
}

impl Wanted {
    fn of(names: &[String], addresses: &[String]) -> Self {
        Self { calendars: names.to_vec(), addresses: addresses.to_vec(), reading: 0 }
    }
}

/// What was read last without an error, and when.
type LastGood = HashMap<String, (Timestamp, ReadCalendar)>;

async fn keep_reading(
    mut wishes: channel::Receiver<Wanted>,
    updates: channel::Sender<Arc<Agenda>>,
) {
    let mut last_good = LastGood::new();
    let mut remotes = Remotes::default();
    let mut last = Wanted::default();
    loop {
        let wanted = wishes.borrow_and_update().clone();
        let is_new = wanted != last;
        last.clone_from(&wanted);
        let Wanted { calendars, addresses, .. } = wanted;
        // Before the reading, so that no change is missed.
        let files = calendars.iter().filter(|name| !is_address(name));
        let paths: Vec<PathBuf> = files.map(|name| path(name)).collect();
        let mut watch = Watch::of(&paths);
        remotes.update(&calendars, &addresses, is_new).await;
        let downloaded: HashMap<String, Result<ReadCalendar, Code>> = calendars
            .iter()
            .filter(|name| is_address(name))
            .map(|name| (name.clone(), remotes.current(name)))
            .collect();
        let now = Timestamp::now();
        let read = move || read_all(&calendars, &addresses, downloaded, last_good, now);
        let (agenda, good) = presently_durable::unblock(read).await;
        last_good = good;
        let next = remotes.next();
        let due = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        updates.send_if_modified(|shown| {
            let is_new = **shown != agenda;
            *shown = Arc::new(agenda);
            is_new
        });
        tokio::select! {
            wish = wishes.changed() => if wish.is_err() { return },
            () = watch.changed() => {}
            () = due => {}
        }
    }
}

/// The window of time around `now` that is held.
fn window(now: Timestamp) -> Range<Timestamp> {
    let begin = now.checked_sub(BACK).unwrap_or(Timestamp::MIN);
    begin..now.checked_add(AHEAD).unwrap_or(Timestamp::MAX)
}

fn read_all(
    calendars: &[String],
    addresses: &[String],
    mut downloaded: HashMap<String, Result<ReadCalendar, Code>>,
    mut last_good: LastGood,
    now: Timestamp,
) -> (Agenda, LastGood) {
    last_good.retain(|name, (at, _)| {
        calendars.contains(name) && now.duration_since(*at).abs() <= LAST_GOOD_COUNTS
    });
    let mut agenda = Agenda {
        renewal: now.checked_add(RENEWAL).ok().filter(|_| !calendars.is_empty()),
        ..Agenda::default()
    };
    for name in calendars {
        let read = downloaded
            .remove(name)
            .unwrap_or_else(|| read::read(&path(name), addresses, window(now), false));
        let (events, trouble) = match read {
            Ok(read) => {
                let read = last_good.entry(name.clone()).insert_entry((now, read)).into_mut();
                (&read.1, read.1.trouble.clone())
            }
            Err(why) => match last_good.get(name) {
                Some((_, read)) => (read, Some(Code::new("calendar-last-good").with("why", why))),
                None => (&ReadCalendar::NONE, Some(why)),
            },
        };
        agenda.occurrences.extend(events.found.iter().map(|(occurrence, _)| occurrence.clone()));
        agenda.calendars.push(CalendarState { name: name.clone(), events: events.events, trouble });
    }
    (agenda, last_good)
}

/// Reads a calendar now, by its name in the settings.
///
/// # Errors
///
/// It cannot be read.
pub async fn read(
    name: &str,
    addresses: &[String],
    window: Range<Timestamp>,
    titles: bool,
) -> Result<ReadCalendar, Code> {
    let addresses = addresses.to_vec();
    if !is_address(name) {
        let path = path(name);
        let read = move || read::read(&path, &addresses, window, titles);
        return presently_durable::unblock(read).await;
    }
    let shown = remote::shown(name);
    let failed =
        |why: Code| Code::new("calendar-unreadable").with("path", shown.as_str()).with("why", why);
    let downloader = Downloader::new().map_err(|error| failed(error.code()))?;
    match downloader.get(name, &Version::default(), MAX_BYTES).await {
        Ok(Download::New(content, _)) => {
            let shown = shown.clone();
            let read = move || read::content(content, &shown, &addresses, window, titles);
            presently_durable::unblock(read).await
        }
        // Nothing was there before.
        Ok(Download::Unchanged) => Ok(ReadCalendar::default()),
        Err(error) => Err(failed(error.why)),
    }
}

/// The path that a name in the settings stands for.
fn path(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(below), Some(home)) => PathBuf::from(home).join(below),
        _ => PathBuf::from(name),
    }
}
