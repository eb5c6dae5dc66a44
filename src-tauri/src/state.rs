//! What is kept between runs: the person's choices, the marks of what is left
//! on servers, and what is known about servers. Everything automatic is decided
//! anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use presently_core::account::{Abilities, Marks};
use presently_core::meeting::Attendance;
use presently_core::{Code, Manual, Pauses, RecentMessages};
use serde::{Deserialize, Serialize};

use crate::kept;

/// The version of the file format.
const VERSION: u32 = 1;

/// The content of the state file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    /// Manual choices and messages, with their ends.
    #[serde(default)]
    pub manual: Manual,
    /// What is paused, and until when.
    #[serde(default)]
    pub pauses: Pauses,
    /// What the person said about meetings that are on.
    #[serde(default)]
    pub attendance: Attendance,
    /// The messages that were set last, to be set again.
    #[serde(default)]
    pub recent_messages: RecentMessages,
    /// What is left on servers, by user id.
    #[serde(default)]
    pub marks: BTreeMap<String, Marks>,
    /// What servers can do, by base URL.
    #[serde(default)]
    pub servers: BTreeMap<String, Abilities>,
}

impl State {
    /// Sets the marks of an account.
    pub fn mark(&mut self, user_id: &str, marks: Marks) {
        if marks == Marks::default() {
            self.marks.remove(user_id);
        } else {
            self.marks.insert(user_id.to_owned(), marks);
        }
    }
}

/// The state and its file.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    state: State,
    /// Whether the file exists but could not be read. It must not be replaced
    /// then.
    unread: bool,
}

impl StateFile {
    /// Reads the file. A corrupt file is renamed. A file that the system does
    /// not let us read is left alone, and changes are refused until it can be
    /// read. The second value is the error.
    pub fn open(path: &Path) -> (Self, Option<Code>) {
        let mut file = Self { path: path.to_owned(), state: State::default(), unread: true };
        let trouble = file.read().err();
        (file, trouble)
    }

    /// The current state.
    pub fn get(&self) -> &State {
        &self.state
    }

    /// Changes the state durably. The disk access runs on another thread. The
    /// future must not be dropped before it ends.
    ///
    /// # Errors
    ///
    /// If the file could not be written. The state in memory is then unchanged
    /// too.
    pub async fn change(&mut self, change: impl FnOnce(&mut State)) -> Result<(), Code> {
        if self.unread {
            self.read()?;
        }
        let mut next = self.state.clone();
        change(&mut next);
        if next == self.state {
            return Ok(());
        }
        next.version = VERSION;
        self.write(&next).await?;
        self.state = next;
        Ok(())
    }

    /// Writes the unchanged state, to check whether it can be saved again.
    ///
    /// # Errors
    ///
    /// If it still cannot.
    pub async fn save_again(&mut self) -> Result<(), Code> {
        if self.unread {
            self.read()?;
        }
        self.write(&self.state).await
    }

    async fn write(&self, state: &State) -> Result<(), Code> {
        let mut text = serde_json::to_vec_pretty(state)
            .map_err(|error| kept::unsaved(&self.path, &error.to_string()))?;
        text.push(b'\n');
        kept::write(&self.path, text).await
    }

    /// Reads the file. An error is returned even if a corrupt file was renamed.
    fn read(&mut self) -> Result<(), Code> {
        let read = kept::read(&self.path, parse);
        self.unread = read.as_ref().is_err_and(|unread| unread.is_there);
        self.state = read.map_err(|unread| unread.code)?;
        Ok(())
    }
}

fn parse(text: &[u8]) -> Result<State, Code> {
    let state: State =
        serde_json::from_slice(text).map_err(|error| Code::plain(error.to_string()))?;
    if state.version > VERSION {
        return Err(kept::newer(state.version));
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use presently_core::{Choice, Presence, Scope};

    fn said(code: &Code) -> String {
        presently_text::Texts::english().code(code)
    }

    fn busy() -> Choice {
        let since = jiff::Timestamp::UNIX_EPOCH;
        Choice { presence: Presence::Busy, since, until: None, message: None }
    }

    #[tokio::test]
    async fn what_was_said_is_read_back() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("deep/state.json");
        let (mut file, trouble) = StateFile::open(&path);
        assert_eq!(trouble, None);
        file.change(|s| s.manual.choose(Scope::All, busy())).await.expect("writable");
        file.change(|s| {
            s.marks.insert("@me:hs".into(), Marks { busy: true, ..Marks::default() });
        })
        .await
        .expect("writable");
        let (again, trouble) = StateFile::open(&path);
        assert_eq!((again.get(), trouble), (file.get(), None));
    }

    #[test]
    fn a_broken_file_is_set_aside_and_said() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state.json");
        std::fs::write(&path, "{ not json").expect("writable");
        let (file, trouble) = StateFile::open(&path);
        assert_eq!(file.get(), &State::default());
        assert!(trouble.is_some_and(|t| said(&t).contains("state.json.broken")));
        let kept = std::fs::read_to_string(folder.path().join("state.json.broken"));
        assert_eq!(kept.ok().as_deref(), Some("{ not json"));
    }

    #[tokio::test]
    async fn none_that_was_set_aside_is_overwritten() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state.json");
        for (text, aside) in [("{1", "state.json.broken"), ("{2", "state.json.broken.2")] {
            std::fs::write(&path, text).expect("writable");
            let (mut file, trouble) = StateFile::open(&path);
            assert!(trouble.is_some_and(|t| said(&t).ends_with(aside)));
            file.change(|s| s.manual.choose(Scope::All, busy())).await.expect("writable");
        }
        for (text, aside) in [("{1", "state.json.broken"), ("{2", "state.json.broken.2")] {
            let kept = std::fs::read_to_string(folder.path().join(aside));
            assert_eq!(kept.ok().as_deref(), Some(text));
        }
    }

    #[tokio::test]
    async fn what_is_not_given_out_is_left_alone_until_it_is() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state.json");
        let (mut file, _) = StateFile::open(&path);
        file.change(|s| s.manual.choose(Scope::All, busy())).await.expect("writable");
        let kept = file.get().clone();
        // A symbolic link to itself cannot be read, even by root.
        std::fs::rename(&path, folder.path().join("away")).expect("writable");
        std::os::unix::fs::symlink("state.json", &path).expect("writable");
        let (mut file, trouble) = StateFile::open(&path);
        let trouble = trouble.expect("it is said");
        let line = said(&trouble);
        assert!(line.ends_with("it is left as it is") && line.lines().count() == 1, "{line}");
        let refused = file.change(|s| s.manual.say(None)).await;
        assert_eq!(refused, Err(trouble));
        assert!(path.is_symlink(), "it is left as it is");
        std::fs::remove_file(&path).expect("writable");
        std::fs::rename(folder.path().join("away"), &path).expect("writable");
        file.change(|s| s.pauses.calls = None).await.expect("it is read now");
        assert_eq!(file.get(), &kept);
    }

    #[tokio::test]
    async fn the_disk_keeps_nobody_waiting() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (mut file, _) = StateFile::open(&folder.path().join("state.json"));
        {
            let mut change = std::pin::pin!(file.change(|s| s.manual.choose(Scope::All, busy())));
            tokio::select! {
                biased;
                _ = &mut change => panic!("it was written here"),
                () = std::future::ready(()) => {}
            }
            change.await.expect("written");
        }
        assert_ne!(file.get(), &State::default());
    }

    #[tokio::test]
    async fn what_cannot_be_written_has_not_happened() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state.json");
        let (mut file, _) = StateFile::open(&path);
        // A folder at the path cannot be replaced by a file.
        std::fs::create_dir(&path).expect("writable");
        std::fs::write(path.join("x"), "").expect("writable");
        assert!(file.change(|s| s.manual.choose(Scope::All, busy())).await.is_err());
        assert_eq!(file.get(), &State::default());
    }
}
