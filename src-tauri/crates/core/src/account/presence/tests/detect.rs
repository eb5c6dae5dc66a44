//! What is learnt about a server, and which events prove nothing.

use super::*;

fn poll(set: Presence) -> Event {
    Event::PollStarted { set, is_initial: false }
}

fn put(presence: Presence) -> Event {
    Event::PutStarted(Put { presence, message: None, ours: false })
}

fn shown(presence: Presence) -> Option<Seen> {
    Some(seen(presence, None))
}

/// Records events of one account. Each comes the given seconds and a tenth of a
/// second after the one before.
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
fn what_a_sync_only_tells_of_is_not_its_doing() {
    use Presence::{Busy, Unavailable};
    let told = |presence| Event::PollAnswered(shown(presence));
    // Busy is sent by PUT while a poll is open.
    let begun = |found| {
        let said = [poll(Unavailable), told(found), put(Busy), Event::PutAccepted];
        said.map(|event| (0, event)).to_vec()
    };
    let after_a_kill = Acknowledged::after_restart(&Marks { busy: true, ..Marks::default() });
    for (name, mut ack, found, then) in [
        (
            "a goodbye of ours that a sync tells of first",
            Acknowledged::default(),
            Unavailable,
            vec![(20, poll(Unavailable)), (0, put(Unavailable)), (0, told(Unavailable))],
        ),
        (
            "a goodbye of an earlier run that comes late",
            after_a_kill,
            Busy,
            vec![(10, poll(Unavailable)), (0, told(Unavailable))],
        ),
        (
            "a busy that others saw by another device, and its end",
            Acknowledged::default(),
            Unavailable,
            vec![(20, poll(Unavailable)), (60, told(Unavailable))],
        ),
    ] {
        let events = [begun(found), then].concat();
        assert_eq!(after(&mut ack, events).busy_by_sync, BusyBySync::Kept, "{name}");
    }
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
