use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::call::{CallDevice, Program};
use crate::decide::{Known, decide};
use crate::duration::Span;
use crate::reason::Used;
use crate::settings::{CallSettings, DndSettings, LockSettings};
use crate::{Code, Manual, Presence, Scope, Source};

fn at(ms: u64) -> Moment {
    let start = Timestamp::from_second(1_800_000_000).expect("in range");
    Moment { mono: Mono(ms), wall: start + SignedDuration::from_millis(ms as i64) }
}

fn wall(ms: u64) -> Timestamp {
    at(ms).wall
}

fn using(device: CallDevice, name: &str) -> Use {
    Use { device, program: Program { name: Some(name.to_owned()), ..Program::default() } }
}

fn mic(names: &[&str]) -> SignalReading {
    SignalReading::Microphone(Reading::Known(
        names.iter().map(|n| using(CallDevice::Microphone, n)).collect(),
    ))
}

fn camera(names: &[&str]) -> SignalReading {
    SignalReading::Camera(Reading::Known(
        names.iter().map(|n| using(CallDevice::Camera, n)).collect(),
    ))
}

fn screen(names: &[&str]) -> SignalReading {
    SignalReading::Screen(Reading::Known(
        names.iter().map(|n| using(CallDevice::Screen, n)).collect(),
    ))
}

fn active() -> SignalReading {
    SignalReading::Idle(Idle::Active { since: wall(0) })
}

fn idle() -> SignalReading {
    SignalReading::Idle(Idle::Idle { since: wall(0) })
}

fn locked() -> SignalReading {
    SignalReading::Lock(Reading::Known(Lock::Locked { since: wall(0) }))
}

fn open() -> SignalReading {
    SignalReading::Lock(Reading::Known(Lock::Open { since: wall(0) }))
}

fn asleep() -> SignalReading {
    SignalReading::Sleep(Reading::Known(Sleep::Asleep { since: wall(0) }))
}

fn dnd() -> SignalReading {
    SignalReading::Dnd(Reading::Known(Dnd { on: true, since: wall(0) }))
}

/// The presence, source and reason that an outlook leads to.
fn shown(outlook: &Outlook, now: Moment) -> (Option<Presence>, Source, Reason) {
    let manual = Manual::default();
    let known = Known { manual: &manual, claims: &outlook.claims, fallback: &outlook.fallback };
    let decision = decide(&known, &Scope::All, now.wall);
    (decision.presence, decision.source, decision.reason)
}

#[test]
fn what_the_signals_say_together() {
    let settings = Settings { dnd: DndSettings { busy: true }, ..Settings::default() };
    let table: Vec<(&str, Vec<SignalReading>, Source, Reason)> = vec![
        ("nothing yet", vec![], Source::None, Reason::Unreadable { why: Code::not_read_yet() }),
        (
            "input cannot be seen",
            vec![SignalReading::Idle(Idle::Unknown(Code::plain("No display"))), open()],
            Source::None,
            Reason::unreadable("No display"),
        ),
        ("input", vec![active(), open()], Source::Active, Reason::Input),
        ("none", vec![idle(), open()], Source::Idle, Reason::NoInput),
        ("the lock beats input", vec![active(), locked()], Source::Lock, Reason::Locked),
        (
            "what is unknown changes nothing",
            vec![active(), SignalReading::Lock(Reading::Unknown(Code::plain("No logind")))],
            Source::Active,
            Reason::Input,
        ),
        ("do-not-disturb", vec![active(), dnd()], Source::Dnd, Reason::DoNotDisturb),
        ("not during sleep", vec![active(), dnd(), asleep()], Source::Lock, Reason::Asleep),
        (
            "a call",
            vec![idle(), dnd(), mic(&["Firefox"])],
            Source::Call,
            Reason::call(&[("Firefox", Used::Microphone)], 0),
        ),
        (
            "every device counts, each program once",
            vec![active(), mic(&["Firefox"]), camera(&["Firefox"]), screen(&["Zoom"])],
            Source::Call,
            Reason::call(&[("Firefox", Used::MicrophoneAndCamera), ("Zoom", Used::Screen)], 0),
        ),
        (
            "one sound server gone, the camera still counts",
            vec![
                active(),
                mic(&["Firefox"]),
                SignalReading::Microphone(Reading::Unknown(Code::plain(
                    "The sound server is gone",
                ))),
                camera(&["Zoom"]),
            ],
            Source::Call,
            Reason::call(&[("Zoom", Used::Camera)], 0),
        ),
    ];
    for (name, said, source, reason) in table {
        let mut desk = Desk::default();
        said.into_iter().for_each(|said| desk.record(said));
        desk.evaluate(&settings, None, at(0));
        let (_, got, why) = shown(&desk.evaluate(&settings, None, at(3_000)), at(3_000));
        assert_eq!((got, why), (source, reason), "{name}");
    }
}

#[test]
fn the_settings_are_heeded() {
    let mut desk = Desk::default();
    for said in [active(), dnd(), locked(), mic(&["Firefox"])] {
        desk.record(said);
    }
    let settings = Settings {
        lock: LockSettings { away: false },
        call: CallSettings { enabled: false, ..CallSettings::default() },
        ..Settings::default()
    };
    let outlook = desk.evaluate(&settings, None, at(10_000));
    assert_eq!(shown(&outlook, at(10_000)).1, Source::Active);
    assert_eq!(outlook.next, None);
}

#[test]
fn a_pause_ends_by_itself_or_lasts() {
    let settings = Settings::default();
    let source = |paused: Option<Pause>, ms: u64| {
        let mut desk = Desk::default();
        desk.record(active());
        desk.record(mic(&["Firefox"]));
        desk.evaluate(&settings, paused, at(0));
        let outlook = desk.evaluate(&settings, paused, at(ms));
        assert!(outlook.next.is_none_or(|next| next > Mono(ms)));
        (shown(&outlook, at(ms)).1, outlook.next)
    };
    let hour = Pause { since: wall(0), until: Some(wall(3_600_000)) };
    let ever = Pause { since: wall(0), until: None };
    assert_eq!(source(None, 4_000), (Source::Call, None));
    assert_eq!(source(Some(hour), 4_000), (Source::Active, Some(Mono(3_600_001))));
    assert_eq!(source(Some(hour), 3_600_000), (Source::Call, None));
    assert_eq!(source(Some(ever), 4_000_000).0, Source::Active);
}

#[test]
fn streams_that_are_counted_again_within_the_exit_delay_leave_no_gap() {
    let settings = Settings::default();
    let mut desk = Desk::default();
    desk.record(active());
    desk.record(mic(&["Firefox"]));
    desk.evaluate(&settings, None, at(0));
    for (ms, said) in [
        (5_000, None),
        (
            60_000,
            Some(SignalReading::Microphone(Reading::Unknown(Code::plain(
                "The sound server is gone",
            )))),
        ),
        (64_000, Some(mic(&["Firefox"]))),
        (90_000, None),
    ] {
        said.into_iter().for_each(|said| desk.record(said));
        let outlook = desk.evaluate(&settings, None, at(ms));
        assert_eq!(shown(&outlook, at(ms)).1, Source::Call, "at {ms}");
    }
}

/// A program with these fields. An empty text stands for an unknown field.
pub(crate) fn program(name: &str, binary: &str, id: &str) -> Program {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Program { name: text(name), binary: text(binary), id: text(id) }
}

/// A program as a source may know it. Some have only a name, a file or an id,
/// and some share one of them.
fn any_program() -> impl Strategy<Value = Program> {
    prop::sample::select(vec![
        program("Firefox", "", ""),
        program("Firefox", "firefox-esr", ""),
        program("Firefox", "firefox-esr", "org.mozilla.firefox"),
        program("", "firefox-esr", ""),
        program("", "", "org.mozilla.firefox"),
        program("Firefox", "obs", ""),
        program("Zoom", "electron", ""),
        program("Teams", "electron", ""),
        program("", "electron", ""),
        program("OBS Studio", "obs", ""),
        program("", "obs", ""),
        program("", "", ""),
    ])
}

/// Any reading of any signal.
pub(crate) fn any_said() -> impl Strategy<Value = SignalReading> {
    let programs = prop::collection::vec(any_program(), 0..3);
    let since = (0u64..100_000).prop_map(wall);
    (0u8..14, programs, since).prop_map(|(kind, programs, since)| {
        let uses = |device| {
            let uses = programs.iter().map(|program| Use { device, program: program.clone() });
            Reading::Known(uses.collect())
        };
        match kind {
            0 => SignalReading::Idle(Idle::Unknown(Code::plain("not seen"))),
            1 => SignalReading::Idle(Idle::Active { since }),
            2 => SignalReading::Idle(Idle::Idle { since }),
            3 => SignalReading::Lock(Reading::Known(Lock::Open { since })),
            4 => SignalReading::Lock(Reading::Known(Lock::Locked { since })),
            5 => SignalReading::Lock(Reading::Unsupported(Code::plain("not here"))),
            6 => SignalReading::Sleep(Reading::Known(Sleep::Asleep { since })),
            7 => SignalReading::Sleep(Reading::Known(Sleep::Awake { since })),
            8 => SignalReading::Dnd(Reading::Known(Dnd { on: true, since })),
            9 => SignalReading::Dnd(Reading::Known(Dnd { on: false, since })),
            10 => SignalReading::Camera(uses(CallDevice::Camera)),
            11 => SignalReading::Screen(uses(CallDevice::Screen)),
            12 => SignalReading::Microphone(Reading::Unknown(Code::plain("gone"))),
            _ => SignalReading::Microphone(uses(CallDevice::Microphone)),
        }
    })
}

proptest! {
    #[test]
    fn the_next_look_is_never_in_the_past_and_one_too_many_does_no_harm(
        story in prop::collection::vec((0u64..20_000, any_said()), 1..24),
        enter in 0u64..6,
        exit in 0u64..15,
        pause in prop::option::of((0u64..100_000).prop_map(wall)),
    ) {
        let call = CallSettings {
            enter: Span::seconds(enter), exit: Span::seconds(exit), ..CallSettings::default()
        };
        let settings = Settings { call, dnd: DndSettings { busy: true }, ..Settings::default() };
        let paused = pause.map(|until| Pause { since: wall(0), until: Some(until) });
        let (mut desk, mut now) = (Desk::default(), 0);
        for (wait, said) in story {
            now += wait;
            desk.record(said);
            let outlook = desk.evaluate(&settings, paused, at(now));
            prop_assert!(outlook.next.is_none_or(|next| next > Mono(now)));
            prop_assert!(outlook.claims.iter().all(|claim| claim.is_live(wall(now))));
            prop_assert_eq!(&desk.evaluate(&settings, paused, at(now)), &outlook);
        }
    }
}
