//! A JSON file that only its owner may read, replaced as a whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use presently_core::Code;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::SecretError;
use crate::{Secret, Session};

const VERSION: u32 = 1;

/// The file. Concurrent writers must use clones of the same value, or the
/// changes of one are lost.
#[derive(Clone, Debug)]
pub struct SecretFile {
    path: PathBuf,
    turn: Arc<Mutex<()>>,
}

impl PartialEq for SecretFile {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for SecretFile {}

impl SecretFile {
    /// The file at this path. Its folder need not exist.
    pub fn new(path: PathBuf) -> Self {
        Self { path, turn: Arc::default() }
    }

    /// Runs `work` on a blocking thread, because the disk may be slow. Calls
    /// run one after the other. A started call completes even if the caller is
    /// cancelled.
    pub(super) async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        let (turn, path) = (self.turn.clone().lock_owned().await, self.path.clone());
        let work = move || {
            let done = work(&path);
            drop(turn);
            done
        };
        presently_durable::unblock(work).await
    }
}

#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    sessions: BTreeMap<String, Session>,
    /// Those of calendars, by their addresses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    passwords: BTreeMap<String, Secret>,
}

impl Default for Contents {
    fn default() -> Self {
        Self { version: VERSION, sessions: BTreeMap::new(), passwords: BTreeMap::new() }
    }
}

pub(super) fn load(path: &Path, user_id: &str) -> Result<Session, SecretError> {
    read(path)?.sessions.remove(user_id).ok_or_else(|| SecretError::NotFound(user_id.to_owned()))
}

pub(super) fn save(path: &Path, session: &Session) -> Result<(), SecretError> {
    let mut contents = read(path)?;
    contents.sessions.insert(session.user_id.clone(), session.clone());
    write(path, &contents)
}

pub(super) fn delete(path: &Path, user_id: &str) -> Result<(), SecretError> {
    let mut contents = read(path)?;
    if contents.sessions.remove(user_id).is_some() { write(path, &contents) } else { Ok(()) }
}

pub(super) fn password(path: &Path, address: &str) -> Result<Secret, SecretError> {
    let password = read(path)?.passwords.remove(address);
    password.ok_or_else(|| SecretError::NotFound(address.to_owned()))
}

pub(super) fn set_password(
    path: &Path,
    address: &str,
    password: Option<Secret>,
) -> Result<(), SecretError> {
    let mut contents = read(path)?;
    let before = match password {
        Some(password) => contents.passwords.insert(address.to_owned(), password.clone()),
        None => contents.passwords.remove(address),
    };
    let is_same = before.as_ref() == contents.passwords.get(address);
    if is_same { Ok(()) } else { write(path, &contents) }
}

pub(super) fn forget(path: &Path, session: &Session) -> Result<(), SecretError> {
    let stored = read(path)?.sessions.remove(&session.user_id);
    match stored.filter(|stored| stored.device_id == session.device_id) {
        Some(_) => delete(path, &session.user_id),
        None => Ok(()),
    }
}

pub(super) fn list(path: &Path) -> Result<Vec<String>, SecretError> {
    Ok(read(path)?.sessions.into_keys().collect())
}

pub(super) fn probe(path: &Path) -> Result<Code, SecretError> {
    let count = read(path)?.sessions.len();
    Ok(Code::new("secrets-in-file").with("path", shown(path)).with("count", count))
}

pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn read(path: &Path) -> Result<Contents, SecretError> {
    let failed = |why| SecretError::Io { path: path.to_owned(), why };
    let mut file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Contents::default()),
        other => other.map_err(failed)?,
    };
    if open_to_others(&file).map_err(failed)? {
        return Err(SecretError::TooOpen { path: path.to_owned() });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    match serde_json::from_str::<Contents>(&text) {
        Ok(contents) if contents.version == VERSION => Ok(contents),
        _ => Err(SecretError::Broken(Code::new("stored-in-file").with("path", shown(path)))),
    }
}

fn write(path: &Path, contents: &Contents) -> Result<(), SecretError> {
    let failed = |why| SecretError::Io { path: path.to_owned(), why };
    let mut text = serde_json::to_vec_pretty(contents).map_err(|e| failed(e.into()))?;
    text.push(b'\n');
    presently_durable::write(path, &text).map_err(failed)
}

#[cfg(unix)]
fn open_to_others(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(file.metadata()?.mode() & 0o077 != 0)
}

// On this system the file inherits the access list of the person's own folder.
#[cfg(not(unix))]
fn open_to_others(_file: &File) -> io::Result<bool> {
    Ok(false)
}
