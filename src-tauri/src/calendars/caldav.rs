//! The calendars of accounts on CalDAV servers. Of each the events around now
//! are asked for when something has changed.

use std::collections::HashMap;
use std::ops::Range;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use presently_calendar::Titles;
use presently_core::{Code, Coded as _};
use presently_ipc::snapshot::CalendarPlace;
use presently_matrix::caldav::{Account, CalDav, Collection, Home, is_account};
use presently_matrix::download::{DownloadError, server_of};
use presently_matrix::{SecretError, SecretStores};
use tokio::time::Instant;

use super::apart::apart;
use super::read::{self, ReadCalendar};
use super::schedule::Schedule;
use super::source::{Asked, Reading, Source};
use super::{NamedCalendar, RENEWAL, Wanted, window};

/// The accounts.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    accounts: HashMap<String, State>,
    /// Created with the first account, because it costs memory.
    client: Option<CalDav>,
    /// With what they were read.
    addresses: Vec<String>,
    ignored: Vec<String>,
    titles: Vec<String>,
}

/// What is known of an account.
#[derive(Debug)]
struct State {
    home: Option<Home>,
    calendars: Vec<Calendar>,
    /// Why the account cannot be read.
    trouble: Option<Code>,
    schedule: Schedule,
}

/// A calendar of an account.
#[derive(Clone, Debug)]
struct Calendar {
    collection: Collection,
    is_for_events: bool,
    is_ignored: bool,
    /// When the occurrences were listed.
    listed: Timestamp,
    read: ReadCalendar,
}

impl Source for Accounts {
    async fn read(&mut self, wanted: &Wanted, asked: Asked) -> Vec<Reading> {
        let names: Vec<&String> = wanted.calendars.iter().filter(|it| is_account(it)).collect();
        let before = (&self.addresses, &self.ignored, &self.titles);
        if before != (&wanted.addresses, &wanted.ignored, &wanted.titles) {
            // What was read with others is not what is wanted now.
            self.addresses.clone_from(&wanted.addresses);
            self.ignored.clone_from(&wanted.ignored);
            self.titles.clone_from(&wanted.titles);
            self.accounts.clear();
        }
        self.accounts.retain(|name, _| names.contains(&name));
        let now = Instant::now();
        let mut due = Vec::new();
        for name in &names {
            let state = self.accounts.remove(*name).unwrap_or_else(|| State::new(now));
            match state.schedule.is_due(now, asked) {
                true => due.push(((*name).clone(), state)),
                false => drop(self.accounts.insert((*name).clone(), state)),
            }
        }
        let client = match self.client.clone() {
            None if due.is_empty() => return self.readings(&names),
            None => CalDav::new().map_err(|error| error.code()),
            Some(client) => Ok(client),
        };
        self.client = client.as_ref().ok().cloned();
        let updates = due.into_iter().map(|(name, mut state)| {
            let client = client.clone();
            async move {
                let updated = match client {
                    Ok(client) => state.update(&client, &name, wanted).await,
                    Err(why) => Err(DownloadError { why, retry_after: None }),
                };
                state.note(&name, updated);
                (name, state)
            }
        });
        let updated = join_all(updates).await;
        self.accounts.extend(updated);
        self.readings(&names)
    }

    async fn changed(&mut self) {
        match self.accounts.values().map(|state| state.schedule.next()).min() {
            Some(next) => tokio::time::sleep_until(next).await,
            None => std::future::pending().await,
        }
    }
}

impl Accounts {
    fn readings(&self, names: &[&String]) -> Vec<Reading> {
        let accounts = names.iter().filter_map(|name| self.accounts.get_key_value(*name));
        accounts.flat_map(|(name, state)| state.readings(name)).collect()
    }
}

impl State {
    fn new(now: Instant) -> Self {
        Self { home: None, calendars: Vec::new(), trouble: None, schedule: Schedule::new(now) }
    }

    /// Asks the server for what has changed.
    async fn update(
        &mut self,
        client: &CalDav,
        name: &str,
        wanted: &Wanted,
    ) -> Result<(), DownloadError> {
        let account = account(name, wanted.secrets.as_ref(), false).await?;
        let home = match self.home.take() {
            Some(home) => home,
            None => client.discover(&account).await?,
        };
        let mut calendars = Vec::new();
        for collection in client.collections(&account, &home).await? {
            let known = self.calendars.iter().find(|it| it.collection.url == collection.url);
            if let Some(known) = known.filter(|known| known.is_current(&collection)) {
                calendars.push(Calendar { collection, ..known.clone() });
                continue;
            }
            let is_for_events = match known {
                Some(known) => known.is_for_events,
                None => client.is_for_events(&account, &collection.url).await?,
            };
            let is_ignored = is_ignored(&wanted.ignored, &shown(&collection), &collection);
            let listed = Timestamp::now();
            let mut events = ReadCalendar::default();
            if is_for_events && !is_ignored {
                let addresses = addresses(wanted, &home);
                let window = window(listed);
                let titles = wanted.titles_of(&[&shown(&collection), collection.url.as_str()]);
                events = read(client, &account, &collection, addresses, window, titles).await?;
            }
            calendars.push(Calendar {
                collection,
                is_for_events,
                is_ignored,
                listed,
                read: events,
            });
        }
        (self.home, self.calendars) = (Some(home), calendars);
        Ok(())
    }

    fn note(&mut self, name: &str, updated: Result<(), DownloadError>) {
        let now = Instant::now();
        match updated {
            Ok(()) => {
                self.trouble = None;
                self.schedule.succeed(now);
            }
            Err(DownloadError { why, retry_after }) => {
                self.trouble = Some(unreadable(name, why));
                self.schedule.fail(now, retry_after);
                // Its calendars may be elsewhere now.
                self.home = None;
            }
        }
    }

    fn readings(&self, name: &str) -> Vec<Reading> {
        let calendars = self.calendars.iter().filter(|calendar| calendar.is_for_events);
        let reading = |calendar: &Calendar| {
            let Calendar { collection, is_ignored, listed, read, .. } = calendar;
            let read = match &self.trouble {
                Some(why) if !is_ignored => Err(why.clone()),
                _ => Ok(read.clone()),
            };
            let key = collection.url.as_str();
            let (uid, counts) = (Some(key.to_owned()), !is_ignored);
            let reading = Reading::of(key, shown(collection), CalendarPlace::Account, read);
            Reading { uid, counts, at: *listed, ..reading }
        };
        let readings: Vec<Reading> = calendars.map(reading).collect();
        match &self.trouble {
            Some(why) if readings.is_empty() => {
                let server = server_of(name).unwrap_or_default();
                vec![Reading::of(name, server, CalendarPlace::Account, Err(why.clone()))]
            }
            _ => readings,
        }
    }
}

impl Calendar {
    /// Whether nothing has changed since it was listed, not so long ago.
    fn is_current(&self, now: &Collection) -> bool {
        let age = Timestamp::now().duration_since(self.listed);
        let is_recent = (SignedDuration::ZERO..RENEWAL).contains(&age);
        let is_same = now.version.is_some() && now.version == self.collection.version;
        is_recent && is_same && now.name == self.collection.name
    }
}

/// Reads all calendars of an account once, with titles. Without `password` it
/// is read from the secret store.
///
/// # Errors
///
/// The account cannot be read.
pub async fn read_account(
    name: &str,
    wanted: &Wanted,
    window: Range<Timestamp>,
) -> Result<Vec<NamedCalendar>, Code> {
    let failed = |error: DownloadError| unreadable(name, error.why);
    let account = account(name, wanted.secrets.as_ref(), true).await.map_err(failed)?;
    read_with(&account, wanted, window).await.map_err(failed)
}

/// The same with a password that is not stored yet.
///
/// # Errors
///
/// The account cannot be read.
pub async fn read_with(
    account: &Account,
    wanted: &Wanted,
    window: Range<Timestamp>,
) -> Result<Vec<NamedCalendar>, DownloadError> {
    let no_client = |why| DownloadError { why, retry_after: None };
    let client = CalDav::new().map_err(|error| no_client(error.code()))?;
    let home = client.discover(account).await?;
    let mut found = Vec::new();
    for collection in client.collections(account, &home).await? {
        if !client.is_for_events(account, &collection.url).await? {
            continue;
        }
        let addresses = addresses(wanted, &home);
        let read =
            read(&client, account, &collection, addresses, window.clone(), Titles::All).await?;
        let name = shown(&collection);
        let is_ignored = is_ignored(&wanted.ignored, &name, &collection);
        let uid = collection.url.into();
        found.push(NamedCalendar { name, uid, is_ignored, read: Ok(read) });
    }
    Ok(found)
}

/// The account with its password.
async fn account(
    name: &str,
    secrets: Option<&SecretStores>,
    ask: bool,
) -> Result<Account, DownloadError> {
    let failed = |why| DownloadError { why, retry_after: None };
    let missing = || Code::new("caldav-no-password").with("address", name);
    let Some(secrets) = secrets else { return Err(failed(missing())) };
    let password = secrets.password(name, ask).await.map_err(|error| match error {
        SecretError::NotFound(_) => failed(missing()),
        SecretError::Hidden(_) => failed(SecretError::Locked.code()),
        other => failed(other.code()),
    })?;
    Account::new(name, password).ok_or_else(|| failed(Code::new("download-bad-address")))
}

/// The addresses by which the person's answers are found.
fn addresses(wanted: &Wanted, home: &Home) -> Vec<String> {
    wanted.addresses.iter().chain(&home.addresses).cloned().collect()
}

async fn read(
    client: &CalDav,
    account: &Account,
    collection: &Collection,
    addresses: Vec<String>,
    window: Range<Timestamp>,
    titles: Titles,
) -> Result<ReadCalendar, DownloadError> {
    let events = client.events(account, &collection.url, window.clone()).await?;
    let name = shown(collection);
    let read = move || Ok(read::all(&events, &name, &addresses, window, titles));
    apart(read).await.map_err(|why| DownloadError { why, retry_after: None })
}

fn shown(collection: &Collection) -> String {
    let last = || collection.url.path_segments()?.rfind(|part| !part.is_empty());
    let named = collection.name.as_deref().filter(|name| !name.trim().is_empty());
    named.or_else(last).unwrap_or_default().to_owned()
}

fn is_ignored(ignored: &[String], name: &str, collection: &Collection) -> bool {
    ignored.iter().any(|it| it == name || it == collection.url.as_str())
}

fn unreadable(name: &str, why: Code) -> Code {
    let server = server_of(name).unwrap_or_default();
    Code::new("calendar-unreadable").with("path", server).with("why", why)
}
