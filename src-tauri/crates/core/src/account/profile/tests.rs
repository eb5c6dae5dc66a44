//! The profile's rules, against a server that holds two fields.

use super::*;
use proptest::prelude::*;

fn status(text: &str) -> Status {
    Status { text: text.into(), emoji: "💬".into() }
}

fn both() -> Fields {
    Fields {
        status: Some("m.status".into()),
        call: Some("m.call".into()),
        zone: Some("m.tz".into()),
        unstable: false,
    }
}

/// The profile after a restart of the agent.
fn restarted(profile: &Profile) -> Profile {
    Profile::after_restart(
        profile.our_statuses.clone(),
        profile.said,
        profile.call_mark,
        profile.zone_mark,
    )
}

/// A server that holds the two fields.
#[derive(Default)]
struct Server {
    status: Option<Status>,
    call: Option<i64>,
    zone: Option<String>,
}

impl Server {
    fn answer(&mut self, step: &Step) -> ProfileEvent {
        match step {
            Step::ReadStatus => return ProfileEvent::Read(self.status.clone()),
            Step::WriteStatus(s) => self.status = Some(s.clone()),
            Step::WriteCall(c) => self.call = Some(*c),
            Step::Remove(Field::Status) => self.status = None,
            Step::Remove(Field::Call) => self.call = None,
            Step::WriteZone(zone) => self.zone = Some(zone.clone()),
            Step::Remove(Field::Zone) => self.zone = None,
        }
        ProfileEvent::Accepted
    }
}

/// Carries out the plan until nothing is left to do. Returns the number of
/// steps.
fn settle(target: &Target, profile: &mut Profile, server: &mut Server, now: &mut Mono) -> u32 {
    let mut steps = 0;
    while steps < 20 {
        let plan = plan_profile(target, &both(), profile, *now);
        assert!(plan.next.is_none_or(|l| l > *now), "a time in the past");
        match (plan.step, plan.next) {
            (Some(step), _) => {
                steps += 1;
                profile.record(ProfileEvent::Started(step.clone()), *now);
                let answer = server.answer(&step);
                profile.record(answer, *now);
            }
            (None, Some(next)) => *now = next,
            (None, None) => return steps,
        }
    }
    panic!("it goes on for ever");
}

#[test]
fn a_status_with_a_part_missing_is_there() {
    let full = serde_json::json!({"text": "Back at 15:00", "emoji": "💬", "more": 1});
    let expected = Status { text: "Back at 15:00".to_owned(), emoji: "💬".to_owned() };
    assert_eq!(Status::read(&full), Some(expected));
    assert_eq!(Status::read(&serde_json::json!({"text": 7})).map(|s| s.text), Some(String::new()));
    assert_eq!(Status::read(&Value::Null), None);
}

#[test]
fn a_status_from_elsewhere_is_left_until_the_person_says_something() {
    let (mut profile, mut server) = (Profile::default(), Server::default());
    let mut now = Mono(0);
    server.status = Some(status("theirs"));
    assert_eq!(settle(&Target::default(), &mut profile, &mut server, &mut now), 1);
    assert_eq!(profile.status, FieldValue::Known(Some(status("theirs"))));
    let target = Target { status: Some(status("mine")), ..Target::default() };
    settle(&target, &mut profile, &mut server, &mut now);
    assert_eq!(server.status, Some(status("mine")));
    // Another device has set a status, and ours has ended. Theirs is not ours
    // to remove.
    server.status = Some(status("theirs again"));
    now = now + LATE;
    profile.record(ProfileEvent::Synced(server.status.clone()), now);
    settle(&Target::default(), &mut profile, &mut server, &mut now);
    assert_eq!(server.status, Some(status("theirs again")));
}

/// Each case says what stands there after "mine" was written, whether a sync
/// tells it, whether the agent restarts, whether the person speaks again, and
/// what stands there in the end.
#[test]
fn the_last_word_stands() {
    let (mine, theirs) = (Some(status("mine")), Some(status("theirs")));
    for (there, told, restart, spoken, expected) in [
        (&theirs, true, false, false, &theirs),
        (&theirs, false, false, false, &theirs),
        (&theirs, false, true, false, &theirs),
        (&theirs, true, true, true, &mine),
        (&theirs, false, false, true, &mine),
        // A status that was removed elsewhere does not come back by itself.
        (&None, true, false, false, &None),
        (&None, false, true, false, &None),
        (&None, false, false, true, &mine),
    ] {
        let (mut profile, mut server, mut now) = (Profile::default(), Server::default(), Mono(0));
        let target = Target { status: mine.clone(), ..Target::default() };
        settle(&target, &mut profile, &mut server, &mut now);
        assert_eq!(server.status, mine);
        server.status.clone_from(there);
        now = now + LATE;
        let event =
            if told { ProfileEvent::Synced(there.clone()) } else { ProfileEvent::Returned(0) };
        profile.record(event, now);
        let steps = settle(&target, &mut profile, &mut server, &mut now);
        assert!(steps < 2, "{steps} steps, a quarrel");
        if restart {
            profile = restarted(&profile);
        }
        if spoken {
            profile.record(ProfileEvent::MessageChanged, now);
        }
        settle(&target, &mut profile, &mut server, &mut now);
        assert_eq!(&server.status, expected, "{there:?} {told} {restart} {spoken}");
    }
}

/// A person may set the same message again because others read another one that
/// nobody told us of.
#[test]
fn the_same_words_are_said_again() {
    let (mut profile, mut server, mut now) = (Profile::default(), Server::default(), Mono(0));
    let target = Target { status: Some(status("mine")), ..Target::default() };
    settle(&target, &mut profile, &mut server, &mut now);
    server.status = Some(status("theirs"));
    profile.record(ProfileEvent::MessageChanged, now);
    settle(&target, &mut profile, &mut server, &mut now);
    assert_eq!(server.status, target.status);
}

/// With MSC4429 the server tells of our own writes, and may do so late.
#[test]
fn a_synced_copy_of_our_own_write_is_ignored() {
    for echo in [None, Some(status("first")), Some(status("second"))] {
        let (mut profile, mut server, mut now) = (Profile::default(), Server::default(), Mono(0));
        for text in ["first", "second"] {
            profile.record(ProfileEvent::MessageChanged, now);
            let target = Target { status: Some(status(text)), ..Target::default() };
            settle(&target, &mut profile, &mut server, &mut now);
        }
        profile.record(ProfileEvent::Synced(echo.clone()), now);
        let target = Target { status: Some(status("second")), ..Target::default() };
        settle(&target, &mut profile, &mut server, &mut now);
        assert!(!profile.said.replaced, "{echo:?}");
        settle(&Target::default(), &mut profile, &mut server, &mut now);
        assert_eq!(server.status, None, "{echo:?}: it was ours to remove");
    }
}

#[test]
fn what_a_killed_agent_left_is_removed() {
    let mut server = Server { status: Some(status("mine")), call: Some(300), zone: None };
    let mut profile =
        Profile::after_restart(vec![status("mine")], LastWriter::default(), true, false);
    settle(&Target::default(), &mut profile, &mut server, &mut Mono(0));
    assert_eq!((server.status, server.call), (None, None));
    assert!(!profile.call_mark && profile.our_statuses.is_empty());
}

/// Each refused step is sent again after a pause. Meanwhile the plan reports
/// the refusal, and the other field goes on.
#[test]
fn what_is_refused_is_said_and_tried_again() {
    let target = Target { status: Some(status("mine")), call: Some(300), ..Target::default() };
    let over = Target::default();
    let (ten, hour) = (Duration::from_secs(10), Duration::from_secs(3600));
    // A removal is sent again sooner, because others still read what is over.
    for (target, removal, pauses) in
        [(&target, false, [hour, hour, hour]), (&over, true, [ten, 2 * ten, 4 * ten])]
    {
        let (mut profile, mut server, mut now) = (Profile::default(), Server::default(), Mono(0));
        let before = Target { call: target.call.is_none().then_some(600), ..Target::default() };
        settle(&before, &mut profile, &mut server, &mut now);
        let refused = |field: Field| match field {
            Field::Call => ProfileEvent::Refused("not allowed".to_owned()),
            Field::Status | Field::Zone => ProfileEvent::Accepted,
        };
        for pause in pauses {
            let plan = settle_but(target, &mut profile, &mut server, &mut now, refused);
            let message = "not allowed".to_owned();
            let refused = Refused { field: Field::Call, removal, message };
            assert_eq!((plan.settled, plan.refused), (false, vec![refused]));
            let next = plan.next.expect("a time");
            assert_eq!(next.since(now), pause, "removal {removal}");
            assert_eq!(server.status, target.status);
            now = next;
        }
        // The network is back, or the server was probed again.
        for event in [ProfileEvent::Returned(0), ProfileEvent::Probed] {
            profile.record(event, now);
            let plan = settle_but(target, &mut profile, &mut server, &mut now, refused);
            assert!(plan.next.is_some_and(|next| next > now));
        }
        profile.record(ProfileEvent::Probed, now);
        settle(target, &mut profile, &mut server, &mut now);
        let plan = plan_profile(target, &both(), &profile, now);
        assert_eq!((plan.settled, plan.refused), (true, Vec::new()));
        assert_eq!(server.call, target.call);
        assert_eq!(profile.call_mark, target.call.is_some());
    }
}

/// Carries out the plan until nothing is due. `refuses` answers for the server
/// with a refusal, or lets the step be carried out.
fn settle_but(
    target: &Target,
    profile: &mut Profile,
    server: &mut Server,
    now: &mut Mono,
    refuses: impl Fn(Field) -> ProfileEvent,
) -> ProfilePlan {
    for _ in 0..20 {
        let plan = plan_profile(target, &both(), profile, *now);
        let late_write = profile.late_write_until.into_iter().flatten().find(|until| *until > *now);
        match (plan.step.clone(), late_write) {
            (Some(step), _) => {
                profile.record(ProfileEvent::Started(step.clone()), *now);
                let refusal = refuses(step.field());
                let refused = matches!(refusal, ProfileEvent::Refused(_));
                let answer = if refused { refusal } else { server.answer(&step) };
                profile.record(answer, *now);
            }
            (None, Some(late_write)) if plan.next == Some(late_write) => *now = late_write,
            (None, _) => return plan,
        }
    }
    panic!("it goes on for ever");
}

/// The refusal of one text does not apply to another one.
#[test]
fn a_text_that_is_refused_does_not_keep_the_next_one_back() {
    let (mut profile, mut server, mut now) = (Profile::default(), Server::default(), Mono(0));
    let target = |text: &str| Target { status: Some(status(text)), ..Target::default() };
    let refused = |_| ProfileEvent::Refused("no such words".to_owned());
    profile.record(ProfileEvent::Started(Step::ReadStatus), now);
    profile.record(ProfileEvent::Read(None), now);
    settle_but(&target("rude"), &mut profile, &mut server, &mut now, refused);
    assert_eq!(plan_profile(&target("rude"), &both(), &profile, now).step, None);
    settle(&target("polite"), &mut profile, &mut server, &mut now);
    assert_eq!(server.status, Some(status("polite")));
}

#[test]
fn the_call_says_no_more_than_five_minutes() {
    for (at, joined) in [(0, 0), (299, 0), (300, 300), (1_800_000_123, 1_800_000_000)] {
        let since = jiff::Timestamp::from_second(at).expect("in range");
        assert_eq!(call_joined(since), joined);
    }
}

#[test]
fn a_stand_in_comes_after_what_the_person_set_anywhere() {
    let (mine, theirs) = (status("mine"), status("theirs"));
    let meeting = status("In a meeting");
    for (there, own, ours, replaced, wanted) in [
        (None, None, &[][..], false, Some(Step::WriteStatus(meeting.clone()))),
        (Some(&theirs), None, &[], false, None),
        (Some(&meeting), None, &[&meeting], false, None),
        (Some(&mine), None, &[&mine], false, Some(Step::WriteStatus(meeting.clone()))),
        // Another agent says the same: it will remove it.
        (Some(&meeting), None, &[], false, None),
        (None, Some(&mine), &[], false, Some(Step::WriteStatus(mine.clone()))),
        (None, Some(&mine), &[], true, None),
    ] {
        let profile = Profile {
            status: FieldValue::Known(there.cloned()),
            our_statuses: ours.iter().map(|it| (*it).clone()).collect(),
            said: LastWriter { replaced, ..LastWriter::default() },
            ..Profile::default()
        };
        let target =
            Target { status: own.cloned(), stand_in: Some(meeting.clone()), ..Target::default() };
        let step = plan_profile(&target, &both(), &profile, Mono(0)).step;
        assert_eq!(step, wanted, "{there:?} {own:?}");
    }
}

proptest! {
    /// Whatever is lost on the way, the profile shows in the end what was
    /// meant, and nothing else of ours is left.
    #[test]
    fn converges_after_faults(
        turns in prop::collection::vec((0u8..3, 0u8..2, 0u8..2, 0u8..3, 0u8..5), 1..20),
    ) {
        let (mut profile, mut server) = (Profile::default(), Server::default());
        let mut now = Mono(0);
        let mut target = Target::default();
        for (text, call, meeting, zone, fault) in turns {
            target = Target {
                status: (text > 0).then(|| status(&text.to_string())),
                stand_in: (meeting > 0).then(|| status("In a meeting")),
                call: (call > 0).then_some(300),
                zone: (zone > 0).then(|| zone.to_string()),
            };
            let Some(step) = plan_profile(&target, &both(), &profile, now).step else { continue };
            profile.record(ProfileEvent::Started(step.clone()), now);
            match fault {
                // The request is lost, or its answer is.
                0 => profile.record(ProfileEvent::Failed(50), now),
                1 => { server.answer(&step); profile.record(ProfileEvent::Failed(50), now) }
                2 => {
                    server.answer(&step);
                    profile = restarted(&profile);
                }
                3 => profile.record(ProfileEvent::Limited(Duration::from_secs(2)), now),
                _ => { let answer = server.answer(&step); profile.record(answer, now) }
            }
        }
        settle(&target, &mut profile, &mut server, &mut now);
        prop_assert_eq!(server.status, target.status.or(target.stand_in));
        prop_assert_eq!(server.call, target.call);
        prop_assert_eq!(server.zone, target.zone);
    }
}
