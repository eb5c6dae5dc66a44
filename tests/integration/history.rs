//! The history of what was shown: it survives restarts, kills and damage, and
//! can be erased.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use presently_world::{Agent, World, within};
use serde_json::{Value, json};

use crate::faults::one_line;
use crate::scene::{SOON, settings};

/// A world with an agent that sees no desktop, so that only choices decide.
async fn bare() -> Result<(World, Agent)> {
    let mut world = World::new()?;
    world.set_env("TZ", zone_at_noon());
    world.write_settings(&settings("5m"))?;
    let agent = start(&world).await?;
    Ok((world, agent))
}

/// The time zone in which it is noon now, so that no day ends meanwhile.
fn zone_at_noon() -> String {
    let hour = Timestamp::now().as_second() / 3600 % 24;
    // In the names of these zones a positive offset is west of Greenwich.
    format!("Etc/GMT{:+}", hour - 12)
}

/// Starts an agent and waits until it has decided something.
async fn start(world: &World) -> Result<Agent> {
    let agent = world.agent().await?;
    let decided = |s: &Value| s["reason_code"]["code"] != "starting";
    world.status_when("a decision", decided, SOON).await?;
    Ok(agent)
}

fn file(world: &World) -> PathBuf {
    world.state_file().with_file_name("history.json")
}

/// Chooses busy for two seconds and waits for the end of the choice.
async fn busy_for_a_moment(world: &World) -> Result<()> {
    world.presently(&["busy", "--for", "2s", "--message", "Writing"]).await?;
    let over = |s: &Value| s["source"] == "none";
    world.status_when("the end", over, SOON).await?;
    Ok(())
}

async fn history(world: &World) -> Result<Value> {
    let text = world.presently(&["history", "--json"]).await?;
    serde_json::from_str(&text).with_context(|| format!("not JSON: {text}"))
}

/// Waits until the history satisfies `wanted`.
async fn history_when(
    world: &World,
    what: &str,
    wanted: impl Fn(&[Value]) -> bool,
) -> Result<Vec<Value>> {
    within(SOON, what, async {
        // A span takes time, of which nobody tells.
        loop {
            let spans = spans(&history(world).await?)?;
            if wanted(&spans) {
                return Ok(spans);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await
}

fn spans(history: &Value) -> Result<Vec<Value>> {
    let spans = history["spans"].as_array().context("spans")?.clone();
    for pair in spans.windows(2) {
        ensure!(at(&pair[0], "end")? <= at(&pair[1], "start")?, "they overlap: {spans:?}");
        ensure!(pair[0]["ongoing"] == false, "only the last goes on: {spans:?}");
    }
    Ok(spans)
}

fn at(span: &Value, end: &str) -> Result<Timestamp> {
    Ok(span[end].as_str().context("a time")?.parse()?)
}

fn is_busy(span: &Value) -> bool {
    span["presence"] == "busy" && span["source"] == "manual"
}

fn goes_on(spans: &[Value]) -> bool {
    spans.last().is_some_and(|last| last["ongoing"] == true)
}

/// Waits for the shortest gap that the history records.
async fn a_gap() {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
}

#[tokio::test]
async fn what_was_chosen_is_shown_with_the_gap_of_a_restart() -> Result<()> {
    let (world, agent) = bare().await?;
    busy_for_a_moment(&world).await?;
    history_when(&world, "nothing claimed again", |s| s.last().is_some_and(|l| !is_busy(l)))
        .await?;
    world.presently(&["quit"]).await?;
    ensure!(agent.process().wait(SOON).await?.success());
    let ended = Timestamp::now();
    let kept = std::fs::read_to_string(file(&world))?;
    ensure!(kept.contains(r#""busy","manual"]"#) && !kept.contains("Writing"), "{kept}");
    assert_eq!(std::fs::metadata(file(&world))?.permissions().mode() & 0o777, 0o600);
    a_gap().await;

    let started = Timestamp::now();
    let _agent = start(&world).await?;
    world.presently(&["away"]).await?;
    let is_away = |s: &[Value]| goes_on(s) && s[s.len() - 1]["presence"] == "unavailable";
    let spans = history_when(&world, "away", is_away).await?;
    let busy: Vec<&Value> = spans.iter().filter(|span| is_busy(span)).collect();
    ensure!(busy.len() == 1, "{spans:?}");
    let length = at(busy[0], "end")?.duration_since(at(busy[0], "start")?).as_secs();
    ensure!((1..=3).contains(&length), "{spans:?}");
    for span in &spans {
        let (start, end) = (at(span, "start")?, at(span, "end")?);
        let second = jiff::SignedDuration::from_secs(1);
        ensure!(end <= ended || start >= started - second, "nobody ran then: {span}");
    }

    let words = world.presently(&["history"]).await?;
    for wanted in ["Busy", "you chose it", "Not known", " – now", "Away"] {
        ensure!(words.contains(wanted), "{wanted}: {words}");
    }
    ensure!(history(&world).await?["totals"]["busy"] == length, "{words}");
    let other_day = world.presently(&["history", "--day", "2026-01-02"]).await?;
    ensure!(other_day.starts_with("Nothing was recorded on "), "{other_day}");

    let csv = world.presently(&["history", "--csv"]).await?;
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0], ["start", "end", "presence", "source"]);
    ensure!(lines.len() > spans.len() && lines.iter().all(|line| line.len() == 4), "{csv}");
    let wanted = [&busy[0]["start"], &busy[0]["end"], &json!("busy"), &json!("manual")];
    ensure!(lines.iter().any(|line| line.iter().zip(wanted).all(|(a, b)| b == a)), "{csv}");
    Ok(())
}

#[tokio::test]
async fn a_kill_costs_only_what_was_not_written() -> Result<()> {
    let (world, agent) = bare().await?;
    busy_for_a_moment(&world).await?;
    ensure!(agent.terminate().await? == Some(0));
    let before = std::fs::metadata(file(&world))?.ino();
    a_gap().await;

    let agent = world.agent().await?;
    // The first decision is written at once.
    within(SOON, "the file", async {
        while std::fs::metadata(file(&world))?.ino() == before {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    })
    .await?;
    agent.kill().await?;
    let killed = Timestamp::now();
    a_gap().await;

    let started = Timestamp::now();
    let _agent = start(&world).await?;
    let spans = history_when(&world, "it goes on", goes_on).await?;
    ensure!(spans.iter().filter(|span| is_busy(span)).count() == 1, "{spans:?}");
    for span in &spans {
        let (start, end) = (at(span, "start")?, at(span, "end")?);
        let second = jiff::SignedDuration::from_secs(1);
        ensure!(end <= killed || start >= started - second, "nobody ran then: {span}");
    }
    Ok(())
}

#[tokio::test]
async fn a_damaged_file_is_told_and_kept() -> Result<()> {
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let file = file(&world);
    std::fs::create_dir_all(file.parent().context("a folder")?)?;
    std::fs::write(&file, "{\"version\":1,\"spans\":[[17")?;
    let agent = start(&world).await?;
    let status = world.status().await?;
    let told = status["troubles"][0].as_str().context("the person is not told")?;
    ensure!(told.contains("history.json.broken") && told.lines().count() == 1, "{told}");
    ensure!(world.presently(&["doctor"]).await?.contains("history.json.broken"));
    let aside = file.with_file_name("history.json.broken");
    assert_eq!(std::fs::read_to_string(&aside)?, "{\"version\":1,\"spans\":[[17");

    // All is as usual.
    busy_for_a_moment(&world).await?;
    history_when(&world, "busy", |s| s.iter().any(is_busy)).await?;
    ensure!(agent.terminate().await? == Some(0));
    let _agent = start(&world).await?;
    assert_eq!(world.status().await?["troubles"], json!([]));
    ensure!(spans(&history(&world).await?)?.iter().any(is_busy));
    // Who erases means this too.
    world.presently(&["history", "--erase"]).await?;
    ensure!(!aside.exists() && !file.exists());
    Ok(())
}

#[tokio::test]
async fn off_means_that_nothing_is_recorded() -> Result<()> {
    let (world, agent) = bare().await?;
    busy_for_a_moment(&world).await?;
    world.presently(&["settings", "set", "history.enabled", "false"]).await?;
    let before = spans(&history(&world).await?)?;
    ensure!(before.iter().any(is_busy) && !goes_on(&before), "{before:?}");
    world.presently(&["available", "--for", "2s"]).await?;
    world.status_when("the end", |s: &Value| s["source"] == "none", SOON).await?;
    let off = history(&world).await?;
    assert_eq!((&off["recording"], &spans(&off)?), (&json!(false), &before));
    let words = world.presently(&["history"]).await?;
    ensure!(words.contains("The history is off"), "{words}");
    ensure!(agent.terminate().await? == Some(0));

    // At the next start too; what is there stays, and it can be turned on.
    let _agent = start(&world).await?;
    assert_eq!(spans(&history(&world).await?)?, before);
    world.presently(&["settings", "set", "history.enabled", "true"]).await?;
    let on = history_when(&world, "it goes on", goes_on).await?;
    assert_eq!(on[..before.len()], before);
    Ok(())
}

#[tokio::test]
async fn erased_is_gone() -> Result<()> {
    let (world, agent) = bare().await?;
    busy_for_a_moment(&world).await?;
    ensure!(agent.terminate().await? == Some(0));
    let agent = start(&world).await?;
    ensure!(spans(&history(&world).await?)?.iter().any(is_busy) && file(&world).exists());
    let erased = Timestamp::now();
    let said = world.presently(&["history", "--erase"]).await?;
    assert_eq!(said, "The history is erased\n");
    ensure!(!file(&world).exists());
    let csv = world.presently(&["history", "--csv"]).await?;
    ensure!(!csv.contains("manual"), "{csv}");
    // What is shown goes on from there.
    let spans = history_when(&world, "it goes on", goes_on).await?;
    ensure!(at(&spans[0], "start")? >= erased - jiff::SignedDuration::from_secs(1), "{spans:?}");
    ensure!(agent.terminate().await? == Some(0));
    ensure!(!std::fs::read_to_string(file(&world))?.contains("manual"));

    let line = one_line(&world.try_presently(&["history"]).await?)?;
    ensure!(line.contains("Presently is not running"), "{line}");
    ensure!(world.try_presently(&["history", "--day", "monday"]).await?.status == Some(2));
    Ok(())
}
