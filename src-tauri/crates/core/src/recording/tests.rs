use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::Claim;
use crate::call::{CallDevice, Program};
use crate::desk::tests::{any_said, program};
use crate::idle::Idle;
use crate::lock::Lock;
use crate::reason::Used;
use crate::settings::CallSettings;

fn wall(ms: u64) -> Timestamp {
    let start = Timestamp::from_second(1_800_000_000).expect("in range");
    start + SignedDuration::from_millis(ms as i64)
}

fn entry(ms: u64, said: SignalReading) -> RecordingEntry {
    RecordingEntry { at: wall(ms), ms, said, ignored: Vec::new() }
}

fn mic(programs: &[&str]) -> SignalReading {
    let uses = programs.iter().map(|name| Use {
        device: CallDevice::Microphone,
        program: Program { name: Some((*name).to_owned()), ..Program::default() },
    });
    SignalReading::Microphone(Reading::Known(uses.collect()))
}

/// A person at the desk, whose programs use the microphone at these times.
fn story(entries: &[(u64, &[&str])]) -> Vec<RecordingEntry> {
    let active = entry(0, SignalReading::Idle(Idle::Active { since: wall(0) }));
    let calls = entries.iter().map(|(ms, programs)| entry(*ms, mic(programs)));
    std::iter::once(active).chain(calls).collect()
}

fn replay(
    entries: &[RecordingEntry],
    end: u64,
    settings: &Settings,
) -> Result<Vec<ShownChange>, NotInOrder> {
    let mut replay = Replay::new(settings);
    let mut shown = Vec::new();
    for entry in entries {
        shown.extend(replay.play(entry.clone())?);
    }
    shown.extend(replay.end(RecordingEnding { at: wall(end), ms: end, end: true })?);
    Ok(shown)
}

fn gist(shown: &[ShownChange]) -> Vec<(u64, Source, Reason)> {
    shown.iter().map(|s| (s.ms, s.source, s.reason.clone())).collect()
}

#[test]
fn a_call_with_its_delays() {
    let entries = story(&[(10_000, &["Firefox"]), (60_000, &[])]);
    let settings = Settings::default();
    let at_desk = Reason::Input;
    let shown = replay(&entries, 90_000, &settings).expect("in order");
    let call = Reason::call(&[("Firefox", Used::Microphone)], 0);
    assert_eq!(
        gist(&shown),
        [
            (0, Source::Active, at_desk.clone()),
            (13_000, Source::Call, call),
            (70_000, Source::Active, at_desk)
        ]
    );
    assert_eq!(shown[1].at, wall(13_000));
    let cut = replay(&entries, 69_999, &settings).expect("in order");
    assert_eq!(cut.len(), 2, "what comes after the recording's end is not known");
    let mut other = settings.clone();
    other.call.enter = Span::seconds(60);
    assert_eq!(replay(&entries, 90_000, &other).expect("in order").len(), 1);
}

#[test]
fn names_become_placeholders_that_keep_what_they_mean() {
    let settings = CallSettings::default();
    let mut names = Pseudonyms::default();
    let (said, ignored) = names.hide(mic(&["Firefox", "OBS Studio"]), &settings);
    assert_eq!((said, ignored), (mic(&["program 1", "program 2"]), vec!["program 2".to_owned()]));
    let (said, ignored) = names.hide(mic(&["Zoom", "Firefox"]), &settings);
    assert_eq!((said, ignored), (mic(&["program 3", "program 1"]), Vec::new()));

    // Two programs with the same file are the same program to the rules, but a
    // reader can tell them apart.
    let mut hidden = |it: &Program| {
        let uses = vec![Use { device: CallDevice::Camera, program: it.clone() }];
        let (said, _) = names.hide(SignalReading::Camera(Reading::Known(uses)), &settings);
        let SignalReading::Camera(Reading::Known(mut uses)) = said else { panic!("{said:?}") };
        uses.remove(0).program
    };
    for (it, wanted) in [
        (program("Firefox", "firefox", ""), program("program 1", "program 1", "")),
        (program("", "firefox", ""), program("", "program 1", "")),
        (program("", "electron", ""), program("", "program 4", "")),
        (program("Teams", "electron", "teams"), program("program 4", "program 4", "program 4")),
        (program("Slack", "electron", ""), program("program 5", "program 4", "")),
        (program("OBS", "electron", ""), program("program 6", "", "")),
        (program("", "", ""), program("", "", "")),
    ] {
        assert!(hidden(&it) == wanted, "{:?} is {:?}", it.called(), hidden(&it).called());
    }
    let debug = format!("{names:?}");
    assert!(!debug.contains("Firefox") && !debug.contains("electron"), "{debug}");

    let mut entries = story(&[]);
    let (said, ignored) = names.hide(mic(&["OBS Studio"]), &settings);
    entries.push(RecordingEntry { ignored, ..entry(1_000, said) });
    let shown = replay(&entries, 60_000, &Settings::default()).expect("in order");
    assert_eq!(shown.len(), 1, "{shown:?}");
}

/// The lines of a recording with placeholders.
fn recorded(entries: &[RecordingEntry], settings: &Settings) -> Vec<String> {
    let mut names = Pseudonyms::default();
    let line = |entry: &RecordingEntry| {
        let (said, ignored) = names.hide(entry.said.clone(), &settings.call);
        serde_json::to_string(&RecordingEntry { said, ignored, ..entry.clone() })
    };
    entries.iter().map(line).collect::<Result<_, _>>().expect("serialises")
}

fn read(lines: &[String]) -> Vec<RecordingEntry> {
    lines.iter().map(|line| serde_json::from_str(line).expect("reads back")).collect()
}

/// The claims without their reasons, with the time in milliseconds of each
/// change.
type Claims = Vec<(u64, Vec<(Source, Presence, Timestamp, Option<Timestamp>)>)>;

/// The claims of a desk that gets the readings directly. It is evaluated every
/// second, and whenever an evaluation is due.
fn live(entries: &[RecordingEntry], end: u64, settings: &Settings) -> Claims {
    let mut desk = Desk::default();
    let mut claims = Claims::new();
    for (i, entry) in entries.iter().enumerate() {
        desk.record(entry.said.clone());
        let until = entries.get(i + 1).map_or(end, |next| next.ms);
        let mut ms = entry.ms;
        while ms <= until {
            let outlook = desk.evaluate(settings, None, Moment { mono: Mono(ms), wall: wall(ms) });
            note(&mut claims, ms, &outlook.claims);
            ms = outlook.next.map_or(ms + 1_000, |next| next.0.min(ms + 1_000));
        }
    }
    claims
}

/// The claims during a replay, evaluated at the same moments.
fn claimed(entries: &[RecordingEntry], end: u64, settings: &Settings) -> Claims {
    let mut replay = Replay::new(settings);
    let mut claims = Claims::new();
    for (i, entry) in entries.iter().enumerate() {
        replay.play(entry.clone()).expect("in order");
        let until = entries.get(i + 1).map_or(end, |next| next.ms);
        let mut ms = entry.ms;
        while ms <= until {
            let ending = RecordingEnding { at: wall(ms), ms, end: true };
            replay.end(ending).expect("in order");
            let now = Moment { mono: Mono(ms), wall: wall(ms) };
            let outlook = replay.desk.evaluate(settings, None, now);
            note(&mut claims, ms, &outlook.claims);
            ms = outlook.next.map_or(ms + 1_000, |next| next.0.min(ms + 1_000));
        }
    }
    claims
}

fn note(claims: &mut Claims, ms: u64, now: &[Claim]) {
    let now: Vec<_> = now.iter().map(|c| (c.source, c.presence, c.since, c.until)).collect();
    if claims.last().is_none_or(|(_, last)| *last != now) {
        claims.push((ms, now));
    }
}

#[test]
fn a_program_that_two_sources_know_is_one_without_its_names_too() {
    let use_of =
        |device, known: &Program| Reading::Known(vec![Use { device, program: known.clone() }]);
    let mic = |known| SignalReading::Microphone(use_of(CallDevice::Microphone, known));
    let camera = |known| SignalReading::Camera(use_of(CallDevice::Camera, known));
    let by_sound = program("Firefox", "firefox-esr", "");
    // The programs that use the microphone and then, while the screen is
    // locked, the camera; and whether the call goes on.
    for (listens, sees, goes_on) in [
        (&by_sound, &program("", "firefox-esr", ""), true),
        (&program("", "firefox-esr", ""), &by_sound, true),
        (&by_sound, &program("Firefox", "", "org.mozilla.firefox"), true),
        (&by_sound, &by_sound, true),
        (&by_sound, &program("", "", "org.mozilla.firefox"), false),
        (&by_sound, &program("", "zoom", ""), false),
        (&by_sound, &program("firefox-esr", "", ""), false),
    ] {
        let entries = [
            entry(0, SignalReading::Idle(Idle::Active { since: wall(0) })),
            entry(1_000, mic(listens)),
            entry(
                10_000,
                SignalReading::Lock(Reading::Known(Lock::Locked { since: wall(10_000) })),
            ),
            entry(20_000, SignalReading::Microphone(Reading::Known(Vec::new()))),
            entry(21_000, camera(sees)),
        ];
        let settings = Settings::default();
        let live = live(&entries, 60_000, &settings);
        let in_call = live.last().is_some_and(|(_, claims)| claims[0].0 == Source::Call);
        assert_eq!(in_call, goes_on, "{:?} and {:?}", listens.called(), sees.called());
        let hidden = read(&recorded(&entries, &settings));
        let replayed = claimed(&hidden, 60_000, &settings);
        assert_eq!(replayed, live, "{:?} and {:?}", listens.called(), sees.called());
    }
}

#[test]
fn a_line_before_the_one_before_it_is_refused() {
    let settings = Settings::default();
    let entries = story(&[(10_000, &[]), (9_999, &[])]);
    assert_eq!(replay(&entries, 20_000, &settings), Err(NotInOrder));
    // The wall clock may be set back; the monotonic clock never goes back.
    let mut entries = story(&[(10_000, &["Firefox"]), (60_000, &[])]);
    entries[2].at = wall(0);
    assert!(replay(&entries, 60_000, &settings).is_ok());
}

#[test]
fn the_ends_of_time_are_survived() {
    let settings = Settings::default();
    let mut replay = Replay::new(&settings);
    for (at, ms) in [(Timestamp::MIN, 0), (Timestamp::MAX, 1), (Timestamp::MAX, u64::MAX)] {
        let said = mic(&["Firefox"]);
        replay.play(RecordingEntry { at, ms, said, ignored: Vec::new() }).expect("in order");
    }
}

#[test]
fn the_lines_are_as_promised() {
    let header = RecordingHeader {
        presently_recording: VERSION,
        began: wall(0),
        idle_after: Span::minutes(5),
        names: false,
    };
    let ignored = vec!["program 1".to_owned()];
    let said = [
        entry(12, SignalReading::Idle(Idle::Active { since: wall(0) })),
        entry(13, SignalReading::Lock(Reading::Unknown(Code::new("bus-none")))),
        RecordingEntry { ignored, ..entry(2_000, mic(&["program 1"])) },
    ];
    let ending = RecordingEnding { at: wall(3_000), ms: 3_000, end: true };
    let lines: Vec<String> = [serde_json::to_string(&header)]
        .into_iter()
        .chain(said.iter().map(serde_json::to_string))
        .chain([serde_json::to_string(&ending)])
        .collect::<Result<_, _>>()
        .expect("serialises");
    assert_eq!(
        lines,
        [
            r#"{"presently_recording":1,"began":"2027-01-15T08:00:00Z","idle_after":"5m","names":false}"#,
            r#"{"at":"2027-01-15T08:00:00.012Z","ms":12,"signal":"idle","reading":{"active":{"since":"2027-01-15T08:00:00Z"}}}"#,
            r#"{"at":"2027-01-15T08:00:00.013Z","ms":13,"signal":"lock","reading":{"unknown":{"code":"bus-none"}}}"#,
            r#"{"at":"2027-01-15T08:00:02Z","ms":2000,"signal":"microphone","reading":{"known":[{"device":"microphone","program":{"name":"program 1"}}]},"ignored":["program 1"]}"#,
            r#"{"at":"2027-01-15T08:00:03Z","ms":3000,"end":true}"#,
        ]
    );
    for (line, entry) in lines[1..4].iter().zip(said) {
        assert_eq!(serde_json::from_str::<RecordingEntry>(line).expect("reads back"), entry);
    }
}

fn any_story() -> impl Strategy<Value = Vec<RecordingEntry>> {
    prop::collection::vec((0u64..20_000, any_said()), 1..30).prop_map(|story| {
        let mut now = 0;
        let entries = story.into_iter().map(|(wait, said)| {
            now += wait;
            entry(now, said)
        });
        entries.collect()
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_and_replays_the_same(entries in any_story()) {
        let settings = Settings::default();
        let end = entries.last().map_or(0, |last| last.ms) + 20_000;
        let read: Vec<RecordingEntry> = entries
            .iter()
            .map(|entry| serde_json::to_string(entry).expect("serialises"))
            .map(|line| serde_json::from_str(&line).expect("reads back"))
            .collect();
        prop_assert_eq!(&read, &entries);
        let once = replay(&entries, end, &settings).expect("in order");
        prop_assert_eq!(&replay(&read, end, &settings).expect("in order"), &once);
        prop_assert!(once.windows(2).all(|pair| pair[0].ms <= pair[1].ms));
        prop_assert!(once.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn without_names_the_same_is_claimed(entries in any_story()) {
        let settings = Settings::default();
        let end = entries.last().map_or(0, |last| last.ms) + 20_000;
        let lines = recorded(&entries, &settings);
        for name in ["Firefox", "firefox", "Zoom", "Teams", "electron", "obs", "OBS"] {
            prop_assert!(!lines.concat().contains(name));
        }
        let hidden = read(&lines);
        prop_assert_eq!(claimed(&hidden, end, &settings), live(&entries, end, &settings));
        let bare = |shown: Vec<ShownChange>| {
            let bare = shown.into_iter().map(|s| (s.ms, s.presence, s.source));
            let mut bare: Vec<_> = bare.collect();
            // Several names of a program may have one placeholder. Then a
            // reason stays the same where it changed live.
            bare.dedup_by_key(|(_, presence, source)| (*presence, *source));
            bare
        };
        let with = replay(&entries, end, &settings).expect("in order");
        let without = replay(&hidden, end, &settings).expect("in order");
        prop_assert_eq!(bare(without), bare(with));
    }
}
