//! What must hold at any time of a day, for each agent.
//!
//! The checks do not trust the state machine under test. What is right is known
//! from what the person, the other devices and the server did.

use std::time::Duration;

use presently_core::Mono;
use presently_core::Presence::Busy;
use presently_core::account::profile::Status;
use presently_core::account::profile_room::Part;

use crate::agent::Agent;
use crate::fields::ELSEWHERE;
use crate::flight::Leg;
use crate::line::{Line, Mood};
use crate::mind::IN_CALL;
use crate::notes;
use crate::world::World;

/// The longest time until others see what was meant, or a note says why not. It
/// holds for a busy and a call that ended, too.
pub const BOUND: Duration = Duration::from_secs(60);
/// How long the effect of a lost write may last. The write is corrected when it
/// is given up, and again when it cannot arrive any more.
const LOST: Duration = Duration::from_secs(65);
/// A line that is back is found within this time: the longest back-off and a
/// trip.
const FOUND: Duration = Duration::from_secs(65);
/// What a server refused is tried again within this time.
const REFUSED: Duration = Duration::from_secs(3600 + 65);

/// What may be wrong for a limited time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// Others see busy that nobody means, and no note says why.
    Busy,
    /// The presence is not what was meant.
    Seen,
    /// The message is not the last one that the person set, on any device.
    Message,
    /// The profile has a call that is over, or lacks one.
    Call,
    /// The status in the profile is not the one that was meant.
    Status,
    /// The profile room is not what the person says, or has old events.
    Room,
    /// A note is false.
    Note,
    /// The line is back, and the agent does not know.
    Unfound,
}

const KINDS: [(Wrong, Duration); 8] = [
    (Wrong::Busy, BOUND),
    (Wrong::Seen, BOUND),
    (Wrong::Message, BOUND),
    (Wrong::Call, LOST),
    (Wrong::Status, LOST),
    (Wrong::Room, ROOM),
    (Wrong::Note, BOUND),
    (Wrong::Unfound, FOUND),
];

/// How long the profile room may be wrong: an event waits for a quarter of an
/// hour at most, and for what is refused meanwhile.
const ROOM: Duration = Duration::from_secs(17 * 60);

pub struct Watch {
    pub seed: u64,
    since: [Option<Mono>; KINDS.len()],
    /// A hash of what is wished, the wished status, and since when it is
    /// wished.
    wish: u64,
    status: Option<Status>,
    wished: Mono,
    overwritten: usize,
    overwritten_messages: usize,
    /// When the person last set the message, and whether others have seen it
    /// since.
    said: (Mono, bool),
}

impl Watch {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            since: [None; KINDS.len()],
            wish: 0,
            status: None,
            wished: Mono(0),
            overwritten: 0,
            overwritten_messages: 0,
            said: (Mono(0), false),
        }
    }

    /// Restarts the time limits, after an event whose effect takes its time.
    /// Those of busy and of the call go on.
    pub fn news(&mut self) {
        self.since[Wrong::Seen as usize] = None;
        self.since[Wrong::Message as usize] = None;
        self.since[Wrong::Status as usize] = None;
        self.since[Wrong::Room as usize] = None;
        self.since[Wrong::Note as usize] = None;
    }

    /// Panics if anything has been wrong for too long.
    pub fn overdue(&self, world: &World) {
        for (kind, bound) in KINDS {
            let Some(since) = self.since[kind as usize] else { continue };
            let late = world.net.now.since(since);
            assert!(late <= bound, "seed {}: {kind:?} for {late:?}\n{}", self.seed, told(world));
        }
    }

    /// Records what is wrong now.
    pub fn look(&mut self, world: &World) {
        let wish = wish_of(&world.me);
        if std::mem::replace(&mut self.wish, wish) != wish {
            self.news();
            let status = world.me.intent.profile().status;
            if self.status != status {
                self.status = status;
                self.wished = world.net.now;
            }
        }
        for (kind, _) in KINDS {
            let since = &mut self.since[kind as usize];
            if is_wrong(kind, world, self.wished) {
                since.get_or_insert(world.net.now);
            } else {
                *since = None;
            }
        }
        self.at_once(world);
    }

    /// Panics if something has happened that must never happen.
    fn at_once(&mut self, world: &World) {
        let (seed, me, net) = (self.seed, &world.me, &world.net);
        for lost in &net.fields.overwritten[self.overwritten..] {
            // This is right if the person wishes a status or did a moment ago,
            // or if the other status was set while ours was under way.
            let wished = self.status.is_some() || net.now.since(self.wished) < LATE_WRITE;
            let race = net.now.since(lost.since) < LATE_WRITE;
            assert!(wished || race, "seed {seed}: {:?}\n{}", lost.what, told(world));
        }
        self.overwritten = net.fields.overwritten.len();
        for lost in &net.server.overwritten[self.overwritten_messages..] {
            // This is right if the person spoke after that, or a moment ago.
            let spoke = me.spoke >= lost.since || net.now.since(me.spoke) < LATE_WRITE;
            let race = net.now.since(lost.since) < LATE_WRITE;
            // Our message was never seen to stand there, so it is not known
            // which one was set first.
            let unread = !self.said.1;
            let by_them = lost.new.as_deref() != Some(IN_CALL) && (spoke || unread);
            let race = race || !is_calm(me, net.now);
            assert!(by_them || race, "seed {seed}: {lost:?}\n{}", told(world));
        }
        self.overwritten_messages = net.server.overwritten.len();
        if self.said.0 != me.spoke {
            self.said = (me.spoke, false);
        }
        let own = me.intent.message().map(|message| &message.text);
        self.said.1 |= own == net.server.seen().message.as_ref();
        if me.gone && !me.is_on() {
            assert!(net.fields.call.is_none(), "seed {seed}: a call after goodbye");
            assert!(net.room.says(Part::Presence).is_none(), "seed {seed}: a room after goodbye");
        }
        assert!(!net.room.hasty, "seed {seed}: two events at once in the profile room");
        if !net.server.shape.last_wins {
            let learnt = me.account.abilities().busy_by_sync;
            assert_eq!(learnt, Default::default(), "seed {seed}: not so\n{}", told(world));
        }
        if let Some(mind) = &me.mind
            && me.is_on()
        {
            let wall = mind.wall(net.now);
            let over = mind.manual.choices.iter().any(|(_, c)| c.until.is_some_and(|u| u < wall));
            assert!(!over, "seed {seed}: a choice that is over still stands");
        }
    }
}

/// A request that was given up may arrive this late. What was set meanwhile
/// cannot be known.
const LATE_WRITE: Duration = Duration::from_secs(40);

/// Whether the agent has been connected for so long that everything late has
/// arrived.
fn is_calm(agent: &Agent, now: Mono) -> bool {
    agent.up_since.is_some_and(|since| now.since(since) > LATE_WRITE)
}

fn wish_of(agent: &Agent) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    let (desired, wish) = (agent.intent.presence(), agent.intent.profile());
    (desired.presence.map(|p| p.wire()), desired.manual).hash(&mut hasher);
    (&desired.message, &desired.stand_in).hash(&mut hasher);
    (wish.status.as_ref().map(|s| &s.text), wish.call).hash(&mut hasher);
    hasher.finish()
}

/// Whether the agent could correct what is wrong.
fn is_able(world: &World) -> bool {
    let (me, net) = (&world.me, &world.net);
    me.is_on() && me.line == Line::Good && net.mood == Mood::Well && !is_waiting(me, net.now)
}

/// Whether the agent waits for an answer that is late or will not come, or for
/// a pause that the server asked for.
fn is_waiting(agent: &Agent, now: Mono) -> bool {
    let late = agent.flights.iter().any(|f| {
        let waited_for = matches!(f.leg, Leg::Back(..) | Leg::There(_, Some(_)));
        waited_for && f.at.since(now) > Duration::from_millis(20)
    });
    late || agent.waits.values().any(|at| *at > now)
}

/// Whether this is wrong now. `wished` is when the wished status last changed.
fn is_wrong(kind: Wrong, world: &World, wished: Mono) -> bool {
    let (me, net) = (&world.me, &world.net);
    if !is_able(world) {
        return false;
    }
    if kind == Wrong::Unfound {
        return me.up_since.is_none();
    }
    if me.up_since.is_none() {
        // The agent shows that it is not connected.
        return false;
    }
    let seen = net.server.seen();
    let wish = me.intent.profile();
    let refused = |field: usize| {
        net.fields.refuses[field] || net.now.since(net.fields.refused_until) < REFUSED
    };
    match kind {
        Wrong::Busy => {
            let meant = me.intent.presence().presence == Some(Busy);
            seen.presence == Busy && !meant && !notes::tell_of_busy(me)
        }
        Wrong::Seen => net.greedy.is_none() && !is_right(world),
        Wrong::Message => !message_is_right(world),
        Wrong::Call if refused(1) => net.fields.call != wish.call && !notes::tell_of_refusal(me),
        Wrong::Call => net.fields.call != wish.call,
        Wrong::Status => {
            let ours = net.fields.status_by == me.device && net.fields.status.is_some();
            let wrong = match &wish.status {
                Some(wanted) => {
                    let there = net.fields.status.as_ref();
                    // A status that was set elsewhere later may stand.
                    let later = net.fields.status_by == ELSEWHERE && net.fields.status_at >= wished;
                    there != Some(wanted) && !later
                }
                None => ours,
            };
            wrong && !(refused(0) && notes::tell_of_refusal(me))
        }
        Wrong::Room => {
            let wanted = me.intent.profile_room().unwrap_or_default();
            let presence = wanted.presence.map(|presence| presence.wire());
            net.room.says(Part::Presence) != presence
                || net.room.says(Part::Status) != wanted.message.as_deref()
                || net.room.has_old()
        }
        Wrong::Note => me.view.notes.iter().any(|note| !notes::is_true(note, world)),
        Wrong::Unfound => false,
    }
}

/// Whether others see what was meant, or a note says why not.
pub fn is_right(world: &World) -> bool {
    let (me, server) = (&world.me, &world.net.server);
    if server.shape.off {
        return true;
    }
    let seen = server.seen();
    let Some(meant) = world.meant() else { return true };
    // Another device with a higher presence wins, and a note tells it.
    let hidden = server.is_held(me.device) && !me.view.notes.is_empty();
    meant.contains(&seen.presence) || hidden
}

/// Whether no message is lost, and none of ours stays when it is over.
pub fn message_is_right(world: &World) -> bool {
    let (me, server) = (&world.me, &world.net.server);
    if server.shape.off {
        return true;
    }
    let seen = server.seen();
    let desired = me.intent.presence();
    let own = desired.message.as_ref();
    // The message is the other device's, whoever carried it on last.
    let theirs = seen.message.as_ref().is_some_and(|m| m.starts_with("theirs"));
    // A message that was set elsewhere after ours may stand. If it is removed
    // there, ours does not come back.
    let later = server.theirs_at.is_some_and(|at| at >= me.spoke);
    let later = later && (theirs || seen.message.is_none());
    let stand_in = desired.stand_in.as_ref().filter(|_| desired.presence == Some(Busy));
    match (own, &seen.message) {
        (Some(own), there) => there.as_ref() == Some(own) || later,
        // Real busy needs no stand-in, and may have one.
        (None, None) => stand_in.is_none() || seen.presence == Busy,
        (None, there) => theirs || there.as_ref() == stand_in,
    }
}

/// The state of the world, to debug a seed.
fn told(world: &World) -> String {
    let (me, net) = (&world.me, &world.net);
    format!(
        "at {:?}, others see {:?} of {} by {}, room {:?}, status {:?} by {}, call {:?}\nmeant {:?}\n{:?}\n{:?}\n{:?}\nflights {:?}",
        net.now,
        net.server.seen(),
        net.server.shown(),
        net.server.message_by,
        net.room,
        net.fields.status,
        net.fields.status_by,
        net.fields.call,
        me.intent,
        me.view,
        me.account,
        net.server.shape,
        me.flights,
    )
}
