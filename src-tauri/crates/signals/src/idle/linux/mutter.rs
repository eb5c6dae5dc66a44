//! GNOME: `org.gnome.Mutter.IdleMonitor` on the session bus. Mutter has no
//! Wayland protocol for idle notifications.

use std::future::ready;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::stream::{once, try_unfold};
use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::{SignedDuration, Timestamp};
use presently_core::idle::Idle;
use presently_core::{Code, Coded, coded_error};

use crate::Environment;
use crate::bus::{Bus, Error as BusError, Object, Signals, Which, owner_of, signal_of};
use crate::idle::Seen;
use crate::probe::{Backend, Opening, Refusal};

const MONITOR: Object<'static> = Object {
    service: "org.gnome.Mutter.IdleMonitor",
    path: "/org/gnome/Mutter/IdleMonitor/Core",
    interface: "org.gnome.Mutter.IdleMonitor",
};

/// Why Mutter cannot be used.
#[derive(Debug)]
pub(crate) enum Error {
    /// The session bus or a call to Mutter failed.
    Bus(BusError),
    /// Mutter is not on the session bus.
    NotThere,
    /// Mutter has gone from the session bus.
    Gone,
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Bus(e) => e.code(),
            Self::NotThere => Code::new("mutter-not-there"),
            Self::Gone => Code::new("mutter-gone"),
        }
    }
}

coded_error!(Error);

impl From<BusError> for Error {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl Refusal for Error {
    /// Whether the session is no GNOME session.
    fn is_absence(&self) -> bool {
        match self {
            Self::Bus(e) => e.is_absence(),
            Self::NotThere => true,
            Self::Gone => false,
        }
    }
}

/// The idle source of GNOME.
pub(super) struct Mutter {
    environment: Environment,
    after: Duration,
}

impl Mutter {
    pub(super) fn new(environment: &Environment, after: Duration) -> Self {
        Self { environment: environment.clone(), after }
    }
}

impl Backend<Seen, super::Error> for Mutter {
    fn name(&self) -> &'static str {
        "gnome-mutter"
    }

    fn socket(&self) -> Option<PathBuf> {
        Which::Session.socket(&self.environment)
    }

    fn open(&self) -> Opening<'_, Seen, super::Error> {
        Box::pin(async {
            let mut monitor = Monitor::open(&self.environment, self.after).await?;
            let first = once(ready(Ok(monitor.read_state().await?)));
            let changes = try_unfold(monitor, |mut monitor| async move {
                Ok(Some((monitor.next().await?, monitor)))
            });
            Ok(first.chain(changes).map_ok(Seen::Idle).boxed())
        })
    }
}

struct Monitor {
    bus: Bus,
    signals: Signals,
    after: Duration,
    /// Fires each time the threshold is reached.
    idle_watch: u32,
    /// Fires at the next input. It exists only while the person is idle.
    active_watch: Option<u32>,
}

impl Monitor {
    async fn open(environment: &Environment, after: Duration) -> Result<Self, Error> {
        let bus = Bus::connect(Which::Session, environment).await?;
        if !bus.has_owner(MONITOR.service).await? {
            return Err(Error::NotThere);
        }
        let rules = vec![signal_of(MONITOR, "WatchFired"), owner_of(MONITOR.service)];
        let signals = bus.listen(rules).await?;
        let milliseconds = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
        let idle_watch = bus.call(MONITOR, "AddIdleWatch", &milliseconds).await?;
        Ok(Self { bus, signals, after, idle_watch, active_watch: None })
    }

    /// Reads the state and subscribes to the next input. The watch is added
    /// before the idle time is read, so that input between the two calls shows
    /// in the idle time.
    async fn read_state(&mut self) -> Result<Idle, Error> {
        if self.active_watch.is_none() {
            self.active_watch = Some(self.bus.call(MONITOR, "AddUserActiveWatch", &()).await?);
        }
        let milliseconds: u64 = self.bus.call(MONITOR, "GetIdletime", &()).await?;
        let without = Duration::from_millis(milliseconds);
        let now = Timestamp::now();
        if without < self.after {
            if let Some(watch) = self.active_watch.take() {
                // The person is active: the watch would fire at once and report
                // nothing new.
                self.bus.call::<()>(MONITOR, "RemoveWatch", &watch).await?;
            }
            return Ok(Idle::Active { since: now });
        }
        let since = SignedDuration::try_from(without).ok().and_then(|d| now.checked_sub(d).ok());
        Ok(Idle::Idle { since: since.unwrap_or(now) })
    }

    /// Waits for the next change.
    async fn next(&mut self) -> Result<Idle, Error> {
        loop {
            let message = self.signals.try_next().await.ok().flatten();
            let message = message.ok_or_else(|| self.bus.lost())?;
            let body = message.body();
            let Ok(watch) = body.deserialize::<u32>() else {
                // Only a change of the name's owner has another body: Mutter
                // stopped or restarted.
                return Err(Error::Gone);
            };
            if watch == self.idle_watch {
                return self.read_state().await;
            }
            if self.active_watch == Some(watch) {
                self.active_watch = None;
                return Ok(Idle::Active { since: Timestamp::now() });
            }
        }
    }
}
