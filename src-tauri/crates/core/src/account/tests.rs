//! Rules about the person's other devices and about odd servers, step by
//! step. What they come to over days is tried by the simulation.

use std::time::Duration;

use super::*;
use crate::settings::BusyMode;

const SYNAPSE: Abilities = Abilities {
    busy: Some(true),
    presence: Some(true),
    pace: Pace::Free,
    busy_by_sync: BusyBySync::Kept,
};

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn seen(presence: Presence, message: Option<&str>) -> Seen {
    Seen { presence, message: message.map(str::to_owned) }
}

fn wish(presence: Presence) -> Desired {
    Desired { presence: Some(presence), manual: true, ..Desired::default() }
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
        let (ack, abilities) = (Acknowledged::default(), SYNAPSE);
        let mut agent = Self { desired, abilities, ack, now: Mono(0), polls: 0, puts: Vec::new() };
        agent.step();
        agent.tells(there);
        agent
    }

    fn record(&mut self, event: Event) {
        self.ack.record(event, &mut self.abilities, self.now);
    }

    /// Does what is due. PUTs are accepted at once and nobody tells of them.
    fn step(&mut self) -> Plan {
        for _ in 0..6 {
            let plan = plan(&self.desired, &self.abilities, &self.ack, self.now);
            if let Some(step) = plan.poll {
                self.polls += 1;
                self.record(Event::PollStarted { number: self.polls, set: step.set });
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
        self.record(Event::PollAnswered { number: self.polls, seen: there });
        self.step()
    }

    fn others(&mut self, names: &[&str]) -> Plan {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        self.record(Event::DevicesAnswered(Some(names)));
        self.step()
    }

    /// Time passes; a read that is due is answered with `read`.
    fn waits(&mut self, time: Duration, read: &Seen) -> Plan {
        let end = self.now + time;
        loop {
            let mut plan = self.step();
            while self.ack.read_open {
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
        let expected = held.map(|name| Note::WouldBeHeld(Some(name)));
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

/// Who is blamed for a busy that stays after we left it, and whether real
/// busy is avoided from then on.
#[test]
fn only_who_held_busy_is_remembered() {
    for (others, before, time, blamed, remembered) in [
        (&["Element on laptop"][..], Presence::Online, 15, "Element on laptop", true),
        // An agent may have to wait for a rate limit.
        (&["Presently on laptop"], Presence::Online, 120, "Presently on laptop", false),
        // Something else may be called so.
        (&["Presently on laptop"], Presence::Online, 400, "Presently on laptop", true),
        // Its person said so before our call began, and still does.
        (&["Presently on laptop"], Presence::Busy, 3600, "Presently on laptop", false),
        (&["Presently on a", "Element on b"], Presence::Online, 15, "Element on b", true),
    ] {
        let mut agent = Agent::new(wish(Presence::Online), Some(seen(before, None)));
        agent.others(others);
        let always = Desired { busy: BusyMode::Always, ..wish(Presence::Busy) };
        agent.desired = Desired { stand_in: None, ..always };
        agent.step();
        if before == Presence::Busy {
            // What others see is right already; ours is said all the same.
            agent.record(Event::PutStarted(Put {
                presence: Presence::Busy,
                message: None,
                ours: false,
            }));
            agent.record(Event::PutAccepted);
        }
        agent.tells(Some(seen(Presence::Busy, None)));
        agent.desired = wish(Presence::Online);
        let (end, busy) = (agent.now + secs(time), seen(Presence::Busy, None));
        let mut plan = agent.step();
        while agent.now < end {
            plan = agent.waits(secs(1), &busy);
            if agent.ack.devices_open.is_some() {
                plan = agent.others(others);
            }
        }
        let name = Some(blamed.to_owned());
        let note = Note::OtherDevice { presence: Presence::Busy, name };
        assert_eq!(plan.note, Some(note), "{others:?} after {time} s");
        assert_eq!(agent.ack.held_once, remembered, "{others:?} after {time} s");
    }
}

#[test]
fn who_undoes_a_choice_is_named() {
    for (chosen, shown) in [
        (Presence::Offline, Presence::Online),
        (Presence::Unavailable, Presence::Online),
        (Presence::Online, Presence::Busy),
        (Presence::Unavailable, Presence::Busy),
    ] {
        let mut agent = Agent::new(wish(chosen), Some(seen(shown, None)));
        agent.tells(Some(seen(shown, None)));
        agent.waits(secs(5), &seen(shown, None));
        let plan = agent.others(&["Element on phone", "Presently on laptop"]);
        let name = Some("Presently on laptop".to_owned());
        assert_eq!(plan.note, Some(Note::OtherDevice { presence: shown, name }), "{chosen:?}");
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
    assert!(agent.ack.said.replaced && plan.settled);
    // A choice without a message carries theirs, also after a restart.
    let marks = Marks::of(&agent.ack, &profile::Profile::default());
    agent.ack = Acknowledged::after_restart(&marks);
    agent.step();
    agent.tells(online(Some("theirs")));
    agent.desired = Desired { presence: Some(Presence::Unavailable), ..agent.desired.clone() };
    agent.step();
    let put = agent.puts.last().cloned();
    assert_eq!(put.and_then(|p| p.message), Some("theirs".to_owned()));
    assert_eq!(
        leaving(&agent.desired, &SYNAPSE, &agent.ack).and_then(|p| p.message),
        Some("theirs".to_owned())
    );

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
    let plan = plan(&agent.desired, &agent.abilities, &agent.ack, agent.now);
    assert!(plan.settled && !plan.devices, "{plan:?}");
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
    assert!(!agent.ack.said.replaced);
}
