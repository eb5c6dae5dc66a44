//! Rules about the person's other devices and about odd servers, step by
//! step. What they come to over days is tried by the simulation.

use std::time::Duration;

use jiff::Timestamp;

use super::plan::{Plan, plan};
use super::*;
use crate::Moment;
use crate::account::abilities::{Abilities, BusyBySync, Pace};
use crate::account::note::Note;
use crate::settings::BusyMode;

fn synapse() -> Abilities {
    Abilities { busy: Some(true), presence: Some(true), pace: Pace::Free, ..Abilities::default() }
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn seen(presence: Presence, message: Option<&str>) -> Seen {
    Seen { presence, message: message.map(str::to_owned) }
}

fn wish(presence: Presence) -> Desired {
    Desired { presence: Some(presence), manual: true, ..Desired::default() }
}

fn moment(mono: Mono) -> Moment {
    let ms = i64::try_from(mono.0).expect("soon");
    Moment { mono, wall: Timestamp::from_millisecond(ms).expect("in range") }
}

/// An agent whose server is played by the test.
struct Agent {
    desired: Desired,
    abilities: Abilities,
    ack: Acknowledged,
    now: Mono,
    polls: u64,
    puts: Vec<Put>,
}

impl Agent {
    /// A poll that says the same as the wish is open and was answered once.
    fn new(desired: Desired, there: Option<Seen>) -> Self {
        Self::on(synapse(), desired, there)
    }

    fn on(abilities: Abilities, desired: Desired, there: Option<Seen>) -> Self {
        let ack = Acknowledged::default();
        let mut agent = Self { desired, abilities, ack, now: Mono(0), polls: 0, puts: Vec::new() };
        agent.step();
        agent.tells(there);
        agent
    }

    fn record(&mut self, event: Event) {
        self.ack.record(event, "OURS", &mut self.abilities, moment(self.now));
    }

    /// Does what is due. PUTs are accepted at once and nobody tells of them.
    fn step(&mut self) -> Plan {
        for _ in 0..6 {
            let plan = plan(&self.desired, &self.abilities, &self.ack, self.now);
            if let Some(step) = plan.poll {
                self.polls += 1;
                self.record(Event::PollStarted { set: step.set, fresh: step.fresh });
            }
            if let Some(put) = plan.put.clone() {
                self.puts.push(put.clone());
                self.record(Event::PutStarted(put));
                self.record(Event::PutAccepted);
            }
            if plan.read {
                self.record(Event::ReadStarted);
            }
            if plan.devices {
                self.record(Event::DevicesStarted);
            }
            if plan.poll.is_none() && plan.put.is_none() && !plan.read && !plan.devices {
                return plan;
            }
        }
        panic!("it goes on for ever");
    }

    /// The open poll tells this, and the next one is begun.
    fn tells(&mut self, there: Option<Seen>) -> Plan {
        self.record(Event::PollAnswered(there));
        self.step()
    }

    fn others(&mut self, names: &[&str]) -> Plan {
        let now = moment(self.now).wall;
        let devices = names.iter().map(|&name| Device {
            id: name.to_owned(),
            name: Some(name.to_owned()),
            last_seen: Some(now),
        });
        self.record(Event::DevicesAnswered(Some((devices.collect(), now))));
        self.step()
    }

    /// Time passes; a read that is due is answered with `read`.
    fn waits(&mut self, time: Duration, read: &Seen) -> Plan {
        let end = self.now + time;
        loop {
            let mut plan = self.step();
            while self.ack.read.open {
                self.record(Event::ReadAnswered(Some(read.clone())));
                plan = self.step();
            }
            match plan.look {
                Some(look) if look <= end => self.now = look,
                _ => {
                    self.now = end;
                    return self.step();
                }
            }
        }
    }
}

#[test]
fn beside_other_agents_busy_is_shown_as_busy() {
    for (others, presence) in [
        (&[][..], Presence::Busy),
        (&["Presently on laptop"], Presence::Busy),
        (&["Presently on laptop", "Presently on desk"], Presence::Busy),
        (&["Element on laptop"], Presence::Unavailable),
        (&["Presently on laptop", "Element on phone"], Presence::Unavailable),
    ] {
        let mut agent = Agent::new(wish(Presence::Online), Some(seen(Presence::Online, None)));
        agent.desired = wish(Presence::Busy);
        agent.step();
        let plan = agent.others(others);
        assert_eq!(agent.puts.last().map(|p| p.presence), Some(presence), "{others:?}");
        let held = others.iter().find(|name| !name.starts_with("Presently")).map(|&n| n.to_owned());
        let expected = held.map(|name| Note::WouldBeHeld { name: Some(name) });
        assert_eq!(plan.note.filter(|_| presence != Presence::Busy), expected, "{others:?}");
    }
}

/// An agent whose sync has caught another one's busy leaves it by a PUT of
/// its own as soon as it hears of it, also when it did the same a moment ago.
#[test]
fn a_caught_busy_is_left_at_once() {
    let mut agent = Agent::new(wish(Presence::Online), Some(seen(Presence::Online, None)));
    for turn in 1..4 {
        agent.puts.clear();
        agent.tells(Some(seen(Presence::Busy, None)));
        agent.waits(secs(11), &seen(Presence::Busy, None));
        assert!(!agent.puts.is_empty(), "turn {turn}");
        assert!(agent.puts.iter().all(|p| p.presence == Presence::Online), "turn {turn}");
        // It goes on for an hour, and ends.
        agent.waits(secs(3600), &seen(Presence::Busy, None));
        assert!(agent.puts.len() < 20, "a quarrel: {} requests", agent.puts.len());
        agent.tells(Some(seen(Presence::Unavailable, None)));
        agent.waits(secs(5), &seen(Presence::Unavailable, None));
    }
}

/// Who is named for a busy that stays after we left it, for as long as it
/// does; and once who it was is gone, busy is real again.
#[test]
fn who_holds_busy_is_named_where_only_one_can() {
    for (others, named) in [
        (&["Element on laptop"][..], Some("Element on laptop")),
        (&["Presently on a", "Element on b"], Some("Element on b")),
        (&["Element X iOS", "Element on b"], Some("Element on b")),
        (&["Element on a", "Element on b"], None),
        (&["Presently on laptop"], None),
    ] {
        let mut agent = Agent::new(wish(Presence::Online), Some(seen(Presence::Online, None)));
        agent.desired = Desired { busy: BusyMode::Always, ..wish(Presence::Busy) };
        agent.step();
        agent.tells(Some(seen(Presence::Busy, None)));
        agent.desired = wish(Presence::Online);
        let (end, busy) = (agent.now + secs(400), seen(Presence::Busy, None));
        let mut plan = agent.step();
        while agent.now < end {
            plan = agent.waits(secs(1), &busy);
            if agent.ack.others.asked.is_some() {
                plan = agent.others(others);
            }
        }
        let name = named.map(str::to_owned);
        let note = Note::OtherDevice { presence: Presence::Busy, name };
        assert_eq!(plan.note, Some(note), "{others:?}");
        // It has signed out.
        agent.tells(Some(seen(Presence::Online, None)));
        agent.desired = wish(Presence::Busy);
        agent.now = agent.now + secs(400);
        agent.step();
        agent.others(&[]);
        assert_eq!(agent.puts.last().map(|p| p.presence), Some(Presence::Busy), "{others:?}");
    }
}

/// A busy that stays although nobody is there who could hold it.
#[test]
fn a_busy_that_no_device_holds_is_the_servers() {
    for others in [&[][..], &["Element X iOS"]] {
        let mut agent = Agent::new(wish(Presence::Busy), Some(seen(Presence::Online, None)));
        agent.others(others);
        agent.tells(Some(seen(Presence::Busy, None)));
        agent.desired = wish(Presence::Online);
        agent.waits(secs(30), &seen(Presence::Busy, None));
        let plan = agent.others(others);
        assert_eq!(plan.note, Some(Note::ServerHolds), "{others:?}");
    }
}

#[test]
fn who_undoes_a_choice_is_named_where_only_one_can() {
    for (chosen, shown) in [
        (Presence::Offline, Presence::Online),
        (Presence::Unavailable, Presence::Online),
        (Presence::Online, Presence::Busy),
        (Presence::Unavailable, Presence::Busy),
    ] {
        for (others, named) in [
            (&["Presently on laptop"][..], Some("Presently on laptop")),
            (&["Element on phone"], Some("Element on phone")),
            (&["Element on phone", "Presently on laptop"], None),
        ] {
            let mut agent = Agent::new(wish(chosen), Some(seen(chosen, None)));
            agent.tells(Some(seen(shown, None)));
            agent.waits(secs(5), &seen(shown, None));
            let plan = agent.others(others);
            let note = Note::OtherDevice { presence: shown, name: named.map(str::to_owned) };
            assert_eq!(plan.note, Some(note), "{chosen:?} {others:?}");
        }
    }
}

#[test]
fn a_message_that_another_device_replaced_is_not_written_again() {
    let online = |message| Some(seen(Presence::Online, message));
    let desired = Desired { message: Some("mine".to_owned()), ..wish(Presence::Online) };
    let mut agent = Agent::new(desired, online(None));
    assert_eq!(agent.puts.last().and_then(|p| p.message.as_deref()), Some("mine"));
    agent.tells(online(Some("mine")));
    let written = agent.puts.len();

    agent.tells(online(Some("theirs")));
    let plan = agent.waits(secs(3600), &seen(Presence::Online, Some("theirs")));
    assert_eq!(agent.puts.len(), written, "a quarrel");
    assert!(agent.ack.message.said.replaced && plan.settled);
    // A choice without a message carries theirs.
    agent.desired = Desired { presence: Some(Presence::Unavailable), ..agent.desired.clone() };
    agent.step();
    let put = agent.puts.last().cloned();
    assert_eq!(put.and_then(|p| p.message), Some("theirs".to_owned()));
    agent.tells(Some(seen(Presence::Unavailable, Some("theirs"))));

    agent.record(Event::Spoken);
    agent.step();
    let put = agent.puts.last().cloned();
    assert_eq!(put.and_then(|p| p.message), Some("mine".to_owned()));
}

#[test]
fn a_message_that_a_put_of_another_device_forgot_is_written_again() {
    let online = |message| Some(seen(Presence::Online, message));
    let desired = Desired { message: Some("mine".to_owned()), ..wish(Presence::Online) };
    let mut agent = Agent::new(desired, online(None));
    agent.tells(online(Some("mine")));
    agent.puts.clear();
    agent.tells(online(None));
    agent.waits(secs(11), &seen(Presence::Online, None));
    assert_eq!(agent.puts.first().and_then(|p| p.message.as_deref()), Some("mine"));
}

/// "In a call" stands in for what the person says, wherever they say it.
#[test]
fn a_stand_in_is_not_put_over_the_persons_word() {
    for (there, expected) in [(None, "In a call"), (Some("theirs"), "theirs")] {
        let online = Some(seen(Presence::Online, there));
        let mut agent = Agent::new(wish(Presence::Online), online);
        let stand_in = Some("In a call".to_owned());
        agent.desired = Desired { busy: BusyMode::Never, stand_in, ..wish(Presence::Busy) };
        agent.step();
        let put = agent.puts.last().cloned();
        assert_eq!(put.and_then(|p| p.message).as_deref(), Some(expected));
    }
}

/// Presence that nobody tracks: everything is answered and nothing shows.
#[test]
fn presence_that_goes_nowhere_is_found_out_with_few_requests() {
    let nobody = seen(Presence::Offline, None);
    for manual in [true, false] {
        let mut agent = Agent::new(Desired { manual, ..wish(Presence::Online) }, None);
        let plan = agent.waits(secs(45), &nobody);
        assert_eq!(agent.abilities.presence, Some(false), "manual {manual}");
        assert_eq!(plan.note, Some(Note::PresenceOff));
        assert!(agent.puts.len() <= 2 && agent.polls <= 5, "{} {}", agent.puts.len(), agent.polls);
        // It is asked again one day, and found out again.
        agent.abilities.presence = Some(true);
        agent.waits(secs(60), &nobody);
        assert_eq!(agent.abilities.presence, Some(false), "manual {manual}, again");
        assert!(agent.puts.len() <= 5, "{}", agent.puts.len());
    }
}

/// Found by fuzzing: they were asked for after every poll of a busy account,
/// which was not settled meanwhile.
#[test]
fn where_presence_is_off_nobody_asks_for_the_devices() {
    let desired = Desired { presence: Some(Presence::Busy), ..Desired::default() };
    let mut agent = Agent::new(desired, None);
    agent.others(&[]);
    agent.abilities.presence = Some(false);
    agent.now = agent.now + secs(240);
    let due = plan(&agent.desired, &agent.abilities, &agent.ack, agent.now);
    assert!(due.settled && !due.devices, "{due:?}");
}

/// A device whose word comes last is no sign that presence is off.
#[test]
fn who_was_seen_at_all_is_on_a_server_with_presence() {
    let gone = seen(Presence::Offline, None);
    let mut agent = Agent::new(wish(Presence::Online), Some(seen(Presence::Online, None)));
    agent.tells(Some(gone.clone()));
    agent.waits(secs(600), &gone);
    assert_eq!(agent.abilities.presence, Some(true));
}

/// An answer that was overtaken by a newer one says nothing.
#[test]
fn a_late_read_is_not_believed() {
    let desired = Desired { message: Some("mine".to_owned()), ..wish(Presence::Online) };
    let mut agent = Agent::new(desired, Some(seen(Presence::Online, None)));
    agent.record(Event::ReadStarted);
    agent.tells(Some(seen(Presence::Online, Some("mine"))));
    agent.record(Event::ReadAnswered(Some(seen(Presence::Online, Some("older")))));
    let there = agent.ack.seen.clone().and_then(|s| s.message);
    assert_eq!(there.as_deref(), Some("mine"));
    assert!(!agent.ack.message.said.replaced);
}

/// A phone that was busy itself, rightly, is no reason to avoid busy once it
/// is gone.
#[test]
fn a_device_that_was_busy_itself_is_not_blamed() {
    let mut agent = Agent::new(wish(Presence::Busy), Some(seen(Presence::Online, None)));
    agent.others(&[]);
    agent.tells(Some(seen(Presence::Busy, None)));
    agent.desired = wish(Presence::Online);
    agent.waits(secs(3600), &seen(Presence::Busy, None));
    agent.tells(Some(seen(Presence::Online, None)));
    agent.desired = wish(Presence::Busy);
    agent.step();
    let plan = agent.others(&[]);
    assert_eq!(agent.puts.last().map(|p| p.presence), Some(Presence::Busy));
    assert_eq!(plan.note, None);
}

/// After a long sleep who else syncs is not known any more.
#[test]
fn busy_is_not_said_again_after_a_sleep_before_the_devices_are_known() {
    let mut agent = Agent::new(wish(Presence::Busy), Some(seen(Presence::Online, None)));
    agent.others(&[]);
    agent.tells(Some(seen(Presence::Busy, None)));
    agent.puts.clear();
    agent.now = agent.now + secs(3 * 3600);
    agent.record(Event::Returned { jitter: 0 });
    agent.step();
    agent.tells(Some(seen(Presence::Unavailable, None)));
    assert_eq!(agent.puts, []);
    assert!(agent.ack.others.asked.is_some());
    agent.others(&["Element on laptop"]);
    assert!(agent.puts.iter().all(|put| put.presence != Presence::Busy));
}

/// An initial sync leaves an offline presence out, with its message.
#[test]
fn nothing_is_written_before_it_was_read() {
    for desired in [wish(Presence::Offline), wish(Presence::Unavailable)] {
        let mut agent = Agent::new(desired.clone(), None);
        assert_eq!(agent.puts, [], "{desired:?}");
        assert!(agent.ack.read.open);
        agent.record(Event::ReadFailed { jitter: 0 });
        agent.step();
        assert_eq!(agent.puts, [], "{desired:?}");
        agent.now = agent.now + secs(1);
        agent.step();
        agent.record(Event::ReadAnswered(Some(seen(Presence::Offline, Some("theirs")))));
        agent.step();
        let carried: Vec<_> = agent.puts.iter().map(|put| put.message.as_deref()).collect();
        assert_eq!(carried, [Some("theirs")], "{desired:?}");
    }
}

/// Where a sync may not say a change yet, a PUT does: each has a limit of its
/// own. Listening waits for neither.
#[test]
fn a_change_goes_by_the_request_that_is_let_through_first() {
    let online = || Some(seen(Presence::Online, None));
    let auto = |presence| Desired { manual: false, ..wish(presence) };
    for pace in [Pace::Unknown, Pace::Limited(secs(10))] {
        let mut agent = Agent::new(auto(Presence::Online), online());
        agent.abilities.pace = pace;
        agent.step();
        // The sync that said online counted at 0, and its answer came at once.
        assert!(agent.ack.is_listening(), "{pace:?}");
        agent.now = Mono(3_000);
        agent.desired = auto(Presence::Unavailable);
        agent.step();
        assert_eq!(agent.puts.len(), 1, "{pace:?}");
        agent.tells(Some(seen(Presence::Unavailable, None)));
        assert!(agent.ack.is_listening(), "{pace:?}");
        // By now a sync may say it.
        agent.now = Mono(16_000);
        agent.desired = auto(Presence::Online);
        agent.step();
        assert_eq!(agent.puts.len(), 1, "{pace:?}");
        assert_eq!(agent.ack.sync.poll.map(|poll| poll.set), Some(Presence::Online));
    }
}

/// A choice goes by PUT. Where a sync may say it, that goes first, and the
/// next one finds the PUT's limit rested; then the PUT follows.
#[test]
fn two_choices_in_a_row_find_a_limit_each() {
    let abilities = Abilities { pace: Pace::Limited(secs(10)), ..synapse() };
    let online = || seen(Presence::Online, None);
    let away = || seen(Presence::Unavailable, None);
    let mut agent = Agent::on(abilities, wish(Presence::Online), Some(online()));
    agent.waits(secs(120), &online());
    let puts = agent.puts.len();
    agent.desired = wish(Presence::Unavailable);
    agent.step();
    let said = agent.ack.sync.poll.map(|poll| (poll.set, poll.early));
    assert_eq!(said, Some((Presence::Unavailable, false)));
    let plan = agent.tells(Some(away()));
    assert!(plan.settled && agent.puts.len() == puts);
    // Three seconds later.
    agent.waits(secs(3), &away());
    agent.desired = wish(Presence::Online);
    agent.step();
    assert_eq!(agent.puts[puts..].len(), 1);
    assert_eq!(agent.puts[puts].presence, Presence::Online);
    // What was said by sync is said by PUT once the limits are rested.
    agent.tells(Some(online()));
    agent.waits(secs(60), &online());
    agent.desired = wish(Presence::Unavailable);
    agent.step();
    agent.tells(Some(away()));
    agent.waits(secs(15), &away());
    assert_eq!(agent.puts.last().map(|put| put.presence), Some(Presence::Unavailable));
}

/// While the list of devices is waited for, what others see stays, and what
/// they say is heard.
#[test]
fn listening_does_not_wait_for_the_devices() {
    let mut agent = Agent::new(wish(Presence::Online), Some(seen(Presence::Online, None)));
    agent.desired = wish(Presence::Busy);
    agent.step();
    assert!(agent.ack.others.asked.is_some());
    agent.tells(Some(seen(Presence::Online, Some("theirs"))));
    assert!(agent.ack.is_listening());
    assert_eq!(agent.ack.sync.poll.map(|poll| poll.set), Some(Presence::Online));
    agent.others(&[]);
    let put = agent.puts.last().cloned();
    let wanted = (Presence::Busy, Some("theirs".to_owned()));
    assert_eq!(put.map(|put| (put.presence, put.message)), Some(wanted));
}

/// A poll of the same state leaves the rate limit to the next change for as
/// long as liveness allows.
#[test]
fn a_poll_that_may_not_count_is_renewed_late() {
    let desired = Desired { manual: false, ..wish(Presence::Online) };
    let abilities = Abilities { pace: Pace::Limited(secs(10)), ..synapse() };
    let mut agent = Agent::on(abilities, desired, Some(seen(Presence::Online, None)));
    let plan = agent.step();
    let early = agent.ack.sync.poll.filter(|poll| poll.early);
    assert!(early.is_some_and(|poll| poll.open));
    let counted = agent.ack.sync.counted.expect("the first sync");
    let renewed = plan.look.expect("a renewal").since(counted);
    assert!((secs(15)..secs(28)).contains(&renewed), "{renewed:?}");
}

/// Synapse answers an unknown filter as it answers an unknown presence.
#[test]
fn a_poll_that_is_refused_for_something_else_teaches_nothing() {
    use BusyBySync::{Kept, Needed, Refused};
    // How many polls in a row are refused that say busy, and what is known
    // after one that says less has been answered.
    for (refusals, learnt) in [(0, Needed), (1, Needed), (2, Refused)] {
        let mut agent = Agent::new(wish(Presence::Busy), Some(seen(Presence::Busy, None)));
        agent.abilities.busy_by_sync = Needed;
        agent.step();
        for _ in 0..refusals {
            assert_eq!(agent.ack.sync.poll.map(|poll| poll.set), Some(Presence::Busy));
            agent.record(Event::PollBusyRefused);
            agent.now = agent.now + secs(60);
            agent.step();
        }
        agent.tells(Some(seen(Presence::Busy, None)));
        assert_eq!(agent.abilities.busy_by_sync, learnt, "{refusals}");
        assert_ne!(agent.abilities.busy_by_sync, Kept);
    }
}

/// Another device that rightly says more is no rate limit.
#[test]
fn a_device_that_outranks_us_teaches_no_pace() {
    let auto = Desired { manual: false, ..wish(Presence::Unavailable) };
    let mut agent = Agent::new(auto, Some(seen(Presence::Online, None)));
    agent.abilities.pace = Pace::Unknown;
    for _ in 0..10 {
        agent.waits(secs(60), &seen(Presence::Online, None));
        agent.tells(Some(seen(Presence::Online, None)));
    }
    assert_eq!(agent.abilities.pace, Pace::Unknown);
}

fn poll(set: Presence) -> Event {
    Event::PollStarted { set, fresh: false }
}

fn put(presence: Presence) -> Event {
    Event::PutStarted(Put { presence, message: None, ours: false })
}

fn shown(presence: Presence) -> Option<Seen> {
    Some(seen(presence, None))
}

/// Events of one account, a tenth of a second apart but where they say so.
fn after(ack: &mut Acknowledged, events: Vec<(u64, Event)>) -> Abilities {
    let mut abilities = Abilities { busy: Some(true), ..Abilities::default() };
    let mut now = Mono(1_000_000);
    for (later, event) in events {
        now = now + secs(later) + Duration::from_millis(100);
        ack.record(event, "OURS", &mut abilities, moment(now));
    }
    abilities
}

#[test]
fn a_goodbye_that_a_sync_tells_of_first_is_not_the_doing_of_the_sync() {
    let abilities = after(
        &mut Acknowledged::default(),
        vec![
            (0, poll(Presence::Unavailable)),
            (0, Event::PollAnswered(shown(Presence::Unavailable))),
            (0, put(Presence::Busy)),
            (0, Event::PutAccepted),
            (20, poll(Presence::Unavailable)),
            (0, put(Presence::Unavailable)),
            (0, Event::PollAnswered(shown(Presence::Unavailable))),
        ],
    );
    assert_eq!(abilities.busy_by_sync, BusyBySync::Kept);
}

#[test]
fn a_goodbye_of_an_earlier_run_that_comes_late_is_not_the_doing_of_a_sync() {
    let abilities = after(
        &mut Acknowledged::after_restart(&Marks { busy: true, ..Marks::default() }),
        vec![
            (0, poll(Presence::Unavailable)),
            (0, Event::PollAnswered(shown(Presence::Busy))),
            (0, put(Presence::Busy)),
            (0, Event::PutAccepted),
            (10, poll(Presence::Unavailable)),
            (0, Event::PollAnswered(shown(Presence::Unavailable))),
        ],
    );
    assert_eq!(abilities.busy_by_sync, BusyBySync::Kept);
}

#[test]
fn a_busy_that_others_saw_by_another_device_and_ended_is_not_the_doing_of_a_sync() {
    let abilities = after(
        &mut Acknowledged::default(),
        vec![
            (0, poll(Presence::Unavailable)),
            (0, Event::PollAnswered(shown(Presence::Unavailable))),
            (0, put(Presence::Busy)),
            (0, Event::PutAccepted),
            (20, poll(Presence::Unavailable)),
            (60, Event::PollAnswered(shown(Presence::Unavailable))),
        ],
    );
    assert_eq!(abilities.busy_by_sync, BusyBySync::Kept);
}

#[test]
fn our_own_invisibility_is_no_server_without_presence() {
    let abilities = after(
        &mut Acknowledged::default(),
        vec![
            (0, poll(Presence::Unavailable)),
            (0, Event::PollAnswered(None)),
            (0, put(Presence::Unavailable)),
            (0, Event::PutAccepted),
            (0, put(Presence::Unavailable)),
            (0, Event::PutAccepted),
            (0, poll(Presence::Offline)),
            (0, Event::ReadStarted),
            (0, Event::ReadAnswered(shown(Presence::Offline))),
        ],
    );
    assert_ne!(abilities.presence, Some(false));
}
