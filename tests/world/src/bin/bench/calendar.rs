//! What a large calendar costs: the time to read it, and memory and wake-ups
//! afterwards.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use presently_world::bench::Usage;
use presently_world::desk::say;
use presently_world::{Agent, World, secs};
use serde_json::Value;

use crate::TIMEOUT;

/// The events of the calendar, and how many of them recur each week.
const EVENTS: u32 = 10_000;
const RECURRING: u32 = 1_000;
/// How often it changes then.
const CHANGES: u32 = 4;
/// The memory settles for this long before it is read.
const SETTLE: Duration = secs(5);
/// Wake-ups are counted for this long.
const REST: Duration = secs(60);

pub(crate) async fn all() -> Result<()> {
    let world = World::quiet()?;
    world.write_settings("secrets = \"file\"\n[autostart]\nenabled = false\n")?;
    let file = world.path().join("large.ics");
    let text = calendar()?;
    std::fs::write(&file, &text)?;
    let path = file.display().to_string();
    say(&format!(
        "\nA calendar of {EVENTS} events, of which {RECURRING} recur: {:.1} MB",
        text.len() as f64 / 1e6
    ))?;
    let begin = Instant::now();
    world.presently(&["calendar", "test", &path, "--json"]).await?;
    say(&format!("  read and listed by a command  {:.0} ms", begin.elapsed().as_secs_f64() * 1e3))?;

    let agent = world.agent().await?;
    tokio::time::sleep(SETTLE).await;
    at_rest(&agent, "without it").await?;
    let value = serde_json::to_string(&[&path])?;
    let begin = Instant::now();
    world.presently(&["settings", "set", "meeting.calendars", &value]).await?;
    world.status_when("a meeting", |status| status["next_meeting"].is_object(), TIMEOUT).await?;
    say(&format!(
        "  in force in the agent after    {:.0} ms",
        begin.elapsed().as_secs_f64() * 1e3
    ))?;
    tokio::time::sleep(SETTLE).await;
    at_rest(&agent, "with it").await?;
    for change in 1..=CHANGES {
        let event = "BEGIN:VEVENT\r\nUID:new\r\nDTSTART:20200101T000000Z\r\nEND:VEVENT\r\n";
        let more = event.repeat(usize::try_from(change)?);
        std::fs::write(&file, text.replace("END:VCALENDAR", &format!("{more}END:VCALENDAR")))?;
        let is_read = |status: &Value| status["calendars"][0]["events"] == EVENTS + change;
        world.status_when("the change", is_read, TIMEOUT).await?;
    }
    tokio::time::sleep(SETTLE).await;
    at_rest(&agent, &format!("after {CHANGES} changes")).await
}

async fn at_rest(agent: &Agent, state: &str) -> Result<()> {
    let before = Usage::of(agent.process().pid())?;
    tokio::time::sleep(REST).await;
    let after = Usage::of(agent.process().pid())?;
    say(&format!(
        "  {state:<30} {:.1} MB (PSS), {} wake-ups in {} s",
        after.pss as f64 / 1e6,
        after.switches.saturating_sub(before.switches),
        REST.as_secs()
    ))
}

/// Events in the past and in the future; those that recur began years ago.
fn calendar() -> Result<String> {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");
    for uid in 0..EVENTS {
        let days = i64::from(uid % 730);
        let date = match uid % (EVENTS / RECURRING) {
            0 => today - (3 * 365 + days % 7).days(),
            _ => today + (days - 365).days(),
        };
        let date = date.strftime("%Y%m%d");
        let rule = match uid % (EVENTS / RECURRING) {
            0 => "RRULE:FREQ=WEEKLY\r\n",
            _ => "",
        };
        let hour = uid % 24;
        write!(
            text,
            "BEGIN:VEVENT\r\nUID:{uid}-b6d4a1f0@example.org\r\nDTSTAMP:20260101T000000Z\r\n\
             DTSTART;TZID=Europe/Berlin:{date}T{hour:02}0000\r\n\
             DTEND;TZID=Europe/Berlin:{date}T{hour:02}3000\r\n{rule}\
             SUMMARY:The weekly talk about number {uid}\r\n\
             DESCRIPTION:What was done\\, what is to be done and who does it. Notes are kept in \r\n \
             the usual place\\, and everybody is welcome to add to them before we meet.\r\n\
             ORGANIZER;CN=Somebody:mailto:somebody@example.org\r\n\
             ATTENDEE;CN=Me;PARTSTAT=ACCEPTED:mailto:me@example.org\r\nEND:VEVENT\r\n"
        )?;
    }
    text.push_str("END:VCALENDAR\r\n");
    Ok(text)
}
