//! `presently calendar` and `presently agenda`: the calendars, and which of
//! their events count.

use std::ops::Range;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use presently_calendar::Titles;
use presently_core::Code;
use presently_core::settings::{MeetingSettings, Settings};
use presently_ipc::snapshot::CalendarPlace;
use presently_ipc::{Paths, Request};
use presently_matrix::caldav::{is_account, user_of, with_user};
use presently_matrix::download::server_of;
use presently_matrix::{SecretStore, SecretStores};
use presently_text::text;

use super::agenda::show;
use super::args::{AddCalendar, Calendar};
use super::client::{done, tell};
use super::columns::{pad, widest};
use super::signals::own_settings;
use super::{Stop, output, password, texts};
use crate::calendars::{self, NamedCalendar, ReadCalendar, Wanted};

/// How far ahead is shown.
const AHEAD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The setting that lists those of GNOME and of accounts that do not count.
const IGNORED: &str = "meeting.ignore";

/// A calendar that was read.
struct Found {
    /// As it is listed.
    shown: String,
    place: CalendarPlace,
    /// The names by which it can be meant.
    names: Vec<String>,
    counts: bool,
    read: Result<ReadCalendar, Code>,
}

impl Found {
    fn is_named(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// How it is, in a few words.
    fn state(&self) -> String {
        match &self.read {
            _ if !self.counts => text!(texts(), "calendar-ignored"),
            // Of an account only the events around now are asked for.
            Ok(read) if self.place == CalendarPlace::Account => {
                text!(texts(), "calendar-events-near", events = read.events)
            }
            Ok(read) => text!(texts(), "calendar-events", events = read.events),
            Err(why) => texts().code(why),
        }
    }
}

pub(super) async fn run(paths: &Paths, action: Calendar) -> Result<(), Stop> {
    let settings = own_settings()?;
    match action {
        Calendar::Add(what) => add(paths, &settings, what).await,
        Calendar::Remove { calendar } => remove(paths, &settings, &calendar).await,
        Calendar::List => list(paths, &settings).await,
        Calendar::Test { calendar, json } => test(paths, &settings, &calendar, json).await,
        Calendar::Refresh => tell(paths, Request::RefreshCalendars).await,
        Calendar::Skip => tell(paths, Request::SkipMeeting).await,
        Calendar::Attend => tell(paths, Request::AttendMeeting).await,
    }
}

/// Shows what counts in all calendars.
pub(super) async fn agenda(paths: &Paths, json: bool) -> Result<(), Stop> {
    let settings = own_settings()?;
    let all = all(paths, &settings).await;
    if all.is_empty() && !json {
        return output::people(&text!(texts(), "calendar-not-yet"));
    }
    let mut found = Vec::new();
    for calendar in all.into_iter().filter(|calendar| calendar.counts) {
        match calendar.read {
            Ok(read) => {
                warn(&read);
                found.extend(read.found);
            }
            Err(why) => output::failure(&texts().code(&why)),
        }
    }
    found.retain(|(occurrence, _)| occurrence.meaning(&settings.meeting).is_ok());
    found.sort_by_key(|(occurrence, _)| (occurrence.start, occurrence.end));
    show(&found, &settings.meeting, json)
}

/// Adds a calendar that can be read, or counts one of GNOME or of an account
/// again.
async fn add(paths: &Paths, settings: &Settings, what: AddCalendar) -> Result<(), Stop> {
    let AddCalendar { calendar, user, password_stdin } = what;
    if settings.meeting.ignore.contains(&calendar) {
        let left = settings.meeting.ignore.iter().filter(|name| **name != calendar);
        let left: Vec<String> = left.cloned().collect();
        set(paths, IGNORED, &left).await?;
        return output::people(&text!(texts(), "calendar-counts-again", name = calendar));
    }
    let name = absolute(&calendar);
    let (address, user) = match (user, user_of(&name)) {
        (Some(user), _) => (name.clone(), Some(user)),
        (None, Some((address, user))) => (address, Some(user)),
        (None, None) => (name.clone(), None),
    };
    if let Some(user) = user {
        return add_account(paths, &address, user, password_stdin).await;
    }
    let read = read(&name, settings).await.inspect_err(|_| {
        // It may be the address of a server, and not of a file.
        if name.starts_with("https://") {
            output::failure(&text!(texts(), "calendar-needs-user", path = name.as_str()));
        }
    })?;
    append(paths, settings, &name).await?;
    warn(&read);
    output::people(&text!(texts(), "calendar-added", path = name, events = read.events))
}

/// Adds a CalDAV account whose calendars can be read.
async fn add_account(
    paths: &Paths,
    address: &str,
    user: String,
    password_stdin: bool,
) -> Result<(), Stop> {
    let Some(name) = with_user(address, &user) else {
        return Err(Code::new("download-bad-address").into());
    };
    let password = match password_stdin {
        true => password::from_stdin()?,
        false => password::ask(&name).await?,
    };
    let address = address.to_owned();
    done(paths, Request::CalendarAccount { address, user, password }).await?;
    output::people(&text!(texts(), "calendar-account-added", path = name.as_str()))?;
    let settings = own_settings()?;
    let found = calendars::read_account(&name, &wanted(paths, &settings), window()).await?;
    print(found.into_iter().map(|calendar| of_account(&name, calendar)))
}

async fn append(paths: &Paths, settings: &Settings, name: &str) -> Result<(), Stop> {
    let mut calendars = settings.meeting.calendars.clone();
    if !calendars.iter().any(|known| known == name) {
        calendars.push(name.to_owned());
        set(paths, calendars::SETTING, &calendars).await?;
    }
    Ok(())
}

/// Removes a calendar, or ignores one of GNOME or of an account.
async fn remove(paths: &Paths, settings: &Settings, calendar: &str) -> Result<(), Stop> {
    let names = [calendar.to_owned(), absolute(calendar)];
    let (gone, left): (Vec<_>, Vec<_>) =
        settings.meeting.calendars.iter().cloned().partition(|it| names.contains(it));
    if let Some(name) = gone.first() {
        set(paths, calendars::SETTING, &left).await?;
        return output::people(&text!(texts(), "calendar-removed", path = name));
    }
    let found = all(paths, settings).await.into_iter().find(|it| it.is_named(calendar));
    let Some(found) = found else {
        return Err(Code::new("calendar-unknown").with("path", calendar).into());
    };
    if found.counts {
        let mut ignored = settings.meeting.ignore.clone();
        ignored.push(calendar.to_owned());
        set(paths, IGNORED, &ignored).await?;
    }
    output::people(&text!(texts(), "calendar-counts-no-more", name = calendar))
}

async fn list(paths: &Paths, settings: &Settings) -> Result<(), Stop> {
    let all = all(paths, settings).await;
    if all.is_empty() {
        return output::people(&text!(texts(), "calendar-not-yet"));
    }
    print(all)
}

fn print(all: impl IntoIterator<Item = Found>) -> Result<(), Stop> {
    let all: Vec<Found> = all.into_iter().collect();
    let names = widest(all.iter().map(|calendar| calendar.shown.as_str()));
    for calendar in &all {
        output::people(&format!("{}  {}", pad(&calendar.shown, names), calendar.state()))?;
    }
    Ok(())
}

async fn test(paths: &Paths, settings: &Settings, name: &str, json: bool) -> Result<(), Stop> {
    let path = absolute(name);
    let is_address = name.contains("://") && !is_account(name);
    let reads = match is_address || Path::new(&path).exists() {
        true => vec![read(&path, settings).await],
        false => {
            let all = all(paths, settings).await.into_iter();
            all.filter(|calendar| calendar.is_named(name)).map(|calendar| calendar.read).collect()
        }
    };
    if reads.is_empty() {
        // It says what is wrong with it.
        read(&path, settings).await?;
    }
    let mut events = Vec::new();
    for read in reads {
        let read = read?;
        warn(&read);
        events.extend(read.found);
    }
    show(&events, &settings.meeting, json)
}

/// Reads all calendars, with those that do not count.
async fn all(paths: &Paths, settings: &Settings) -> Vec<Found> {
    let mut all = Vec::new();
    for name in &settings.meeting.calendars {
        if is_account(name) {
            match calendars::read_account(name, &wanted(paths, settings), window()).await {
                Ok(found) => all.extend(found.into_iter().map(|it| of_account(name, it))),
                Err(why) => all.push(named(name, CalendarPlace::Account, Err(why))),
            }
        } else {
            all.push(named(name, CalendarPlace::File, read(name, settings).await));
        }
    }
    if settings.meeting.gnome {
        let MeetingSettings { addresses, ignore, .. } = &settings.meeting;
        match calendars::read_gnome(addresses, ignore, window()).await {
            Ok(found) => all.extend(found.into_iter().map(|calendar| Found {
                shown: text!(texts(), "calendar-gnome-name", name = calendar.name.as_str()),
                place: CalendarPlace::Gnome,
                names: vec![calendar.name, calendar.uid],
                counts: !calendar.is_ignored,
                read: calendar.read,
            })),
            Err(why) => all.push(named("GNOME", CalendarPlace::Gnome, Err(why))),
        }
    }
    all
}

fn named(name: &str, place: CalendarPlace, read: Result<ReadCalendar, Code>) -> Found {
    Found { shown: name.to_owned(), place, names: vec![name.to_owned()], counts: true, read }
}

/// A calendar of the account with this address.
fn of_account(address: &str, calendar: NamedCalendar) -> Found {
    let server = server_of(address).unwrap_or_default();
    let name = calendar.name.as_str();
    Found {
        shown: text!(texts(), "calendar-account-name", name = name, server = server),
        place: CalendarPlace::Account,
        counts: !calendar.is_ignored,
        names: vec![calendar.name, calendar.uid, address.to_owned()],
        read: calendar.read,
    }
}

fn wanted(paths: &Paths, settings: &Settings) -> Wanted {
    let file = SecretStore::file(&paths.secrets_file);
    let secrets = SecretStores::selected(settings.secrets, SecretStore::keyring(), file);
    Wanted::meetings(&settings.meeting, secrets)
}

async fn set(paths: &Paths, key: &str, names: &[String]) -> Result<(), Stop> {
    let request = Request::SettingsSet { key: key.to_owned(), value: calendars::setting(names) };
    done(paths, request).await?;
    Ok(())
}

/// The agent has another working folder. An address stays as it is.
fn absolute(calendar: &str) -> String {
    match calendar.starts_with("~/") || calendar.contains("://") {
        true => calendar.to_owned(),
        false => std::path::absolute(calendar)
            .map_or_else(|_| calendar.to_owned(), |path| path.display().to_string()),
    }
}

async fn read(calendar: &str, settings: &Settings) -> Result<ReadCalendar, Code> {
    calendars::read(calendar, &settings.meeting.addresses, window(), Titles::All).await
}

/// The time that is shown.
fn window() -> Range<Timestamp> {
    let now = Timestamp::now();
    now..now.checked_add(AHEAD).unwrap_or(Timestamp::MAX)
}

/// Says which part of a calendar could not be read.
fn warn(read: &ReadCalendar) {
    if let Some(why) = &read.trouble {
        output::failure(&texts().code(why));
    }
}
