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

/// The listening end. Dropping it removes the socket's file and then lets
/// the lock go.
#[derive(Debug)]
pub(crate) struct Listener {
    // In the order in which they go.
    socket: Socket,
    lock: AgentLock,
}

/// Held as long as this is kept, and let go by the kernel however the process
/// ends. As long as one agent holds it, no other of this user can start.
#[derive(Debug)]
#[must_use = "another agent can start when it is dropped"]
pub struct AgentLock(#[expect(dead_code, reason = "it is open, that is all")] File);

/// The socket and its file, which goes when this is dropped.
#[derive(Debug)]
struct Socket {
    listener: UnixListener,
    path: PathBuf,
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
        let listener = UnixListener::bind(&paths.socket).map_err(place)?;
        std::fs::set_permissions(&paths.socket, Permissions::from_mode(0o600)).map_err(place)?;
        let socket = Socket { listener, path: paths.socket.clone() };
        Ok(Self { socket, lock })
    }

    /// The next connection, and whether it is this user's.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, bool)> {
        let (stream, _) = self.socket.listener.accept().await?;
        let ours = is_ours(&stream)?;
        Ok((stream, ours))
    }

    /// Listens no more and keeps the lock.
    pub(crate) fn close(self) -> AgentLock {
        self.lock
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // What stays behind is taken over at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Whether somebody listens there.
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
