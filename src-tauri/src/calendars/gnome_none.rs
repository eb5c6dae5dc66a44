//! Other systems have no calendars of GNOME.

use std::ops::Range;

use jiff::Timestamp;
use presently_core::Code;

use super::source::{Asked, Reading, Source};
use super::{NamedCalendar, Wanted};

/// None.
#[derive(Debug, Default)]
pub(super) struct Gnome;

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
) -> Result<Vec<NamedCalendar>, Code> {
    Ok(Vec::new())
}
