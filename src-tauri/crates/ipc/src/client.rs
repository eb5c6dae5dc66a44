//! The client's end of the socket, for the command line and the window.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use presently_core::{Code, Coded, coded_error};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use crate::socket::{self, Stream};
use crate::{Failure, Paths, Reply, Request, Snapshot};

/// The time limit for an answer that the agent gives by itself.
const LOCAL_TIMEOUT: Duration = Duration::from_secs(15);

/// The time limit where the agent must ask a homeserver or open the window.
const HOMESERVER_TIMEOUT: Duration = Duration::from_secs(120);

/// The time limit where the agent waits for the person. It is longer than the
/// agent's own.
const PERSON_TIMEOUT: Duration = Duration::from_secs(11 * 60);

/// Why a request has no answer.
#[derive(Debug)]
pub enum ClientError {
    /// No agent listens on the socket.
    NoAgent,
    /// The process on the socket belongs to another user.
    NotYours,
    /// The socket cannot be used.
    Io(io::Error),
    /// The agent did not answer in time.
    Silent,
    /// The connection was closed before the answer.
    Gone,
    /// The answer is none that this version expects.
    Unknown,
    /// The agent answered that the request failed.
    Failed(Failure),
}

impl Coded for ClientError {
    fn code(&self) -> Code {
        match self {
            Self::NoAgent => Code::new("agent-not-running"),
            Self::NotYours => Code::new("agent-not-yours"),
            Self::Io(why) => Code::new("agent-unreachable").with("why", why.to_string()),
            Self::Silent => Code::new("agent-silent"),
            Self::Gone => Code::new("agent-gone"),
            Self::Unknown => Code::new("agent-answer-unknown"),
            Self::Failed(failure) => failure.code(),
        }
    }
}

coded_error!(ClientError);

impl From<io::Error> for ClientError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Failure> for ClientError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A connection to the agent, for one request.
#[derive(Debug)]
pub struct Client {
    stream: Stream,
    path: PathBuf,
}

impl Client {
    /// Connects to this user's agent. Fails if none listens or the one that
    /// does belongs to another user.
    pub async fn connect(paths: &Paths) -> Result<Self, ClientError> {
        Self::connect_to(&paths.socket).await
    }

    async fn connect_to(path: &Path) -> Result<Self, ClientError> {
        let stream = socket::connect(path).await.map_err(|error| match error.kind() {
            // No file, or one that a killed agent left behind.
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::NoAgent,
            _ => ClientError::Io(error),
        })?;
        // A password may follow, so the other process must belong to this user.
        match socket::is_ours(&stream)? {
            true => Ok(Self { stream, path: path.to_owned() }),
            false => Err(ClientError::NotYours),
        }
    }

    /// Sends the request and waits for its only answer. Fails if there is none
    /// within the request's time limit. A [`Reply::Failed`] becomes
    /// [`ClientError::Failed`].
    pub async fn request(self, request: Request) -> Result<Reply, ClientError> {
        let limit = match request {
            Request::Login { .. }
            | Request::LoginWays { .. }
            | Request::LoginBrowser { .. }
            | Request::Logout { .. }
            | Request::Look { .. }
            | Request::Window { .. }
            | Request::Doctor { .. } => HOMESERVER_TIMEOUT,
            Request::LoginFinish { .. } => PERSON_TIMEOUT,
            _ => LOCAL_TIMEOUT,
        };
        let answer = async {
            let mut replies = self.send(&request).await?;
            replies.next().await?.ok_or(ClientError::Gone)
        };
        timeout(limit, answer).await.map_err(|_| ClientError::Silent)?
    }

    /// Requests the snapshot once.
    pub async fn status(self) -> Result<Box<Snapshot>, ClientError> {
        match self.request(Request::Status).await? {
            Reply::Snapshot(snapshot) => Ok(snapshot),
            _ => Err(ClientError::Unknown),
        }
    }

    /// Requests the snapshot now and after each change.
    pub async fn follow(self) -> Result<Follow, ClientError> {
        let path = self.path.clone();
        Ok(Follow { replies: self.send(&Request::Follow).await?, path, is_told: false })
    }

    async fn send(mut self, request: &Request) -> Result<Replies, ClientError> {
        let mut line = serde_json::to_vec(request).map_err(io::Error::from)?;
        line.push(b'\n');
        // An agent that refuses the connection may close it before it has read
        // the request. Its answer says why, so a broken pipe is no error here.
        let sent = self.stream.write_all(&line).await;
        match sent {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(Replies { input: BufReader::new(self.stream), line: Vec::new() }),
        }
    }
}

/// The snapshots, as they change.
#[derive(Debug)]
pub struct Follow {
    replies: Replies,
    path: PathBuf,
    /// Whether a snapshot has arrived on this connection.
    is_told: bool,
}

impl Follow {
    /// Waits for the next snapshot; `None` when the agent has ended. Nothing is
    /// lost if the future is dropped before it is ready.
    ///
    /// The agent closes a connection that is not read for long, such as while
    /// the machine is suspended. Then this connects again.
    pub async fn next(&mut self) -> Result<Option<Box<Snapshot>>, ClientError> {
        loop {
            match self.replies.next().await? {
                Some(Reply::Snapshot(snapshot)) => {
                    self.is_told = true;
                    return Ok(Some(snapshot));
                }
                Some(_) => return Err(ClientError::Unknown),
                // Without this, an agent that closes every connection would be
                // asked for ever.
                None if !self.is_told => return Ok(None),
                None => match Client::connect_to(&self.path).await {
                    Ok(client) => *self = client.follow().await?,
                    Err(ClientError::NoAgent) => return Ok(None),
                    Err(error) => return Err(error),
                },
            }
        }
    }
}

/// The agent's replies.
#[derive(Debug)]
struct Replies {
    input: BufReader<Stream>,
    /// The part of the next line that has arrived.
    line: Vec<u8>,
}

impl Replies {
    /// The next reply; `None` where the connection ended before it was
    /// complete.
    async fn next(&mut self) -> Result<Option<Reply>, ClientError> {
        match self.input.read_until(b'\n', &mut self.line).await {
            Ok(_) => {}
            // The agent was killed before it read the request.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let line = std::mem::take(&mut self.line);
        if line.last() != Some(&b'\n') {
            return Ok(None);
        }
        match serde_json::from_slice(&line) {
            Ok(Reply::Failed(failure)) => Err(failure.into()),
            Ok(reply) => Ok(Some(reply)),
            Err(_) => Err(ClientError::Unknown),
        }
    }
}
