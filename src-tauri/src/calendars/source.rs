//! The places where calendars are, and how each of them is read for as long as
//! the agent runs.

use jiff::Timestamp;
use presently_core::Code;
use presently_ipc::snapshot::CalendarPlace;
use tokio::sync::watch;

use super::{ReadCalendar, Wanted};

/// A place where calendars are.
pub(super) trait Source: Send + 'static {
    /// Reads those that are wanted. `all` asks for those too that have not
    /// changed.
    fn read(&mut self, wanted: &Wanted, all: bool) -> impl Future<Output = Vec<Reading>> + Send;

    /// Returns when they are to be read again.
    fn changed(&mut self) -> impl Future<Output = ()> + Send;
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
    /// What tells one of GNOME from others of that name.
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
    let mut last = None;
    loop {
        let wanted = wishes.borrow_and_update().clone();
        let all = last.as_ref() != Some(&wanted);
        let read = source.read(&wanted, all).await;
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
