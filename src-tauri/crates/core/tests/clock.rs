//! The wall clock is set: by a person, by a phone network, or by a time server
//! after a night without one. What the person said ends by the wall clock.
//! Delays ignore it.

#![expect(clippy::expect_used, reason = "in a test a panic is how it fails")]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use presently_core::call::{CallDevice, Program, Use};
use presently_core::decide::{Known, decide, next_evaluation};
use presently_core::desk::{Desk, SignalReading};
use presently_core::duration::Span;
use presently_core::manual::{Choice, Message};
use presently_core::settings::CallSettings;
use presently_core::{
    Claim, Manual, Moment, Mono, Pause, Presence, Reading, Reason, RemoteCall, Scope, Settings,
    Source,
};

/// `minutes` after three o'clock.
fn three(minutes: i64) -> Timestamp {
    let three = Timestamp::from_second(1_800_000_000).expect("in range");
    three + SignedDuration::from_mins(minutes)
}

const HOUR: i64 = 60;
const YEAR: i64 = 365 * 24 * HOUR;

/// Cases in which the clock is set at ten to three: the new time in minutes
/// after three, and whether something that ends at three still holds.
const SET: [(&str, i64, bool); 7] = [
    ("it is not set", -10, true),
    ("a little forwards", -1, true),
    ("to the end", 0, false),
    ("past it", 30, false),
    ("by years", 10 * YEAR, false),
    ("back an hour", -HOUR, true),
    ("back to where clocks begin", -50 * YEAR, true),
];

#[test]
fn what_the_person_said_ends_by_the_clock_that_they_read() {
    for (name, now, holds) in SET {
        let now = three(now);
        let end = Some(three(0));
        let mut manual = Manual::default();
        let message = Message::new("Back at three", None, end).expect("short");
        manual.choose(
            Scope::All,
            Choice {
                presence: Presence::Unavailable,
                since: three(-HOUR),
                until: end,
                message: Some(message),
            },
        );
        let call = RemoteCall { since: three(-HOUR), until: three(0) };
        for (what, manual, claims) in [
            ("a choice", manual, vec![]),
            ("a call elsewhere", Manual::default(), vec![call.claim()]),
        ] {
            let claims: Vec<Claim> = claims;
            let known = Known { manual: &manual, claims: &claims, fallback: &Reason::NothingKnown };
            let decision = decide(&known, &Scope::All, now);
            assert_eq!(decision.source != Source::None, holds, "{what}: {name}");
            // The next evaluation is at its end.
            let next = next_evaluation(&known, now);
            assert_eq!(next, end.filter(|_| holds), "{what}: {name}");
        }
        let pause = Pause { since: three(-HOUR), until: end };
        assert_eq!(pause.is_live(now), holds, "a pause: {name}");
    }
}

/// A microphone is in use for the first `used` seconds. The clock is set by
/// `minutes` one second after the use began, and again one second after it
/// ended. Returns the seconds at which the call began and ended.
fn call(minutes: i64, used: u64) -> Vec<(u64, bool)> {
    let span = |secs| Span(Duration::from_secs(secs));
    let call = CallSettings { enter: span(3), exit: span(10), ..CallSettings::default() };
    let settings = Settings { call, ..Settings::default() };
    let manual = Manual::default();
    let mut desk = Desk::default();
    let mut changes = Vec::new();
    let (mut second, mut wanted) = (0, Some(Mono(0)));
    while second < used + 60 {
        let set = [1, used + 1].iter().filter(|at| **at <= second).count();
        let ahead = SignedDuration::from_mins(minutes * i64::try_from(set).expect("few"));
        let passed = SignedDuration::from_secs(i64::try_from(second).expect("few"));
        let now = Moment { mono: Mono(second * 1000), wall: three(0) + passed + ahead };
        let it = Use { device: CallDevice::Microphone, program: Program::default() };
        let uses = if second < used { vec![it] } else { vec![] };
        let news = second == 0 || second == used;
        if news {
            desk.record(SignalReading::Microphone(Reading::Known(uses)));
        }
        // The agent evaluates at news, when the clock is set, and when it asked
        // for it.
        let due = wanted.is_some_and(|Mono(at)| at <= second * 1000);
        if news || due || [1, used + 1].contains(&second) {
            let outlook = desk.evaluate(&settings, None, now);
            wanted = outlook.next.or(Some(Mono(u64::MAX)));
            let known =
                Known { manual: &manual, claims: &outlook.claims, fallback: &Reason::NothingKnown };
            let on = decide(&known, &Scope::All, now.wall).source == Source::Call;
            if on != changes.last().is_some_and(|(_, on)| *on) {
                changes.push((second, on));
            }
        }
        second += 1;
    }
    changes
}

#[test]
fn delays_take_no_notice() {
    for minutes in [0, 1, 2 * HOUR, YEAR, -1, -2 * HOUR, -YEAR] {
        assert_eq!(call(minutes, 60), [(3, true), (70, false)], "set by {minutes} minutes");
    }
}
