//! Reading, writing and removing files that are kept between runs, and the
//! handling of corrupt ones.

use std::io;
use std::path::{Path, PathBuf};

use presently_core::Code;

/// Why an existing file could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unread {
    /// The error to show.
    pub(crate) code: Code,
    /// Whether the file is still at its path. It must not be replaced then.
    pub(crate) is_there: bool,
}

/// Reads a file. A missing one gives the default value. A corrupt file is
/// renamed. A file that the system does not let us read is left alone.
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

/// Replaces a file durably. The disk access runs on another thread.
pub(crate) async fn write(path: &Path, text: Vec<u8>) -> Result<(), Code> {
    let file = path.to_owned();
    let written = presently_durable::unblock(move || presently_durable::write(&file, &text)).await;
    written.map_err(|error| unsaved(path, &error.to_string()))
}

/// The error for a file that could not be written.
pub(crate) fn unsaved(path: &Path, why: &str) -> Code {
    Code::new("state-unsaved").with("path", shown(path)).with("why", why)
}

/// The path as text.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// The error for a file of a newer version.
pub(crate) fn newer(version: u32) -> Code {
    Code::new("state-newer").with("version", version)
}

/// The candidate names for a corrupt file, in order.
fn names_aside(path: &Path) -> impl Iterator<Item = PathBuf> {
    let more = (2..).map(|n| format!("json.broken.{n}"));
    let path = path.to_owned();
    std::iter::once("json.broken".to_owned()).chain(more).map(move |name| path.with_extension(name))
}

/// Renames a corrupt file to the first unused name.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    for aside in names_aside(path) {
        // Unlike a rename, a hard link never replaces an existing file.
        match std::fs::hard_link(path, &aside) {
            Ok(()) => return std::fs::remove_file(path).map(|()| aside),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            // The file system has no hard links.
            Err(_) if !aside.exists() => return std::fs::rename(path, &aside).map(|()| aside),
            Err(e) => return Err(e),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Removes a file and the renamed corrupt files, durably.
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
        // Without the folder there is nothing to remove.
        _ => Ok(()),
    }
}
