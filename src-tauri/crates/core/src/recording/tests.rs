use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::call::CallDevice;
use crate::desk::tests::any_said;
use crate::idle::Idle;

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

/// A person at the desk, a call, and its end.
fn story(entries: &[(u64, &[&str])]) -> Vec<RecordingEntry> {
    let active = entry(0, SignalReading::Idle(Idle::Active { since: wall(0) }));
    let calls = entries.iter().map(|(ms, programs)| entry(*ms, mic(programs)));
    std::iter::once(active).chain(calls).collect()
}

fn replay(
    entries: &[RecordingEntry],
    end: u64,
    settings: &Settings,
) -> Result<Vec<Shown>, Backwards> {
    let mut replay = Replay::new(settings);
    let mut shown = Vec::new();
    for entry in entries {
        shown.extend(replay.play(entry.clone())?);
    }
    shown.extend(replay.end(RecordingEnding { at: wall(end), ms: end, end: true })?);
    Ok(shown)
}

fn gist(shown: &[Shown]) -> Vec<(u64, Source, &str)> {
    shown.iter().map(|s| (s.ms, s.source, s.reason.as_str())).collect()
}

#[test]
fn a_call_with_its_delays() {
    let entries = story(&[(10_000, &["Firefox"]), (60_000, &[])]);
    let settings = Settings::default();
    let at_desk = "Keyboard or mouse in use";
    let shown = replay(&entries, 90_000, &settings).expect("in order");
    let call = "Firefox is using the microphone";
    assert_eq!(
        gist(&shown),
        [
            (0, Source::Active, at_desk),
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

    let mut entries = story(&[]);
    let (said, ignored) = names.hide(mic(&["OBS Studio"]), &settings);
    entries.push(RecordingEntry { ignored, ..entry(1_000, said) });
    let shown = replay(&entries, 60_000, &Settings::default()).expect("in order");
    assert_eq!(shown.len(), 1, "{shown:?}");
}

#[test]
fn a_line_before_the_one_before_it_is_refused() {
    let settings = Settings::default();
    let entries = story(&[(10_000, &[]), (9_999, &[])]);
    assert_eq!(replay(&entries, 20_000, &settings), Err(Backwards));
    // The wall clock may be set back, the other one may not.
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
        entry(13, SignalReading::Lock(Reading::Unknown("There is no system bus".to_owned()))),
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
            r#"{"at":"2027-01-15T08:00:00.013Z","ms":13,"signal":"lock","reading":{"unknown":"There is no system bus"}}"#,
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
    fn without_names_the_same_is_shown(entries in any_story()) {
        let settings = Settings::default();
        let end = entries.last().map_or(0, |last| last.ms) + 20_000;
        let mut names = Pseudonyms::default();
        let hidden: Vec<RecordingEntry> = entries
            .iter()
            .map(|entry| {
                let (said, ignored) = names.hide(entry.said.clone(), &settings.call);
                RecordingEntry { said, ignored, ..entry.clone() }
            })
            .collect();
        let text = serde_json::to_string(&hidden).expect("serialises");
        prop_assert!(!text.contains("Firefox") && !text.contains("Zoom"));
        let bare = |shown: Vec<Shown>| {
            let bare = shown.into_iter().map(|s| (s.ms, s.presence, s.source));
            bare.collect::<Vec<_>>()
        };
        let with = replay(&entries, end, &settings).expect("in order");
        let without = replay(&hidden, end, &settings).expect("in order");
        prop_assert_eq!(bare(without), bare(with));
    }
}
