//! The local socket on Unix: a socket file in a folder of the user's own,
//! beside a lock that only one agent can hold. Both ends check that the
//! other belongs to the same user.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::process::geteuid;
use tokio::net::{UnixListener, UnixStream};

use crate::Paths;
use crate::server::BindError;

/// One end of a connection.
pub(crate) type Stream = UnixStream;

/// The agent's end. Dropping it removes the socket's file and then lets the
/// lock go.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: UnixListener,
    path: PathBuf,
    /// Held as long as this is open, and let go by the kernel however the
    /// process ends.
    _lock: File,
}

impl Listener {
    /// Takes the lock and the socket's place. Must be called within a tokio
    /// runtime.
    pub(crate) fn bind(paths: &Paths) -> Result<Self, BindError> {
        own_folder(&paths.runtime_dir)?;
        let lock = lock(&paths.lock)?;

        // Who holds the lock is the only agent, so a socket that is still
        // there was left by one that was killed.
        let place = |source| BindError::Socket { path: paths.socket.clone(), source };
        match std::fs::remove_file(&paths.socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(place(error)),
            _ => {}
        }
        // Between these two the folder's mode guards it.
        let socket = UnixListener::bind(&paths.socket).map_err(place)?;
        std::fs::set_permissions(&paths.socket, Permissions::from_mode(0o600)).map_err(place)?;
        Ok(Self { socket, path: paths.socket.clone(), _lock: lock })
    }

    /// The next connection, and whether it is this user's.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, bool)> {
        let (stream, _) = self.socket.accept().await?;
        let ours = is_ours(&stream)?;
        Ok((stream, ours))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // What stays behind is taken over at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Connects to the agent.
pub(crate) async fn connect(path: &Path) -> io::Result<Stream> {
    UnixStream::connect(path).await
}

/// Whether the process at the other end runs as this user.
pub(crate) fn is_ours(stream: &Stream) -> io::Result<bool> {
    Ok(stream.peer_cred()?.uid() == geteuid().as_raw())
}

/// Makes the folder for the socket where it is missing, and sees to it that
/// nobody else can enter it, or rename it away.
fn own_folder(path: &Path) -> Result<(), BindError> {
    let folder_error = |source| BindError::Folder { path: path.to_owned(), source };
    if let Some(parent) = path.parent() {
        check_owner(parent, OFlags::empty())?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(folder_error(error));
        }
        _ => {}
    }
    // By the open folder, because its name could be given to another.
    check_owner(path, OFlags::NOFOLLOW)?
        .set_permissions(Permissions::from_mode(0o700))
        .map_err(folder_error)
}

/// Opens a folder, which must be this user's.
fn check_owner(path: &Path, flags: OFlags) -> Result<File, BindError> {
    let folder_error = |source| BindError::Folder { path: path.to_owned(), source };
    let flags = (flags | OFlags::DIRECTORY).bits() as i32;
    let folder =
        OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(folder_error)?;
    let owner = folder.metadata().map_err(folder_error)?.uid();
    if owner == geteuid().as_raw() {
        Ok(folder)
    } else {
        Err(BindError::NotYours { path: path.to_owned(), owner })
    }
}

fn lock(path: &Path) -> Result<File, BindError> {
    let lock_error = |source| BindError::Lock { path: path.to_owned(), source };
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlags::NOFOLLOW.bits() as i32)
        .open(path)
        .map_err(lock_error)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(BindError::AlreadyRunning),
        Err(error) => Err(lock_error(error.into())),
    }
}
