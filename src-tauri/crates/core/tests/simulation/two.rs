//! Two agents of one person on two machines, each with its own day, at the same
//! account. They must neither overwrite each other again and again, nor hold
//! what the other has left.

use std::time::Duration;

use presently_core::Presence::{self, *};
use presently_core::settings::AccountSettings;
use presently_core::{Choice, Message, Scope, Source};

use crate::agent::Agent;
use crate::days::Seed;
use crate::dice::Dice;
use crate::mind::Mind;
use crate::model::{Server, Shape, rank};
use crate::net::{Net, USER};
use crate::world::World;

const SECOND: Duration = Duration::from_secs(1);
const SLICE: Duration = Duration::from_secs(3);
const MINUTE: Duration = Duration::from_secs(60);

struct Two {
    world: World,
    dice: Dice,
    seed: u64,
}

/// Totals of a run of days.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    days: u64,
    wishes: u64,
    faults: u64,
    requests: u64,
    /// The most requests a minute of both agents while nothing was wished.
    busiest: f64,
}

impl Two {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let pace = if dice.one_in(2) { 10 * SECOND } else { Duration::ZERO };
        let mut world =
            World::new(Server::new(Shape { busy: true, last_wins: false, pace, off: false }));
        world.net.fields.tells = dice.one_in(2);
        world.net.dice = Dice(seed ^ 0x5eed);
        let settings = AccountSettings { call_field: true, ..AccountSettings::new(USER) };
        world.me.mind = Some(Mind { settings, ..Mind::default() });
        let mut second = Agent::new("laptop", true);
        second.mind = Some(Mind::default());
        (world.me.alone, second.alone) = (false, false);
        world.second = Some(second);
        Self { world, dice, seed }
    }

    fn one(&mut self) -> (&mut Agent, &mut Net, &mut Dice) {
        let Self { world: World { me, second, net, .. }, dice, .. } = self;
        match second {
            Some(second) if dice.one_in(2) => (second, net, dice),
            _ => (me, net, dice),
        }
    }

    fn wish(&mut self) {
        let (agent, net, dice) = self.one();
        let Some(mind) = &mut agent.mind else { return };
        let in_call = mind.claims.iter().any(|claim| claim.source == Source::Call);
        match dice.below(12) {
            0..5 => mind.claim(Source::Call, (!in_call).then_some(Busy), net.now),
            5..7 => mind.claim(Source::Active, Some(Online), net.now),
            7..9 => mind.claim(Source::Idle, Some(Unavailable), net.now),
            9 => mind.claim(Source::Idle, None, net.now),
            10 => {
                let text = format!("{} {}", agent.device, dice.below(3));
                mind.manual.say(Message::new(&text, None, None).ok().filter(|_| dice.one_in(2)));
            }
            _ => {
                mind.manual.automatic(&Scope::All);
                if dice.one_in(2) {
                    let presence = dice.pick(&[Busy, Online, Unavailable]);
                    let since = mind.wall(net.now);
                    let choice = Choice { presence, since, until: None, message: None };
                    mind.manual.choose(Scope::All, choice);
                }
            }
        }
        mind.next = net.now;
    }

    fn fault(&mut self) {
        let (agent, net, dice) = self.one();
        let length = dice.time(10 * MINUTE);
        match dice.below(3) {
            0 => agent.die(length, net),
            1 => agent.quit(length, net),
            _ => agent.sleep(length, true, net),
        }
    }

    fn both(&self) -> impl Iterator<Item = &Agent> {
        [Some(&self.world.me), self.world.second.as_ref()].into_iter().flatten()
    }

    /// The presence that others ought to see: the higher one of what both
    /// agents mean.
    fn meant(&self) -> Option<Presence> {
        let on = self.both().filter(|agent| agent.is_on());
        on.filter_map(|agent| agent.intent.presence().presence).max_by_key(|p| rank(*p))
    }

    fn requests(&self) -> u64 {
        self.both().map(|agent| agent.requests).sum()
    }

    fn state(&self) -> String {
        let told: Vec<_> = self
            .both()
            .map(|a| format!("{}: {:?}\n{:?}\n{:?}", a.device, a.intent, a.view, a.account))
            .collect();
        format!("seed {}: {:?}\n{}", self.seed, self.world.net.server.seen(), told.join("\n"))
    }

    fn is_right(&self) -> bool {
        let (seen, meant) = (self.world.net.server.seen().presence, self.meant());
        if !self.both().all(Agent::is_on) || meant.is_none_or(|meant| meant == Offline) {
            return true;
        }
        Some(seen) == meant
    }

    /// Nothing is wished while this runs. A busy that nobody means is left
    /// within a minute. Anything else may be wrong for three minutes, because
    /// both agents share a rate limit that ignores a sync without an error.
    /// After that there are few requests. Returns their number a minute.
    fn settles(&mut self) -> f64 {
        let (mut wrong, mut held) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..100 {
            self.world.run(SLICE);
            wrong = if self.is_right() { Duration::ZERO } else { wrong + SLICE };
            let busy = self.world.net.server.seen().presence == Busy;
            let means_busy = |agent: &Agent| agent.intent.presence().presence == Some(Busy);
            let left = busy && self.both().all(|a| a.is_on() && !means_busy(a));
            held = if left { held + SLICE } else { Duration::ZERO };
            assert!(held <= MINUTE, "held busy: {}", self.state());
            assert!(wrong <= 3 * MINUTE, "{:?}: {}", self.meant(), self.state());
        }
        for agent in self.both() {
            let learnt = agent.account.abilities().busy_by_sync;
            assert_eq!(learnt, Default::default(), "not so: {}", self.state());
        }
        let (before, length) = (self.requests(), 10 * MINUTE);
        self.world.run(length);
        let a_minute = (self.requests() - before) as f64 / (length.as_secs_f64() / 60.0);
        // The number is highest where the choices on the two agents contradict
        // each other and the server has one rate limit for both: each poll that
        // counts answers the other.
        assert!(a_minute < 10.0, "{a_minute} a minute: {}", self.state());
        a_minute
    }
}

fn live(seed: u64, tally: &mut Tally) {
    let _seed = Seed(seed);
    let mut two = Two::new(seed);
    let end = two.world.net.now + Duration::from_secs(86_400);
    while two.world.net.now < end {
        for _ in 0..=two.dice.below(3) {
            let wait = two.dice.time(MINUTE);
            two.world.run(wait);
            if two.dice.one_in(8) {
                tally.faults += 1;
                two.fault();
                // The agent is back before the next check.
                two.world.run(11 * MINUTE);
            } else {
                tally.wishes += 1;
                two.wish();
            }
        }
        tally.busiest = tally.busiest.max(two.settles());
    }
    tally.days += 1;
    tally.requests += two.requests();
}

/// Simulates a fifth as many days as for one agent alone.
#[test]
#[expect(clippy::print_stdout, reason = "the figures, for who asks for them")]
fn days_of_two_agents_on_one_account() {
    let number = |name| std::env::var(name).ok().and_then(|v: String| v.parse::<u64>().ok());
    let days = number("PRESENTLY_DAYS").unwrap_or(300) / 5;
    let first = number("PRESENTLY_SEED").unwrap_or(1);
    let began = std::time::Instant::now();
    let mut tally = Tally::default();
    for seed in first..first + days {
        live(seed, &mut tally);
    }
    println!("two, seeds {first} to {}: {tally:?} in {:?}", first + days - 1, began.elapsed());
}
