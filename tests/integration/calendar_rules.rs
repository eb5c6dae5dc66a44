//! The occurrences of many events over five years, compared with those that
//! recurring-ical-events (<https://pypi.org/project/recurring-ical-events/>)
//! finds, which is built upon python-dateutil.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_calendar::{Calendar, Options, Titles};
use presently_world::process::run;
use presently_world::secs;

/// How many events are compared.
const EVENTS: u64 = 600;

const WINDOW: [&str; 2] = ["2024-01-01T00:00:00Z", "2029-01-01T00:00:00Z"];

/// Prints the occurrences of a calendar, a line each.
const PRINT: &str = r#"
import sys, datetime, icalendar, recurring_ical_events
text = sys.stdin.buffer.read()
begin, end = (datetime.datetime.fromisoformat(t.replace("Z", "+00:00")) for t in sys.argv[1:])
def moment(time):
    if not isinstance(time, datetime.datetime):
        time = datetime.datetime(time.year, time.month, time.day)
    if time.tzinfo is None:
        time = time.replace(tzinfo=datetime.timezone.utc)
    return time.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
for event in recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(begin, end):
    print(event["UID"], moment(event.start), moment(event.end))
"#;

/// The end of each occurrence, by the UID of its event and its start.
type Occurrences = BTreeMap<(String, Timestamp), Timestamp>;

#[tokio::test]
async fn the_occurrences_are_those_of_another_library() -> Result<()> {
    let text = calendar();
    let mut python = Command::new(python()?);
    python.args(["-c", PRINT]).args(WINDOW);
    let printed = run(python, text.as_bytes(), secs(240)).await?.success()?.stdout;
    let theirs = printed.lines().map(read).collect::<Result<Occurrences>>()?;
    ensure!(theirs.len() > 100_000, "only {} occurrences", theirs.len());

    let options =
        Options { addresses: Vec::new(), zone: TimeZone::UTC, titles: Titles::None, window: None };
    let calendar = Calendar::parse(&text, &options);
    ensure!(calendar.problems.is_empty(), "{:?}", calendar.problems);
    let [begin, end] = WINDOW.map(str::parse::<Timestamp>);
    let found = calendar.occurrences(begin?..end?).into_iter().map(|found| found.occurrence);
    let ours: Occurrences = found.map(|it| ((it.uid, it.start), it.end)).collect();

    let is_same = |a: &Timestamp, b: &Timestamp| {
        // A duration in minutes is exact (RFC 5545, 3.3.6). The other library
        // adds it to the time on the wall, which jumps by an hour now and then.
        [0, 3600].contains(&a.duration_since(*b).abs().as_secs())
    };
    let differs = |a: &Occurrences, b: &Occurrences| -> BTreeSet<String> {
        let differs = |(key, end): &(&(String, Timestamp), &Timestamp)| {
            !b.get(*key).is_some_and(|other| is_same(end, other))
        };
        a.iter().filter(differs).map(|((uid, start), end)| format!("{uid} {start} {end}")).collect()
    };
    let (only_ours, only_theirs) = (differs(&ours, &theirs), differs(&theirs, &ours));
    let lines: Vec<&String> = only_ours.iter().chain(&only_theirs).collect();
    let uids: BTreeSet<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
    let mut report = String::new();
    for uid in &uids {
        let event = text.split("BEGIN:VEVENT").find(|it| it.contains(&format!("UID:{uid}\r\n")));
        let of = |lines: &BTreeSet<String>| -> Vec<String> {
            let prefix = format!("{uid} ");
            lines.iter().filter(|it| it.starts_with(&prefix)).take(3).cloned().collect()
        };
        let (ours, theirs) = (of(&only_ours), of(&only_theirs));
        let event = event.unwrap_or_default();
        writeln!(report, "{event}\nonly ours: {ours:?}\nonly theirs: {theirs:?}")?;
    }
    ensure!(uids.is_empty(), "{} of {EVENTS} differ:\n{report}", uids.len());
    Ok(())
}

fn read(line: &str) -> Result<((String, Timestamp), Timestamp)> {
    let mut words = line.split(' ');
    let mut word = || words.next().context("a line without end");
    Ok(((word()?.to_owned(), word()?.parse()?), word()?.parse()?))
}

/// The interpreter that the tests' packages are installed for.
fn python() -> Result<std::path::PathBuf> {
    let folder = std::env::var_os("PRESENTLY_SYNAPSE").map_or_else(
        || concat!(env!("CARGO_MANIFEST_DIR"), "/target/tools/synapse").into(),
        Into::into,
    );
    let folder: std::path::PathBuf = folder;
    let python = folder.join("bin/python");
    python.exists().then_some(python).context("run scripts/test once")
}

/// Pseudo-random numbers that are the same in each run (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[usize::try_from(self.below(all.len() as u64)).unwrap_or(0)]
    }

    fn some(&mut self, all: &[&str]) -> String {
        let count = 1 + self.below(3);
        let chosen: BTreeSet<&str> = (0..count).map(|_| self.of(all)).collect();
        chosen.into_iter().collect::<Vec<_>>().join(",")
    }
}

fn calendar() -> String {
    let mut random = Random(20_261_128);
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n");
    for uid in 0..EVENTS {
        text.push_str(&event(uid, &mut random));
    }
    text.push_str("END:VCALENDAR\r\n");
    text
}

const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

fn event(uid: u64, random: &mut Random) -> String {
    let (year, month, day) = (2015 + random.below(12), 1 + random.below(12), 1 + random.below(28));
    let (hour, minute) = (random.below(24), 15 * random.below(4));
    let date = format!("{year}{month:02}{day:02}");
    let clock = format!("T{hour:02}{minute:02}00");
    let zone = random.of(&[
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Sydney",
        "Z",
        "Z",
        "date",
    ]);
    let (start, length, until_clock) = match zone {
        "date" => (format!(";VALUE=DATE:{date}"), "P1D".to_owned(), String::new()),
        "Z" => (
            format!(":{date}{clock}Z"),
            format!("PT{}M", 15 + random.below(120)),
            "T000000Z".to_owned(),
        ),
        zone => (
            format!(";TZID={zone}:{date}{clock}"),
            format!("PT{}M", 15 + random.below(120)),
            "T000000Z".to_owned(),
        ),
    };
    let mut rule = match random.below(4) {
        0 => "FREQ=DAILY".to_owned(),
        1 => format!("FREQ=WEEKLY;BYDAY={}", random.some(&WEEKDAYS)),
        2 => match random.below(4) {
            0 => "FREQ=MONTHLY".to_owned(),
            1 => format!(
                "FREQ=MONTHLY;BYMONTHDAY={}",
                random.some(&["1", "5", "15", "29", "31", "-1", "-3"])
            ),
            2 => format!(
                "FREQ=MONTHLY;BYDAY={}{}",
                random.of(&["1", "2", "3", "-1", "-2"]),
                random.of(&WEEKDAYS)
            ),
            _ => format!(
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS={}",
                random.of(&["1", "-1", "2", "-2"])
            ),
        },
        _ => match random.below(4) {
            0 => "FREQ=YEARLY".to_owned(),
            1 => format!("FREQ=YEARLY;BYMONTH={}", random.some(&["1", "2", "6", "11"])),
            2 => format!(
                "FREQ=YEARLY;BYMONTH={};BYDAY={}{}",
                random.of(&["3", "10"]),
                random.of(&["1", "-1"]),
                random.of(&WEEKDAYS)
            ),
            _ => format!("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY={}", random.of(&["28", "29", "-1"])),
        },
    };
    if random.below(3) == 0 {
        let _ = write!(rule, ";INTERVAL={}", 2 + random.below(4));
    }
    match random.below(3) {
        0 => {
            let _ = write!(rule, ";COUNT={}", 1 + random.below(400));
        }
        1 => {
            let _ = write!(
                rule,
                ";UNTIL={}{:02}{:02}{until_clock}",
                year + 1 + random.below(9),
                1 + random.below(12),
                1 + random.below(28)
            );
        }
        _ => {}
    }
    if random.below(4) == 0 {
        let _ = write!(rule, ";WKST={}", random.of(&["SU", "MO"]));
    }
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20240101T000000Z\r\nDTSTART{start}\r\nDURATION:{length}\r\n\
         RRULE:{rule}\r\nEND:VEVENT\r\n"
    )
}
