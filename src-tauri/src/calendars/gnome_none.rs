//! Other systems have no calendars of GNOME.

use std::ops::Range;

use jiff::Timestamp;
use presently_core::Code;

use super::source::{Asked, Reading, Source};
use super::{ReadCalendar, Wanted};

/// None.
#[derive(Debug, Default)]
pub(super) struct Gnome;

/// A calendar of GNOME, for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GnomeCalendar {
    /// Its name.
    pub name: String,
    /// What tells it from others of that name.
    pub uid: String,
    /// Whether the settings ignore it.
    pub is_ignored: bool,
    /// What it holds, or why it cannot be read.
    pub read: Result<ReadCalendar, Code>,
}

impl Source for Gnome {
    async fn read(&mut self, _: &Wanted, _: Asked) -> Vec<Reading> {
        Vec::new()
    }

    async fn changed(&mut self) {
        std::future::pending().await
    }
}

/// Reads none.
///
/// # Errors
///
/// None.
pub async fn read_once(
    _: &[String],
    _: &[String],
    _: Range<Timestamp>,
) -> Result<Vec<GnomeCalendar>, Code> {
    Ok(Vec::new())
}
