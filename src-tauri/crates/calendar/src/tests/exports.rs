//! Whole calendars in the shape of what programs export, and the examples of
//! RFC 5545.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_core::meeting::{Meaning, Uncounted};
use presently_core::settings::MeetingSettings;

use crate::{Calendar, Found, Options, Titles};

fn read(text: &str) -> Calendar {
    let zone = TimeZone::get("Europe/Berlin").expect("a known zone");
    let options = Options { addresses: Vec::new(), zone, titles: Titles::Public, window: None };
    let calendar = Calendar::parse(text, &options);
    assert_eq!(calendar.problems, []);
    calendar
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

/// Start, end, title and what each occurrence of the autumn of 2026 means.
fn autumn(text: &str) -> Vec<String> {
    let calendar = read(&text.replace('\n', "\r\n"));
    let settings = MeetingSettings::default();
    let found = calendar.occurrences(at("2026-10-01T00:00:00Z")..at("2026-12-01T00:00:00Z"));
    let line = |found: &Found<'_>| {
        let it = &found.occurrence;
        let means = match it.meaning(&settings) {
            Ok(Meaning::Meeting) => "busy".to_owned(),
            Ok(Meaning::OutOfOffice) => "away".to_owned(),
            Err(why) => format!("{why:?}"),
        };
        let link = if it.conference { " link" } else { "" };
        let time = |at: Timestamp| at.strftime("%m-%d %H:%M").to_string();
        let title = found.title.unwrap_or("-");
        format!("{} {} {title}: {means}{link}", time(it.start), time(it.end))
    };
    let mut lines: Vec<String> = found.iter().map(line).collect();
    lines.sort();
    lines
}

/// Times are UTC: the clocks in Berlin go back on 25 October.
#[test]
fn google() {
    assert_eq!(
        autumn(include_str!("exports/google.ics")),
        [
            "10-19 07:30 10-19 08:00 Weekly: busy link",
            "10-26 13:00 10-26 13:30 Weekly: Declined",
            "10-30 23:00 10-31 23:00 A birthday: Free",
            "11-09 08:30 11-09 09:00 Weekly: busy link",
        ]
    );
}

#[test]
fn outlook() {
    assert_eq!(
        autumn(include_str!("exports/outlook.ics")),
        [
            "10-13 13:00 10-13 14:00 Monthly: busy link",
            "11-10 14:00 11-10 15:00 Monthly: busy link",
            "11-15 23:00 11-17 23:00 Holiday: away",
            "11-20 05:00 11-20 06:00 Perhaps: Tentative",
        ]
    );
}

#[test]
fn nextcloud() {
    let tentative = format!("{:?}", Uncounted::Tentative);
    assert_eq!(
        autumn(include_str!("exports/nextcloud.ics")),
        [
            format!("11-10 09:00 11-10 10:00 Every other day: {tentative}"),
            "11-11 09:00 11-11 09:45 -: Cancelled".to_owned(),
            format!("11-12 09:00 11-12 10:00 Every other day: {tentative}"),
            format!("11-14 09:00 11-14 10:00 Every other day: {tentative}"),
        ]
    );
}

/// The clocks in New York go back on 1 November.
#[test]
fn apple() {
    assert_eq!(
        autumn(include_str!("exports/apple.ics")),
        [
            "10-30 20:00 10-30 21:00 Twice a week: busy",
            "11-06 21:00 11-06 22:00 Twice a week: busy",
        ]
    );
}

/// The examples of RFC 5545, 3.8.5.3, whose occurrences it lists.
#[test]
fn examples_of_the_standard() {
    for (start, rule, days) in [
        ("19970902", "FREQ=DAILY;COUNT=10", "0902 0903 0904 0905 0906 0907 0908 0909 0910 0911"),
        ("19970902", "FREQ=DAILY;INTERVAL=10;COUNT=5", "0902 0912 0922 1002 1012"),
        (
            "19970902",
            "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
            "0902 0904 0909 0911 0916 0918 0923 0925 0930 1002",
        ),
        (
            "19970905",
            "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
            "0905 1003 1107 1205 0102 0206 0306 0403 0501 0605",
        ),
        (
            "19970907",
            "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
            "0907 0928 1102 1130 0104 0125 0301 0329 0503 0531",
        ),
        ("19970922", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "0922 1020 1117 1222 0119 0216"),
        ("19970928", "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=6", "0928 1029 1128 1229 0129 0226"),
        (
            "19970910",
            "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
            "0910 0911 0912 0913 0914 0915 0310 0311 0312 0313",
        ),
        (
            "19970610",
            "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
            "0610 0710 0610 0710 0610 0710 0610 0710 0610 0710",
        ),
        (
            "19970101",
            "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
            "0101 0410 0719 0101 0409 0718 0101 0410 0719 0101",
        ),
        ("19970519", "FREQ=YEARLY;BYDAY=20MO;COUNT=3", "0519 0518 0517"),
        ("19970512", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3", "0512 0511 0517"),
        ("19970904", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "0904 1007 1106"),
        ("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "0805 0810 0819 0824"),
        ("19970805", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "0805 0817 0819 0831"),
        ("20070115", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "0115 0130 0215 0315 0330"),
    ] {
        let text = format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=America/New_York:\
             {start}T090000\r\nDURATION:PT1H\r\nRRULE:{rule}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        );
        let calendar = read(&text);
        let zone = TimeZone::get("America/New_York").expect("a known zone");
        let window = at("1996-01-01T00:00:00Z")..at("2020-01-01T00:00:00Z");
        let starts = calendar.occurrences(window).into_iter().map(|found| {
            let start = found.occurrence.start.to_zoned(zone.clone());
            assert_eq!(start.strftime("%H:%M").to_string(), "09:00", "{rule}");
            start.strftime("%m%d").to_string()
        });
        let starts: Vec<String> = starts.collect();
        assert_eq!(starts.join(" "), days, "{rule}");
    }
}
