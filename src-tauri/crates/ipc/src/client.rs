//! The end of the socket that the command line and the window hold.

use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::time::timeout;

use crate::socket::{self, Stream};
use crate::{Failure, Paths, Reply, Request, Snapshot};

/// How long the agent may take to answer what it knows by itself.
const PROMPT: Duration = Duration::from_secs(15);

/// How long it may take where a homeserver is asked first.
const REMOTE: Duration = Duration::from_secs(120);

/// How long it may take where a person is waited for: longer than the agent
/// waits.
const PERSON: Duration = Duration::from_secs(11 * 60);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error("Presently is not running; start it with `presently`")]
    NoAgent,
    /// The socket belongs to somebody else's process.
    #[error("the agent belongs to another user; run this as the user who started it")]
    NotYours,
    /// The socket cannot be used.
    #[error("cannot reach the agent: {0}")]
    Io(#[from] io::Error),
    /// It listens and says nothing.
    #[error("the agent does not answer; if that stays so, end it and start it again")]
    Silent,
    /// The connection closed before the answer.
    #[error("the agent ended before it answered; start it again with `presently`")]
    Gone,
    /// An answer in words we do not know.
    #[error(
        "the agent's answer is not understood; if Presently was updated, end the agent and start it again"
    )]
    Unknown,
    /// It answered that it could not.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// A connection to the agent, for one request.
#[derive(Debug)]
pub struct Client {
    stream: Stream,
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
        if socket::is_ours(&stream)? { Ok(Self { stream }) } else { Err(ClientError::NotYours) }
    }

    /// Asks, and waits for the one answer. A [`Reply::Failed`] becomes
    /// [`ClientError::Failed`].
    pub async fn request(self, request: Request) -> Result<Reply, ClientError> {
        let patience = match request {
            Request::Login { .. }
            | Request::LoginWays { .. }
            | Request::LoginBrowser { .. }
            | Request::Logout { .. }
            | Request::Look { .. }
            | Request::Doctor { .. } => REMOTE,
            Request::LoginFinish { .. } => PERSON,
            _ => PROMPT,
        };
        let answer = async {
            let mut replies = self.send(&request).await?;
            next(&mut replies).await?.ok_or(ClientError::Gone)
        };
        timeout(patience, answer).await.map_err(|_| ClientError::Silent)?
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
        Ok(Follow { replies: self.send(&Request::Follow).await? })
    }

    async fn send(mut self, request: &Request) -> Result<Replies, ClientError> {
        let mut line = serde_json::to_vec(request).map_err(io::Error::from)?;
        line.push(b'\n');
        // An agent that refuses the connection may close it before it has
        // read this; its answer says why, so that is looked for first.
        let sent = self.stream.write_all(&line).await;
        match sent {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(BufReader::new(self.stream).lines()),
        }
    }
}

/// The snapshots as they change.
#[derive(Debug)]
pub struct Follow {
    replies: Replies,
}

impl Follow {
    /// The next snapshot; `None` when the agent has ended. May be dropped
    /// before it is ready without losing anything.
    pub async fn next(&mut self) -> Result<Option<Box<Snapshot>>, ClientError> {
        match next(&mut self.replies).await? {
            Some(Reply::Snapshot(snapshot)) => Ok(Some(snapshot)),
            Some(_) => Err(ClientError::Unknown),
            None => Ok(None),
        }
    }
}

type Replies = Lines<BufReader<Stream>>;

async fn next(replies: &mut Replies) -> Result<Option<Reply>, ClientError> {
    let line = match replies.next_line().await {
        Ok(Some(line)) => line,
        Ok(None) => return Ok(None),
        // Killed with our request unread.
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match serde_json::from_str(&line) {
        Ok(Reply::Failed(failure)) => Err(failure.into()),
        Ok(reply) => Ok(Some(reply)),
        Err(_) => Err(ClientError::Unknown),
    }
}
