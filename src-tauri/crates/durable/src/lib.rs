//! Files that survive a crash and a full disk: a write replaces the whole file
//! or leaves it as it was.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Replaces a file. When this returns, the new contents are on the disk;
/// when it fails, the old ones still are. Made with mode 0600, because what
/// is kept here is the person's own.
pub fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
    let path = &target(path);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    // The new name is durable once its folder is.
    File::open(folder)?.sync_all()
}

/// Runs work that waits for the disk on a thread of its own. What has begun is
/// finished, also when the caller is dropped.
pub async fn unblock<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that ends cancels it, and us with it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// What a path leads to, be it there or not: a settings file that is a link
/// into a folder of dotfiles stays one.
fn target(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // As many links in a row as the kernel follows.
    for _ in 0..40 {
        let Ok(target) = path.read_link() else { break };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    path
}
