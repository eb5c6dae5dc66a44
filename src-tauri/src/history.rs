//! The file that the history of what was shown is kept in, and when it is
//! written.
//!
//! A change is written at once if nothing was for some minutes, else some
//! minutes after the last time. While nothing changes nothing is written, and
//! no timer runs: after a crash, what was shown last ends at the last moment
//! that was written.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use presently_core::history::{History, KEPT_FOR, Span};
use presently_core::{Code, Presence, Source};
use serde::{Deserialize, Serialize};

use crate::kept;

/// The version of the file's form.
const VERSION: u32 = 1;

/// The file is not written more often than this.
const EVERY: SignedDuration = SignedDuration::from_mins(5);

/// As it is written.
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
    /// The file is there and was not read: it must not be replaced.
    unread: bool,
    /// The file lacks a span, or the end of one.
    changed: bool,
    /// The file has less of what is shown than it could have by now.
    grown: bool,
    /// When it was written last, or that was tried.
    written: Option<Timestamp>,
    /// What became of a file that could not be read.
    lost: Option<Code>,
    /// Why it could not be written, until it can be.
    unsaved: Option<Code>,
}

impl HistoryFile {
    /// Reads the file. A broken one is set aside under another name; one that
    /// the system does not give out is left alone, and taken in when it does.
    pub fn open(path: &Path) -> Self {
        let mut file = Self {
            path: path.to_owned(),
            history: History::default(),
            unread: true,
            changed: false,
            grown: false,
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
                self.history.take_in(kept);
            }
            Err(unread) => self.lost = Some(unread.code),
        }
    }

    /// What is known.
    pub fn get(&self) -> &History {
        &self.history
    }

    /// What is wrong with the file.
    pub fn troubles(&self) -> impl Iterator<Item = &Code> {
        self.lost.iter().chain(&self.unsaved)
    }

    /// Records that this is shown at `now`.
    pub fn record(&mut self, presence: Option<Presence>, source: Source, now: Timestamp) {
        self.changed |= self.history.record(now, presence, source);
    }

    /// From `now` on nothing is shown, or it is not to be recorded.
    pub fn stop(&mut self, now: Timestamp) {
        self.changed |= self.history.open().is_some();
        self.history.stop(now);
    }

    /// Something else has changed too, so that the file may be written again
    /// with the time that has passed. No alarm is set for that.
    pub fn note(&mut self) {
        self.grown |= self.history.open().is_some();
    }

    /// When the file is to be written, if there is something to write.
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        (self.changed || self.is_brief()).then(|| self.not_before(now))
    }

    /// Whether it is to be written now: before the machine sleeps
    /// (`before_sleep`) without waiting for the next time.
    pub fn is_due(&self, now: Timestamp, before_sleep: bool) -> bool {
        let has_news = self.changed || self.grown || self.is_brief();
        (before_sleep && self.changed) || (has_news && self.not_before(now) <= now)
    }

    /// Whether the file has so little of what goes on that it is worth being
    /// written once more.
    fn is_brief(&self) -> bool {
        let (Some(open), Some(written)) = (self.history.open(), self.written) else { return false };
        written.duration_since(open.start) < EVERY
    }

    /// A clock that was set back makes nobody wait.
    fn not_before(&self, now: Timestamp) -> Timestamp {
        let written = self.written.filter(|written| *written <= now);
        written.and_then(|written| written.checked_add(EVERY).ok()).unwrap_or(now)
    }

    /// Writes the file with all that is known, and drops what is too old.
    /// Where that fails, it is due again later.
    pub async fn write(&mut self, now: Timestamp) {
        self.written = Some(now);
        let oldest = now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
        self.history.forget_before(oldest);
        self.unsaved = self.try_write().await.err();
        self.changed = self.unsaved.is_some();
        self.grown = false;
    }

    async fn try_write(&mut self) -> Result<(), Code> {
        if self.unread {
            self.read();
        }
        if let Some(why) = self.lost.clone().filter(|_| self.unread) {
            // It is said already, and said once.
            return Err(why);
        }
        let form = Form { version: VERSION, spans: self.history.spans() };
        let mut text = serde_json::to_vec(&form)
            .map_err(|error| kept::unsaved(&self.path, &error.to_string()))?;
        text.push(b'\n');
        kept::write(&self.path, text).await
    }

    /// Writes what the file lacks at the end of the agent, at `now`.
    pub async fn finish(&mut self, now: Timestamp) {
        self.stop(now);
        if self.changed {
            self.write(now).await;
        }
    }

    /// Removes the file, what was set aside in its place, and all that is
    /// known. What is shown is recorded anew from `now` on.
    ///
    /// # Errors
    ///
    /// Why the file is still there; then nothing is forgotten.
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
        // There is nothing to lose yet.
        (self.changed, self.grown, self.written) = (false, false, Some(now));
        Ok(())
    }
}

fn parse(text: &[u8]) -> Result<History, Code> {
    let form: Form =
        serde_json::from_slice(text).map_err(|error| Code::plain(error.to_string()))?;
    if form.version > VERSION {
        return Err(kept::newer(form.version));
    }
    Ok(History::of(form.spans))
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
