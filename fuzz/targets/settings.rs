//! Fuzzes the settings file. Settings that were read, written and read again
//! must be the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use presently_core::Settings;
use presently_core::duration::Span;

fuzz_target!(|text: &str| {
    for line in text.lines() {
        if let Ok(span) = line.parse::<Span>() {
            assert_eq!(span.to_string().parse(), Ok(span), "{line:?}");
        }
    }
    let Ok(settings) = toml_edit::de::from_str::<Settings>(text) else { return };
    let written = toml_edit::ser::to_string(&settings).expect("settings are written");
    let again = toml_edit::de::from_str::<Settings>(&written).expect("what was written is read");
    assert_eq!(settings, again, "{written}");
});
