//! Sleep, as logind announces it. A delay inhibitor keeps the machine awake
//! until others have been told. See "Inhibitor Locks" in systemd's
//! documentation.

use std::future::ready;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::stream::{once, try_unfold};
use futures_util::{StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use presently_core::Code;
use presently_core::lock::Sleep;
use tokio::sync::watch;
use tokio::time::sleep;
use zbus::OwnedFd;

use crate::bus::{Bus, Signals, Which, owner_of, signal};
use crate::logind::{Error, MANAGER, SERVICE};
use crate::probe::{Backend, Opening, follow};
use crate::{Environment, Status};

/// How long sleep is delayed at most. logind itself waits for five seconds
/// (`InhibitDelayMaxSec`).
const MAX_SLEEP_DELAY: Duration = Duration::from_secs(3);

/// Watches for sleep.
pub(super) async fn run(
    environment: Environment,
    ready: watch::Receiver<()>,
    out: watch::Sender<Status<Sleep>>,
) {
    let backends: [Box<dyn Backend<_, _>>; 1] = [Box::new(Logind { environment, ready })];
    follow(|why| Code::new("sleep-unseen").with("why", why), &backends, &out).await;
}

struct Logind {
    environment: Environment,
    ready: watch::Receiver<()>,
}

impl Backend<Sleep, Error> for Logind {
    fn name(&self) -> &'static str {
        "logind"
    }

    fn socket(&self) -> Option<PathBuf> {
        Which::System.socket(&self.environment)
    }

    fn open(&self) -> Opening<'_, Sleep, Error> {
        Box::pin(async {
            let bus = Bus::connect(Which::System, &self.environment).await?;
            let rules = vec![signal(MANAGER.interface, "PrepareForSleep"), owner_of(SERVICE)];
            let signals = bus.listen(rules).await?;
            let asleep = bus.property(MANAGER, "PreparingForSleep").await?;
            let mut watching =
                Watching { bus, signals, asleep, lock: None, ready: self.ready.clone() };
            if !asleep {
                watching.lock = inhibit(&watching.bus).await;
            }
            let first = once(ready(Ok(watching.reading())));
            let changes = try_unfold(watching, |mut watching| async move {
                Ok(Some((watching.next().await?, watching)))
            });
            Ok(first.chain(changes).boxed())
        })
    }
}

struct Watching {
    bus: Bus,
    signals: Signals,
    asleep: bool,
    /// The delay inhibitor. Dropping it lets the machine sleep.
    lock: Option<OwnedFd>,
    ready: watch::Receiver<()>,
}

impl Watching {
    /// Waits for the next change. The inhibitor is released when it is no
    /// longer needed.
    async fn next(&mut self) -> Result<Sleep, Error> {
        if self.asleep && self.lock.is_some() {
            self.ready.mark_unchanged();
            let wait = async {
                tokio::select! {
                    _ = self.ready.changed() => (),
                    () = sleep(MAX_SLEEP_DELAY) => (),
                }
            };
            tokio::select! {
                () = wait => (),
                // The machine woke up before the agent was ready.
                signal = self.signals.try_next() => {
                    signal.ok().flatten().ok_or_else(|| self.bus.lost())?;
                }
            }
            self.lock = None;
            if self.turned().await? {
                return Ok(self.reading());
            }
        }
        loop {
            let signal = self.signals.try_next().await.ok().flatten();
            signal.ok_or_else(|| self.bus.lost())?;
            if self.turned().await? {
                return Ok(self.reading());
            }
            // logind restarted, so the inhibitor of its earlier process is
            // void.
            if !self.asleep {
                self.lock = inhibit(&self.bus).await;
            }
        }
    }

    /// Reads whether the machine sleeps, and returns whether that changed.
    async fn turned(&mut self) -> Result<bool, Error> {
        let asleep = self.bus.property(MANAGER, "PreparingForSleep").await?;
        let turned = std::mem::replace(&mut self.asleep, asleep) != asleep;
        if turned && !asleep {
            self.lock = inhibit(&self.bus).await;
        }
        Ok(turned)
    }

    fn reading(&self) -> Sleep {
        let since = Timestamp::now();
        if self.asleep { Sleep::Asleep { since } } else { Sleep::Awake { since } }
    }
}

/// Takes the delay inhibitor. Without it sleep is still detected, but not
/// delayed.
async fn inhibit(bus: &Bus) -> Option<OwnedFd> {
    let why = ("sleep", "Presently", "Tells others that you are away", "delay");
    match bus.call(MANAGER, "Inhibit", &why).await {
        Ok(lock) => Some(lock),
        Err(e) => {
            tracing::info!("sleep cannot be delayed: {e}");
            None
        }
    }
}
