//! Temporary folders. Those of a killed process are removed by the next run.

use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use tempfile::TempDir;

const PREFIX: &str = "presently-world-";

/// A temporary folder, removed when dropped. Its path is short, because it
/// contains sockets, whose paths are limited.
#[derive(Debug)]
pub struct Scratch {
    folder: TempDir,
    count: AtomicU32,
}

impl Scratch {
    /// Creates one, and removes those of processes that have ended.
    pub fn new() -> Result<Self> {
        static SWEEP: Once = Once::new();
        SWEEP.call_once(remove_stale);
        let prefix = format!("{PREFIX}{}-", std::process::id());
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir();
        let folder = folder.context("cannot make a temporary folder")?;
        Ok(Self { folder, count: AtomicU32::new(0) })
    }

    /// The path of the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Creates a folder in it that only its owner may enter.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        use std::os::unix::fs::DirBuilderExt;
        let path = self.path().join(name);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
        Ok(path)
    }

    /// A path for a new file in it.
    pub fn unique(&self, stem: &str, extension: &str) -> PathBuf {
        let n = self.count.fetch_add(1, Ordering::Relaxed);
        self.path().join(format!("{stem}-{n}.{extension}"))
    }
}

/// Removes the folders of processes that have ended. A killed process could not
/// do so itself.
fn remove_stale() {
    let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(rest) = name.to_str().and_then(|n| n.strip_prefix(PREFIX)) else { continue };
        let pid = rest.split('-').next().unwrap_or_default();
        if pid.parse::<u32>().is_ok() && !Path::new("/proc").join(pid).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}
