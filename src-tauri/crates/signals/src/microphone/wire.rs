//! A connection to a sound server in PulseAudio's protocol, which PipeWire
//! speaks too. The messages are the crate `pulseaudio`'s; reading and
//! writing them without blocking is done here.

use std::ffi::CString;
use std::path::Path;

use presently_core::Code;
use pulseaudio::protocol::{
    self, AuthParams, AuthReply, Command, CommandReply, DESCRIPTOR_SIZE, Prop, Props,
    ProtocolError, SetClientNameReply, SubscriptionMask,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

/// The protocol's version that is asked for. 19 tells what is corked; later
/// ones only tell more that would have to be understood, and at 21 the crate
/// misreads the sources.
const VERSION: u16 = 23;

/// The longest message that is believed.
const LONGEST: u32 = 4 << 20;

/// The length of a cookie. A shorter one is refused, a wrong one is not if
/// the user is the server's own.
const COOKIE: usize = 256;

/// Why the server is of no use.
#[derive(Debug)]
pub(super) enum Error {
    /// It cannot be reached.
    Connect(std::io::Error),
    /// It closed the connection.
    Io(std::io::Error),
    /// It sent what is not understood.
    Protocol(ProtocolError),
    /// It sent a message of so many bytes.
    TooLong(u32),
}

impl Error {
    /// The code of this failure of the server at that socket.
    pub(super) fn of(&self, socket: &Path) -> Code {
        let socket = socket.display().to_string();
        match self {
            Self::Connect(why) => {
                Code::new("sound-unreachable").with("socket", socket).with("why", why.to_string())
            }
            Self::Io(why) => {
                Code::new("sound-closed").with("socket", socket).with("why", why.to_string())
            }
            Self::Protocol(why) => Code::new("sound-not-understood")
                .with("socket", socket)
                .with("why", why.to_string()),
            Self::TooLong(bytes) => {
                Code::new("sound-too-long").with("socket", socket).with("bytes", *bytes)
            }
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

/// A connection on which events of recording streams are asked for.
pub(super) struct Server {
    stream: UnixStream,
    version: u16,
    next: u32,
    /// An event came that has not been told yet.
    changed: bool,
}

impl Server {
    /// Connects, says who we are and asks for events.
    pub(super) async fn connect(socket: &Path, cookie: Option<&Path>) -> Result<Self, Error> {
        let stream = UnixStream::connect(socket).await.map_err(Error::Connect)?;
        let mut server = Self { stream, version: VERSION, next: 0, changed: false };
        let mut cookie = cookie.and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
        cookie.resize(COOKIE, 0);
        let auth =
            AuthParams { version: VERSION, supports_shm: false, supports_memfd: false, cookie };
        let welcome: AuthReply = server.ask(&Command::Auth(auth)).await?;
        server.version = welcome.version.min(VERSION);
        let mut us = Props::new();
        us.set(Prop::ApplicationName, CString::from(c"Presently"));
        us.set(Prop::ApplicationId, CString::from(c"presently"));
        let _: SetClientNameReply = server.ask(&Command::SetClientName(us)).await?;
        // The server's own events are of the default source.
        let wanted = SubscriptionMask::SOURCE_OUTPUT | SubscriptionMask::SERVER;
        server.acknowledged(&Command::Subscribe(wanted)).await?;
        Ok(server)
    }

    /// Asks, and waits for the answer. Events that come before it are kept.
    pub(super) async fn ask<T: CommandReply>(&mut self, command: &Command) -> Result<T, Error> {
        let message = self.answer(command).await?;
        let (_, reply) = protocol::read_reply_message(&mut message.as_slice(), self.version)?;
        Ok(reply)
    }

    /// Asks for what is answered with nothing but consent.
    async fn acknowledged(&mut self, command: &Command) -> Result<(), Error> {
        let message = self.answer(command).await?;
        protocol::read_ack_message(&mut message.as_slice())?;
        Ok(())
    }

    /// Waits until a stream has come, gone or changed since the last call.
    pub(super) async fn changes(&mut self) -> Result<(), Error> {
        while !std::mem::take(&mut self.changed) {
            let message = self.read().await?;
            self.note(&message)?;
        }
        Ok(())
    }

    async fn answer(&mut self, command: &Command) -> Result<Vec<u8>, Error> {
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let mut question = Vec::new();
        protocol::write_command_message(&mut question, number, command, self.version)?;
        self.stream.write_all(&question).await?;
        loop {
            let message = self.read().await?;
            if self.note(&message)? == Some(number) {
                return Ok(message);
            }
        }
    }

    /// Notes an event; gives the number of the question that a message
    /// answers, if it answers one.
    fn note(&mut self, message: &[u8]) -> Result<Option<u32>, Error> {
        let (number, command) = protocol::read_command_message(&mut &message[..], self.version)?;
        match command {
            Command::Reply | Command::Error(_) => Ok(Some(number)),
            Command::SubscribeEvent(_) => {
                self.changed = true;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// The next message, whole, with its head.
    async fn read(&mut self) -> Result<Vec<u8>, Error> {
        let mut message = vec![0; DESCRIPTOR_SIZE];
        self.stream.read_exact(&mut message).await?;
        let head = protocol::read_descriptor(&mut message.as_slice())?;
        if head.length > LONGEST {
            return Err(Error::TooLong(head.length));
        }
        message.resize(DESCRIPTOR_SIZE + head.length as usize, 0);
        self.stream.read_exact(&mut message[DESCRIPTOR_SIZE..]).await?;
        Ok(message)
    }
}
