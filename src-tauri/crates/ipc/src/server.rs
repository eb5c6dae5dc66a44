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

/// The most bytes of a request line. Real ones have well below a thousand.
pub const LINE_BYTES: usize = 64 * 1024;

/// The most connections at the same time. A window and a few status bars are
/// usual.
pub const CONNECTIONS: usize = 64;

/// How long a client may take to send its line, and to receive each answer.
pub const CLIENT_DEADLINE: Duration = Duration::from_secs(5);

/// How long the answers under way may take when the agent ends.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// How long to wait for an agent that starts or ends.
const TAKEOVER_TIMEOUT: Duration = Duration::from_secs(5);

/// The pause between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// The pause after the system could not accept a connection.
const ACCEPT_BACKOFF: Duration = Duration::from_millis(200);

/// A request that the agent itself must answer.
#[derive(Debug)]
pub struct PendingRequest {
    /// The request; never [`Request::Status`] or [`Request::Follow`].
    pub request: Request,
    /// Where the answer goes. The client may be gone by then.
    pub answer: oneshot::Sender<Reply>,
}

/// Why the agent cannot listen.
#[derive(Debug)]
pub enum BindError {
    /// Another agent holds the lock.
    AlreadyRunning,
    /// The folder belongs to another user.
    NotYours {
        /// The folder.
        path: PathBuf,
        /// The user id of its owner.
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

/// The listening socket. Clients are not answered before [`Server::serve`].
#[derive(Debug)]
pub struct Server {
    listener: Listener,
}

impl Server {
    /// Becomes the only agent of this user. Must be called within a tokio
    /// runtime. Blocks for a few seconds at most while another agent ends.
    ///
    /// Fails if another agent runs, or if the folder, the lock or the socket
    /// cannot be used.
    pub fn bind(paths: &Paths) -> Result<Self, BindError> {
        let start = Instant::now();
        loop {
            match Listener::bind(paths) {
                // The other agent is about to listen or about to end. The two
                // cannot be told apart, and both are over soon.
                Err(BindError::AlreadyRunning)
                    if !socket::is_listening(&paths.socket)
                        && start.elapsed() < TAKEOVER_TIMEOUT =>
                {
                    std::thread::sleep(RETRY_INTERVAL);
                }
                bound => return bound.map(|listener| Self { listener }),
            }
        }
    }

    /// Answers clients until the receiver of `requests` is closed. Answers
    /// that are under way then have a second to be sent. [`Request::Status`]
    /// and [`Request::Follow`] are answered from `snapshots`. Every other
    /// request becomes a [`PendingRequest`].
    ///
    /// Returns the lock. It must be kept until the rest of the agent has ended,
    /// so that the next agent starts after this one.
    pub async fn serve(
        self,
        requests: mpsc::Sender<PendingRequest>,
        snapshots: watch::Receiver<Arc<Snapshot>>,
    ) -> AgentLock {
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = requests.closed() => break,
            };
            match accepted {
                Ok((stream, true)) => {
                    let slot = Arc::clone(&slots).try_acquire_owned().ok();
                    let (requests, snapshots) = (requests.clone(), snapshots.clone());
                    match slot {
                        Some(slot) => {
                            connections.spawn(connection(stream, slot, requests, snapshots));
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
            // Removes the tasks that have ended.
            while connections.try_join_next().is_some() {}
        }
        drop(snapshots);
        // No new connections from here on.
        let lock = self.listener.close();
        let _ = timeout(DRAIN_TIMEOUT, async { while connections.join_next().await.is_some() {} })
            .await;
        lock
    }
}

/// Serves one client, from its request to its last answer.
async fn connection(
    mut stream: Stream,
    _slot: OwnedSemaphorePermit,
    requests: mpsc::Sender<PendingRequest>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
) {
    let (input, mut output) = stream.split();
    let mut input = BufReader::new(input);
    let request = match read_request(&mut input).await {
        Ok(Some(request)) => request,
        // The client only checked whether an agent listens.
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
        Request::Follow => follow(&mut input, &mut output, snapshots, &requests).await,
        // It may last minutes, so the agent must learn when the client no
        // longer waits for the answer.
        request @ Request::LoginFinish { .. } => tokio::select! {
            reply = forward(requests, request) => send(&mut output, &reply).await,
            _ = input.read_u8() => return,
        },
        request => {
            let reply = forward(requests, request).await;
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
async fn forward(requests: mpsc::Sender<PendingRequest>, request: Request) -> Reply {
    let ending = || Reply::Failed(Failure::new(&Code::new("agent-ending")));
    let (answer, answered) = oneshot::channel();
    match requests.send(PendingRequest { request, answer }).await {
        Ok(()) => answered.await.unwrap_or_else(|_| ending()),
        Err(_) => ending(),
    }
}

/// Sends the snapshot now and after each change, until the client goes or the
/// agent ends. A slow client gets only the newest one.
async fn follow(
    input: &mut (impl tokio::io::AsyncRead + Unpin),
    output: &mut (impl tokio::io::AsyncWrite + Unpin),
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    requests: &mpsc::Sender<PendingRequest>,
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
            () = requests.closed() => return Ok(()),
            // A follower sends nothing more, so any input or its end ends this.
            _ = input.read_u8() => return Ok(()),
        }
    }
}

/// Sends one line within the deadline, so that a client that does not read does
/// not keep its slot.
async fn send(output: &mut (impl tokio::io::AsyncWrite + Unpin), reply: &Reply) -> io::Result<()> {
    let mut line = serde_json::to_vec(reply)?;
    line.push(b'\n');
    timeout(CLIENT_DEADLINE, output.write_all(&line)).await?
}

/// Sends the reason and closes the connection, without waiting.
fn refuse(stream: &Stream, why: &Code) {
    if let Ok(mut line) = serde_json::to_vec(&Reply::Failed(Failure::new(why))) {
        line.push(b'\n');
        // A new connection has room for one line. If it has not, the client
        // gets no reason.
        let _ = stream.try_write(&line);
    }
}

#[cfg(test)]
mod tests;
