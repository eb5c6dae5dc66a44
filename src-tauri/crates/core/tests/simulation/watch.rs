//! What must hold at any time of a day, for each agent.

use std::time::Duration;

use presently_core::Mono;
use presently_core::Presence::{Busy, Unavailable};
use presently_core::account::Note;
use presently_core::account::profile::Status;

use crate::agent::Agent;
use crate::fields::ELSEWHERE;
use crate::flight::Leg;
use crate::line::{Line, Mood};
use crate::world::World;

/// The longest time until what others see is what was meant, or it is said
/// why not; busy that ended and calls that ended included.
pub const BOUND: Duration = Duration::from_secs(60);
/// A write that was given up is looked after so late: when nobody waits for
/// it any more, and then when it cannot come any more.
const LOST: Duration = Duration::from_secs(65);
/// A line that is back is found so soon: the longest back-off and a trip.
const FOUND: Duration = Duration::from_secs(65);

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
    /// The line is there and the agent does not know.
    Unfound,
}

const KINDS: [(Wrong, Duration); 6] = [
    (Wrong::Busy, BOUND),
    (Wrong::Seen, BOUND),
    (Wrong::Message, BOUND),
    (Wrong::Call, LOST),
    (Wrong::Status, LOST),
    (Wrong::Unfound, FOUND),
];

pub struct Watch {
    pub seed: u64,
    since: [Option<Mono>; KINDS.len()],
    /// What is wished, and which status since when.
    wish: u64,
    status: Option<Status>,
    wished: Mono,
    overwritten: usize,
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
        }
    }

    /// Something happened that takes its time to be told: what is wrong is
    /// so from now on. Busy and the call are not excused by it.
    pub fn news(&mut self) {
        self.since[Wrong::Seen as usize] = None;
        self.since[Wrong::Message as usize] = None;
        self.since[Wrong::Status as usize] = None;
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
            if self.status != world.me.wish.status {
                self.status.clone_from(&world.me.wish.status);
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
            let wished = me.wish.status.is_some() || net.now.since(self.wished) < STRAY;
            let race = net.now.since(lost.since) < STRAY;
            assert!(wished || race, "seed {seed}: {:?}\n{}", lost.what, told(world));
        }
        self.overwritten = net.fields.overwritten.len();
        if me.gone && !me.is_on() {
            assert!(net.fields.call.is_none(), "seed {seed}: a call after goodbye");
        }
        if !net.server.shape.last_wins {
            let learnt = me.abilities.busy_by_sync;
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

fn wish_of(agent: &Agent) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    let desired = &agent.desired;
    (desired.presence.map(|p| p.wire()), desired.manual).hash(&mut hasher);
    (&desired.message, &desired.stand_in).hash(&mut hasher);
    (agent.wish.status.as_ref().map(|s| &s.text), agent.wish.call).hash(&mut hasher);
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
        let waited_for = matches!(f.leg, Leg::Back(_) | Leg::There(_, Some(_)));
        waited_for && f.at.since(now) > Duration::from_millis(20)
    });
    late || [agent.put_wait, agent.profile_wait, agent.poll_wait].into_iter().any(|at| at > now)
}

/// `wished` is when the wish was made.
fn is_wrong(kind: Wrong, world: &World, wished: Mono) -> bool {
    let (me, net) = (&world.me, &world.net);
    if !is_able(world) {
        return false;
    }
    if kind == Wrong::Unfound {
        return !me.connected;
    }
    if !me.connected {
        // The snapshot says so.
        return false;
    }
    let seen = net.server.seen();
    match kind {
        Wrong::Busy => {
            let meant = matches!(me.desired.presence, Some(Busy));
            seen.presence == Busy && !meant && !is_told(me)
        }
        Wrong::Seen => net.greedy.is_none() && !is_right(world),
        Wrong::Message => !message_is_right(world),
        Wrong::Call => net.fields.call != me.wish.call,
        Wrong::Status => {
            let ours = net.fields.status_by == me.device && net.fields.status.is_some();
            match &me.wish.status {
                Some(wanted) => {
                    let there = net.fields.status.as_ref();
                    // What somebody set elsewhere later may stand.
                    let later = net.fields.status_by == ELSEWHERE && net.fields.status_at >= wished;
                    there != Some(wanted) && !later
                }
                None => ours,
            }
        }
        Wrong::Unfound => false,
    }
}

fn is_told(agent: &Agent) -> bool {
    matches!(agent.last.note, Some(Note::OtherDevice { presence: Busy, .. } | Note::ServerHolds))
}

/// What others see is what was meant, or it is said why not.
pub fn is_right(world: &World) -> bool {
    let (me, server) = (&world.me, &world.net.server);
    let seen = server.seen();
    let Some(meant) = world.meant() else { return true };
    let busy_as_away =
        me.desired.presence == Some(Busy) && matches!(seen.presence, Busy | Unavailable);
    // Another device that says more wins, and the note tells.
    let told = me.last.note.is_some() || me.ack.seen.is_none();
    let hidden = server.is_held(me.device) && told;
    seen.presence == meant || busy_as_away || hidden
}

/// No message is lost, and none of ours stays when it is over.
pub fn message_is_right(world: &World) -> bool {
    let me = &world.me;
    let seen = world.net.server.seen();
    let own = me.desired.message.as_ref().filter(|_| !me.ack.said.replaced);
    let theirs = seen.message.as_ref().is_some_and(|m| m.starts_with("theirs"));
    let stand_in = me.desired.stand_in.as_ref().filter(|_| me.desired.presence == Some(Busy));
    match (own, &seen.message) {
        (Some(own), there) => there.as_ref() == Some(own),
        // Real busy needs none to stand in, and does not mind it.
        (None, None) => stand_in.is_none() || seen.presence == Busy,
        (None, there) => theirs || there.as_ref() == stand_in,
    }
}

/// For whoever looks into a seed.
fn told(world: &World) -> String {
    let (me, net) = (&world.me, &world.net);
    format!(
        "at {:?}, others see {:?}, status {:?} by {}, call {:?}\nmeant {:?} {:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\nflights {:?}",
        net.now,
        net.server.seen(),
        net.fields.status,
        net.fields.status_by,
        net.fields.call,
        me.desired,
        me.wish,
        me.last,
        me.last_profile,
        me.ack,
        me.profile,
        me.abilities,
        net.server.shape,
        me.flights,
    )
}
