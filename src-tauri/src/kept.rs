//! Files that are kept between runs: how one is read, and what becomes of one
//! that cannot be.

use std::io;
use std::path::{Path, PathBuf};

use presently_core::Code;

/// Why nothing is known from a file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unread {
    /// What is to be said of it.
    pub(crate) code: Code,
    /// It still stands where it was, and must not be replaced.
    pub(crate) is_there: bool,
}

/// Reads a file; one that is not there holds nothing. A broken one is set
/// aside under another name; one that the system does not give out is left
/// alone.
pub(crate) fn read<T: Default>(
    path: &Path,
    parse: impl FnOnce(&[u8]) -> Result<T, Code>,
) -> Result<T, Unread> {
    let shown = shown(path);
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => {
            let code = Code::new("state-unread").with("path", shown).with("why", error.to_string());
            return Err(Unread { code, is_there: true });
        }
    };
    parse(&text).map_err(|why| match set_aside(path) {
        Ok(aside) => Unread {
            code: Code::new("state-set-aside")
                .with("path", shown)
                .with("why", why)
                .with("aside", self::shown(&aside)),
            is_there: false,
        },
        Err(error) => Unread {
            code: Code::new("state-not-set-aside")
                .with("path", shown)
                .with("why", why)
                .with("error", error.to_string()),
            is_there: true,
        },
    })
}

/// Replaces a file. The disk is waited for elsewhere: what else there is to do
/// goes on.
pub(crate) async fn write(path: &Path, text: Vec<u8>) -> Result<(), Code> {
    let file = path.to_owned();
    let written = presently_durable::unblock(move || presently_durable::write(&file, &text)).await;
    written.map_err(|error| unsaved(path, &error.to_string()))
}

/// What is said of a file that could not be saved.
pub(crate) fn unsaved(path: &Path, why: &str) -> Code {
    Code::new("state-unsaved").with("path", shown(path)).with("why", why)
}

/// As a person reads it.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Why a file of a newer version is not read.
pub(crate) fn newer(version: u32) -> Code {
    Code::new("state-newer").with("version", version)
}

/// The names that a broken file is given, one after the other.
fn names_aside(path: &Path) -> impl Iterator<Item = PathBuf> {
    let more = (2..).map(|n| format!("json.broken.{n}"));
    let path = path.to_owned();
    std::iter::once("json.broken".to_owned()).chain(more).map(move |name| path.with_extension(name))
}

/// Gives a broken file another name, which none has yet.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    for aside in names_aside(path) {
        // Unlike a new name, a second one never takes the place of a file.
        match std::fs::hard_link(path, &aside) {
            Ok(()) => return std::fs::remove_file(path).map(|()| aside),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            // A file system without links.
            Err(_) if !aside.exists() => return std::fs::rename(path, &aside).map(|()| aside),
            Err(e) => return Err(e),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Removes a file and those that were set aside in its place. When this
/// returns, they are gone from the disk.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let gone = |path: &Path| match std::fs::remove_file(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        other => other.map(|()| true),
    };
    gone(path)?;
    for aside in names_aside(path) {
        if !gone(&aside)? {
            break;
        }
    }
    match path.parent().map(std::fs::File::open) {
        Some(Ok(folder)) => folder.sync_all(),
        // Without a folder there is nothing in it.
        _ => Ok(()),
    }
}
