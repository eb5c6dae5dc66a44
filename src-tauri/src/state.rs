//! What is kept between runs: what the person said, what we left on servers,
//! and what servers can do. Everything automatic is decided anew.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use presently_core::account::{Abilities, Marks};
use presently_core::{Manual, Pauses};
use serde::{Deserialize, Serialize};

use crate::durable;

/// The version of the file's form.
const VERSION: u32 = 1;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    /// Manual choices and messages, with their ends.
    #[serde(default)]
    pub manual: Manual,
    /// What is paused, until when.
    #[serde(default)]
    pub pauses: Pauses,
    /// What we left on a server, by user id.
    #[serde(default)]
    pub marks: BTreeMap<String, Marks>,
    /// What servers can do, by base URL.
    #[serde(default)]
    pub servers: BTreeMap<String, Abilities>,
}

impl State {
    /// Keeps what an account has left on its server.
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
}

impl StateFile {
    /// Reads the file. A broken one is set aside under another name, never
    /// overwritten; the second value then says so in one line.
    pub fn open(path: &Path) -> (Self, Option<String>) {
        let (state, trouble) = match read(path) {
            Ok(state) => (state, None),
            Err(error) => {
                let aside = path.with_extension("json.broken");
                let kept = match std::fs::rename(path, &aside) {
                    Ok(()) => format!("it was kept as {}", aside.display()),
                    Err(_) => "it will be replaced".to_owned(),
                };
                let line = format!("{} could not be read ({error}); {kept}", path.display());
                (State::default(), Some(line))
            }
        };
        (Self { path: path.to_owned(), state }, trouble)
    }

    /// What is kept now.
    pub fn get(&self) -> &State {
        &self.state
    }

    /// Changes the state: durable when this returns. When it fails, nothing
    /// has changed, in memory either.
    pub fn change(&mut self, change: impl FnOnce(&mut State)) -> io::Result<()> {
        let mut next = self.state.clone();
        change(&mut next);
        if next == self.state {
            return Ok(());
        }
        next.version = VERSION;
        let mut text = serde_json::to_vec_pretty(&next)?;
        text.push(b'\n');
        durable::write(&self.path, &text)?;
        self.state = next;
        Ok(())
    }
}

fn read(path: &Path) -> Result<State, String> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(State::default()),
        Err(e) => return Err(e.to_string()),
    };
    let state: State = serde_json::from_slice(&text).map_err(|e| e.to_string())?;
    if state.version > VERSION {
        return Err(format!("it is of version {}, from a newer Presently", state.version));
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use presently_core::{Choice, Presence, Scope};

    fn busy() -> Choice {
        let since = jiff::Timestamp::UNIX_EPOCH;
        Choice { presence: Presence::Busy, since, until: None, message: None }
    }

    #[test]
    fn what_was_said_is_read_back() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("deep/state.json");
        let (mut file, trouble) = StateFile::open(&path);
        assert_eq!(trouble, None);
        file.change(|s| s.manual.choose(Scope::All, busy())).expect("writable");
        file.change(|s| {
            s.marks.insert("@me:hs".into(), Marks { busy: true, ..Marks::default() });
        })
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
        assert!(trouble.is_some_and(|t| t.contains("state.json.broken")));
        let kept = std::fs::read_to_string(folder.path().join("state.json.broken"));
        assert_eq!(kept.ok().as_deref(), Some("{ not json"));
    }

    #[test]
    fn what_cannot_be_written_has_not_happened() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state.json");
        let (mut file, _) = StateFile::open(&path);
        // A folder in the file's place cannot be replaced by a file.
        std::fs::create_dir(&path).expect("writable");
        std::fs::write(path.join("x"), "").expect("writable");
        assert!(file.change(|s| s.manual.choose(Scope::All, busy())).is_err());
        assert_eq!(file.get(), &State::default());
    }
}
