//! Servers without presence, rate limits, and which request sends what.

use super::*;

/// The server answers every request and tracks no presence.
#[test]
fn presence_that_goes_nowhere_is_found_out_with_few_requests() {
    let nobody = seen(Presence::Offline, None);
    for manual in [true, false] {
        let mut agent = Agent::new(Desired { manual, ..wish(Presence::Online) }, None);
        let plan = agent.waits(secs(45), &nobody);
        assert_eq!(agent.abilities.presence, Some(false), "manual {manual}");
        assert_eq!(plan.note, Some(Note::PresenceOff));
        assert!(agent.puts.len() <= 2 && agent.polls <= 5, "{} {}", agent.puts.len(), agent.polls);
        // A later probe claims presence again. It is found out once more that
        // presence is off.
        agent.abilities.presence = Some(true);
        agent.waits(secs(60), &nobody);
        assert_eq!(agent.abilities.presence, Some(false), "manual {manual}, again");
        assert!(agent.puts.len() <= 5, "{}", agent.puts.len());
    }
}

/// Found by fuzzing: the devices were requested after every poll of a busy
/// account, which was not settled meanwhile.
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

/// Offline that another device sets last is no sign that presence is turned
/// off.
#[test]
fn who_was_seen_at_all_is_on_a_server_with_presence() {
    let gone = seen(Presence::Offline, None);
    let mut agent = Agent::new(wish(Presence::Online), Some(seen(Presence::Online, None)));
    agent.tells(Some(gone.clone()));
    agent.waits(secs(600), &gone);
    assert_eq!(agent.abilities.presence, Some(true));
}

/// A read that a newer answer overtook is ignored.
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

/// A phone that was busy itself is no reason to avoid busy once it is gone.
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

/// After a long suspend it is not known which other devices sync.
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

/// An initial sync leaves out an offline presence together with its message.
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

/// A PUT sends a change that a sync may not send yet, because each has its own
/// rate limit. Listening waits for neither.
#[test]
fn a_change_goes_by_the_request_that_is_let_through_first() {
    let online = || Some(seen(Presence::Online, None));
    let auto = |presence| Desired { manual: false, ..wish(presence) };
    for pace in [Pace::Unknown, Pace::Limited(secs(10))] {
        let mut agent = Agent::new(auto(Presence::Online), online());
        agent.abilities.pace = pace;
        agent.step();
        // The sync with online counted at time 0 and was answered at once.
        assert!(agent.ack.is_listening(), "{pace:?}");
        agent.now = Mono(3_000);
        agent.desired = auto(Presence::Unavailable);
        agent.step();
        assert_eq!(agent.puts.len(), 1, "{pace:?}");
        agent.tells(Some(seen(Presence::Unavailable, None)));
        assert!(agent.ack.is_listening(), "{pace:?}");
        // By now the limit of syncs has rested.
        agent.now = Mono(16_000);
        agent.desired = auto(Presence::Online);
        agent.step();
        assert_eq!(agent.puts.len(), 1, "{pace:?}");
        assert_eq!(agent.ack.sync.poll.map(|poll| poll.set), Some(Presence::Online));
    }
}

/// A choice is sent by PUT. If a sync may send it, the sync goes first, so that
/// the next choice finds the limit of PUTs rested. The PUT follows later.
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
    agent.waits(secs(3), &away());
    agent.desired = wish(Presence::Online);
    agent.step();
    assert_eq!(agent.puts[puts..].len(), 1);
    assert_eq!(agent.puts[puts].presence, Presence::Online);
    // A choice that was sent by sync is sent by PUT once the limits have
    // rested.
    agent.tells(Some(online()));
    agent.waits(secs(60), &online());
    agent.desired = wish(Presence::Unavailable);
    agent.step();
    agent.tells(Some(away()));
    agent.waits(secs(15), &away());
    assert_eq!(agent.puts.last().map(|put| put.presence), Some(Presence::Unavailable));
}

/// While the list of devices is waited for, what others see stays, and changes
/// by others are heard.
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

/// The renewal of a poll leaves the rate limit to the next change for as long
/// as liveness allows.
#[test]
fn a_poll_that_may_not_count_is_renewed_late() {
    let desired = Desired { manual: false, ..wish(Presence::Online) };
    let abilities = Abilities { pace: Pace::Limited(secs(10)), ..synapse() };
    let mut agent = Agent::on(abilities, desired, Some(seen(Presence::Online, None)));
    let plan = agent.step();
    let early = agent.ack.sync.poll.filter(|poll| poll.early);
    assert!(early.is_some_and(|poll| poll.open));
    let counted = agent.ack.sync.last_unlimited_poll.expect("the first sync");
    let renewed = plan.next.expect("a renewal").since(counted);
    assert!((secs(15)..secs(28)).contains(&renewed), "{renewed:?}");
}

/// Synapse answers an unknown filter with the same error as an unknown
/// presence.
#[test]
fn a_poll_that_is_refused_for_something_else_teaches_nothing() {
    use BusyBySync::{Kept, Needed, Refused};
    // The number of polls with busy that are refused in a row, and what is
    // known after the next poll was answered.
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

/// A higher presence of another device is no sign of a rate limit.
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
