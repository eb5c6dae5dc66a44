//! A calendar as a server sends it: reading it and listing its occurrences ends,
//! and each occurrence is in the window.
#![no_main]

use jiff::Timestamp;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use presently_calendar::{Calendar, Options, Titles};

fuzz_target!(|text: &str| {
    let start = Timestamp::from_second(1_800_000_000).unwrap_or_default();
    let end = Timestamp::from_second(1_800_800_000).unwrap_or_default();
    let window = Some(start..end);
    let addresses = vec!["me@example.org".to_owned()];
    let options = Options { addresses, zone: TimeZone::UTC, titles: Titles::All, window };
    let calendar = Calendar::parse(text, &options);
    for found in calendar.occurrences(start..end) {
        let occurrence = found.occurrence;
        assert!(occurrence.start < end, "{occurrence:?}");
        assert!(occurrence.end >= start || occurrence.end < occurrence.start, "{occurrence:?}");
    }
});
