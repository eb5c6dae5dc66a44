//! X11: alarms of the SYNC extension on the server's IDLETIME counter.
//!
//! The server sends an event when the counter reaches the threshold and when it
//! falls below it. Key presses in between cause no wake-up. See the X
//! Synchronization Extension Protocol, version 3.1.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::stream::{once, try_unfold};
use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use presently_core::idle::Idle;
use presently_core::{Code, Coded, coded_error};
use tokio::sync::oneshot;
use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::Event;
use x11rb::protocol::sync::{
    Alarm, ConnectionExt as _, Counter, CreateAlarmAux, Int64, TESTTYPE, VALUETYPE,
};
use x11rb::rust_connection::RustConnection;

use crate::Environment;
use crate::idle::Seen;
use crate::probe::{Backend, Opening, Refusal};
use crate::readiness::Readiness;

const NAME: &str = "x11-xsync";

/// Why X11 is not used.
#[derive(Debug)]
pub(crate) enum Error {
    /// This is a Wayland session, whose input X11 does not see.
    Wayland,
    /// `DISPLAY` is not set.
    NoDisplay,
    /// The X server cannot be reached.
    Connect { display: String, why: ConnectError },
    /// The X server has no idle counter.
    NoCounter { display: String },
    /// The X server refused the idle alarm.
    Refused { display: String, why: String },
    /// The connection to the X server was lost.
    Lost { display: String, why: String },
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Wayland => Code::new("x11-wayland"),
            Self::NoDisplay => Code::new("x11-no-display"),
            Self::Connect { display, why } => {
                Code::new("x11-unreachable").with("display", display).with("why", why.to_string())
            }
            Self::NoCounter { display } => Code::new("x11-no-counter").with("display", display),
            Self::Refused { display, why } => {
                Code::new("x11-refused").with("display", display).with("why", why)
            }
            Self::Lost { display, why } => {
                Code::new("x11-lost").with("display", display).with("why", why)
            }
        }
    }
}

coded_error!(Error);

impl Refusal for Error {
    /// Whether the session has no X11 server.
    fn is_absence(&self) -> bool {
        matches!(self, Self::Wayland | Self::NoDisplay)
    }
}

/// The idle source of X11.
pub(super) struct XSync {
    display: Option<String>,
    wayland: bool,
    after: Duration,
}

impl XSync {
    pub(super) fn new(environment: &Environment, after: Duration) -> Self {
        Self {
            display: environment.display.clone(),
            wayland: environment.wayland_display.is_some(),
            after,
        }
    }

    /// The display to connect to.
    fn display(&self) -> Result<&str, Error> {
        // Xwayland has the counter but does not see the input of Wayland
        // windows: the person would be shown as away while they type.
        if self.wayland {
            return Err(Error::Wayland);
        }
        self.display.as_deref().ok_or(Error::NoDisplay)
    }
}

impl Backend<Seen, super::Error> for XSync {
    fn name(&self) -> &'static str {
        NAME
    }

    fn socket(&self) -> Option<PathBuf> {
        local_socket(self.display().ok()?)
    }

    fn open(&self) -> Opening<'_, Seen, super::Error> {
        Box::pin(async move {
            let display = self.display()?;
            let (set, idle) = off_thread(display, self.after).await?;
            let ready = Readiness::of(set.connection.stream())
                .map_err(|e| Error::Lost { display: display.to_owned(), why: e.to_string() })?;
            let changes = try_unfold((set, ready), |(set, ready)| async move {
                Ok(Some((set.next(&ready).await?, (set, ready))))
            });
            let first = once(std::future::ready(Ok(idle)));
            Ok(first.chain(changes).map_ok(Seen::Idle).boxed())
        })
    }
}

/// The socket of a display on this machine: `:0` or `:0.0`.
fn local_socket(display: &str) -> Option<PathBuf> {
    let number = display.strip_prefix(':')?.split('.').next()?;
    let number: u16 = number.parse().ok()?;
    Some(PathBuf::from(format!("/tmp/.X11-unix/X{number}")))
}

/// Connects on a separate thread, because connecting blocks. An X server that
/// hangs must delay neither the agent nor its shutdown.
async fn off_thread(display: &str, after: Duration) -> Result<(Alarms, Idle), Error> {
    let (answer, answered) = oneshot::channel();
    let name = display.to_owned();
    let thread = std::thread::Builder::new().name("x11-connect".into());
    let spawned = thread.spawn(move || answer.send(Alarms::set(name, after)).map_err(drop));
    let lost = |why: String| Error::Lost { display: display.to_owned(), why };
    spawned.map_err(|e| lost(e.to_string()))?;
    answered.await.map_err(|e| lost(e.to_string()))?
}

/// The two alarms and their connection.
struct Alarms {
    connection: RustConnection,
    display: String,
    /// Fires when the counter rises to the threshold.
    idle: Alarm,
    /// Fires when the counter falls below the threshold.
    active: Alarm,
}

impl Alarms {
    /// Connects, creates the alarms and then reads the counter, because an
    /// alarm does not fire if the counter is already past its value.
    fn set(display: String, after: Duration) -> Result<(Self, Idle), Error> {
        let (connection, _) = RustConnection::connect(Some(&display))
            .map_err(|why| Error::Connect { display: display.clone(), why })?;
        let refused =
            |why: ReplyOrIdError| Error::Refused { display: display.clone(), why: why.to_string() };
        let counter = idle_counter(&connection)
            .map_err(|e| refused(e.into()))?
            .ok_or_else(|| Error::NoCounter { display: display.clone() })?;
        let threshold = i64::try_from(after.as_millis()).unwrap_or(i64::MAX);
        let alarm = |test, at| alarm(&connection, counter, test, at).map_err(refused);
        let idle = alarm(TESTTYPE::POSITIVE_TRANSITION, threshold)?;
        let active = alarm(TESTTYPE::NEGATIVE_TRANSITION, threshold - 1)?;
        let value = connection
            .sync_query_counter(counter)
            .map_err(ReplyError::from)
            .and_then(|cookie| cookie.reply())
            .map_err(|e| refused(e.into()))?;
        let value = milliseconds(value.counter_value);
        let now = Timestamp::now();
        let reading = if value >= threshold {
            Idle::Idle { since: earlier(now, value) }
        } else {
            Idle::Active { since: now }
        };
        Ok((Self { connection, display, idle, active }, reading))
    }

    /// Waits for the next alarm. If several have arrived, the last one holds.
    async fn next(&self, ready: &Readiness) -> Result<Idle, Error> {
        let lost = |why: String| Error::Lost { display: self.display.clone(), why };
        loop {
            if let Some(idle) = self.drain().map_err(|e| lost(e.to_string()))? {
                return Ok(idle);
            }
            ready.wait().await.map_err(|e| lost(e.to_string()))?;
        }
    }

    /// The state after all events that have arrived. `None` if no alarm is
    /// among them.
    fn drain(&self) -> Result<Option<Idle>, ConnectionError> {
        let mut last = None;
        while let Some(event) = self.connection.poll_for_event()? {
            let Event::SyncAlarmNotify(event) = event else { continue };
            let now = Timestamp::now();
            if event.alarm == self.idle {
                let since = earlier(now, milliseconds(event.counter_value));
                last = Some(Idle::Idle { since });
            } else if event.alarm == self.active {
                last = Some(Idle::Active { since: now });
            }
        }
        Ok(last)
    }
}

/// The counter of milliseconds without input, if the server has one.
fn idle_counter(connection: &RustConnection) -> Result<Option<Counter>, ReplyError> {
    connection.sync_initialize(3, 1)?.reply()?;
    let counters = connection.sync_list_system_counters()?.reply()?.counters;
    Ok(counters.into_iter().find(|c| c.name == b"IDLETIME").map(|c| c.counter))
}

/// Creates an alarm that fires each time the counter crosses `at`. A delta of
/// zero keeps it active after it has fired.
fn alarm(
    connection: &RustConnection,
    counter: Counter,
    test: TESTTYPE,
    at: i64,
) -> Result<Alarm, ReplyOrIdError> {
    let id = connection.generate_id()?;
    let aux = CreateAlarmAux::new()
        .counter(counter)
        .value_type(VALUETYPE::ABSOLUTE)
        .value(Int64 { hi: (at >> 32) as i32, lo: at as u32 })
        .test_type(test)
        .delta(Int64 { hi: 0, lo: 0 })
        .events(1);
    connection.sync_create_alarm(id, &aux)?.check()?;
    Ok(id)
}

fn milliseconds(value: Int64) -> i64 {
    (i64::from(value.hi) << 32) | i64::from(value.lo)
}

fn earlier(now: Timestamp, milliseconds: i64) -> Timestamp {
    now.checked_sub(SignedDuration::from_millis(milliseconds)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_numbers_cross_the_wire_whole() {
        for at in [0i64, 1, 1_499, 300_000, i64::from(u32::MAX), 1 << 40, -1] {
            let wire = Int64 { hi: (at >> 32) as i32, lo: at as u32 };
            assert_eq!(milliseconds(wire), at);
        }
    }

    #[test]
    fn the_socket_of_a_display() {
        let socket = |display| local_socket(display).map(|path| path.display().to_string());
        assert_eq!(socket(":0").as_deref(), Some("/tmp/.X11-unix/X0"));
        assert_eq!(socket(":12.1").as_deref(), Some("/tmp/.X11-unix/X12"));
        assert_eq!(socket("localhost:10.0"), None);
        assert_eq!(socket(":/../x"), None);
    }

    #[test]
    fn never_under_wayland() {
        let environment = |display: Option<&str>, wayland: Option<&str>| Environment {
            display: display.map(str::to_owned),
            wayland_display: wayland.map(str::to_owned),
            ..Environment::default()
        };
        let refusal = |e: Environment| {
            XSync::new(&e, Duration::from_secs(1)).display().err().map(|why| why.code())
        };
        assert_eq!(refusal(environment(Some(":1"), None)), None);
        assert_eq!(refusal(environment(Some(":1"), Some("w"))), Some(Code::new("x11-wayland")));
        assert_eq!(refusal(environment(None, None)), Some(Code::new("x11-no-display")));
    }
}
