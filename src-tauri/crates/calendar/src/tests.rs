//! Calendars in the shape in which they are exported.

mod exports;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_core::meeting::{Answer, Availability, Status};
use proptest::prelude::*;

use super::*;

fn options() -> Options {
    Options {
        addresses: vec!["Me@example.org".to_owned()],
        zone: TimeZone::get("Europe/Berlin").expect("the system has time zones"),
        titles: Titles::All,
        window: None,
    }
}

fn parse(components: &str) -> Calendar {
    let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\n{components}END:VCALENDAR\n");
    Calendar::parse(&text.replace('\n', "\r\n"), &options())
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:a\n{lines}\nEND:VEVENT\n")
}

/// The starts and ends in the years 2026 and 2027, in UTC without the seconds.
fn times(components: &str) -> Vec<String> {
    let calendar = parse(components);
    assert_eq!(calendar.problems, [], "{components}");
    all(&calendar)
}

fn all(calendar: &Calendar) -> Vec<String> {
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    let found = calendar.occurrences(at("2026-01-01T00:00:00Z")..at("2028-01-01T00:00:00Z"));
    let short = |time: Timestamp| time.to_string().trim_end_matches(":00Z").replace("2026-", "");
    found
        .into_iter()
        .map(|found| format!("{}/{}", short(found.occurrence.start), short(found.occurrence.end)))
        .collect()
}

#[test]
fn times_are_read_in_every_shape() {
    for (name, lines, wanted) in [
        ("UTC", "DTSTART:20260105T090000Z\nDTEND:20260105T100000Z", "01-05T09:00/01-05T10:00"),
        (
            "a zone",
            "DTSTART;TZID=America/New_York:20260105T090000\nDURATION:PT45M",
            "01-05T14:00/01-05T14:45",
        ),
        ("floating", "DTSTART:20260105T090000\nDURATION:PT1H", "01-05T08:00/01-05T09:00"),
        (
            "two zones, of a flight",
            "DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/London:20260105T100000",
            "01-05T08:00/01-05T10:00",
        ),
        ("a day", "DTSTART;VALUE=DATE:20260105", "01-04T23:00/01-05T23:00"),
        (
            "days across a change of clocks",
            "DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260330",
            "03-27T23:00/03-29T22:00",
        ),
        ("no end", "DTSTART:20260105T090000Z", "01-05T09:00/01-05T09:00"),
        (
            "a Windows zone without a definition",
            "DTSTART;TZID=W. Europe Standard Time:20260705T090000\nDURATION:PT1H",
            "07-05T07:00/07-05T08:00",
        ),
        (
            "a zone with a prefix",
            "DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Berlin:20260705T090000\n\
             DURATION:PT1H",
            "07-05T07:00/07-05T08:00",
        ),
        ("a leap second", "DTSTART:20260105T095960Z\nDURATION:PT1S", "01-05T09:59:59Z/01-05T10:00"),
        (
            "folded lines",
            "DTSTART;TZID=Europe\n /Berlin:20260705T0\n 90000\nDURATION:PT1H",
            "07-05T07:00/07-05T08:00",
        ),
    ] {
        assert_eq!(times(&event(lines)), [wanted], "{name}");
    }
}

/// Outlook writes such definitions, and old ones without end beside them.
#[test]
fn a_zone_with_a_name_of_its_own_has_the_rules_of_its_definition() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Customized Time Zone\n\
        BEGIN:STANDARD\nDTSTART:16011028T030000\nTZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n\
        RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\n\
        BEGIN:DAYLIGHT\nDTSTART:16010325T020000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n\
        RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\nEND:DAYLIGHT\nEND:VTIMEZONE\n";
    let weekly = "DTSTART;TZID=Customized Time Zone:20260323T090000\nDURATION:PT1H\n\
                  RRULE:FREQ=WEEKLY;COUNT=2";
    let wanted = ["03-23T08:00/03-23T09:00", "03-30T07:00/03-30T08:00"];
    assert_eq!(times(&format!("{zone}{}", event(weekly))), wanted);

    let fixed = "BEGIN:VTIMEZONE\nTZID:Nowhere\nBEGIN:STANDARD\nDTSTART:19700101T000000\n\
                 TZOFFSETFROM:-0330\nTZOFFSETTO:-0330\nEND:STANDARD\nEND:VTIMEZONE\n";
    let once = event("DTSTART;TZID=Nowhere:20260105T090000\nDURATION:PT1H");
    assert_eq!(times(&format!("{fixed}{once}")), ["01-05T12:30/01-05T13:30"]);

    // Its name has an offset, which holds in winter only.
    let named = zone.replace("Customized Time Zone", "(UTC+01:00) Amsterdam\\, Berlin\\, Bern");
    let once =
        "DTSTART;TZID=\"(UTC+01:00) Amsterdam, Berlin, Bern\":20260705T090000\nDURATION:PT1H";
    assert_eq!(times(&format!("{named}{}", event(once))), ["07-05T07:00/07-05T08:00"]);
}

#[test]
fn clocks_are_changed() {
    // Half past two does not exist on the first Sunday, and twice on the second.
    let daily = "DTSTART;TZID=Europe/Berlin:20260328T023000\nDURATION:PT30M\n\
                 RRULE:FREQ=DAILY;COUNT=3";
    assert_eq!(
        times(&event(daily)),
        ["03-28T01:30/03-28T02:00", "03-29T01:30/03-29T02:00", "03-30T00:30/03-30T01:00"]
    );
    let daily = "DTSTART;TZID=Europe/Berlin:20261024T023000\nDURATION:PT30M\n\
                 RRULE:FREQ=DAILY;COUNT=3";
    assert_eq!(
        times(&event(daily)),
        ["10-24T00:30/10-24T01:00", "10-25T00:30/10-25T01:00", "10-26T01:30/10-26T02:00"]
    );
}

#[test]
fn exceptions_of_a_rule() {
    let daily = "DTSTART;TZID=Europe/Berlin:20260105T090000\nDTEND;TZID=Europe/Berlin:\
                 20260105T100000\nSEQUENCE:0\nRRULE:FREQ=DAILY;COUNT=4";
    let master = event(daily);
    let day = |day: u8| format!("01-{day:02}T08:00/01-{day:02}T09:00");
    for (name, components, wanted) in [
        ("none", master.clone(), vec![day(5), day(6), day(7), day(8)]),
        (
            "EXDATE in UTC, in the zone and as a date",
            event(&format!(
                "{daily}\nEXDATE:20260105T080000Z\nEXDATE;TZID=Europe/Berlin:20260106T090000\n\
                 EXDATE;VALUE=DATE:20260108"
            )),
            vec![day(7)],
        ),
        (
            "RDATE, a period, and one that is excluded",
            event(&format!(
                "{daily}\nRDATE:20260110T080000Z,20260111T080000Z\n\
                 RDATE;VALUE=PERIOD:20260112T080000Z/PT2H\nEXDATE:20260111T080000Z"
            )),
            vec![day(5), day(6), day(7), day(8), day(10), "01-12T08:00/01-12T10:00".into()],
        ),
        (
            "one is moved by an exception with another SEQUENCE",
            master.clone()
                + &event(
                    "SEQUENCE:7\nRECURRENCE-ID;TZID=Europe/Berlin:20260106T090000\n\
                     DTSTART;TZID=Europe/Berlin:20260106T150000\nDURATION:PT30M",
                ),
            vec![day(5), "01-06T14:00/01-06T14:30".into(), day(7), day(8)],
        ),
        (
            "the exception comes first, and names its day only",
            event("RECURRENCE-ID;VALUE=DATE:20260106\nDTSTART:20260109T080000Z\nDURATION:PT1H")
                + &master,
            vec![day(5), day(7), day(8), day(9)],
        ),
        (
            "an exception of an RDATE",
            event(&format!("{daily}\nRDATE:20260110T080000Z"))
                + &event("RECURRENCE-ID:20260110T080000Z\nDTSTART:20260111T080000Z\nDURATION:PT1H"),
            vec![day(5), day(6), day(7), day(8), day(11)],
        ),
        (
            "an exception of an exception that was excluded",
            event(&format!("{daily}\nEXDATE:20260106T080000Z"))
                + &event("RECURRENCE-ID:20260106T080000Z\nDTSTART:20260109T080000Z\nDURATION:PT1H"),
            vec![day(5), day(7), day(8), day(9)],
        ),
        (
            "this one and those after it",
            master.clone()
                + &event(
                    "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260107T090000\n\
                     DTSTART;TZID=Europe/Berlin:20260107T110000\nDURATION:PT15M",
                ),
            vec![
                day(5),
                day(6),
                "01-07T10:00/01-07T10:15".into(),
                "01-08T10:00/01-08T10:15".into(),
            ],
        ),
        (
            "an exception without its event",
            event("RECURRENCE-ID:20260106T080000Z\nDTSTART:20260106T090000Z\nDURATION:PT1H"),
            vec!["01-06T09:00/01-06T10:00".into()],
        ),
    ] {
        assert_eq!(times(&components), wanted, "{name}");
    }
    // Those without a UID are not the same event.
    let unnamed = master.replace("UID:a\n", "");
    assert_eq!(times(&(unnamed.clone() + &unnamed)).len(), 8);
}

#[test]
fn the_end_of_a_rule() {
    let times_of = |rule: &str| {
        let lines =
            format!("DTSTART;TZID=Europe/Berlin:20260105T090000\nDURATION:PT1H\nRRULE:{rule}");
        times(&event(&lines)).len()
    };
    assert_eq!(times_of("FREQ=DAILY;UNTIL=20260107T080000Z"), 3, "the last moment counts");
    assert_eq!(times_of("FREQ=DAILY;UNTIL=20260107T075959Z"), 2);
    assert_eq!(times_of("FREQ=DAILY;UNTIL=20260107"), 3, "a date is the whole day");
    assert_eq!(
        times_of("FREQ=DAILY;UNTIL=20260107T090000"),
        3,
        "without a zone, in that of the start"
    );
    assert_eq!(times_of("FREQ=DAILY;UNTIL=20250101"), 1, "the start stays");
    assert_eq!(times_of("FREQ=WEEKLY"), 104, "without an end, for the window");
    assert_eq!(times_of("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"), 1, "a day that never comes");
}

#[test]
fn what_an_event_says_about_the_person() {
    let facts = |lines: &str| {
        let calendar = parse(&event(&format!("DTSTART:20260105T090000Z\nDURATION:PT1H\n{lines}")));
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let window = at("2026-01-05T00:00:00Z")..at("2026-01-06T00:00:00Z");
        let found = calendar.occurrences(window).pop().expect("one").occurrence;
        (found.status, found.answer, found.availability, found.conference)
    };
    let plain = (Status::Confirmed, None, Availability::Busy, false);
    let asked = "ATTENDEE;CN=Other;PARTSTAT=ACCEPTED:mailto:other@example.org\n\
                 ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT";
    for (lines, wanted) in [
        ("SUMMARY:x".to_owned(), plain),
        ("STATUS:CANCELLED".to_owned(), (Status::Cancelled, None, Availability::Busy, false)),
        ("STATUS:TENTATIVE".to_owned(), (Status::Tentative, None, Availability::Busy, false)),
        ("TRANSP:TRANSPARENT".to_owned(), (plain.0, plain.1, Availability::Free, false)),
        (
            "TRANSP:OPAQUE\nX-MICROSOFT-CDO-BUSYSTATUS:OOF".to_owned(),
            (plain.0, plain.1, Availability::OutOfOffice, false),
        ),
        (
            "TRANSP:TRANSPARENT\nX-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE".to_owned(),
            (plain.0, plain.1, Availability::Tentative, false),
        ),
        (format!("{asked}=DECLINED:mailto:me@EXAMPLE.org"), with(Answer::Declined)),
        (format!("{asked}=DELEGATED:MAILTO:me@example.org"), with(Answer::Declined)),
        (format!("{asked}=ACCEPTED:mailto:me@example.org"), with(Answer::Accepted)),
        (format!("{asked}=TENTATIVE:mailto:me@example.org"), with(Answer::Tentative)),
        ("ATTENDEE:mailto:me@example.org".to_owned(), with(Answer::Missing)),
        (format!("{asked}=DECLINED:mailto:another@example.org"), plain),
        ("X-GOOGLE-CONFERENCE:https://meet.google.com/abc".to_owned(), linked()),
        ("CONFERENCE;VALUE=URI:https://chat.example.org/".to_owned(), linked()),
        (
            "DESCRIPTION:Join: https://teams.microsoft.com/l/meetup-join/1\\, please".to_owned(),
            linked(),
        ),
        ("LOCATION:https://example.zoom.us/j/123".to_owned(), linked()),
        ("DESCRIPTION:See https://example.org/".to_owned(), plain),
    ] {
        assert_eq!(facts(&lines), wanted, "{lines}");
    }
}

type Said = (Status, Option<Answer>, Availability, bool);

fn with(answer: Answer) -> Said {
    (Status::Confirmed, Some(answer), Availability::Busy, false)
}

fn linked() -> Said {
    (Status::Confirmed, None, Availability::Busy, true)
}

/// As Google names the calendar of an account.
#[test]
fn an_address_as_the_name_of_a_calendar_is_the_persons() {
    let text = "BEGIN:VCALENDAR\nX-WR-CALNAME:You@example.com\nBEGIN:VEVENT\nUID:a\n\
                DTSTART:20260105T090000Z\nATTENDEE;PARTSTAT=DECLINED:mailto:you@example.com\n\
                END:VEVENT\nEND:VCALENDAR\n";
    let calendar = Calendar::parse(text, &options());
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    let found = calendar.occurrences(at("2026-01-05T00:00:00Z")..at("2026-01-06T00:00:00Z"));
    assert_eq!(found[0].occurrence.answer, Some(Answer::Declined));
}

#[test]
fn what_is_broken_costs_no_more_than_itself() {
    let good = event("DTSTART:20260105T090000Z\nDURATION:PT1H").replace("UID:a", "UID:good");
    for (name, lines, faults, count) in [
        ("no start", "SUMMARY:x", vec![Fault::NoStart], 0),
        ("no date", "DTSTART:tomorrow", vec![Fault::NoStart], 0),
        ("the 31st of February", "DTSTART:20260231T090000Z", vec![Fault::NoStart], 0),
        (
            "a zone that nobody knows",
            "DTSTART;TZID=Mars/Olympus:20260105T090000\nDTEND;TZID=Mars/Olympus:20260105T100000",
            vec![Fault::UnknownZone("Mars/Olympus".to_owned())],
            1,
        ),
        (
            "a rule of every second",
            "DTSTART:20260105T090000Z\nRRULE:FREQ=SECONDLY",
            vec![Fault::Rule],
            1,
        ),
        (
            "a rule of every second in disguise",
            "DTSTART:20260105T090000Z\nRRULE:FREQ=DAILY;BYSECOND=1,2,3",
            vec![Fault::Rule],
            1,
        ),
        ("no rule", "DTSTART:20260105T090000Z\nRRULE:often", vec![Fault::Rule], 1),
    ] {
        let calendar = parse(&(event(lines) + &good));
        let got: Vec<Fault> = calendar.problems.iter().map(|it| it.fault.clone()).collect();
        assert_eq!(got, faults, "{name}");
        assert!(calendar.problems.iter().all(|it| it.line == 3), "{name}");
        assert_eq!(all(&calendar).len(), count + 1, "{name}");
    }
}

/// Titles are kept for who asks for them only.
#[test]
fn titles() {
    let text = format!(
        "BEGIN:VCALENDAR\n{}END:VCALENDAR\n",
        event("DTSTART:20260105T090000Z\nSUMMARY:Talk\\, and more")
    );
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    let window = at("2026-01-05T00:00:00Z")..at("2026-01-06T00:00:00Z");
    let kept = Calendar::parse(&text, &options());
    assert_eq!(kept.occurrences(window.clone())[0].title, Some("Talk, and more"));
    let untitled = Calendar::parse(&text, &Options { titles: Titles::None, ..options() });
    assert_eq!(untitled.occurrences(window)[0].title, None);
    assert!(!format!("{untitled:?}").contains("Talk"));
    for (class, is_kept) in [
        ("", true),
        ("CLASS:PUBLIC\n", true),
        ("CLASS:PRIVATE\n", false),
        ("CLASS:confidential\n", false),
        ("CLASS:X-SOMETHING\n", false),
    ] {
        let text = text.replace("SUMMARY", &format!("{class}SUMMARY"));
        let public = Calendar::parse(&text, &Options { titles: Titles::Public, ..options() });
        let window = at("2026-01-05T00:00:00Z")..at("2026-01-06T00:00:00Z");
        assert_eq!(public.occurrences(window)[0].title.is_some(), is_kept, "{class}");
    }
}

/// Most of a calendar is the past.
#[test]
fn what_is_outside_of_the_window_is_counted_and_not_kept() {
    let dated = |uid: &str, lines: &str| event(lines).replace("UID:a", &format!("UID:{uid}"));
    let day = |day: u8| format!("DTSTART:202601{day:02}T090000Z\nDURATION:PT1H");
    let components = dated("past", &day(5))
        + &dated("now", &day(15))
        + &dated("later", &day(25))
        + &dated("weekly", &format!("{}\nRRULE:FREQ=WEEKLY", day(1)))
        + &dated("weekly", &format!("RECURRENCE-ID:20260115T090000Z\n{}", day(20)))
        + &dated("weekly", &format!("RECURRENCE-ID:20260108T090000Z\n{}", day(9)));
    let at = |text: &str| text.parse::<Timestamp>().expect("a time");
    let window = at("2026-01-14T00:00:00Z")..at("2026-01-17T00:00:00Z");
    let text = format!("BEGIN:VCALENDAR\n{components}END:VCALENDAR\n");
    let kept = Calendar::parse(&text, &Options { window: Some(window.clone()), ..options() });
    let whole = Calendar::parse(&text, &options());
    assert_eq!((kept.len(), kept.events.len(), whole.events.len()), (6, 3, 6));
    assert_eq!(kept.occurrences(window.clone()), whole.occurrences(window.clone()));
    assert_eq!(kept.occurrences(window).len(), 1, "the weekly one was moved out of it");
}

proptest! {
    /// Whatever a server sends, reading it ends, and so does listing it.
    #[test]
    fn no_text_breaks_the_reader(
        lines in prop::collection::vec(
            prop::sample::select(vec![
                "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT",
                "BEGIN:VTIMEZONE", "END:VTIMEZONE", "TZID:x", "UID:a",
                "DTSTART:20260105T090000Z", "DTSTART;TZID=x:20260105T090000",
                "DTSTART;VALUE=DATE:99991231", "DTEND:00000000T000000Z", "DURATION:-P9999999999W",
                "RRULE:FREQ=YEARLY;INTERVAL=65535", "RRULE:FREQ=HOURLY;UNTIL=99991231T235959Z",
                "RRULE:FREQ=DAILY;COUNT=0", "RDATE;VALUE=PERIOD:20260105T090000Z/-PT1H",
                "EXDATE:20260105T090000Z", "RECURRENCE-ID;RANGE=THISANDFUTURE:20260105T090000Z",
                "ATTENDEE", ":", ";=:", " folded", "\u{0}\u{ffff}",
            ]),
            0..40,
        ),
    ) {
        let text = format!("BEGIN:VCALENDAR\n{}\n", lines.join("\n"));
        all(&Calendar::parse(&text, &options()));
    }
}
