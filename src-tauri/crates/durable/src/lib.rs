//! Replaces files so that they survive a crash and a full disk. A write
//! replaces the whole file or leaves it as it was.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Replaces a file. The new contents are on disk when this returns. If they
/// cannot be written, the file keeps the old ones. Missing folders are made.
/// The file has mode 0600, because its contents are the person's own.
pub fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
    let path = &target(path);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    // A rename is durable only once its folder is.
    File::open(folder)?.sync_all()
}

/// Runs work that waits for the disk on its own thread. Work that has begun is
/// finished, even if the caller is dropped.
pub async fn unblock<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // It is cancelled only when the runtime ends, and this task with
            // it.
            Err(_) => std::future::pending().await,
        },
    }
}

/// Follows symbolic links, even to a target that does not exist. So a settings
/// file that is a link into a folder of dotfiles stays a link.
fn target(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    // The kernel follows as many links in a row.
    for _ in 0..40 {
        let Ok(target) = path.read_link() else { break };
        path = path.parent().unwrap_or(Path::new("")).join(target);
    }
    path
}
