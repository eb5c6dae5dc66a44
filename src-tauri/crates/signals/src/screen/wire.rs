//! A connection to PipeWire in its native protocol (version 3): only what
//! leads to the registry, and what the registry tells. The client library is
//! C and wants libclang to build; this is all that is needed of it.

use std::path::Path;

use presently_core::Code;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::graph::Properties;
use super::pod::{Reader, Writer};

/// The protocol's version.
const VERSION: i32 = 3;

/// The objects that every connection has, and the one that is made here.
const CORE: u32 = 0;
const CLIENT: u32 = 1;
const REGISTRY: u32 = 2;

/// Methods of the core and of the client.
const CORE_HELLO: u8 = 1;
const CORE_SYNC: u8 = 2;
const CORE_PONG: u8 = 3;
const CORE_GET_REGISTRY: u8 = 5;
const CLIENT_UPDATE_PROPERTIES: u8 = 2;

/// Events of the core and of the registry.
const CORE_DONE: u8 = 1;
const CORE_PING: u8 = 2;
const CORE_ERROR: u8 = 3;
const REGISTRY_GLOBAL: u8 = 0;
const REGISTRY_REMOVE: u8 = 1;

/// The length of a message's head: object, method and size, number, files.
const HEAD: usize = 16;

/// Why PipeWire is of no use.
#[derive(Debug)]
pub(super) enum Error {
    /// It cannot be reached.
    Connect(std::io::Error),
    /// It closed the connection.
    Io(std::io::Error),
    /// It refused what it was asked, and may say why.
    Refused(Option<String>),
}

impl Error {
    /// The code of this failure of PipeWire at that socket.
    pub(super) fn of(&self, socket: &Path) -> Code {
        let socket = socket.display().to_string();
        match self {
            Self::Connect(why) => Code::new("pipewire-unreachable")
                .with("socket", socket)
                .with("why", why.to_string()),
            Self::Io(why) => {
                Code::new("pipewire-closed").with("socket", socket).with("why", why.to_string())
            }
            Self::Refused(Some(why)) => {
                Code::new("pipewire-refused").with("socket", socket).with("why", why)
            }
            Self::Refused(None) => Code::new("pipewire-refused-silently").with("socket", socket),
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// What the registry tells.
pub(super) enum Event {
    /// All objects that there were have been told.
    Done,
    /// There is an object.
    Object { id: u32, kind: String, properties: Properties },
    /// It is gone.
    Gone { id: u32 },
}

/// A connection whose registry is asked for.
pub(super) struct PipeWire {
    stream: UnixStream,
    number: u32,
}

impl PipeWire {
    /// Connects and asks.
    pub(super) async fn connect(socket: &Path) -> Result<Self, Error> {
        let stream = UnixStream::connect(socket).await.map_err(Error::Connect)?;
        let mut pipewire = Self { stream, number: 0 };
        let us = Writer::default().int(1).string("application.name").string("Presently");
        pipewire.send(CORE, CORE_HELLO, Writer::default().int(VERSION)).await?;
        let us = Writer::default().structure(us);
        pipewire.send(CLIENT, CLIENT_UPDATE_PROPERTIES, us).await?;
        let new = i32::try_from(REGISTRY).unwrap_or_default();
        let registry = Writer::default().int(VERSION).int(new);
        pipewire.send(CORE, CORE_GET_REGISTRY, registry).await?;
        pipewire.send(CORE, CORE_SYNC, Writer::default().int(0).int(0)).await?;
        Ok(pipewire)
    }

    /// The next thing that the registry tells.
    pub(super) async fn next(&mut self) -> Result<Event, Error> {
        loop {
            let (object, event, body) = self.read().await?;
            let Some(mut values) = Reader::of(&body) else { continue };
            match (object, event) {
                (CORE, CORE_DONE) => return Ok(Event::Done),
                (CORE, CORE_PING) => {
                    let (Some(id), Some(number)) = (values.int(), values.int()) else { continue };
                    self.send(CORE, CORE_PONG, Writer::default().int(id).int(number)).await?;
                }
                (CORE, CORE_ERROR) => {
                    let (_, _, _) = (values.int(), values.int(), values.int());
                    return Err(Error::Refused(values.string().map(str::to_owned)));
                }
                (REGISTRY, REGISTRY_GLOBAL) => {
                    if let Some(event) = global(values) {
                        return Ok(event);
                    }
                }
                (REGISTRY, REGISTRY_REMOVE) => {
                    if let Some(id) = values.int().and_then(|id| u32::try_from(id).ok()) {
                        return Ok(Event::Gone { id });
                    }
                }
                _ => (),
            }
        }
    }

    async fn send(&mut self, object: u32, method: u8, values: Writer) -> Result<(), Error> {
        let body = values.finish();
        let size = u32::try_from(body.len()).unwrap_or(u32::MAX) & 0x00ff_ffff;
        let mut message = Vec::with_capacity(HEAD + body.len());
        for word in [object, u32::from(method) << 24 | size, self.number, 0] {
            message.extend(word.to_ne_bytes());
        }
        message.extend(body);
        self.number = self.number.wrapping_add(1);
        Ok(self.stream.write_all(&message).await?)
    }

    /// The next message: object, event and body. Its size has 24 bits.
    async fn read(&mut self) -> Result<(u32, u8, Vec<u8>), Error> {
        let mut head = [0; HEAD];
        self.stream.read_exact(&mut head).await?;
        let word = |i: usize| u32::from_ne_bytes([head[i], head[i + 1], head[i + 2], head[i + 3]]);
        let (object, what) = (word(0), word(4));
        let mut body = vec![0; (what & 0x00ff_ffff) as usize];
        self.stream.read_exact(&mut body).await?;
        Ok((object, (what >> 24) as u8, body))
    }
}

fn global(mut values: Reader<'_>) -> Option<Event> {
    let id = u32::try_from(values.int()?).ok()?;
    let _permissions = values.int()?;
    let kind = values.string()?.to_owned();
    let _version = values.int()?;
    let mut properties = Properties::new();
    if let Some(mut pairs) = values.structure() {
        for _ in 0..pairs.int()? {
            let (Some(name), Some(value)) = (pairs.string(), pairs.string()) else { break };
            properties.insert(name.to_owned(), value.to_owned());
        }
    }
    Some(Event::Object { id, kind, properties })
}
