//! One account on its homeserver, as a state machine without I/O.
//!
//! [`Account::handle`] records an event. [`Account::poll_transmit`] then
//! returns the requests that are due, one by one, until it returns `None`.
//! [`Account::poll_timeout`] returns the time of the next call if no event
//! comes before. Calling too often does no harm. The agent and the simulation
//! drive it in the same way, so all rules about servers belong here.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::remote_call::{Own, RemoteCall, RemoteCalls};
use crate::{Moment, Mono};

pub mod abilities;
mod answers;
pub mod devices;
pub mod intent;
pub mod last_writer;
mod leave;
pub mod marks;
pub mod note;
pub mod presence;
pub mod probing;
pub mod profile;
pub mod profile_room;
pub mod request;
mod retry;
pub mod sync;
mod view;

pub use abilities::{Abilities, BusyBySync, NonexistentUser, Pace, Probed};
pub use intent::{Everything, Intent, MessageOnly, StandIn, StandInTexts};
pub use last_writer::LastWriter;
pub use marks::Marks;
pub use note::Note;
pub use presence::{Desired, Put, Seen};
pub use request::{Answer, Fault, Lane, Request, RequestId, SyncRequest, Transmit};
pub use view::{Connection, View};

use leave::Leaving;
use presence::{Acknowledged, PollStep};
use probing::Probing;
use profile::{Fields, Profile, ProfileEvent, ProfilePlan, plan_profile};
use profile_room::{ProfileRoom, RoomEvent, RoomProblem, plan_room};

/// The pause after a rate limit (429) that does not say how long to wait.
const UNSAID_LIMIT: Duration = Duration::from_secs(10);

/// After a refused sync, syncs carry the whole filter instead of its id for
/// this long.
const SPELT_OUT: Duration = Duration::from_secs(60 * 60);

/// A call that was heard of before the line went down counts for this long.
const OFFLINE_CALL_TRUST: Duration = Duration::from_secs(120);

/// What is known of an account when it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// The account's user id.
    pub user: String,
    /// Our own device's id.
    pub device: String,
    /// What the server could do when it was last asked.
    pub abilities: Abilities,
    /// What an earlier run left on the server.
    pub marks: Marks,
    /// Seeds the jitter, which spreads the retries of many clients. Any number
    /// will do.
    pub seed: u64,
}

/// What happened to an account.
#[derive(Clone, Debug)]
pub enum Event {
    /// What the account is to show from now on.
    Intent(Intent),
    /// The person set or cleared the message on this device. Without this
    /// event, a message that another device wrote since then is left alone.
    MessageChanged,
    /// A request was answered or failed. Ignored unless the request is
    /// [open](Account::is_open).
    Answered(RequestId, Result<Answer, Fault>),
    /// The network or the machine came back. Open requests are given up.
    /// Requests that wait for a back-off are due at once.
    Returned,
    /// The agent ends, or the account is paused. The last requests are sent,
    /// because nobody keeps the presence true or ends the message any more.
    Leave,
}

/// One account on its homeserver.
#[derive(Clone, Debug)]
pub struct Account {
    user: String,
    device: String,
    seed: u64,
    intent: Intent,
    // Derived from the intent, for presence, profile and profile room.
    desired: Desired,
    target: profile::Target,
    contents: Option<profile_room::Contents>,
    abilities: Abilities,
    /// `None` until the server was asked.
    fields: Option<Fields>,
    ack: Acknowledged,
    profile: Profile,
    room: ProfileRoom,
    calls: RemoteCalls,
    /// The `since` token of the next sync.
    since: Option<String>,
    /// Until then, syncs carry the whole filter: one was refused, perhaps for
    /// the id of its filter.
    spelt_out_until: Mono,
    line: Line,
    probing: Probing,
    /// The open request of each lane.
    open: BTreeMap<Lane, RequestId>,
    requests: u64,
    leaving: Option<Leaving>,
    /// The session has ended.
    over: bool,
    // Results of the last `poll_transmit`.
    presence_plan: presence::plan::Plan,
    profile_plan: ProfilePlan,
    room_problem: Option<RoomProblem>,
    timeout: Option<Mono>,
}

/// The connection to the homeserver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Line {
    /// The newest sync was answered.
    up: bool,
    /// When syncs began to fail. `None` while they succeed and before the first
    /// answer.
    down_since: Option<Mono>,
}

impl Account {
    /// An account for which nothing was sent yet.
    pub fn new(start: Start) -> Self {
        let Start { user, device, abilities, marks, seed } = start;
        let intent = Intent::default();
        Self {
            user,
            device,
            seed,
            desired: intent.presence(),
            target: intent.profile(),
            contents: intent.profile_room(),
            intent,
            abilities,
            fields: None,
            ack: Acknowledged::after_restart(&marks),
            profile: Profile::after_restart(
                marks.statuses.clone(),
                marks.status_said,
                marks.call,
                marks.zone,
            ),
            room: ProfileRoom::after_restart(&marks.room),
            calls: RemoteCalls::default(),
            since: None,
            spelt_out_until: Mono::default(),
            line: Line::default(),
            probing: Probing::default(),
            open: BTreeMap::new(),
            requests: 0,
            leaving: None,
            over: false,
            presence_plan: presence::plan::Plan::default(),
            profile_plan: ProfilePlan::default(),
            room_problem: None,
            timeout: None,
        }
    }

    /// Records an event that happened at `now`.
    pub fn handle(&mut self, event: Event, now: Moment) {
        match event {
            Event::Intent(intent) => {
                self.desired = intent.presence();
                self.target = intent.profile();
                self.contents = intent.profile_room();
                self.intent = intent;
            }
            Event::MessageChanged => {
                self.record(presence::Event::MessageChanged, now);
                self.profile.record(ProfileEvent::MessageChanged, now.mono);
            }
            Event::Answered(id, answer) => self.answered(id, answer, now),
            Event::Returned => self.returned(now),
            Event::Leave => self.begin_leaving(now),
        }
    }

    /// Returns a request that is due at `now`, and takes it for sent. An older
    /// request in the same lane is no longer [open](Self::is_open). Returns
    /// `None` if nothing is due or the session has ended.
    pub fn poll_transmit(&mut self, now: Moment) -> Option<Transmit> {
        self.timeout = None;
        if self.over {
            return None;
        }
        let due =
            if self.leaving.is_some() { self.last_request(now) } else { self.next_request(now) };
        due.map(|request| {
            self.requests += 1;
            let id = RequestId(self.requests);
            self.open.insert(request.lane(), id);
            Transmit { id, request }
        })
    }

    /// When to call [`Self::poll_transmit`] again if no event comes before. The
    /// time is later than that of the last call that returned `None`.
    pub fn poll_timeout(&self) -> Option<Mono> {
        self.timeout
    }

    /// Whether the answer to this request is waited for. Any other answer may
    /// be dropped.
    pub fn is_open(&self, id: RequestId) -> bool {
        self.open.values().any(|open| *open == id)
    }

    /// The current marks. They must be on disk before a request is sent that
    /// [needs them](Request::needs_marks).
    pub fn marks(&self) -> Marks {
        Marks {
            busy: self.ack.busy.mark,
            messages: self.ack.message.ours.clone(),
            said: self.ack.message.said,
            statuses: self.profile.our_statuses.clone(),
            status_said: self.profile.said,
            call: self.profile.call_mark,
            zone: self.profile.zone_mark,
            room: self.room.marks.clone(),
        }
    }

    /// The profile fields that this server has. `None` until it was asked.
    pub fn fields(&self) -> Option<&Fields> {
        self.fields.as_ref()
    }

    /// What the server can do, to be remembered for its base URL.
    pub fn abilities(&self) -> &Abilities {
        &self.abilities
    }

    /// Whether nothing is left to send or wait for: the session has ended, or
    /// leaving is complete.
    pub fn is_over(&self) -> bool {
        self.over || self.leaving.as_ref().is_some_and(|leaving| leaving.done)
    }

    fn next_request(&mut self, now: Moment) -> Option<Request> {
        let mut times = Vec::new();
        if !self.open.contains_key(&Lane::Probe) {
            match self.probing.due(self.line.up) {
                Some(due) if due <= now.mono => {
                    self.probing.asked(now.mono);
                    return Some(Request::Probe);
                }
                due => times.push(due),
            }
        }
        // An unknown server is probed before anything else is sent. Busy would
        // go out as away, and the correction might have to wait for the rate
        // limit.
        let asking_first = self.abilities.busy.is_none() && self.open.contains_key(&Lane::Probe);
        if !asking_first {
            if let Some(request) = self.presence_request(now) {
                return Some(request);
            }
            times.push(self.presence_plan.next);
        }
        // Profile requests wait until a sync was answered.
        if self.line.up {
            if let Some(request) = self.profile_request(now) {
                return Some(request);
            }
            times.push(self.profile_plan.next);
            let plan = plan_room(self.contents.as_ref(), &self.room, now.mono);
            self.room_problem = plan.problem;
            if let Some(step) = plan.step {
                self.room.record(RoomEvent::Started(step.clone()), now.mono);
                return Some(Request::Room(step));
            }
            times.push(plan.next);
        }
        times.push(self.hearsay_ends(now));
        self.timeout = times.into_iter().flatten().min();
        debug_assert!(self.timeout.is_none_or(|at| at > now.mono), "a time in the past");
        None
    }

    fn presence_request(&mut self, now: Moment) -> Option<Request> {
        let plan = presence::plan::plan(&self.desired, &self.abilities, &self.ack, now.mono);
        let request = if let Some(step) = &plan.poll {
            Some(Request::Sync(self.begin_sync(*step, now)))
        } else if let Some(put) = &plan.put {
            self.record(presence::Event::PutStarted(put.clone()), now);
            Some(Request::Put(put.clone()))
        } else if plan.read {
            self.record(presence::Event::ReadStarted, now);
            Some(Request::Read)
        } else if plan.devices {
            self.record(presence::Event::DevicesStarted, now);
            Some(Request::Devices)
        } else {
            None
        };
        self.presence_plan = plan;
        request
    }

    fn profile_request(&mut self, now: Moment) -> Option<Request> {
        let Some(fields) = &self.fields else {
            self.profile_plan = ProfilePlan::default();
            return None;
        };
        self.profile_plan = plan_profile(&self.target, fields, &self.profile, now.mono);
        let step = self.profile_plan.step.clone()?;
        if step.writes().is_some() {
            self.record(presence::Event::ProfileWritten, now);
        }
        self.profile.record(ProfileEvent::Started(step.clone()), now.mono);
        Some(Request::Profile(step))
    }

    fn begin_sync(&mut self, step: PollStep, now: Moment) -> SyncRequest {
        let since = self.since.clone().filter(|_| !step.is_initial);
        let started = presence::Event::PollStarted { set: step.set, is_initial: since.is_none() };
        self.record(started, now);
        let timeout = match since {
            Some(_) => step.timeout,
            None => uncached_timeout(step.timeout, now),
        };
        let query = sync::SyncQuery {
            user: self.user.clone(),
            has_all_senders: self.calls.needs_all_senders(now.wall),
            is_initial: since.is_none(),
            status: self.fields.as_ref().and_then(|fields| fields.status.clone()),
        };
        let inline_filter = self.spelt_out_until > now.mono;
        SyncRequest { set: step.set, timeout, since, query, inline_filter }
    }

    fn record(&mut self, event: presence::Event, now: Moment) {
        self.ack.record(event, &self.device, &mut self.abilities, now);
    }

    fn own(&self) -> Own<'_> {
        Own { user: &self.user, device: &self.device }
    }

    /// The account's call on another device. While the line is down, it counts
    /// for [`OFFLINE_CALL_TRUST`] only.
    fn call_elsewhere(&self, now: Moment) -> Option<RemoteCall> {
        self.calls.live(now.wall).filter(|_| !self.is_remote_call_expired(now))
    }

    fn is_remote_call_expired(&self, now: Moment) -> bool {
        self.line.down_since.is_some_and(|since| now.mono.since(since) >= OFFLINE_CALL_TRUST)
    }

    /// When a call that was heard of before an outage stops counting.
    fn hearsay_ends(&self, now: Moment) -> Option<Mono> {
        let ends = self.line.down_since? + OFFLINE_CALL_TRUST;
        (ends > now.mono && self.calls.live(now.wall).is_some()).then_some(ends)
    }

    /// 0 to 100. Spreads the retries of many clients.
    fn jitter(&mut self) -> u8 {
        // SplitMix64, which mixes well even from similar seeds.
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.seed ^ (self.seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u8::try_from((mixed ^ (mixed >> 31)) % 101).unwrap_or(0)
    }
}

/// A timeout for an initial sync that differs from those of earlier ones.
/// Synapse answers an equal initial sync from its cache for two minutes, also
/// to the next run of the program. It ignores the timeout of an initial sync,
/// so the clock varies it (docs/protocol.md, "What a sync costs").
fn uncached_timeout(timeout: Duration, now: Moment) -> Duration {
    let longest = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX).max(2);
    // More than half of the timeout remains, for servers that honour it.
    let clock = u64::try_from(now.wall.as_millisecond()).unwrap_or_default();
    Duration::from_millis(longest - clock % (longest / 2))
}

#[cfg(test)]
mod tests;
