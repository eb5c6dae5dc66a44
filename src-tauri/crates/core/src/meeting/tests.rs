use proptest::prelude::*;

use super::*;
use crate::duration::Span;

/// A minute of the day of the tests.
fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + minute * 60).expect("in range")
}

fn occurrence(start: i64, end: i64) -> Occurrence {
    Occurrence {
        uid: "uid".to_owned(),
        start: at(start),
        end: at(end),
        all_day: false,
        status: Status::Confirmed,
        answer: None,
        availability: Availability::Busy,
        conference: false,
    }
}

const UNSEEN: AtDesk = AtDesk { in_call: None, active: None, asleep: false };
const TYPING: AtDesk = AtDesk { in_call: Some(false), active: Some(true), asleep: false };
const IN_CALL: AtDesk = AtDesk { in_call: Some(true), active: Some(true), asleep: false };
const ASLEEP: AtDesk = AtDesk { in_call: None, active: None, asleep: true };
const LISTENING: AtDesk = AtDesk { in_call: Some(false), active: Some(false), asleep: false };

#[test]
fn what_counts() {
    let default = MeetingSettings::default();
    let lenient =
        MeetingSettings { tentative: true, unanswered: true, ..MeetingSettings::default() };
    let event = occurrence(0, 30);
    let table = [
        ("an event of one's own", event.clone(), Ok(Meaning::Meeting), Ok(Meaning::Meeting)),
        (
            "STATUS:CANCELLED",
            Occurrence { status: Status::Cancelled, ..event.clone() },
            Err(Uncounted::Cancelled),
            Err(Uncounted::Cancelled),
        ),
        (
            "STATUS:TENTATIVE",
            Occurrence { status: Status::Tentative, ..event.clone() },
            Err(Uncounted::Tentative),
            Ok(Meaning::Meeting),
        ),
        (
            "PARTSTAT=ACCEPTED",
            Occurrence { answer: Some(Answer::Accepted), ..event.clone() },
            Ok(Meaning::Meeting),
            Ok(Meaning::Meeting),
        ),
        (
            "PARTSTAT=DECLINED",
            Occurrence { answer: Some(Answer::Declined), ..event.clone() },
            Err(Uncounted::Declined),
            Err(Uncounted::Declined),
        ),
        (
            "PARTSTAT=TENTATIVE",
            Occurrence { answer: Some(Answer::Tentative), ..event.clone() },
            Err(Uncounted::Tentative),
            Ok(Meaning::Meeting),
        ),
        (
            "PARTSTAT=NEEDS-ACTION",
            Occurrence { answer: Some(Answer::Missing), ..event.clone() },
            Err(Uncounted::Unanswered),
            Ok(Meaning::Meeting),
        ),
        (
            "TRANSP:TRANSPARENT",
            Occurrence { availability: Availability::Free, ..event.clone() },
            Err(Uncounted::Free),
            Err(Uncounted::Free),
        ),
        (
            "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE",
            Occurrence { availability: Availability::Tentative, ..event.clone() },
            Err(Uncounted::Tentative),
            Ok(Meaning::Meeting),
        ),
        (
            "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",
            Occurrence { availability: Availability::Elsewhere, ..event.clone() },
            Err(Uncounted::Elsewhere),
            Err(Uncounted::Elsewhere),
        ),
        (
            "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
            Occurrence { availability: Availability::OutOfOffice, ..event.clone() },
            Ok(Meaning::OutOfOffice),
            Ok(Meaning::OutOfOffice),
        ),
        (
            "a birthday",
            Occurrence { all_day: true, ..event.clone() },
            Err(Uncounted::AllDay),
            Err(Uncounted::AllDay),
        ),
        (
            "a holiday, out of office",
            Occurrence { all_day: true, availability: Availability::OutOfOffice, ..event.clone() },
            Ok(Meaning::OutOfOffice),
            Ok(Meaning::OutOfOffice),
        ),
        (
            "a reminder without a length",
            occurrence(0, 0),
            Err(Uncounted::TooShort),
            Err(Uncounted::TooShort),
        ),
        (
            "an end before the start",
            occurrence(9, 0),
            Err(Uncounted::TooShort),
            Err(Uncounted::TooShort),
        ),
    ];
    for (name, occurrence, by_default, when_lenient) in table {
        assert_eq!(occurrence.meaning(&default), by_default, "{name}");
        assert_eq!(occurrence.meaning(&lenient), when_lenient, "{name}, lenient");
    }
    let long = MeetingSettings { minimum: Span::minutes(15), ..MeetingSettings::default() };
    assert_eq!(occurrence(0, 14).meaning(&long), Err(Uncounted::TooShort));
    assert_eq!(occurrence(0, 15).meaning(&long), Ok(Meaning::Meeting));
}

#[test]
fn meetings_that_touch_are_one_claim() {
    let settings = MeetingSettings::default();
    let cancelled = Occurrence { status: Status::Cancelled, ..occurrence(60, 300) };
    let away = Occurrence { availability: Availability::OutOfOffice, ..occurrence(50, 400) };
    let all = [
        occurrence(0, 30),
        occurrence(30, 45),
        occurrence(10, 20),
        cancelled,
        away,
        occurrence(100, 130),
        occurrence(120, 160),
    ];
    let meetings = Meetings::new(&all, &settings, &Attendance::default());
    for (now, wanted) in [
        (-1, None),
        (0, Some((Presence::Busy, 0, 45))),
        (29, Some((Presence::Busy, 0, 45))),
        (30, Some((Presence::Busy, 0, 45))),
        (45, None),
        (60, Some((Presence::Unavailable, 50, 400))),
        (125, Some((Presence::Busy, 100, 160))),
        (159, Some((Presence::Busy, 100, 160))),
        (160, Some((Presence::Unavailable, 50, 400))),
        (400, None),
    ] {
        let claim = meetings.claim(&settings, TYPING, at(now));
        let got = claim.as_ref().map(|c| (c.presence, c.since, c.until));
        let wanted = wanted.map(|(presence, since, end)| (presence, at(since), Some(at(end))));
        assert_eq!(got, wanted, "minute {now}");
        assert!(claim.is_none_or(|c| c.source == Source::Meeting && c.scope == Scope::All));
    }
    for (now, wanted) in
        [(-9, Some((0, 45))), (20, Some((0, 45))), (45, Some((100, 160))), (160, None)]
    {
        let wanted = wanted.map(|(start, end)| (at(start), at(end)));
        assert_eq!(meetings.next(at(now)), wanted, "minute {now}");
    }
}

/// Who types without a call ten minutes into a video conference is not in it:
/// <https://github.com/IsmaelMartinez/teams-for-linux/issues/1938>.
#[test]
fn a_meeting_is_checked_against_the_desk() {
    let settings = |check| MeetingSettings { check, ..MeetingSettings::default() };
    let (desk, call, never) =
        (settings(MeetingCheck::Desk), settings(MeetingCheck::Call), settings(MeetingCheck::Never));
    let video = Occurrence { conference: true, ..occurrence(0, 60) };
    let room = occurrence(0, 60);
    let holiday = Occurrence { availability: Availability::OutOfOffice, ..video.clone() };
    for (name, occurrence, settings, at_desk, minute, counts) in [
        ("typing at the begin", &video, &desk, TYPING, 9, true),
        ("typing later", &video, &desk, TYPING, 10, false),
        ("typing in the call", &video, &desk, IN_CALL, 10, true),
        ("not typing", &video, &desk, LISTENING, 10, true),
        ("nothing can be seen", &video, &desk, UNSEEN, 10, true),
        ("typing in a meeting in a room", &room, &desk, TYPING, 10, true),
        ("no call", &video, &call, LISTENING, 1, false),
        ("a call", &room, &call, IN_CALL, 1, true),
        ("calls cannot be seen", &video, &call, UNSEEN, 1, true),
        ("never checked", &video, &never, TYPING, 59, true),
        ("out of office is not checked", &holiday, &call, TYPING, 30, true),
    ] {
        let meetings = Meetings::new([occurrence], settings, &Attendance::default());
        let claim = meetings.claim(settings, at_desk, at(minute));
        assert_eq!(claim.is_some(), counts, "{name}");
        let doubted = meetings.doubted(settings, at_desk, at(minute));
        assert_eq!(doubted.is_none(), counts, "{name}");
        // The person knows better.
        let mut said = Attendance::default();
        said.say([occurrence], true, at(minute));
        let meetings = Meetings::new([occurrence], settings, &said);
        assert!(meetings.claim(settings, at_desk, at(minute)).is_some(), "{name}");
        assert_eq!(meetings.doubted(settings, at_desk, at(minute)), None, "{name}");
        said.say([occurrence], false, at(minute));
        let meetings = Meetings::new([occurrence], settings, &said);
        assert_eq!(meetings, Meetings::default(), "{name}");
    }
}

/// A server would keep busy for an hour.
#[test]
fn no_meeting_counts_during_sleep() {
    let settings = MeetingSettings { check: MeetingCheck::Never, ..MeetingSettings::default() };
    let away = Occurrence { availability: Availability::OutOfOffice, ..occurrence(0, 60) };
    let mut said = Attendance::default();
    said.say([&occurrence(0, 60)], true, at(0));
    for (occurrence, presence) in [(occurrence(0, 60), None), (away, Some(Presence::Unavailable))] {
        let meetings = Meetings::new([&occurrence], &settings, &said);
        let claim = meetings.claim(&settings, ASLEEP, at(30));
        assert_eq!(claim.map(|claim| claim.presence), presence);
        assert_eq!(meetings.doubted(&settings, ASLEEP, at(30)), None);
        assert!(meetings.claim(&settings, IN_CALL, at(30)).is_some());
    }
}

#[test]
fn what_was_said_about_a_meeting_ends_with_it() {
    let (weekly, next_week) = (occurrence(0, 60), occurrence(10_080, 10_140));
    let mut said = Attendance::default();
    said.say([&weekly], false, at(5));
    assert_eq!((said.of(&weekly), said.of(&next_week)), (Some(false), None));
    said.say([], true, at(59));
    assert_eq!(said.of(&weekly), Some(false));
    said.say([], true, at(60));
    assert_eq!(said, Attendance::default());
}

fn any_occurrence() -> impl Strategy<Value = Occurrence> {
    (0..200i64, 0..60i64, any::<bool>(), 0..5u8).prop_map(|(start, length, conference, kind)| {
        let availability = match kind {
            0 => Availability::Free,
            1 => Availability::OutOfOffice,
            _ => Availability::Busy,
        };
        Occurrence { conference, availability, ..occurrence(start, start + length) }
    })
}

proptest! {
    /// A timer set for the next change misses nothing, and the order of the
    /// calendars does not matter.
    #[test]
    fn the_claim_changes_at_no_other_moment(
        all in prop::collection::vec(any_occurrence(), 0..8),
        desk in prop::sample::select(vec![UNSEEN, TYPING, IN_CALL, LISTENING, ASLEEP]),
    ) {
        let settings = MeetingSettings::default();
        let meetings = Meetings::new(&all, &settings, &Attendance::default());
        let reversed = Meetings::new(all.iter().rev(), &settings, &Attendance::default());
        let mut last = (meetings.claim(&settings, desk, at(-1)), None, meetings.next_change(at(-1)));
        for minute in 0..300 {
            let claim = meetings.claim(&settings, desk, at(minute));
            let other = reversed.claim(&settings, desk, at(minute));
            prop_assert_eq!(&claim, &other);
            if let Some(claim) = &claim {
                prop_assert!(claim.since <= at(minute) && claim.is_live(at(minute)));
            }
            let doubted = meetings.doubted(&settings, desk, at(minute));
            let current = meetings.current(&settings, desk, at(minute)).next();
            prop_assert!(current.is_none_or(|(_, start)| start <= at(minute)));
            let is_busy = claim.as_ref().is_some_and(|claim| claim.presence == Presence::Busy);
            prop_assert!(!(is_busy && doubted.is_some()));
            prop_assert_eq!(current.is_some(), is_busy);
            if last.2.is_none_or(|next| at(minute) < next) {
                prop_assert_eq!((&claim, doubted), (&last.0, last.1), "minute {}", minute);
            }
            last = (claim, doubted, meetings.next_change(at(minute)));
        }
    }
}
