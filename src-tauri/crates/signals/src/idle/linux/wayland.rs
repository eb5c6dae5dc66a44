//! What the two Wayland protocols have in common: a connection, the seats on
//! it, and a notification for each.

use std::collections::BTreeMap;
use std::future::ready;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{once, try_unfold};
use jiff::{SignedDuration, Timestamp};
use presently_core::idle::Idle;
use tokio::net::UnixStream;
use wayland_client::backend::WaylandError;
use wayland_client::protocol::wl_callback::{self, WlCallback};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::protocol::wl_seat::WlSeat;
use wayland_client::{Connection, Dispatch, EventQueue, Proxy as _, QueueHandle, delegate_noop};

use crate::Environment;
use crate::probe::{Backend, Opening};
use crate::readiness::Readiness;

/// Why a compositor is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("WAYLAND_DISPLAY is not set")]
    NoDisplay,
    #[error("the Wayland compositor at {socket} cannot be reached ({why})")]
    Connect { socket: PathBuf, why: String },
    #[error("the Wayland compositor does not offer {0}")]
    NoProtocol(&'static str),
    #[error("the Wayland compositor has no seat, so nothing can be typed there")]
    NoSeat,
    #[error("the connection to the Wayland compositor was lost ({0})")]
    Lost(String),
}

impl Error {
    /// Whether there is simply no such compositor.
    pub(super) fn is_absence(&self) -> bool {
        matches!(self, Self::NoDisplay | Self::NoProtocol(_))
    }
}

/// A protocol by which a compositor tells of idle.
pub(super) trait Protocol: Send + Sync + Sized + 'static {
    /// The backend's name.
    const NAME: &'static str;
    /// The global that offers it.
    const INTERFACE: &'static str;

    /// Binds the global.
    fn bind(registry: &WlRegistry, name: u32, version: u32, queue: &Queue<Self>) -> Self;

    /// Asks to be told, by [`State::tell`], when there is no input at the
    /// seat for so many milliseconds, and when there is again.
    fn notify(&self, seat: &WlSeat, key: u32, milliseconds: u32, queue: &Queue<Self>);
}

pub(super) type Queue<P> = QueueHandle<State<P>>;

/// Idle by one of the protocols.
pub(super) struct Wayland<P> {
    socket: Option<PathBuf>,
    after: Duration,
    protocol: std::marker::PhantomData<P>,
}

impl<P> Wayland<P> {
    pub(super) fn new(environment: &Environment, after: Duration) -> Self {
        let display = environment.wayland_display.as_ref().map(Path::new);
        let socket = match (display, &environment.runtime_dir) {
            (Some(display), _) if display.is_absolute() => Some(display.to_owned()),
            (Some(display), Some(folder)) => Some(folder.join(display)),
            _ => None,
        };
        Self { socket, after, protocol: std::marker::PhantomData }
    }
}

impl<P: Protocol> Backend<Idle, super::Error> for Wayland<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn socket(&self) -> Option<PathBuf> {
        self.socket.clone()
    }

    fn open(&self) -> Opening<'_, Idle, super::Error> {
        Box::pin(async {
            let socket = self.socket.as_deref().ok_or(Error::NoDisplay)?;
            let mut client = Client::<P>::connect(socket, self.after).await?;
            client.settle().await?;
            let first = once(ready(Ok(client.reading(false))));
            let changes =
                try_unfold(
                    client,
                    |mut client| async move { Ok(Some((client.next().await?, client))) },
                );
            Ok(first.chain(changes).boxed())
        })
    }
}

/// What is known of the compositor.
pub(super) struct State<P> {
    protocol: Option<P>,
    seats: BTreeMap<u32, Seat>,
    milliseconds: u32,
    /// The compositor has told all that it has.
    settled: bool,
}

struct Seat {
    it: WlSeat,
    idle: bool,
}

impl<P: Protocol> State<P> {
    /// Takes in what a notification says of a seat.
    pub(super) fn tell(&mut self, key: u32, idle: bool) {
        if let Some(seat) = self.seats.get_mut(&key) {
            seat.idle = idle;
        }
    }

    /// Whether there is no input at any seat.
    fn is_idle(&self) -> bool {
        !self.seats.is_empty() && self.seats.values().all(|seat| seat.idle)
    }
}

/// The connection. It is read when there is something to read, and at rest
/// nothing runs.
struct Client<P: Protocol> {
    connection: Connection,
    queue: EventQueue<State<P>>,
    state: State<P>,
    ready: Readiness,
    after: Duration,
    idle: bool,
}

impl<P: Protocol> Client<P> {
    async fn connect(socket: &Path, after: Duration) -> Result<Self, Error> {
        let failed = |why: String| Error::Connect { socket: socket.to_owned(), why };
        let stream = UnixStream::connect(socket).await.map_err(|e| failed(e.to_string()))?;
        let stream = stream.into_std().map_err(|e| failed(e.to_string()))?;
        let ready = Readiness::of(&stream).map_err(|e| failed(e.to_string()))?;
        let connection = Connection::from_socket(stream).map_err(|e| failed(e.to_string()))?;
        let queue = connection.new_event_queue();
        let handle = queue.handle();
        let _registry = connection.display().get_registry(&handle, ());
        let _done = connection.display().sync(&handle, ());
        let milliseconds = u32::try_from(after.as_millis()).unwrap_or(u32::MAX);
        let state = State { protocol: None, seats: BTreeMap::new(), milliseconds, settled: false };
        Ok(Self { connection, queue, state, ready, after, idle: false })
    }

    /// Waits until the compositor has told what it has.
    async fn settle(&mut self) -> Result<(), Error> {
        while !self.state.settled {
            self.turn().await?;
        }
        if self.state.protocol.is_none() {
            return Err(Error::NoProtocol(P::INTERFACE));
        }
        if self.state.seats.is_empty() { Err(Error::NoSeat) } else { Ok(()) }
    }

    /// The next change.
    async fn next(&mut self) -> Result<Idle, Error> {
        loop {
            self.turn().await?;
            let idle = self.state.is_idle();
            if std::mem::replace(&mut self.idle, idle) != idle {
                return Ok(self.reading(idle));
            }
        }
    }

    fn reading(&self, idle: bool) -> Idle {
        let now = Timestamp::now();
        if !idle {
            return Idle::Active { since: now };
        }
        let after = SignedDuration::try_from(self.after).unwrap_or(SignedDuration::ZERO);
        Idle::Idle { since: now.checked_sub(after).unwrap_or(now) }
    }

    /// Waits for events and takes them in.
    async fn turn(&mut self) -> Result<(), Error> {
        let lost = |e: &dyn std::fmt::Display| Error::Lost(e.to_string());
        loop {
            let taken = self.queue.dispatch_pending(&mut self.state).map_err(|e| lost(&e))?;
            // What the events led to asking must go out, even so.
            match self.connection.flush() {
                Err(WaylandError::Io(e)) if e.kind() == ErrorKind::WouldBlock => (),
                flushed => flushed.map_err(|e| lost(&e))?,
            }
            if taken > 0 {
                return Ok(());
            }
            let Some(reader) = self.queue.prepare_read() else { continue };
            match reader.read() {
                Err(WaylandError::Io(e)) if e.kind() == ErrorKind::WouldBlock => {
                    self.ready.wait().await.map_err(|e| lost(&e))?;
                }
                read => {
                    read.map_err(|e| lost(&e))?;
                }
            }
        }
    }
}

impl<P: Protocol> Dispatch<WlRegistry, ()> for State<P> {
    fn event(
        state: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        _: &(),
        _: &Connection,
        queue: &Queue<P>,
    ) {
        match event {
            wl_registry::Event::Global { name, interface, version } => {
                if interface == WlSeat::interface().name {
                    let it: WlSeat = registry.bind(name, 1, queue, ());
                    if let Some(protocol) = &state.protocol {
                        protocol.notify(&it, name, state.milliseconds, queue);
                    }
                    state.seats.insert(name, Seat { it, idle: false });
                } else if interface == P::INTERFACE && state.protocol.is_none() {
                    let protocol = P::bind(registry, name, version, queue);
                    for (key, seat) in &state.seats {
                        protocol.notify(&seat.it, *key, state.milliseconds, queue);
                    }
                    state.protocol = Some(protocol);
                }
            }
            wl_registry::Event::GlobalRemove { name } => {
                state.seats.remove(&name);
            }
            _ => (),
        }
    }
}

impl<P: Protocol> Dispatch<WlCallback, ()> for State<P> {
    fn event(
        state: &mut Self,
        _: &WlCallback,
        _: wl_callback::Event,
        _: &(),
        _: &Connection,
        _: &Queue<P>,
    ) {
        state.settled = true;
    }
}

delegate_noop!(@<P: Protocol> State<P>: ignore WlSeat);
