//! What must hold at any time of a day, for each agent.
//!
//! Nothing here trusts what is judged: what is right is known from what the
//! person, the other devices and the server did.

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

/// The longest time until what others see is what was meant, or it is said
/// why not; busy that ended and calls that ended included.
pub const BOUND: Duration = Duration::from_secs(60);
/// A write that was given up is looked after so late: when nobody waits for
/// it any more, and then when it cannot come any more.
const LOST: Duration = Duration::from_secs(65);
/// A line that is back is found so soon: the longest back-off and a trip.
const FOUND: Duration = Duration::from_secs(65);
/// What a server refused is tried again within this time.
const REFUSED: Duration = Duration::from_secs(3600 + 65);

/// What may be wrong for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// Busy, and nobody means it, and nobody is told.
    Busy,
    /// The presence is not what was meant.
    Seen,
    /// The message is not what the person said last, wherever that was.
    Message,
    /// A call that is over, or one that is not told.
    Call,
    /// The status.
    Status,
    /// The profile room says what the person does not, or says it late.
    Room,
    /// A note that is false.
    Note,
    /// The line is there and the agent does not know.
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

/// An event of the profile room waits for a quarter of an hour at most, and
/// for what is refused meanwhile.
const ROOM: Duration = Duration::from_secs(17 * 60);

pub struct Watch {
    pub seed: u64,
    since: [Option<Mono>; KINDS.len()],
    /// What is wished, and which status since when.
    wish: u64,
    status: Option<Status>,
    wished: Mono,
    overwritten: usize,
    overwritten_messages: usize,
    /// What the person said last, when, and whether others have read it.
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

    /// Something happened that takes its time to be told: what is wrong is
    /// so from now on. Busy and the call are not excused by it.
    pub fn news(&mut self) {
        self.since[Wrong::Seen as usize] = None;
        self.since[Wrong::Message as usize] = None;
        self.since[Wrong::Status as usize] = None;
        self.since[Wrong::Room as usize] = None;
        self.since[Wrong::Note as usize] = None;
    }

    /// The time has passed: is anything wrong for too long?
    pub fn overdue(&self, world: &World) {
        for (kind, bound) in KINDS {
            let Some(since) = self.since[kind as usize] else { continue };
            let late = world.net.now.since(since);
            assert!(late <= bound, "seed {}: {kind:?} for {late:?}\n{}", self.seed, told(world));
        }
    }

    /// What is wrong now?
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

    /// What must never be.
    fn at_once(&mut self, world: &World) {
        let (seed, me, net) = (self.seed, &world.me, &world.net);
        for lost in &net.fields.overwritten[self.overwritten..] {
            // The person said something, or had a moment ago, or it was set
            // while we asked.
            let wished = self.status.is_some() || net.now.since(self.wished) < STRAY;
            let race = net.now.since(lost.since) < STRAY;
            assert!(wished || race, "seed {seed}: {:?}\n{}", lost.what, told(world));
        }
        self.overwritten = net.fields.overwritten.len();
        for lost in &net.server.overwritten[self.overwritten_messages..] {
            // The person spoke after that, or had nothing else to say.
            let spoke = me.spoke >= lost.since || net.now.since(me.spoke) < STRAY;
            let race = net.now.since(lost.since) < STRAY;
            // What was said here was never seen to stand there, so it is not
            // known which was said first.
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

/// A request that was given up may come so late, and nobody can know of what
/// was set meanwhile.
const STRAY: Duration = Duration::from_secs(40);

/// It has been there and has heard all for so long that what comes late has
/// come.
fn is_calm(agent: &Agent, now: Mono) -> bool {
    agent.up_since.is_some_and(|since| now.since(since) > STRAY)
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

/// The agent could do something about it.
fn is_able(world: &World) -> bool {
    let (me, net) = (&world.me, &world.net);
    me.is_on() && me.line == Line::Good && net.mood == Mood::Well && !is_waiting(me, net.now)
}

/// An answer that will not come is waited for, or one that is late; or the
/// server has said when to come back.
fn is_waiting(agent: &Agent, now: Mono) -> bool {
    let late = agent.flights.iter().any(|f| {
        let waited_for = matches!(f.leg, Leg::Back(..) | Leg::There(_, Some(_)));
        waited_for && f.at.since(now) > Duration::from_millis(20)
    });
    late || agent.waits.values().any(|at| *at > now)
}

/// `wished` is when the wish was made.
fn is_wrong(kind: Wrong, world: &World, wished: Mono) -> bool {
    let (me, net) = (&world.me, &world.net);
    if !is_able(world) {
        return false;
    }
    if kind == Wrong::Unfound {
        return me.up_since.is_none();
    }
    if me.up_since.is_none() {
        // The snapshot says so.
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
                    // What somebody set elsewhere later may stand.
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

/// What others see is what was meant, or it is said why not.
pub fn is_right(world: &World) -> bool {
    let (me, server) = (&world.me, &world.net.server);
    if server.shape.off {
        return true;
    }
    let seen = server.seen();
    let Some(meant) = world.meant() else { return true };
    // Another device that says more wins, and the note tells.
    let hidden = server.is_held(me.device) && !me.view.notes.is_empty();
    meant.contains(&seen.presence) || hidden
}

/// No message is lost, and none of ours stays when it is over.
pub fn message_is_right(world: &World) -> bool {
    let (me, server) = (&world.me, &world.net.server);
    if server.shape.off {
        return true;
    }
    let seen = server.seen();
    let desired = me.intent.presence();
    let own = desired.message.as_ref();
    // Whoever carried it on last.
    let theirs = seen.message.as_ref().is_some_and(|m| m.starts_with("theirs"));
    // What somebody said elsewhere after that may stand, and stays away once
    // they take it away.
    let later = server.theirs_at.is_some_and(|at| at >= me.spoke);
    let later = later && (theirs || seen.message.is_none());
    let stand_in = desired.stand_in.as_ref().filter(|_| desired.presence == Some(Busy));
    match (own, &seen.message) {
        (Some(own), there) => there.as_ref() == Some(own) || later,
        // Real busy needs none to stand in, and does not mind it.
        (None, None) => stand_in.is_none() || seen.presence == Busy,
        (None, there) => theirs || there.as_ref() == stand_in,
    }
}

/// For whoever looks into a seed.
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
