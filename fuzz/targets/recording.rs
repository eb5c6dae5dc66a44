//! Fuzzes the replay of a recording from any source, and its placeholders for
//! names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use presently_core::call::Use;
use presently_core::desk::SignalReading;
use presently_core::recording::{
    Pseudonyms, RecordingEnding, RecordingEntry, RecordingHeader, Replay,
};
use presently_core::{Reading, Settings};
use serde_json::Value;

/// One line may cause only a few changes, however long the time before it was.
const LOOKS: usize = 20;

fuzz_target!(|text: &[u8]| {
    let mut settings = Settings::default();
    settings.dnd.busy = true;
    let mut replay = Replay::new(&settings);
    let mut names = Pseudonyms::default();
    let mut latest = 0;
    for line in text.split(|&byte| byte == b'\n').take(100) {
        if let Ok(header) = serde_json::from_slice::<RecordingHeader>(line) {
            let written = serde_json::to_vec(&header).expect("a header is written");
            assert_eq!(serde_json::from_slice::<RecordingHeader>(&written).ok(), Some(header));
        }
        let (ms, shown) = if let Ok(entry) = serde_json::from_slice::<RecordingEntry>(line) {
            check_hidden(&mut names, &entry.said, &settings);
            (entry.ms, replay.play(entry))
        } else if let Ok(ending) = serde_json::from_slice::<RecordingEnding>(line) {
            (ending.ms, replay.end(ending))
        } else {
            continue;
        };
        // An entry that is earlier than the one before is refused and changes
        // nothing.
        let Ok(shown) = shown else { continue };
        assert!(shown.len() <= LOOKS, "{} changes at once", shown.len());
        for shown in shown {
            assert!(latest <= shown.ms && shown.ms <= ms, "{} is not in {latest}..={ms}", shown.ms);
            latest = shown.ms;
        }
    }
});

/// Checks that the names of programs are replaced by placeholders.
fn check_hidden(names: &mut Pseudonyms, said: &SignalReading, settings: &Settings) {
    let (hidden, ignored) = names.hide(said.clone(), &settings.call);
    let is_placeholder = |name: &str| {
        name.strip_prefix("program ").is_some_and(|number| number.parse::<usize>().is_ok())
    };
    for used in uses(&hidden) {
        let program = serde_json::to_value(&used.program).expect("a program is written");
        let Value::Object(named) = program else { panic!("a program is an object") };
        let names = named.values().map(|name| name.as_str().expect("a name is a text"));
        for name in names {
            assert!(is_placeholder(name), "{name} is shown");
        }
    }
    assert!(ignored.iter().all(|name| is_placeholder(name)), "{ignored:?} are shown");
    assert_eq!(uses(&hidden).len(), uses(said).len());
}

fn uses(said: &SignalReading) -> &[Use] {
    match said {
        SignalReading::Microphone(Reading::Known(uses))
        | SignalReading::Camera(Reading::Known(uses))
        | SignalReading::Screen(Reading::Known(uses)) => uses,
        _ => &[],
    }
}
