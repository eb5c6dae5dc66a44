//! The loop of one account.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use presently_core::account::asking;
use presently_core::account::profile::{ProfileEvent, Wish};
use presently_core::account::profile_room::{RoomEvent, Said};
use presently_core::account::sync::{Answer, Asked};
use presently_core::account::{
    Abilities, Acknowledged, Desired, Event, Marks, Note, PollStep, Put, PutState, Seen, plan,
};
use presently_core::remote_call::{RemoteCall, RemoteCalls};
use presently_core::{Mono, Presence};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::flight::{Flight, answered, has_room, numbered, replaced, sleep_until};
use super::profile::ProfileSide;
use super::reports::Reports;
use super::requests::{self, Probed};
use super::room::RoomSide;
use super::{AccountEvent, AccountView, Command, Connection, Events, Start};
use crate::api::{Api, Refreshed};
use crate::trouble::Trouble;

mod answers;
mod leave;

/// How long a poll that was replaced stays open, so that the server sees the
/// new one begin before the old one ends.
const OVERLAP: Duration = Duration::from_millis(500);
/// The other devices are asked for again after this, doubled each time.
const DEVICES_AGAIN: Duration = Duration::from_secs(2);
const DEVICES_AGAIN_AT_MOST: Duration = Duration::from_secs(240);
/// Why a PUT brought nothing.
enum PutError {
    /// Its mark could not be written, so it was not sent.
    Unmarked,
    Trouble(Trouble),
}

/// What an account listens to.
pub(super) struct Inputs {
    pub(super) desired: watch::Receiver<Desired>,
    pub(super) wish: watch::Receiver<Wish>,
    pub(super) said: watch::Receiver<Option<Said>>,
    pub(super) spoken: watch::Receiver<()>,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) refreshed: mpsc::UnboundedReceiver<Refreshed>,
}

pub(super) struct Driver {
    api: Arc<Api>,
    desired: watch::Receiver<Desired>,
    spoken: watch::Receiver<()>,
    commands: mpsc::Receiver<Command>,
    refreshed: mpsc::UnboundedReceiver<Refreshed>,
    reports: Reports,

    started: Instant,
    ack: Acknowledged,
    abilities: Abilities,
    look: Option<Mono>,
    note: Option<Note>,
    settled: bool,
    side: ProfileSide,
    room: RoomSide,
    calls: RemoteCalls,
    elsewhere: Option<RemoteCall>,

    since: Option<String>,
    polls: u64,
    poll: Option<(u64, Flight<Result<Answer, Trouble>>)>,
    replaced: Option<(Instant, Flight<Result<Answer, Trouble>>)>,
    put: Option<Flight<Result<(), PutError>>>,
    read: Option<Flight<Result<Option<Seen>, Trouble>>>,
    probe: Option<Flight<Result<Probed, Trouble>>>,
    probe_at: Instant,
    probed: Instant,
    devices: Option<Flight<Option<Vec<String>>>>,

    connected: bool,
    problem: Option<String>,
    over: bool,
}

impl Driver {
    pub(super) fn new(
        api: Api,
        user_id: String,
        start: Start,
        inputs: Inputs,
        events: Events,
    ) -> Self {
        let now = Instant::now();
        let Start { abilities, marks } = start;
        let side = ProfileSide::new(inputs.wish, &marks);
        let room = RoomSide::new(inputs.said, &marks);
        let ack = Acknowledged::after_restart(&marks);
        Self {
            api: Arc::new(api),
            desired: inputs.desired,
            spoken: inputs.spoken,
            commands: inputs.commands,
            refreshed: inputs.refreshed,
            reports: Reports::new(events, user_id, marks, abilities.clone()),
            started: now,
            ack,
            abilities,
            look: None,
            note: None,
            settled: false,
            side,
            room,
            calls: RemoteCalls::default(),
            elsewhere: None,
            since: None,
            polls: 0,
            poll: None,
            replaced: None,
            put: None,
            read: None,
            probe: None,
            probe_at: now,
            probed: now,
            devices: None,
            connected: false,
            problem: None,
            over: false,
        }
    }

    /// Runs until it is told to leave, or the session has ended.
    pub(super) async fn run(mut self) {
        self.begin_probe();
        let (mut wished, mut profile_wished, mut room_wished) = (true, true, true);
        loop {
            if !self.over && !self.is_asking_first() {
                self.carry_out_plan();
                self.carry_out_profile();
                self.carry_out_room();
            }
            self.report_changes();
            let view = self.view();
            let to_tell = self.reports.are_due(&view);
            if self.over && !to_tell {
                return;
            }
            let wake = self.wake();
            tokio::select! {
                (number, answer) = numbered(&mut self.poll) => self.poll_answered(number, answer),
                () = replaced(&mut self.replaced) => {}
                answer = answered(&mut self.put) => self.put_answered(answer),
                answer = answered(&mut self.read) => self.read_answered(answer),
                answer = answered(&mut self.probe) => self.probe_answered(answer),
                answer = answered(&mut self.devices) => {
                    self.record(Event::DevicesAnswered(answer));
                }
                answer = answered(&mut self.side.flight) => {
                    self.side.profile.record(answer, self.now());
                }
                answer = answered(&mut self.room.flight) => {
                    self.room.room.record(answer, self.now());
                }
                changed = self.desired.changed(), if wished => wished = changed.is_ok(),
                changed = self.side.wish.changed(), if profile_wished => {
                    profile_wished = changed.is_ok();
                }
                changed = self.room.said.changed(), if room_wished => {
                    room_wished = changed.is_ok();
                }
                Ok(()) = self.spoken.changed() => {
                    self.record(Event::Spoken);
                    self.side.profile.record(ProfileEvent::Spoken, self.now());
                }
                command = self.commands.recv() => match command {
                    Some(Command::Nudge) => self.returned(),
                    Some(Command::Leave) => return self.leave().await,
                    None => return,
                },
                Some((session, stored)) = self.refreshed.recv() => {
                    self.reports.push(AccountEvent::Session { session, stored });
                }
                () = sleep_until(wake), if wake.is_some() => self.probe_if_due(),
                listening = has_room(self.reports.events()), if to_tell => {
                    if !listening {
                        return;
                    }
                    self.reports.tell(view);
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
        // Four kinds of request, each at most once, and a last look.
        for _ in 0..5 {
            let desired = self.desired.borrow_and_update().clone();
            let plan = plan(&desired, &self.abilities, &self.ack, self.now());
            (self.look, self.note, self.settled) = (plan.look, plan.note, plan.settled);
            let idle = plan.poll.is_none() && plan.put.is_none() && !plan.read && !plan.devices;
            if let Some(step) = plan.poll {
                self.begin_poll(step);
            }
            if let Some(put) = plan.put {
                self.begin_put(put);
            }
            if plan.read {
                self.begin_read();
            }
            if plan.devices {
                self.begin_devices();
            }
            if idle {
                return;
            }
        }
    }

    /// The profile waits until the server is known to be there.
    fn carry_out_profile(&mut self) {
        if !self.connected || self.side.flight.is_some() {
            return;
        }
        if let Some(step) = self.side.next(self.now()) {
            let marked = self.keep_marks();
            self.side.begin(&self.api, step, marked);
        }
    }

    /// So does the profile room.
    fn carry_out_room(&mut self) {
        if !self.connected || self.room.flight.is_some() {
            return;
        }
        if let Some(step) = self.room.next(self.now()) {
            let marked = self.keep_marks();
            self.room.begin(&self.api, step, marked);
        }
    }

    fn begin_devices(&mut self) {
        self.record(Event::DevicesStarted);
        let api = Arc::clone(&self.api);
        self.devices = Some(Box::pin(async move {
            let mut pause = DEVICES_AGAIN;
            loop {
                match requests::others(&api).await {
                    Err(Trouble::Refused { .. } | Trouble::UnknownToken) => return None,
                    Ok(devices) => return Some(devices),
                    // Until there is an answer nothing is known of them, which
                    // is worse than to ask again.
                    Err(_) => tokio::time::sleep(pause).await,
                }
                pause = (pause * 2).min(DEVICES_AGAIN_AT_MOST);
            }
        }));
    }

    /// The network or the machine came back.
    fn returned(&mut self) {
        // Their answers may never come, and would hold up what follows.
        if self.put.take().is_some() {
            self.record(Event::PutFailed);
        }
        if self.read.take().is_some() {
            self.record(Event::ReadAnswered(None));
        }
        self.record(Event::Returned);
        if self.devices.is_some() {
            self.begin_devices();
        }
        // One that is under way may have been lost; its mark stands.
        self.side.flight = None;
        let now = self.now();
        self.side.profile.record(ProfileEvent::Failed, now);
        self.side.profile.record(ProfileEvent::Returned, now);
        self.room.flight = None;
        self.room.room.record(RoomEvent::Returned, now);
        self.probe_anew();
    }

    fn begin_poll(&mut self, step: PollStep) {
        self.polls += 1;
        let number = self.polls;
        let since = self.since.clone().filter(|_| !step.fresh);
        let asked = Asked {
            user: self.api.user().to_string(),
            wide: self.calls.needs_others(Timestamp::now()),
            fresh: since.is_none(),
            status: self.side.fields.status.clone(),
        };
        let api = Arc::clone(&self.api);
        let flight =
            Box::pin(async move { requests::poll(&api, step, number, since, asked).await });
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
        self.probed = Instant::now();
        let api = Arc::clone(&self.api);
        self.probe = Some(Box::pin(async move { requests::probe(&api).await }));
    }

    fn probe_if_due(&mut self) {
        if self.connected && self.probe.is_none() && Instant::now() >= self.probe_at {
            self.begin_probe();
        }
    }

    /// The server may be another one than the one that was asked.
    fn probe_anew(&mut self) {
        let soon = Instant::now() + asking::on_return(self.probed.elapsed());
        self.probe_at = self.probe_at.min(soon);
    }

    /// Has the marks written if they changed; what waits for it gets the
    /// receiver.
    fn keep_marks(&mut self) -> Option<oneshot::Receiver<()>> {
        let room = self.room.room.marks.clone();
        self.reports.keep(Marks { room, ..Marks::of(&self.ack, &self.side.profile) })
    }

    fn report_changes(&mut self) {
        // A mark that ends may be written at leisure.
        drop(self.keep_marks());
        self.reports.remember(&self.abilities);
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
            fields: self.side.fields.clone(),
            status: self.side.profile.status.clone(),
            call: self.side.profile.call,
            profile_settled: self.side.settled,
            elsewhere: self.elsewhere,
            room_problem: self.room.problem.clone(),
            replaced: self.ack.said.replaced || self.side.profile.said.replaced,
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
        let looks = [self.look, self.side.look, self.room.look].into_iter().flatten().min();
        let look = looks.map(|Mono(ms)| self.started + Duration::from_millis(ms));
        let probe = (self.connected && self.probe.is_none()).then_some(self.probe_at);
        look.into_iter().chain(probe).min()
    }
}
