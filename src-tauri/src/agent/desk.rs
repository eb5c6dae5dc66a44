//! The desktop's signals: their watchers, and the claims made from them.

use std::time::Instant;

use jiff::Timestamp;
use presently_core::desk::SignalReading;
use presently_core::dnd::Dnd;
use presently_core::meeting::AtDesk;
use presently_core::{Claim, Code, Moment, Mono, Pause, Reason, Settings, desk};
use presently_ipc::snapshot::{Signal, Signals};
use presently_signals::{Environment, Reading, Status, Tried};
use presently_text::Texts;

use crate::signals::Watchers;
use crate::signals::words::{self, Programs};

/// The signals of this desktop.
pub(super) struct Desk {
    watchers: Watchers,
    rules: desk::Desk,
    started: Instant,
}

/// What the signals claim, and when to evaluate again although none changed.
pub(super) struct Claims {
    pub(super) live: Vec<Claim>,
    pub(super) next: Option<Timestamp>,
    /// The reason to show if nothing is claimed: what cannot be read.
    pub(super) fallback: Reason,
    /// What meetings are checked against.
    pub(super) at_desk: AtDesk,
}

impl Desk {
    /// Begins to watch. Must be called within a tokio runtime.
    pub(super) fn watch(settings: &Settings) -> Self {
        let environment = Environment::from_process();
        Self {
            watchers: Watchers::start(environment, settings.idle.after.0),
            rules: desk::Desk::default(),
            started: Instant::now(),
        }
    }

    /// Applies new settings.
    pub(super) fn settings(&self, settings: &Settings) {
        self.watchers.set_idle_after(settings.idle.after.0);
    }

    /// Returns when a signal changed.
    pub(super) async fn changed(&mut self) {
        let said = self.watchers.next().await;
        self.rules.record(said);
    }

    /// What the signals claim now.
    pub(super) fn claims(
        &mut self,
        settings: &Settings,
        paused: Option<Pause>,
        now: Timestamp,
    ) -> Claims {
        let since_start = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let moment = Moment { mono: Mono(since_start), wall: now };
        let outlook = self.rules.evaluate(settings, paused, moment);
        // A moment beyond the range of timestamps needs no alarm.
        let next = outlook.next.and_then(|next| now.checked_add(next.since(moment.mono)).ok());
        let desk::Outlook { claims: live, fallback, at_desk, .. } = outlook;
        Claims { live, next, fallback, at_desk }
    }

    /// The names of the programs that used a device last, without the ignored
    /// ones.
    pub(super) fn recent_programs(&self, settings: &Settings) -> Vec<String> {
        self.rules.recent_programs().names(&settings.call.ignore)
    }

    /// Whether do-not-disturb is on, as far as is known.
    pub(super) fn is_do_not_disturb(&self) -> bool {
        matches!(self.watchers.dnd.borrow().reading, Reading::Known(Dnd { on: true, .. }))
    }

    /// Whether the machine is asleep or about to sleep.
    pub(super) fn is_asleep(&self) -> bool {
        self.rules.is_asleep()
    }

    /// Releases the delay of sleep, once everything has been sent.
    pub(super) fn let_sleep(&self) {
        self.watchers.let_sleep();
    }

    /// All signals for the snapshot. It contains program names and never leaves
    /// this machine.
    pub(super) fn signals(&self) -> Signals {
        let details = self.details(Programs::Named);
        let [idle, microphone, camera, screen, lock, sleep, dnd] = details.map(|d| d.signal);
        Signals { idle, microphone, camera, screen, lock, sleep, dnd }
    }

    /// All signals with names, states and the backends that were tried.
    pub(super) fn details(&self, programs: Programs) -> [Detail; 7] {
        let w = &self.watchers;
        let idle = w.idle.borrow();
        let said = SignalReading::Idle(idle.idle.clone());
        [
            Detail {
                note: idle.note.clone(),
                ..Detail::new(&said, idle.backend, &idle.tried, idle.last_event, programs)
            },
            Detail::of(&w.microphone.borrow(), SignalReading::Microphone, programs),
            Detail::of(&w.camera(), SignalReading::Camera, programs),
            Detail::of(&w.screen(), SignalReading::Screen, programs),
            Detail::of(&w.lock.borrow(), SignalReading::Lock, programs),
            Detail::of(&w.sleep.borrow(), SignalReading::Sleep, programs),
            Detail::of(&w.dnd.borrow(), SignalReading::Dnd, programs),
        ]
    }
}

/// One signal, for `doctor`.
pub(super) struct Detail {
    pub(super) part: &'static str,
    pub(super) signal: Signal,
    /// The backends that were tried before the one in use, and why each was not
    /// taken, in English.
    pub(super) tried: Vec<String>,
    pub(super) last_event: Option<Timestamp>,
    /// What this backend cannot read.
    pub(super) note: Option<Code>,
}

impl Detail {
    fn new(
        said: &SignalReading,
        backend: Option<&'static str>,
        tried: &[Tried],
        last_event: Option<Timestamp>,
        programs: Programs,
    ) -> Self {
        Self {
            part: words::name(said),
            signal: words::signal(said, backend, programs),
            tried: tried.iter().map(not_taken).collect(),
            last_event,
            note: None,
        }
    }

    fn of<R: Clone>(
        status: &Status<R>,
        said: fn(Reading<R>) -> SignalReading,
        programs: Programs,
    ) -> Self {
        let said = said(status.reading.clone());
        let detail = Self::new(&said, status.backend, &status.tried, status.last_event, programs);
        Self { note: status.note.clone(), ..detail }
    }
}

fn not_taken(tried: &Tried) -> String {
    format!("{} not taken: {}", tried.backend, Texts::english().code(&tried.why))
}
