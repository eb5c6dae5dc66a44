//! The places where calendars are, and how each of them is read for as long as
//! the agent runs.

use jiff::Timestamp;
use presently_core::Code;
use presently_ipc::snapshot::CalendarPlace;
use tokio::sync::watch;

use super::{ReadCalendar, Wanted};

/// A place where calendars are.
pub(super) trait Source: Send + 'static {
    /// Reads those that are wanted.
    fn read(&mut self, wanted: &Wanted, asked: Asked) -> impl Future<Output = Vec<Reading>> + Send;

    /// Returns when they are to be read again.
    fn changed(&mut self) -> impl Future<Output = ()> + Send;
}

/// Why calendars are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Something has changed, or some of them are due.
    Due,
    /// The computer has slept, there is another network, or a day is over.
    Again,
    /// The person asks, or has changed the settings.
    ByPerson,
}

/// What a calendar held when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// What tells it from the others, in every source.
    pub(super) key: String,
    /// Its name for the person. It gives no address away.
    pub(super) name: String,
    /// Where it is.
    pub(super) place: CalendarPlace,
    /// What tells one of GNOME or of an account from others of that name.
    pub(super) uid: Option<String>,
    /// Whether it is read.
    pub(super) counts: bool,
    /// When it was read.
    pub(super) at: Timestamp,
    /// What it held, or why it could not be read.
    pub(super) read: Result<ReadCalendar, Code>,
}

impl Reading {
    /// That of a calendar with this name in the settings.
    pub(super) fn of(
        key: &str,
        name: String,
        place: CalendarPlace,
        read: Result<ReadCalendar, Code>,
    ) -> Self {
        let key = key.to_owned();
        Self { key, name, place, uid: None, counts: true, at: Timestamp::now(), read }
    }
}

/// Reads a source until nobody wants that any more.
pub(super) async fn keep_reading(
    mut source: impl Source,
    mut wishes: watch::Receiver<Wanted>,
    readings: watch::Sender<Vec<Reading>>,
) {
    let mut last: Option<Wanted> = None;
    loop {
        let wanted = wishes.borrow_and_update().clone();
        let asked = match &last {
            Some(last) if *last == wanted => Asked::Due,
            Some(last) if last.is_but_for_time(&wanted) => Asked::Again,
            _ => Asked::ByPerson,
        };
        let read = source.read(&wanted, asked).await;
        last = Some(wanted);
        readings.send_if_modified(|shown| {
            let is_new = *shown != read;
            *shown = read;
            is_new
        });
        tokio::select! {
            wish = wishes.changed() => if wish.is_err() { return },
            () = source.changed() => {}
        }
    }
}
