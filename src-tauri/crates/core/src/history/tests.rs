use proptest::prelude::*;

use super::*;

use Presence::{Busy, Online, Unavailable};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("in range")
}

fn span(start: i64, end: i64, presence: Presence, source: Source) -> Span {
    Span { start: at(start), end: at(end), presence: Some(presence), source }
}

/// An event in the life of a history.
#[derive(Clone, Copy, Debug)]
enum Step {
    Shown(i64, Presence, Source),
    Stop(i64),
    /// The program is killed, and reads at its start what was stored.
    Crash,
}

use Step::{Crash, Shown, Stop};

fn after(steps: &[Step]) -> History {
    let mut history = History::default();
    for step in steps {
        match *step {
            Shown(second, presence, source) => {
                history.record(at(second), Some(presence), source);
            }
            Stop(second) => history.stop(at(second)),
            Crash => history = History::from_spans(history.spans()),
        }
    }
    history
}

#[test]
fn what_is_recorded() {
    use Source::{Active, Call, Idle, Manual};
    let table: &[(&str, &[Step], &[Span])] = &[
        ("nothing", &[], &[]),
        ("a start alone takes no time", &[Shown(0, Online, Active)], &[]),
        (
            "an end is the next start",
            &[Shown(0, Online, Active), Shown(9, Busy, Call), Stop(20)],
            &[span(0, 9, Online, Active), span(9, 20, Busy, Call)],
        ),
        (
            "what goes on is one span",
            &[Shown(0, Online, Active), Shown(5, Online, Active), Stop(9)],
            &[span(0, 9, Online, Active)],
        ),
        (
            "another source of the same presence is another span",
            &[Shown(0, Busy, Call), Shown(5, Busy, Manual), Stop(9)],
            &[span(0, 5, Busy, Call), span(5, 9, Busy, Manual)],
        ),
        (
            "a flicker within a second is not kept",
            &[Shown(0, Busy, Call), Shown(5, Online, Active), Shown(5, Busy, Call), Stop(9)],
            &[span(0, 9, Busy, Call)],
        ),
        (
            "no agent is a gap",
            &[Shown(0, Busy, Manual), Stop(10), Shown(30, Busy, Manual), Stop(40)],
            &[span(0, 10, Busy, Manual), span(30, 40, Busy, Manual)],
        ),
        (
            "a crash ends at the last known moment",
            &[
                Shown(0, Online, Active),
                Shown(7, Online, Active),
                Crash,
                Shown(50, Online, Active),
                Stop(60),
            ],
            &[span(0, 7, Online, Active), span(50, 60, Online, Active)],
        ),
        (
            "a clock that is set back replaces",
            &[
                Shown(0, Online, Active),
                Shown(100, Busy, Call),
                Shown(200, Unavailable, Idle),
                Shown(50, Online, Active),
                Stop(150),
            ],
            &[span(0, 150, Online, Active), span(150, 200, Busy, Call)],
        ),
        (
            "a clock that is set back within what goes on",
            &[
                Shown(0, Online, Active),
                Shown(100, Online, Active),
                Shown(40, Busy, Call),
                Stop(50),
            ],
            &[span(0, 40, Online, Active), span(40, 50, Busy, Call)],
        ),
        (
            "a clock that was years ahead for a while",
            &[
                Shown(0, Busy, Call),
                Stop(5),
                Shown(99_999, Busy, Call),
                Shown(10, Online, Active),
                Stop(20),
            ],
            &[span(0, 5, Busy, Call), span(10, 20, Online, Active)],
        ),
    ];
    for (name, steps, wanted) in table {
        assert_eq!(after(steps).spans(), *wanted, "{name}");
    }
}

#[test]
fn what_is_old_or_too_much_is_forgotten() {
    let mut history = after(&[
        Shown(0, Online, Source::Active),
        Shown(10, Busy, Source::Call),
        Shown(20, Online, Source::Active),
        Shown(30, Online, Source::Active),
    ]);
    assert!(!history.forget_before(at(9)));
    assert!(history.forget_before(at(10)), "its end is not part of it");
    assert_eq!(history.spans()[0], span(10, 20, Busy, Source::Call));
    assert!(history.forget_before(at(1_000)));
    assert_eq!(history.spans(), [span(20, 30, Online, Source::Active)], "it goes on");

    let mut long = History::default();
    let most = i64::try_from(MOST_SPANS).expect("it is small");
    for n in 0..most + 10 {
        let presence = if n % 2 == 0 { Online } else { Busy };
        long.record(at(n), Some(presence), Source::Manual);
    }
    long.stop(at(most + 10));
    assert_eq!(long.spans().len(), MOST_SPANS);
    assert_eq!(long.spans()[0].start, at(10));
}

#[test]
fn erased_is_erased_and_goes_on() {
    let mut history = after(&[Shown(0, Online, Source::Active), Shown(10, Busy, Source::Call)]);
    history.erase(at(20));
    assert_eq!(history.spans(), []);
    history.stop(at(25));
    assert_eq!(history.spans(), [span(20, 25, Busy, Source::Call)]);
    history.erase(at(30));
    assert_eq!((history.spans(), history.open()), (Vec::new(), None));
}

#[test]
fn a_file_that_could_not_be_read_at_first_is_taken_in() {
    let mut history = after(&[Shown(100, Busy, Source::Call), Shown(110, Online, Source::Active)]);
    history.merge_stored(after(&[Shown(0, Online, Source::Active), Stop(50)]));
    history.stop(at(120));
    let own = [span(100, 110, Busy, Source::Call), span(110, 120, Online, Source::Active)];
    assert_eq!(history.spans()[0], span(0, 50, Online, Source::Active));
    assert_eq!(history.spans()[1..], own);
}

#[test]
fn a_day_is_clipped_and_counted() {
    let history = after(&[
        Shown(0, Online, Source::Active),
        Shown(100, Busy, Source::Call),
        Shown(130, Busy, Source::Manual),
        Shown(150, Unavailable, Source::Lock),
        Shown(170, Presence::Offline, Source::Manual),
        Stop(400),
    ]);
    let day = history.between(at(50), at(200));
    assert_eq!((day[0].start, day[4].end), (at(50), at(200)));
    let totals = Totals { available: 50, busy: 50, calls: 30, away: 20, invisible: 30 };
    assert_eq!(Totals::of(&day), totals);
    assert_eq!(history.between(at(500), at(600)), []);
}

#[test]
fn a_moment_lies_in_its_second() {
    for (text, wanted) in [
        ("2026-11-22T10:00:00.9Z", "2026-11-22T10:00:00Z"),
        ("1969-12-31T23:59:58.5Z", "1969-12-31T23:59:58Z"),
    ] {
        let moment: Timestamp = text.parse().expect("a time");
        assert_eq!(second(moment).to_string(), wanted);
    }
}

#[test]
fn a_span_is_written_as_four() {
    let call = span(0, 9, Busy, Source::Call);
    let none = Span { presence: None, source: Source::None, ..call };
    let text = serde_json::to_string(&[call, none]).expect("it serialises");
    assert_eq!(
        text,
        r#"[[1800000000,1800000009,"busy","call"],[1800000000,1800000009,null,"none"]]"#
    );
    assert_eq!(serde_json::from_str::<Vec<Span>>(&text).ok(), Some(vec![call, none]));
    // Damaged input still gives a history in order.
    let wild = r#"[[9,1,null,"none"],[5,8,"busy","call"],[-1,6,"online","active"],
        [99999999999999,99999999999999,"busy","call"]]"#;
    let spans: Vec<Span> = serde_json::from_str(wild).expect("it is read");
    let starts: Vec<_> =
        History::from_spans(spans).spans().iter().map(|s| s.start.as_second()).collect();
    assert_eq!(starts, [-1, 6]);
}

fn any_step() -> impl Strategy<Value = Step> {
    let presence = prop::sample::select(&Presence::ALL[..]);
    let source = prop::sample::select(&Source::ALL[..]);
    prop_oneof![
        8 => (0i64..300, presence, source).prop_map(|(at, p, s)| Shown(at, p, s)),
        1 => (0i64..300).prop_map(Stop),
        1 => Just(Crash),
    ]
}

proptest! {
    #[test]
    fn spans_are_ordered_and_no_day_is_longer_than_it_is(
        steps in prop::collection::vec(any_step(), 0..60),
        from in 0i64..300,
        length in 0i64..300,
    ) {
        let history = after(&steps);
        for spans in [history.spans(), history.between(at(from), at(from + length))] {
            prop_assert!(spans.iter().all(|span| span.start < span.end));
            for pair in spans.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start);
                prop_assert!(pair[0].end < pair[1].start || !pair[0].same_state(&pair[1]));
            }
        }
        let day = history.between(at(from), at(from + length));
        prop_assert!(day.iter().all(|s| at(from) <= s.start && s.end <= at(from + length)));
        let Totals { available, busy, calls, away, invisible } = Totals::of(&day);
        let shown = available + busy + away + invisible;
        prop_assert!(shown <= length.unsigned_abs() && calls <= shown);
        // Storing and reading a history does not change it.
        prop_assert_eq!(History::from_spans(history.spans()).spans(), history.spans());
    }

    #[test]
    fn on_a_clock_that_only_goes_forward_every_second_is_kept(
        steps in prop::collection::vec((1i64..100, prop::sample::select(&Presence::ALL[..])), 1..40),
    ) {
        let mut history = History::default();
        let mut now = 0;
        for (later, presence) in &steps {
            history.record(at(now), Some(*presence), Source::Manual);
            now += later;
        }
        history.stop(at(now));
        let Totals { available, busy, away, invisible, .. } = Totals::of(&history.spans());
        prop_assert_eq!(available + busy + away + invisible, now.unsigned_abs());
    }
}
