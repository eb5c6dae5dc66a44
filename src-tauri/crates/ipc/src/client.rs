//! The end of the socket that the command line and the window hold.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use presently_core::{Code, Coded, coded_error};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use crate::socket::{self, Stream};
use crate::{Failure, Paths, Reply, Request, Snapshot};

/// How long the agent may take to answer what it knows by itself.
const PROMPT: Duration = Duration::from_secs(15);

/// How long it may take where a homeserver is asked first, or a window is to
/// come.
const REMOTE: Duration = Duration::from_secs(120);

/// How long it may take where a person is waited for: longer than the agent
/// waits.
const PERSON: Duration = Duration::from_secs(11 * 60);

/// Why there is no answer.
#[derive(Debug)]
pub enum ClientError {
    /// Nobody listens.
    NoAgent,
    /// The socket belongs to somebody else's process.
    NotYours,
    /// The socket cannot be used.
    Io(io::Error),
    /// It listens and says nothing.
    Silent,
    /// The connection closed before the answer.
    Gone,
    /// An answer that this version does not know.
    Unknown,
    /// It answered that it could not.
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
    /// Connects to this user's agent.
    pub async fn connect(paths: &Paths) -> Result<Self, ClientError> {
        Self::connect_to(&paths.socket).await
    }

    async fn connect_to(path: &Path) -> Result<Self, ClientError> {
        let stream = socket::connect(path).await.map_err(|error| match error.kind() {
            // No file, or one that a killed agent left.
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::NoAgent,
            _ => ClientError::Io(error),
        })?;
        // A password may follow: only to ourselves.
        match socket::is_ours(&stream)? {
            true => Ok(Self { stream, path: path.to_owned() }),
            false => Err(ClientError::NotYours),
        }
    }

    /// Asks, and waits for the one answer. A [`Reply::Failed`] becomes
    /// [`ClientError::Failed`].
    pub async fn request(self, request: Request) -> Result<Reply, ClientError> {
        let limit = match request {
            Request::Login { .. }
            | Request::LoginWays { .. }
            | Request::LoginBrowser { .. }
            | Request::Logout { .. }
            | Request::Look { .. }
            | Request::Window { .. }
            | Request::Doctor { .. } => REMOTE,
            Request::LoginFinish { .. } => PERSON,
            _ => PROMPT,
        };
        let answer = async {
            let mut replies = self.send(&request).await?;
            replies.next().await?.ok_or(ClientError::Gone)
        };
        timeout(limit, answer).await.map_err(|_| ClientError::Silent)?
    }

    /// The snapshot, once.
    pub async fn status(self) -> Result<Box<Snapshot>, ClientError> {
        match self.request(Request::Status).await? {
            Reply::Snapshot(snapshot) => Ok(snapshot),
            _ => Err(ClientError::Unknown),
        }
    }

    /// The snapshot now and at each change.
    pub async fn follow(self) -> Result<Follow, ClientError> {
        let path = self.path.clone();
        Ok(Follow { replies: self.send(&Request::Follow).await?, path, is_told: false })
    }

    async fn send(mut self, request: &Request) -> Result<Replies, ClientError> {
        let mut line = serde_json::to_vec(request).map_err(io::Error::from)?;
        line.push(b'\n');
        // An agent that refuses the connection may close it before it has
        // read this; its answer says why, so that is looked for first.
        let sent = self.stream.write_all(&line).await;
        match sent {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(Replies { input: BufReader::new(self.stream), line: Vec::new() }),
        }
    }
}

/// The snapshots as they change.
#[derive(Debug)]
pub struct Follow {
    replies: Replies,
    path: PathBuf,
    /// Whether this connection has told anything.
    is_told: bool,
}

impl Follow {
    /// The next snapshot; `None` when the agent has ended. The agent hangs
    /// up on who does not read for long, as while suspended: then this
    /// connects again. May be dropped before it is ready without losing
    /// anything.
    pub async fn next(&mut self) -> Result<Option<Box<Snapshot>>, ClientError> {
        loop {
            match self.replies.next().await? {
                Some(Reply::Snapshot(snapshot)) => {
                    self.is_told = true;
                    return Ok(Some(snapshot));
                }
                Some(_) => return Err(ClientError::Unknown),
                // One that ends before it has said anything is not asked for
                // ever.
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

/// The agent's answers as they come.
#[derive(Debug)]
struct Replies {
    input: BufReader<Stream>,
    /// What has come of the next one.
    line: Vec<u8>,
}

impl Replies {
    /// The next one; `None` where there are no more, and for one that was
    /// cut off.
    async fn next(&mut self) -> Result<Option<Reply>, ClientError> {
        match self.input.read_until(b'\n', &mut self.line).await {
            Ok(_) => {}
            // Killed with our request unread.
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
