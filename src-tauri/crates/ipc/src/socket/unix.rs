//! The local socket on Unix: a socket file in a folder of the user, beside a
//! lock file that only one agent can hold. Both ends check that the other
//! process belongs to the same user.

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

/// The listening end. Dropping it removes the socket file and then releases the
/// lock.
#[derive(Debug)]
pub(crate) struct Listener {
    // The fields are dropped in this order.
    socket: Socket,
    lock: AgentLock,
}

/// The lock that only one agent of a user can hold. It is released when this is
/// dropped, or by the kernel when the process ends.
#[derive(Debug)]
#[must_use = "another agent can start when it is dropped"]
pub struct AgentLock(#[expect(dead_code, reason = "it is open, that is all")] File);

/// The socket. Its file is removed when this is dropped.
#[derive(Debug)]
struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// Takes the lock and binds the socket. Must be called within a tokio
    /// runtime. Fails if another agent holds the lock, or if the folder, the
    /// lock or the socket cannot be used.
    pub(crate) fn bind(paths: &Paths) -> Result<Self, BindError> {
        own_folder(&paths.runtime_dir)?;
        let lock = lock(&paths.lock)?;

        // The lock is held here, so a socket file that still exists was left by
        // a killed agent.
        let place = |source| BindError::Socket { path: paths.socket.clone(), source };
        match std::fs::remove_file(&paths.socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(place(error)),
            _ => {}
        }
        // Until the mode is set, the folder's mode protects the socket.
        let listener = UnixListener::bind(&paths.socket).map_err(place)?;
        std::fs::set_permissions(&paths.socket, Permissions::from_mode(0o600)).map_err(place)?;
        let socket = Socket { listener, path: paths.socket.clone() };
        Ok(Self { socket, lock })
    }

    /// Accepts the next connection. Also returns whether its process belongs to
    /// this user.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, bool)> {
        let (stream, _) = self.socket.listener.accept().await?;
        let ours = is_ours(&stream)?;
        Ok((stream, ours))
    }

    /// Stops listening and keeps the lock.
    pub(crate) fn close(self) -> AgentLock {
        self.lock
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // A file that stays behind is replaced at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether a process listens on this socket.
pub(crate) fn is_listening(path: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(path).is_ok()
}

/// Connects to the agent.
pub(crate) async fn connect(path: &Path) -> io::Result<Stream> {
    UnixStream::connect(path).await
}

/// Whether the process at the other end runs as this user.
pub(crate) fn is_ours(stream: &Stream) -> io::Result<bool> {
    Ok(stream.peer_cred()?.uid() == geteuid().as_raw())
}

/// Makes the folder for the socket if it is missing. Ensures that no other user
/// can enter or rename it.
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
    // Through the open folder, because another may take its path meanwhile.
    check_owner(path, OFlags::NOFOLLOW)?
        .set_permissions(Permissions::from_mode(0o700))
        .map_err(folder_error)
}

/// Opens a folder. Fails if it does not belong to this user.
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

fn lock(path: &Path) -> Result<AgentLock, BindError> {
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
        Ok(()) => Ok(AgentLock(file)),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(BindError::AlreadyRunning),
        Err(error) => Err(lock_error(error.into())),
    }
}
