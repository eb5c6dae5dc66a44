//! What both Wayland idle protocols share: the connection, its seats, and the
//! notifications of each seat.

use std::collections::BTreeMap;
use std::future::{pending, ready};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::{once, try_unfold};
use jiff::{SignedDuration, Timestamp};
use presently_core::idle::Idle;
use presently_core::{Code, Coded, coded_error};
use tokio::net::UnixStream;
use tokio::time::{Instant, sleep_until};
use wayland_client::backend::WaylandError;
use wayland_client::protocol::wl_callback::{self, WlCallback};
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::protocol::wl_seat::WlSeat;
use wayland_client::{Connection, Dispatch, EventQueue, Proxy as _, QueueHandle, delegate_noop};

use super::evidence::{Evidence, Known, QUICK, Rules, Which, together};
use crate::Environment;
use crate::idle::{Seen, unseen};
use crate::probe::{Backend, Opening, Refusal};
use crate::readiness::Readiness;

/// Why a compositor cannot be used.
#[derive(Debug)]
pub(crate) enum Error {
    /// The environment does not name the compositor's socket.
    NoDisplay,
    /// The compositor cannot be reached.
    Connect { socket: PathBuf, why: String },
    /// The compositor does not offer this protocol.
    NoProtocol(&'static str),
    /// The compositor has no seat.
    NoSeat,
    /// The connection to the compositor was lost.
    Lost(String),
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::NoDisplay => Code::new("variable-not-set").with("name", "WAYLAND_DISPLAY"),
            Self::Connect { socket, why } => Code::new("wayland-unreachable")
                .with("socket", socket.display().to_string())
                .with("why", why),
            Self::NoProtocol(protocol) => {
                Code::new("wayland-no-protocol").with("protocol", *protocol)
            }
            Self::NoSeat => Code::new("wayland-no-seat"),
            Self::Lost(why) => Code::new("wayland-lost").with("why", why),
        }
    }
}

coded_error!(Error);

impl Refusal for Error {
    /// Whether the session has no such compositor.
    fn is_absence(&self) -> bool {
        matches!(self, Self::NoDisplay | Self::NoProtocol(_))
    }
}

/// A Wayland protocol with idle notifications.
pub(super) trait Protocol: Send + Sync + Sized + 'static {
    /// The backend's name.
    const NAME: &'static str;
    /// The name of the global.
    const INTERFACE: &'static str;

    /// The object of one notification.
    type Notification: Send;

    /// Binds the global.
    fn bind(registry: &WlRegistry, name: u32, version: u32, queue: &Queue<Self>) -> Self;

    /// Whether its notifications ignore idle inhibitors.
    fn ignores_inhibitors(&self) -> bool;

    /// Requests a notification, whose events go to [`State::tell`]. It reports
    /// idle after `milliseconds` without input at the seat, and resumed at the
    /// next input.
    fn notify(
        &self,
        seat: &WlSeat,
        key: Key,
        milliseconds: u32,
        queue: &Queue<Self>,
    ) -> Self::Notification;

    /// Cancels a notification.
    fn forget(it: Self::Notification);
}

/// Identifies a notification: the global name of its seat, and which of the two
/// it is.
pub(super) type Key = (u32, Which);

pub(super) type Queue<P> = QueueHandle<State<P>>;

/// The idle source for one of the protocols.
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

impl<P: Protocol> Backend<Seen, super::Error> for Wayland<P> {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn socket(&self) -> Option<PathBuf> {
        self.socket.clone()
    }

    fn open(&self) -> Opening<'_, Seen, super::Error> {
        Box::pin(async {
            let socket = self.socket.as_deref().ok_or(Error::NoDisplay)?;
            let mut client = Client::<P>::connect(socket, self.after).await?;
            client.settle().await?;
            let first = once(ready(Ok(client.nothing())));
            let changes =
                try_unfold(
                    client,
                    |mut client| async move { Ok(Some((client.next().await?, client))) },
                );
            Ok(first.chain(changes).boxed())
        })
    }
}

/// The state of the compositor, as its events report it.
pub(super) struct State<P: Protocol> {
    protocol: Option<P>,
    seats: BTreeMap<u32, Seat<P>>,
    rules: Rules,
    /// The compositor has announced all its globals.
    settled: bool,
}

struct Seat<P: Protocol> {
    it: WlSeat,
    evidence: Evidence,
    threshold: Option<P::Notification>,
    quick: Option<P::Notification>,
}

impl<P: Protocol> Drop for Seat<P> {
    fn drop(&mut self) {
        self.threshold.take().into_iter().chain(self.quick.take()).for_each(P::forget);
    }
}

impl<P: Protocol> State<P> {
    /// Records an event of a notification.
    pub(super) fn tell(&mut self, (seat, which): Key, idle: bool) {
        if let Some(seat) = self.seats.get_mut(&seat) {
            seat.evidence.record(which, idle, &self.rules, Instant::now());
        }
    }

    /// Requests the notifications that are needed now and cancels the others.
    fn arrange(&mut self, queue: &Queue<P>) {
        let Some(protocol) = &self.protocol else { return };
        let now = Instant::now();
        for (key, seat) in &mut self.seats {
            seat.evidence.expire(&self.rules, now);
            seat.threshold.get_or_insert_with(|| {
                let key = (*key, Which::Threshold);
                protocol.notify(&seat.it, key, milliseconds(self.rules.after), queue)
            });
            if seat.evidence.wants_proof(&self.rules, now) {
                seat.quick.get_or_insert_with(|| {
                    protocol.notify(&seat.it, (*key, Which::Quick), milliseconds(QUICK), queue)
                });
            } else {
                seat.quick.take().into_iter().for_each(P::forget);
            }
        }
    }

    fn known(&self) -> Known {
        together(self.seats.values().map(|seat| seat.evidence.known()))
    }

    /// When to evaluate again if the compositor reports nothing.
    fn next_deadline(&self) -> Option<Instant> {
        let now = Instant::now();
        self.seats.values().filter_map(|seat| seat.evidence.next_deadline(&self.rules, now)).min()
    }
}

fn milliseconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

/// The connection. It is read only when the socket is readable, so at rest
/// nothing wakes up.
struct Client<P: Protocol> {
    connection: Connection,
    queue: EventQueue<State<P>>,
    state: State<P>,
    ready: Readiness,
    known: Known,
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
        let rules = Rules { after, ignores_inhibitors: false };
        let state = State { protocol: None, seats: BTreeMap::new(), rules, settled: false };
        Ok(Self { connection, queue, state, ready, known: Known::Nothing })
    }

    /// Waits until the compositor has announced all its globals.
    async fn settle(&mut self) -> Result<(), Error> {
        while !self.state.settled {
            self.turn().await?;
        }
        if self.state.protocol.is_none() {
            return Err(Error::NoProtocol(P::INTERFACE));
        }
        if self.state.seats.is_empty() { Err(Error::NoSeat) } else { Ok(()) }
    }

    /// Waits for the next change.
    async fn next(&mut self) -> Result<Seen, Error> {
        loop {
            self.state.arrange(&self.queue.handle());
            let known = self.state.known();
            if std::mem::replace(&mut self.known, known) != known {
                return Ok(self.seen());
            }
            let look = self.state.next_deadline();
            let passed = async {
                match look {
                    Some(at) => sleep_until(at).await,
                    None => pending().await,
                }
            };
            // `turn` can be cancelled without losing what was read.
            tokio::select! {
                turned = self.turn() => turned?,
                () = passed => (),
            }
        }
    }

    fn seen(&self) -> Seen {
        let now = Timestamp::now();
        match self.known {
            Known::Nothing => self.nothing(),
            Known::Doubt => Seen::Idle(Idle::Unknown(unseen(Code::new("idle-taken-for-input")))),
            Known::Active => Seen::Idle(Idle::Active { since: now }),
            Known::Idle => {
                let after = SignedDuration::try_from(self.state.rules.after);
                let since = after.ok().and_then(|after| now.checked_sub(after).ok());
                Seen::Idle(Idle::Idle { since: since.unwrap_or(now) })
            }
        }
    }

    fn nothing(&self) -> Seen {
        Seen::Nothing {
            why: Code::new("idle-nothing-yet"),
            note: (!self.state.rules.ignores_inhibitors)
                .then(|| Code::new("idle-unknown-while-shown")),
        }
    }

    /// Waits for events and dispatches them.
    async fn turn(&mut self) -> Result<(), Error> {
        let lost = |e: &dyn std::fmt::Display| Error::Lost(e.to_string());
        loop {
            let taken = self.queue.dispatch_pending(&mut self.state).map_err(|e| lost(&e))?;
            // The events may have queued requests, which must be sent before
            // waiting.
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
                    let it = registry.bind(name, 1, queue, ());
                    let evidence = Evidence::new(Instant::now());
                    let seat = Seat { it, evidence, threshold: None, quick: None };
                    state.seats.insert(name, seat);
                } else if interface == P::INTERFACE && state.protocol.is_none() {
                    let protocol = P::bind(registry, name, version, queue);
                    state.rules.ignores_inhibitors = protocol.ignores_inhibitors();
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
