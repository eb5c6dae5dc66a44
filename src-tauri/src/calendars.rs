//! The person's calendars: reads them, and reads them again when they change.
//! What their events mean is decided in [`presently_core::meeting`].

mod apart;
mod caldav;
mod files;
#[cfg_attr(not(target_os = "linux"), path = "calendars/gnome_none.rs")]
mod gnome;
mod read;
mod remote;
mod schedule;
mod source;
#[cfg_attr(target_os = "linux", path = "calendars/watch_inotify.rs")]
#[cfg_attr(not(target_os = "linux"), path = "calendars/watch_none.rs")]
mod watch;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use futures_util::future::select_all;
use jiff::{SignedDuration, Timestamp};
use presently_calendar::{MAX_BYTES, Titles};
use presently_core::Code;
use presently_core::Coded as _;
use presently_core::meeting::Occurrence;
use presently_core::settings::{HoursSettings, MeetingSettings};
use presently_ipc::snapshot::CalendarPlace;
use presently_matrix::SecretStores;
use presently_matrix::download::{Download, Downloader, Version};
use tokio::sync::watch as channel;

use apart::apart;
use caldav::Accounts;
pub use caldav::{read_account, read_with};
use files::{Files, path};
use gnome::Gnome;
pub use gnome::read_once as read_gnome;
pub use read::ReadCalendar;
use remote::{Remotes, is_address};
use source::{Reading, Source};

use crate::memory;

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
    /// The titles that others may read, by the UIDs and starts of occurrences.
    pub titles: BTreeMap<(String, Timestamp), String>,
    /// The calendars: files, then addresses, accounts, and those of GNOME.
    pub calendars: Vec<CalendarState>,
    /// When it must be read again; `None` without calendars.
    pub renewal: Option<Timestamp>,
}

/// How the last reading of a calendar went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarState {
    /// Its name for the person. It gives no address away.
    pub name: String,
    /// Where it is.
    pub place: CalendarPlace,
    /// What tells one of GNOME or of an account from others of that name.
    pub uid: Option<String>,
    /// Whether it is read.
    pub counts: bool,
    /// The number of its events.
    pub events: usize,
    /// What is wrong with the calendar, or with the first of its events that
    /// cannot be read.
    pub trouble: Option<Code>,
}

/// A calendar of GNOME or of an account, for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCalendar {
    /// Its name.
    pub name: String,
    /// What tells it from others of that name.
    pub uid: String,
    /// Whether the settings ignore it.
    pub is_ignored: bool,
    /// What it holds, or why it cannot be read.
    pub read: Result<ReadCalendar, Code>,
}

/// The setting that lists the calendars.
pub const SETTING: &str = "meeting.calendars";

/// A list as it is written in the settings: strings are in TOML as in JSON.
pub fn setting(names: &[String]) -> String {
    serde_json::to_string(names).unwrap_or_default()
}

/// Reads the calendars of the settings and watches them. Ends when it is
/// dropped.
#[derive(Debug)]
pub struct Calendars {
    agenda: channel::Receiver<Arc<Agenda>>,
    wanted: channel::Sender<Wanted>,
}

/// Which calendars are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Files, folders and addresses, as they stand in the settings.
    pub calendars: Vec<String>,
    /// The person's e-mail addresses, by which their answers to invitations are
    /// found.
    pub addresses: Vec<String>,
    /// Whether those of GNOME are read.
    pub gnome: bool,
    /// The names and UIDs of those of GNOME and of accounts that are not.
    pub ignored: Vec<String>,
    /// The names and UIDs of those whose titles others may read.
    pub titles: Vec<String>,
    /// Where the passwords of accounts are.
    pub secrets: Option<SecretStores>,
    /// A new number asks for a new reading.
    reading: u64,
    /// The same for one that a person waits for.
    by_person: u64,
}

impl Wanted {
    /// Whether the other differs only in that it asks for a new reading.
    fn is_but_for_time(&self, other: &Self) -> bool {
        Self { reading: other.reading, ..self.clone() } == *other
    }

    /// Those of meetings.
    pub fn meetings(settings: &MeetingSettings, secrets: SecretStores) -> Self {
        let MeetingSettings { calendars, addresses, gnome, ignore, titles, .. } = settings.clone();
        let secrets = Some(secrets);
        Self { calendars, addresses, gnome, ignored: ignore, titles, secrets, ..Self::default() }
    }

    /// Which titles are kept of a calendar with these names.
    fn titles_of(&self, names: &[&str]) -> Titles {
        match self.titles.iter().any(|titled| names.contains(&titled.as_str())) {
            true => Titles::Public,
            false => Titles::None,
        }
    }

    /// Those of the days without working hours.
    pub fn holidays(settings: &HoursSettings) -> Self {
        Self { calendars: settings.holidays.clone(), ..Self::default() }
    }
}

impl Calendars {
    /// Starts to read calendars. Must be called within a tokio runtime.
    pub fn start(wanted: Wanted) -> Self {
        let (wanted, wishes) = channel::channel(wanted);
        let (updates, agenda) = channel::channel(Arc::default());
        let sources = [
            keep(Files::new(), &wishes),
            keep(Remotes::default(), &wishes),
            keep(Accounts::default(), &wishes),
            keep(Gnome::default(), &wishes),
        ];
        tokio::spawn(join(sources, updates));
        Self { agenda, wanted }
    }

    /// Reads other calendars, if these are others.
    pub fn set(&self, new: Wanted) {
        self.wanted.send_if_modified(|wanted| {
            let new = Wanted { reading: wanted.reading, by_person: wanted.by_person, ..new };
            let is_new = *wanted != new;
            *wanted = new;
            is_new
        });
    }

    /// Reads all of them again.
    pub fn renew(&self) {
        self.wanted.send_modify(|wanted| wanted.reading += 1);
    }

    /// Reads all of them again, because a person waits for it.
    pub fn refresh(&self) {
        self.wanted.send_modify(|wanted| wanted.by_person += 1);
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

type Readings = channel::Receiver<Vec<Reading>>;

/// Reads a source beside the others: none waits for a slow one.
fn keep(source: impl Source, wishes: &channel::Receiver<Wanted>) -> Readings {
    let (readings, read) = channel::channel(Vec::new());
    tokio::spawn(source::keep_reading(source, wishes.clone(), readings));
    read
}

/// Puts together what the sources read.
async fn join<const N: usize>(mut sources: [Readings; N], updates: channel::Sender<Arc<Agenda>>) {
    let mut last_good = LastGood::default();
    loop {
        let readings: Vec<Reading> =
            sources.iter_mut().flat_map(|source| source.borrow_and_update().clone()).collect();
        let is_empty = readings.is_empty();
        let agenda = last_good.agenda(readings, Timestamp::now());
        updates.send_if_modified(|shown| {
            let is_new = **shown != agenda;
            *shown = Arc::new(agenda);
            is_new
        });
        // What was read may be large, and what is kept of it is small.
        if !is_empty {
            presently_durable::unblock(memory::give_back).await;
        }
        let changes = sources.iter_mut().map(|source| Box::pin(source.changed()));
        if select_all(changes).await.0.is_err() {
            return;
        }
    }
}

/// What was read last without an error, and when.
#[derive(Debug, Default)]
struct LastGood(HashMap<String, (Timestamp, ReadCalendar)>);

impl LastGood {
    /// The agenda of these readings. A calendar that cannot be read is as it was
    /// before.
    fn agenda(&mut self, readings: Vec<Reading>, now: Timestamp) -> Agenda {
        self.0.retain(|key, (at, _)| {
            let is_wanted = readings.iter().any(|reading| reading.key == *key);
            is_wanted && now.duration_since(*at).abs() <= LAST_GOOD_COUNTS
        });
        let oldest = readings.iter().map(|reading| reading.at).min();
        let renewal = oldest.and_then(|at| at.checked_add(RENEWAL).ok());
        let mut agenda = Agenda { renewal, ..Agenda::default() };
        for Reading { key, name, place, uid, counts, at, read } in readings {
            let (read, trouble) = match read {
                Ok(read) => {
                    let (_, read) = self.0.entry(key).insert_entry((at, read)).into_mut();
                    let trouble = read.trouble.clone();
                    (&*read, trouble)
                }
                Err(why) => match self.0.get(&key) {
                    Some((_, read)) => {
                        (read, Some(Code::new("calendar-last-good").with("why", why)))
                    }
                    None => (&ReadCalendar::NONE, Some(why)),
                },
            };
            for (occurrence, title) in &read.found {
                if let Some(title) = title {
                    let occurrence = (occurrence.uid.clone(), occurrence.start);
                    agenda.titles.insert(occurrence, title.clone());
                }
            }
            agenda.occurrences.extend(read.found.iter().map(|(occurrence, _)| occurrence.clone()));
            let events = read.events;
            agenda.calendars.push(CalendarState { name, place, uid, counts, events, trouble });
        }
        agenda
    }
}

/// The window of time around `now` that is held.
fn window(now: Timestamp) -> Range<Timestamp> {
    let begin = now.checked_sub(BACK).unwrap_or(Timestamp::MIN);
    begin..now.checked_add(AHEAD).unwrap_or(Timestamp::MAX)
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
    titles: Titles,
) -> Result<ReadCalendar, Code> {
    let addresses = addresses.to_vec();
    if !is_address(name) {
        let path = path(name);
        let read = move || read::read(&path, &addresses, window, titles);
        return apart(read).await;
    }
    let shown = remote::shown(name);
    let failed =
        |why: Code| Code::new("calendar-unreadable").with("path", shown.as_str()).with("why", why);
    let downloader = Downloader::new().map_err(|error| failed(error.code()))?;
    match downloader.get(name, &Version::default(), MAX_BYTES).await {
        Ok(Download::New(content, _)) => {
            let shown = shown.clone();
            let read = move || read::content(content, &shown, &addresses, window, titles);
            apart(read).await
        }
        // Nothing was there before.
        Ok(Download::Unchanged) => Ok(ReadCalendar::default()),
        Err(error) => Err(failed(error.why)),
    }
}
