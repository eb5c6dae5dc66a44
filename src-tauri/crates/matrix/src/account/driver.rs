//! The loop of one account.

use std::collections::VecDeque;
use std::future::{self, Future};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use presently_core::account::{
    Abilities, Acknowledged, Desired, Event, Note, PollStep, Put, PutState, leaving, plan,
};
use presently_core::{Mono, Presence};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::requests::{self, PollAnswer, Probed};
use super::{AccountEvent, AccountView, Command, Connection, Events, Start};
use crate::api::{Api, Refreshed};
use crate::trouble::Trouble;

/// An answer that is on its way.
type Flight<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// How long a poll that was replaced stays open, so that the server sees the
/// new one begin before the old one ends.
const OVERLAP: Duration = Duration::from_millis(500);
/// What a server can do is asked again so often.
const PROBE_AGAIN: Duration = Duration::from_secs(24 * 60 * 60);
/// The same after it could not be asked.
const PROBE_SOON: Duration = Duration::from_secs(60);
/// A rate limit that does not say for how long.
const UNSAID_LIMIT: Duration = Duration::from_secs(10);
/// While leaving, an answer that is under way may take this long.
const LAST_ANSWER: Duration = Duration::from_millis(500);

/// Why a PUT brought nothing.
enum PutError {
    /// Its mark could not be written, so it was not sent.
    Unmarked,
    Trouble(Trouble),
}

pub(super) struct Driver {
    api: Arc<Api>,
    user_id: String,
    desired: watch::Receiver<Desired>,
    commands: mpsc::Receiver<Command>,
    refreshed: mpsc::UnboundedReceiver<Refreshed>,
    events: Events,
    /// Reports in their order; the view goes after them, the latest only.
    outbox: VecDeque<AccountEvent>,

    started: Instant,
    ack: Acknowledged,
    abilities: Abilities,
    look: Option<Mono>,
    note: Option<Note>,
    settled: bool,

    since: Option<String>,
    polls: u64,
    poll: Option<(u64, Flight<Result<PollAnswer, Trouble>>)>,
    replaced: Option<(Instant, Flight<Result<PollAnswer, Trouble>>)>,
    put: Option<Flight<Result<(), PutError>>>,
    read: Option<Flight<Result<Option<presently_core::account::Seen>, Trouble>>>,
    probe: Option<Flight<Result<Probed, Trouble>>>,
    probe_at: Instant,

    connected: bool,
    problem: Option<String>,
    over: bool,
    /// What was reported last.
    view: Option<AccountView>,
    marks: (bool, Vec<String>),
    told: Abilities,
}

impl Driver {
    pub(super) fn new(
        api: Api,
        user_id: String,
        start: Start,
        desired: watch::Receiver<Desired>,
        commands: mpsc::Receiver<Command>,
        refreshed: mpsc::UnboundedReceiver<Refreshed>,
        events: Events,
    ) -> Self {
        let now = Instant::now();
        Self {
            api: Arc::new(api),
            user_id,
            desired,
            commands,
            refreshed,
            events,
            outbox: VecDeque::new(),
            started: now,
            ack: Acknowledged::after_restart(start.busy_mark, start.our_messages.clone()),
            told: start.abilities.clone(),
            abilities: start.abilities,
            look: None,
            note: None,
            settled: false,
            since: None,
            polls: 0,
            poll: None,
            replaced: None,
            put: None,
            read: None,
            probe: None,
            probe_at: now,
            connected: false,
            problem: None,
            over: false,
            view: None,
            marks: (start.busy_mark, start.our_messages),
        }
    }

    /// Runs until it is told to leave, or the session has ended.
    pub(super) async fn run(mut self) {
        self.begin_probe();
        let mut wished = true;
        loop {
            if !self.over && !self.is_asking_first() {
                self.carry_out_plan();
            }
            self.report_changes();
            let view = self.view();
            let to_tell = !self.outbox.is_empty() || self.view.as_ref() != Some(&view);
            if self.over && !to_tell {
                return;
            }
            let wake = self.wake();
            tokio::select! {
                (number, answer) = numbered(&mut self.poll) => self.poll_answered(number, answer),
                () = old_poll(&mut self.replaced) => {}
                answer = answered(&mut self.put) => self.put_answered(answer),
                answer = answered(&mut self.read) => self.read_answered(answer),
                answer = answered(&mut self.probe) => self.probe_answered(answer),
                changed = self.desired.changed(), if wished => wished = changed.is_ok(),
                command = self.commands.recv() => match command {
                    Some(Command::Nudge) => self.record(Event::Returned),
                    Some(Command::Leave) => return self.leave().await,
                    None => return,
                },
                Some((session, stored)) = self.refreshed.recv() => {
                    self.outbox.push_back(AccountEvent::Session { session, stored });
                }
                () = sleep_until(wake), if wake.is_some() => self.probe_if_due(),
                listening = has_room(&self.events), if to_tell => {
                    if !listening {
                        return;
                    }
                    self.tell(view);
                }
            }
        }
    }

    /// A server that nothing is known of is asked before anything is said:
    /// busy would go out as away, and the next change might have to wait for
    /// the rate limit.
    fn is_asking_first(&self) -> bool {
        self.abilities.busy.is_none() && self.probe.is_some()
    }

    /// Sends the oldest report, or the view where that is all.
    fn tell(&mut self, view: AccountView) {
        let event = self.outbox.pop_front().unwrap_or_else(|| AccountEvent::View(view.clone()));
        let is_view = matches!(event, AccountEvent::View(_));
        match self.events.try_send((self.user_id.clone(), event)) {
            Ok(()) if is_view => self.view = Some(view),
            // Another account took the room: this one waits again.
            Err(TrySendError::Full((_, event))) if !is_view => self.outbox.push_front(event),
            _ => {}
        }
    }

    fn now(&self) -> Mono {
        let ms = self.started.elapsed().as_millis();
        Mono(u64::try_from(ms).unwrap_or(u64::MAX))
    }

    fn record(&mut self, event: Event) {
        let now = self.now();
        self.ack.record(event, &mut self.abilities, now);
    }

    /// Sends what is due. Each step changes what is under way, so the plan
    /// is asked again until it has no step left.
    fn carry_out_plan(&mut self) {
        // Three kinds of request, each at most once, and a last look.
        for _ in 0..4 {
            let desired = self.desired.borrow_and_update().clone();
            let plan = plan(&desired, &self.abilities, &self.ack, self.now());
            (self.look, self.note, self.settled) = (plan.look, plan.note, plan.settled);
            let idle = plan.poll.is_none() && plan.put.is_none() && !plan.read;
            if let Some(step) = plan.poll {
                self.begin_poll(step);
            }
            if let Some(put) = plan.put {
                self.begin_put(put);
            }
            if plan.read {
                self.begin_read();
            }
            if idle {
                return;
            }
        }
    }

    fn begin_poll(&mut self, step: PollStep) {
        self.polls += 1;
        let number = self.polls;
        let since = self.since.clone().filter(|_| !step.fresh);
        let api = Arc::clone(&self.api);
        let flight = Box::pin(async move { requests::poll(&api, step, number, since).await });
        if let Some((_, old)) = self.poll.replace((number, flight)) {
            self.replaced = Some((Instant::now() + OVERLAP, old));
        }
        self.record(Event::PollStarted { number, set: step.set });
    }

    fn begin_put(&mut self, put: Put) {
        self.record(Event::PutStarted(put.clone()));
        let marked = self.keep_marks();
        let api = Arc::clone(&self.api);
        self.put = Some(Box::pin(async move {
            if let Some(marked) = marked {
                marked.await.map_err(|_| PutError::Unmarked)?;
            }
            requests::put(&api, &put).await.map_err(PutError::Trouble)
        }));
    }

    fn begin_read(&mut self) {
        self.record(Event::ReadStarted);
        let api = Arc::clone(&self.api);
        self.read = Some(Box::pin(async move { requests::read(&api).await }));
    }

    fn begin_probe(&mut self) {
        let api = Arc::clone(&self.api);
        self.probe = Some(Box::pin(async move { requests::probe(&api).await }));
    }

    fn probe_if_due(&mut self) {
        if self.connected && self.probe.is_none() && Instant::now() >= self.probe_at {
            self.begin_probe();
        }
    }

    fn poll_answered(&mut self, number: u64, answer: Result<PollAnswer, Trouble>) {
        match answer {
            Ok(answer) => {
                self.since = Some(answer.next);
                self.connected = true;
                self.problem = None;
                self.record(Event::PollAnswered { number, seen: answer.seen });
                self.probe_if_due();
            }
            Err(trouble) => {
                if matches!(trouble, Trouble::Refused { .. }) {
                    // It may be the place to go on from that it refuses.
                    self.since = None;
                }
                let retry_after = match trouble {
                    Trouble::Limited(after) => Some(after.unwrap_or(UNSAID_LIMIT)),
                    _ => None,
                };
                self.failed(&trouble);
                self.record(Event::PollFailed { number, retry_after, jitter: jitter() });
            }
        }
    }

    fn put_answered(&mut self, answer: Result<(), PutError>) {
        let open = self.ack.put.as_ref().filter(|p| p.state == PutState::Open);
        let busy = open.is_some_and(|p| p.put.presence == Presence::Busy);
        let event = match answer {
            Ok(()) => Event::PutAccepted,
            Err(PutError::Unmarked) => Event::PutFailed,
            Err(PutError::Trouble(trouble)) => match trouble {
                Trouble::Limited(after) => Event::PutLimited(after.unwrap_or(UNSAID_LIMIT)),
                Trouble::Refused { status: 400, .. } if busy => Event::PutBusyRefused,
                Trouble::Refused { .. } => {
                    // Perhaps presence was turned off.
                    self.probe_at = self.probe_at.min(Instant::now() + PROBE_SOON);
                    Event::PutFailed
                }
                Trouble::UnknownToken => {
                    self.failed(&trouble);
                    Event::PutFailed
                }
                // The open poll will tell whether the connection is gone.
                _ => Event::PutFailed,
            },
        };
        self.record(event);
    }

    fn read_answered(&mut self, answer: Result<Option<presently_core::account::Seen>, Trouble>) {
        let seen = answer.unwrap_or_else(|trouble| {
            if trouble == Trouble::UnknownToken {
                self.failed(&trouble);
            }
            None
        });
        self.record(Event::ReadAnswered(seen));
    }

    fn probe_answered(&mut self, answer: Result<Probed, Trouble>) {
        let now = Instant::now();
        match answer {
            Ok(probed) => {
                self.probe_at = now + PROBE_AGAIN;
                self.abilities.busy = probed.busy.or(self.abilities.busy);
                // What was seen of us is the better proof.
                let presence = if self.ack.seen.is_some() { Some(true) } else { probed.presence };
                self.abilities.presence = presence.or(self.abilities.presence);
            }
            Err(trouble) => {
                self.probe_at = now + PROBE_SOON;
                if trouble == Trouble::UnknownToken {
                    self.failed(&trouble);
                }
            }
        }
    }

    fn failed(&mut self, trouble: &Trouble) {
        tracing::debug!(?trouble, "request failed");
        self.connected = false;
        let line = trouble.line(self.api.host());
        if *trouble == Trouble::UnknownToken && !self.over {
            self.over = true;
            (self.poll, self.replaced, self.put) = (None, None, None);
            (self.read, self.probe) = (None, None);
            self.outbox.push_back(AccountEvent::NeedsLogin { reason: line.clone() });
        }
        self.problem = Some(line);
    }

    /// Has the marks written if they changed; what waits for it gets the
    /// receiver.
    fn keep_marks(&mut self) -> Option<oneshot::Receiver<()>> {
        let marks = (self.ack.busy_mark, self.ack.our_messages.clone());
        if marks == self.marks {
            return None;
        }
        self.marks = marks.clone();
        let (durable, written) = oneshot::channel();
        let (busy_mark, our_messages) = marks;
        self.outbox.push_back(AccountEvent::Marks { busy_mark, our_messages, durable });
        Some(written)
    }

    fn report_changes(&mut self) {
        // A mark that ends may be written at leisure.
        drop(self.keep_marks());
        if self.abilities != self.told {
            self.told = self.abilities.clone();
            self.outbox.push_back(AccountEvent::Abilities(self.told.clone()));
        }
    }

    fn view(&self) -> AccountView {
        let connection = match (&self.problem, self.over) {
            (_, true) => Connection::NeedsLogin,
            (Some(_), _) => Connection::Retrying,
            _ if self.connected => Connection::Syncing,
            _ => Connection::Connecting,
        };
        AccountView {
            connection,
            problem: self.problem.clone(),
            sent: self.sent().map(|p| p.wire().to_owned()),
            seen: self.ack.seen.clone(),
            abilities: self.abilities.clone(),
            note: self.note.clone(),
            settled: self.settled,
        }
    }

    /// What we say now: by a PUT that no sync undid, else by the sync. A
    /// sync with `offline` says nothing (PROTOCOL section 1).
    fn sent(&self) -> Option<Presence> {
        let under_way = self.ack.put.as_ref().filter(|p| p.state == PutState::Open);
        let by_sync = self.ack.poll.map(|p| p.set).filter(|set| *set != Presence::Offline);
        under_way.map(|p| p.put.presence).or(self.ack.put_stands).or(by_sync)
    }

    fn wake(&self) -> Option<Instant> {
        if self.over {
            return None;
        }
        let look = self.look.map(|Mono(ms)| self.started + Duration::from_millis(ms));
        let probe = (self.connected && self.probe.is_none()).then_some(self.probe_at);
        look.into_iter().chain(probe).min()
    }

    /// The last words. What does not go out is done at the next start,
    /// because its marks stand.
    async fn leave(mut self) {
        (self.poll, self.replaced, self.probe) = (None, None, None);
        if self.put.is_some() {
            // It might overtake the last one.
            let answer = tokio::time::timeout(LAST_ANSWER, answered(&mut self.put)).await;
            if let Ok(answer) = answer {
                self.put_answered(answer);
            }
        }
        let desired = self.desired.borrow().clone();
        let put = leaving(&desired, &self.abilities, &self.ack).filter(|_| !self.over);
        if let Some(put) = put {
            self.record(Event::PutStarted(put.clone()));
            let mut answer = requests::put(&self.api, &put).await;
            if let Err(Trouble::Limited(Some(after))) = answer {
                tokio::time::sleep(after).await;
                answer = requests::put(&self.api, &put).await;
            }
            if answer.is_ok() {
                self.record(Event::PutAccepted);
                if let Ok(seen) = requests::read(&self.api).await {
                    self.record(Event::ReadAnswered(seen));
                }
            }
        }
        self.report_changes();
        for event in self.outbox.drain(..) {
            // Whoever is quitting may not listen any more.
            let _ = self.events.try_send((self.user_id.clone(), event));
        }
    }
}

/// The answer of a flight, which is over then; nothing while there is none.
async fn answered<T>(flight: &mut Option<Flight<T>>) -> T {
    let Some(answer) = flight else { return future::pending().await };
    let answer = answer.await;
    *flight = None;
    answer
}

async fn numbered<T>(flight: &mut Option<(u64, Flight<T>)>) -> (u64, T) {
    let Some((number, answer)) = flight else { return future::pending().await };
    let answer = (*number, answer.await);
    *flight = None;
    answer
}

/// Ends when a replaced poll has, or has had its time. What it says is out
/// of date.
async fn old_poll<T>(flight: &mut Option<(Instant, Flight<T>)>) {
    let Some((until, answer)) = flight else { return future::pending().await };
    let _ = tokio::time::timeout_at(*until, answer).await;
    *flight = None;
}

/// Waits until a report can be sent; false if nobody listens any more.
async fn has_room(events: &Events) -> bool {
    events.reserve().await.is_ok()
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => future::pending().await,
    }
}

/// 0 to 100. The keys of a hasher are random, and nothing better is needed
/// to keep clients from coming back in step.
fn jitter() -> u8 {
    u8::try_from(RandomState::new().build_hasher().finish() % 101).unwrap_or(0)
}
