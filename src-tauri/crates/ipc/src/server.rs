//! The agent's end of the socket: who may connect, what they may send, and
//! how long they may take.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use presently_core::{Code, Coded, coded_error};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::socket::{self, Listener, Stream};
use crate::{Failure, Paths, Reply, Request, Snapshot};

pub use crate::socket::AgentLock;

/// The longest request line, in bytes. The longest real one is a sign-in, of
/// well below a thousand.
pub const LINE_BYTES: usize = 64 * 1024;

/// Connections at the same time. A window and a few status bars are usual.
pub const CONNECTIONS: usize = 64;

/// How long a client may take to send its line, and to take each answer.
pub const CLIENT_DEADLINE: Duration = Duration::from_secs(5);

/// How long answers under way may take to leave when the agent ends.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long an agent that starts or ends may take over it, and how long to
/// wait before looking again meanwhile.
const TIMEOUT: Duration = Duration::from_secs(5);
const AGAIN: Duration = Duration::from_millis(20);

/// How long to wait when the system can give no more connections.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(200);

/// A request that needs the agent.
#[derive(Debug)]
pub struct Call {
    /// What is asked; never [`Request::Status`] or [`Request::Follow`].
    pub request: Request,
    /// Where the answer goes. The asker may be gone by then.
    pub answer: oneshot::Sender<Reply>,
}

/// Why the agent cannot listen.
#[derive(Debug)]
pub enum BindError {
    /// The lock is held.
    AlreadyRunning,
    /// Somebody else's folder is in the way.
    NotYours {
        /// The folder.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// The folder cannot be made or entered.
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The lock cannot be opened.
    Lock {
        /// The lock's file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The socket cannot be made.
    Socket {
        /// The socket's file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Coded for BindError {
    fn code(&self) -> Code {
        let path = |path: &Path| path.display().to_string();
        match self {
            Self::AlreadyRunning => Code::new("agent-already-running"),
            Self::NotYours { path: folder, owner } => {
                Code::new("folder-not-yours").with("path", path(folder)).with("owner", *owner)
            }
            Self::Folder { path: folder, source } => Code::new("folder-unusable")
                .with("path", path(folder))
                .with("why", source.to_string()),
            Self::Lock { path: file, source } => {
                Code::new("lock-untaken").with("path", path(file)).with("why", source.to_string())
            }
            Self::Socket { path: file, source } => Code::new("socket-unusable")
                .with("path", path(file))
                .with("why", source.to_string()),
        }
    }
}

coded_error!(BindError);

/// The socket, taken and listening; nobody is answered before
/// [`Server::serve`].
#[derive(Debug)]
pub struct Server {
    listener: Listener,
}

impl Server {
    /// Becomes the one agent of this user. Must be called within a tokio
    /// runtime, and blocks it for as long as an agent that ends takes for
    /// that.
    pub fn bind(paths: &Paths) -> Result<Self, BindError> {
        let start = Instant::now();
        loop {
            match Listener::bind(paths) {
                // It is about to listen, or about to end, and nothing tells
                // which: both are over soon.
                Err(BindError::AlreadyRunning)
                    if !socket::is_listening(&paths.socket) && start.elapsed() < TIMEOUT =>
                {
                    std::thread::sleep(AGAIN);
                }
                bound => return bound.map(|listener| Self { listener }),
            }
        }
    }

    /// Answers clients until the receiver of `calls` is closed; answers that
    /// are under way then get a second to leave. [`Request::Status`] and
    /// [`Request::Follow`] are answered from `snapshots`, everything else
    /// becomes a [`Call`].
    ///
    /// Returns the lock, which is to be kept until all the rest has ended
    /// too, so that the next agent starts after this one.
    pub async fn serve(
        self,
        calls: mpsc::Sender<Call>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
    ) -> AgentLock {
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = calls.closed() => break,
            };
            match accepted {
                Ok((stream, true)) => {
                    let slot = Arc::clone(&slots).try_acquire_owned().ok();
                    let (calls, snapshots) = (calls.clone(), snapshots.clone());
                    match slot {
                        Some(slot) => {
                            connections.spawn(connection(stream, slot, calls, snapshots));
                        }
                        None => refuse(&stream, &Code::new("agent-crowded")),
                    }
                }
                Ok((stream, false)) => {
                    tracing::warn!("refused a connection from another user");
                    refuse(&stream, &Code::new("agent-of-another-user"));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_BACKOFF).await;
                }
            }
            // Reaped here, so that what has ended is not kept.
            while connections.try_join_next().is_some() {}
        }
        drop(snapshots);
        // Nobody new from here on.
        let lock = self.listener.close();
        let _ =
            timeout(LAST_WORDS, async { while connections.join_next().await.is_some() {} }).await;
        lock
    }
}

/// One client, from its line to its last answer.
async fn connection(
    mut stream: Stream,
    _slot: OwnedSemaphorePermit,
    calls: mpsc::Sender<Call>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
) {
    let (input, mut output) = stream.split();
    let mut input = BufReader::new(input);
    let request = match read_request(&mut input).await {
        Ok(Some(request)) => request,
        // It came and went, which is how one looks whether somebody listens.
        Ok(None) => return,
        Err(failure) => {
            let _ = send(&mut output, &Reply::Failed(failure)).await;
            return;
        }
    };
    tracing::debug!(request = request.name(), "asked");
    let done = match request {
        Request::Status => {
            let snapshot = Arc::clone(&snapshots.borrow());
            send(&mut output, &Reply::Snapshot(Box::new((*snapshot).clone()))).await
        }
        Request::Follow => follow(&mut input, &mut output, snapshots, &calls).await,
        // It may last minutes, so the agent is to hear when nobody waits for
        // the answer any more.
        request @ Request::LoginFinish { .. } => tokio::select! {
            reply = call(calls, request) => send(&mut output, &reply).await,
            _ = input.read_u8() => return,
        },
        request => {
            let reply = call(calls, request).await;
            send(&mut output, &reply).await
        }
    };
    if let Err(error) = done {
        tracing::debug!(%error, "a client did not take its answer");
    }
}

/// The request on the first line; `None` where the client sent nothing.
async fn read_request(
    input: &mut (impl tokio::io::AsyncBufRead + Unpin),
) -> Result<Option<Request>, Failure> {
    let mut line = Vec::new();
    let mut limited = input.take(LINE_BYTES as u64 + 1);
    let read = timeout(CLIENT_DEADLINE, limited.read_until(b'\n', &mut line)).await;
    match read {
        Err(_) => return Err(Failure::new(&Code::new("request-late"))),
        Ok(Err(error)) => {
            return Err(Failure::new(&Code::new("request-unread").with("why", error.to_string())));
        }
        Ok(Ok(0)) => return Ok(None),
        Ok(Ok(_)) if line.len() > LINE_BYTES => {
            return Err(Failure::new(&Code::new("request-too-long").with("most", LINE_BYTES)));
        }
        Ok(Ok(_)) => {}
    }
    Request::read(&line).map(Some)
}

/// Hands a request to the agent and waits for its answer.
async fn call(calls: mpsc::Sender<Call>, request: Request) -> Reply {
    let ending = || Reply::Failed(Failure::new(&Code::new("agent-ending")));
    let (answer, answered) = oneshot::channel();
    match calls.send(Call { request, answer }).await {
        Ok(()) => answered.await.unwrap_or_else(|_| ending()),
        Err(_) => ending(),
    }
}

/// The snapshot now and at each change, the newest where the client is slow,
/// until it goes or the agent ends.
async fn follow(
    input: &mut (impl tokio::io::AsyncRead + Unpin),
    output: &mut (impl tokio::io::AsyncWrite + Unpin),
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    calls: &mpsc::Sender<Call>,
) -> io::Result<()> {
    loop {
        let snapshot = Arc::clone(&snapshots.borrow_and_update());
        send(output, &Reply::Snapshot(Box::new((*snapshot).clone()))).await?;
        tokio::select! {
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return Ok(());
                }
            }
            () = calls.closed() => return Ok(()),
            // A follower has nothing more to say: an end or a word ends it.
            _ = input.read_u8() => return Ok(()),
        }
    }
}

/// One line, within the deadline: who does not read does not hold a place.
async fn send(output: &mut (impl tokio::io::AsyncWrite + Unpin), reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    timeout(CLIENT_DEADLINE, output.write_all(&line)).await?
}

/// Says why and hangs up, without waiting for anything.
fn refuse(stream: &Stream, why: &Code) {
    if let Ok(mut line) = serde_json::to_vec(&Reply::Failed(Failure::new(why))) {
        line.push(b'\n');
        // A fresh connection has room for one line; if not, that is all.
        let _ = stream.try_write(&line);
    }
}

#[cfg(test)]
mod tests;
