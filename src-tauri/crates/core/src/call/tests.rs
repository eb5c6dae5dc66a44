use super::*;
use crate::duration::Span;
use proptest::prelude::*;

fn at(ms: u64) -> Moment {
    let start = Timestamp::from_second(1_800_000_000).expect("in range");
    Moment { mono: Mono(ms), wall: start + SignedDuration::from_millis(ms as i64) }
}

fn using(device: CallDevice, name: &str) -> Use {
    let program = Program { name: Some(name.to_owned()), ..Program::default() };
    Use { device, program }
}

fn mic(name: &str) -> Use {
    using(CallDevice::Microphone, name)
}

/// What is seen at one moment.
#[derive(Clone, Debug, Default)]
struct Step {
    at: u64,
    uses: Vec<Use>,
    locked: bool,
    asleep: bool,
}

impl Step {
    fn at(at: u64, uses: Vec<Use>) -> Self {
        Self { at, uses, ..Self::default() }
    }

    fn locked(self) -> Self {
        Self { locked: true, ..self }
    }

    fn asleep(self) -> Self {
        Self { asleep: true, ..self }
    }

    fn seen(&self) -> CallInputs<'_> {
        CallInputs { uses: &self.uses, locked: self.locked, asleep: self.asleep }
    }
}

/// Plays the steps with an evaluation whenever one is due. Returns the times at
/// which the claim began or ended.
fn play(steps: &[Step], settings: &CallSettings, end: u64) -> Vec<(u64, bool)> {
    let rules = Rules { settings, paused_until: None };
    let mut calls = Calls::default();
    let mut changes = Vec::new();
    for (i, step) in steps.iter().enumerate() {
        let until = steps.get(i + 1).map_or(end, |next| next.at);
        let mut now = Some(step.at);
        while let Some(t) = now.filter(|t| *t < until) {
            let look = calls.evaluate(&step.seen(), &rules, at(t));
            if changes.last().is_some_and(|(_, on)| *on) != look.claim.is_some() {
                changes.push((t, look.claim.is_some()));
            }
            now = look.next.map(|n| n.0);
        }
    }
    changes
}

#[test]
fn delays_locks_and_what_does_not_count() {
    use CallDevice::{Camera, Microphone, Screen};
    let s = Step::at;
    let firefox = || vec![mic("Firefox")];
    type Row = (&'static str, Vec<Step>, Vec<(u64, bool)>);
    let table: Vec<Row> = vec![
        ("nothing", vec![s(0, vec![])], vec![]),
        ("a use counts after three seconds", vec![s(0, firefox())], vec![(3_000, true)]),
        ("a short one never does", vec![s(0, firefox()), s(2_999, vec![])], vec![]),
        (
            "a call lingers for ten seconds",
            vec![s(0, firefox()), s(60_000, vec![])],
            vec![(3_000, true), (70_000, false)],
        ),
        (
            "one that goes on while it lingers has no gap",
            vec![s(0, firefox()), s(60_000, vec![]), s(69_000, firefox())],
            vec![(3_000, true)],
        ),
        (
            "another program takes over without a gap",
            vec![s(0, firefox()), s(60_000, vec![]), s(65_000, vec![mic("Zoom")])],
            vec![(3_000, true)],
        ),
        ("the ignore list", vec![s(0, vec![mic("OBS Studio")])], vec![]),
        ("the camera", vec![s(0, vec![using(Camera, "Cheese")])], vec![(3_000, true)]),
        ("the screen", vec![s(0, vec![using(Screen, "Firefox")])], vec![(3_000, true)]),
        (
            "the lock does not end a call",
            vec![s(0, firefox()), s(10_000, firefox()).locked()],
            vec![(3_000, true)],
        ),
        ("what begins behind the lock waits", vec![s(0, firefox()).locked()], vec![]),
        (
            "it counts from the unlock on, with its delay",
            vec![s(0, firefox()).locked(), s(60_000, firefox())],
            vec![(63_000, true)],
        ),
        (
            "a face that unlocks the screen is no call",
            vec![
                s(0, vec![using(Camera, "Howdy")]).locked(),
                s(2_000, vec![using(Camera, "Howdy")]),
                s(3_000, vec![]),
            ],
            vec![],
        ),
        (
            "a use that began just before the lock counts",
            vec![s(0, firefox()), s(1_000, firefox()).locked()],
            vec![(3_000, true)],
        ),
        (
            "a call changes its microphone behind the lock",
            vec![
                s(0, firefox()),
                s(10_000, firefox()).locked(),
                s(20_000, vec![]).locked(),
                s(21_000, vec![mic("Firefox"), using(Microphone, "Sound Recorder")]).locked(),
            ],
            vec![(3_000, true)],
        ),
        (
            "another program behind the lock does not prolong it",
            vec![
                s(0, firefox()),
                s(20_000, vec![]).locked(),
                s(21_000, vec![mic("Assistant")]).locked(),
            ],
            vec![(3_000, true), (30_000, false)],
        ),
        (
            "nobody is in a call in their sleep",
            vec![s(0, firefox()), s(10_000, firefox()).asleep(), s(20_000, firefox())],
            vec![(3_000, true), (10_000, false), (20_000, true)],
        ),
    ];
    for (name, steps, expected) in table {
        assert_eq!(play(&steps, &CallSettings::default(), 200_000), expected, "{name}");
    }
}

#[test]
fn what_is_no_longer_wanted_is_over_at_once() {
    let settings = CallSettings::default();
    let uses = [mic("Firefox")];
    let seen = CallInputs { uses: &uses, ..CallInputs::default() };
    let in_call = || {
        let mut calls = Calls::default();
        let rules = Rules { settings: &settings, paused_until: None };
        calls.evaluate(&seen, &rules, at(0));
        assert!(calls.evaluate(&seen, &rules, at(3_000)).claim.is_some());
        calls
    };
    let nothing = CallOutlook { claim: None, next: None };

    let off = CallSettings { enabled: false, ..settings.clone() };
    let rules = Rules { settings: &off, paused_until: None };
    assert_eq!(in_call().evaluate(&seen, &rules, at(4_000)), nothing);

    let ignored = CallSettings { ignore: vec!["firefox".into()], ..settings.clone() };
    let rules = Rules { settings: &ignored, paused_until: None };
    assert_eq!(in_call().evaluate(&seen, &rules, at(4_000)), nothing);

    let rules = Rules { settings: &settings, paused_until: Some(at(3_604_000).wall) };
    let mut calls = in_call();
    let paused = calls.evaluate(&seen, &rules, at(4_000));
    assert_eq!((paused.claim, paused.next), (None, Some(Mono(3_604_001))));
    let after = calls.evaluate(&seen, &rules, at(3_604_001));
    assert!(after.claim.is_some(), "it goes on and has lasted long enough");
}

#[test]
fn the_claim_says_who_since_when_and_until() {
    let settings = CallSettings::default();
    let rules = Rules { settings: &settings, paused_until: None };
    let mut calls = Calls::default();
    let uses = [mic("Firefox"), using(CallDevice::Camera, "Firefox")];
    let seen = CallInputs { uses: &uses, ..CallInputs::default() };
    calls.evaluate(&seen, &rules, at(1_000));
    let claim = calls.evaluate(&seen, &rules, at(4_000)).claim.expect("a call");
    assert_eq!(claim.reason, Reason::call(&[("Firefox", Used::MicrophoneAndCamera)], 0));
    assert_eq!((claim.since, claim.until), (at(1_000).wall, None));
    let ended = calls.evaluate(&CallInputs::default(), &rules, at(50_000)).claim.expect("lingers");
    assert_eq!((ended.since, ended.until), (at(1_000).wall, Some(at(60_000).wall)));
    assert_eq!(ended.reason, claim.reason);
}

#[test]
fn reasons_stay_short() {
    let screen = |name| using(CallDevice::Screen, name);
    assert_eq!(reason(&[mic("A")]), Reason::call(&[("A", Used::Microphone)], 0));
    assert_eq!(
        reason(&[mic("A"), screen("B")]),
        Reason::call(&[("A", Used::Microphone), ("B", Used::Screen)], 0)
    );
    assert_eq!(
        reason(&[mic("A"), mic("B"), mic("C"), mic("D")]),
        Reason::call(&[("A", Used::Microphone), ("B", Used::Microphone)], 2)
    );
}

#[test]
fn one_program_that_two_sources_know_is_named_once() {
    let program = |name: Option<&str>| Program {
        name: name.map(str::to_owned),
        binary: Some("firefox-esr".to_owned()),
        ..Program::default()
    };
    let camera = Use { device: CallDevice::Camera, program: program(None) };
    let microphone = Use { device: CallDevice::Microphone, program: program(Some("Firefox")) };
    let expected = Reason::call(&[("Firefox", Used::MicrophoneAndCamera)], 0);
    assert_eq!(reason(&[camera.clone(), microphone.clone()]), expected);
    assert_eq!(reason(&[microphone, camera]), expected);
}

fn any_use() -> impl Strategy<Value = Use> {
    let device =
        prop::sample::select(vec![CallDevice::Microphone, CallDevice::Camera, CallDevice::Screen]);
    let name = prop::sample::select(vec!["Firefox", "Zoom", "obs"]);
    (device, name).prop_map(|(device, name)| using(device, name))
}

fn any_step() -> impl Strategy<Value = (u64, Step)> {
    let uses = prop::collection::btree_set(any_use(), 0..3);
    (1u64..8_000, uses, prop::bool::weighted(0.3), prop::bool::weighted(0.1)).prop_map(
        |(wait, uses, locked, asleep)| {
            let uses = uses.into_iter().collect();
            (wait, Step { at: 0, uses, locked, asleep })
        },
    )
}

proptest! {
    #[test]
    fn a_look_too_many_changes_nothing_and_none_is_needed_before_the_next(
        steps in prop::collection::vec(any_step(), 1..12),
        enter in 0u64..6,
        exit in 0u64..15,
    ) {
        let settings = CallSettings {
            enter: Span::seconds(enter), exit: Span::seconds(exit), ..CallSettings::default()
        };
        let rules = Rules { settings: &settings, paused_until: None };
        // One is evaluated when it is due, the other every 500 ms as well.
        let (mut told, mut often) = (Calls::default(), Calls::default());
        let mut now = 0;
        let mut last_use = None;
        for (wait, step) in steps {
            let end = now + wait;
            let mut due = Some(now);
            let mut held = None;
            for t in now..end {
                let is_due = due == Some(t);
                if is_due {
                    let look = told.evaluate(&step.seen(), &rules, at(t));
                    prop_assert!(look.next.is_none_or(|n| n > Mono(t)), "next is later than now");
                    (due, held) = (look.next.map(|n| n.0), look.claim);
                }
                if is_due || t % 500 == 0 {
                    let look = often.evaluate(&step.seen(), &rules, at(t));
                    prop_assert_eq!(&look.claim, &held);
                    prop_assert_eq!(look.next.map(|n| n.0), due);
                }
            }
            if let Some(claim) = &held {
                prop_assert!(!step.asleep);
                prop_assert!(!step.uses.is_empty() || claim.until.is_some());
            }
            if !step.uses.is_empty() {
                last_use = Some(end);
            } else if last_use.is_none_or(|l| end > l + exit * 1_000) {
                prop_assert!(held.is_none(), "nothing lingers for ever");
            }
            now = end;
        }
    }
}
