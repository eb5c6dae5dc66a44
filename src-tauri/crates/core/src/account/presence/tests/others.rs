//! The other devices of the account, and their messages.

use super::*;

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

/// The agent's sync has caught the busy of another device. The agent leaves it
/// by a PUT as soon as it hears of it, even if it did the same a moment ago.
#[test]
fn a_caught_busy_is_left_at_once() {
    let mut agent = Agent::new(wish(Presence::Online), Some(seen(Presence::Online, None)));
    for turn in 1..4 {
        agent.puts.clear();
        agent.tells(Some(seen(Presence::Busy, None)));
        agent.waits(secs(11), &seen(Presence::Busy, None));
        assert!(!agent.puts.is_empty(), "turn {turn}");
        assert!(agent.puts.iter().all(|p| p.presence == Presence::Online), "turn {turn}");
        // The busy goes on for an hour and ends.
        agent.waits(secs(3600), &seen(Presence::Busy, None));
        assert!(agent.puts.len() < 20, "a quarrel: {} requests", agent.puts.len());
        agent.tells(Some(seen(Presence::Unavailable, None)));
        agent.waits(secs(5), &seen(Presence::Unavailable, None));
    }
}

/// A device is named for a busy that stays after we left it, if only one device
/// can hold it. Once that device is gone, busy is sent as busy again.
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
        // The device has signed out.
        agent.tells(Some(seen(Presence::Online, None)));
        agent.desired = wish(Presence::Busy);
        agent.now = agent.now + secs(400);
        agent.step();
        agent.others(&[]);
        assert_eq!(agent.puts.last().map(|p| p.presence), Some(Presence::Busy), "{others:?}");
    }
}

/// Busy stays although no device syncs that could hold it.
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

    agent.record(Event::MessageChanged);
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

/// The stand-in "In a call" does not replace a message that the person set on
/// another device.
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
