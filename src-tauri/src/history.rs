//! The file of the history of what was shown.
//!
//! A change is written at once if the last write was some minutes ago, else at
//! the end of these minutes. While nothing changes, nothing is written and no
//! timer runs. After a crash, the last span therefore ends at the last write.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use presently_core::history::{History, KEPT_FOR, Span};
use presently_core::{Code, Presence, Source};
use serde::{Deserialize, Serialize};

use crate::kept;

/// The version of the file format.
const VERSION: u32 = 1;

/// The minimum interval between writes.
const WRITE_INTERVAL: SignedDuration = SignedDuration::from_mins(5);

/// The file format.
#[derive(Default, Serialize, Deserialize)]
struct Form {
    version: u32,
    spans: Vec<Span>,
}

/// The history and its file.
#[derive(Debug)]
pub struct HistoryFile {
    path: PathBuf,
    history: History,
    /// Whether the file exists but could not be read. It must not be replaced
    /// then.
    unread: bool,
    /// Whether a span, or the end of one, is not in the file yet.
    changed: bool,
    /// Whether the file could contain more of the current span.
    may_write: bool,
    /// The time of the last attempt to write.
    written: Option<Timestamp>,
    /// Why the file could not be read, and what was done with it.
    lost: Option<Code>,
    /// Why the last write failed, until one succeeds.
    unsaved: Option<Code>,
}

impl HistoryFile {
    /// Reads the file. A corrupt file is renamed. A file that the system does
    /// not let us read is left alone, and merged once it can be read.
    pub fn open(path: &Path) -> Self {
        let mut file = Self {
            path: path.to_owned(),
            history: History::default(),
            unread: true,
            changed: false,
            may_write: false,
            written: None,
            lost: None,
            unsaved: None,
        };
        file.read();
        file
    }

    fn read(&mut self) {
        let read = kept::read(&self.path, parse);
        self.unread = read.as_ref().is_err_and(|unread| unread.is_there);
        match read {
            Ok(kept) => {
                self.lost = None;
                self.history.merge_stored(kept);
            }
            Err(unread) => self.lost = Some(unread.code),
        }
    }

    /// The history in memory.
    pub fn get(&self) -> &History {
        &self.history
    }

    /// What is wrong with the file.
    pub fn troubles(&self) -> impl Iterator<Item = &Code> {
        self.lost.iter().chain(&self.unsaved)
    }

    /// Records what is shown from `now` on.
    pub fn record(&mut self, presence: Option<Presence>, source: Source, now: Timestamp) {
        self.changed |= self.history.record(now, presence, source);
    }

    /// Ends the current span at `now`, because nothing is shown or the history
    /// is disabled.
    pub fn stop(&mut self, now: Timestamp) {
        self.changed |= self.history.open().is_some();
        self.history.stop(now);
    }

    /// Allows a later check to write the file again with the time that has passed,
    /// because something else has changed too. No alarm is set for that.
    pub fn allow_write(&mut self) {
        self.may_write |= self.history.open().is_some();
    }

    /// When the file is to be written, if there is anything to write.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        (self.changed || self.needs_second_write()).then(|| self.not_before(now))
    }

    /// Whether the file is to be written now. Before the machine sleeps
    /// (`before_sleep`) a change is written without waiting for the interval.
    pub fn is_due(&self, now: Timestamp, before_sleep: bool) -> bool {
        let has_news = self.changed || self.may_write || self.needs_second_write();
        (before_sleep && self.changed) || (has_news && self.not_before(now) <= now)
    }

    /// Whether the last write contains so little of the current span that one
    /// more is worthwhile.
    fn needs_second_write(&self) -> bool {
        let (Some(open), Some(written)) = (self.history.open(), self.written) else { return false };
        written.duration_since(open.start) < WRITE_INTERVAL
    }

    /// The earliest time of the next write. If the clock was set back, that is
    /// now.
    fn not_before(&self, now: Timestamp) -> Timestamp {
        let written = self.written.filter(|written| *written <= now);
        written.and_then(|written| written.checked_add(WRITE_INTERVAL).ok()).unwrap_or(now)
    }

    /// Removes spans that are too old and writes the file. After a failure it
    /// is due again later.
    pub async fn write(&mut self, now: Timestamp) {
        self.written = Some(now);
        let oldest = now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
        self.history.forget_before(oldest);
        self.unsaved = self.try_write().await.err();
        self.changed = self.unsaved.is_some();
        self.may_write = false;
    }

    async fn try_write(&mut self) -> Result<(), Code> {
        if self.unread {
            self.read();
        }
        if let Some(why) = self.lost.clone().filter(|_| self.unread) {
            // The failure to read is already among the troubles.
            return Err(why);
        }
        let form = Form { version: VERSION, spans: self.history.spans() };
        let mut text = serde_json::to_vec(&form)
            .map_err(|error| kept::unsaved(&self.path, &error.to_string()))?;
        text.push(b'\n');
        kept::write(&self.path, text).await
    }

    /// Writes pending changes when the agent ends at `now`.
    pub async fn finish(&mut self, now: Timestamp) {
        self.stop(now);
        if self.changed {
            self.write(now).await;
        }
    }

    /// Removes the file, the renamed corrupt files and the history in memory.
    /// The current presence is recorded anew from `now` on.
    ///
    /// # Errors
    ///
    /// If a file could not be removed. The history in memory is then kept.
    pub async fn erase(&mut self, now: Timestamp) -> Result<(), Code> {
        let path = self.path.clone();
        let removed = presently_durable::unblock(move || kept::remove(&path)).await;
        removed.map_err(|error| {
            Code::new("history-not-erased")
                .with("path", kept::shown(&self.path))
                .with("why", error.to_string())
        })?;
        self.history.erase(now);
        (self.unread, self.lost, self.unsaved) = (false, None, None);
        // The new span is too short to be worth a write.
        (self.changed, self.may_write, self.written) = (false, false, Some(now));
        Ok(())
    }
}

fn parse(text: &[u8]) -> Result<History, Code> {
    let form: Form =
        serde_json::from_slice(text).map_err(|error| Code::plain(error.to_string()))?;
    if form.version > VERSION {
        return Err(kept::newer(form.version));
    }
    Ok(History::from_spans(form.spans))
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
