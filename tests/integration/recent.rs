//! The messages that were set last: kept durably, at most ten, and forgotten
//! on request.

use anyhow::{Context, Result, ensure};
use presently_world::{Agent, World};
use serde_json::{Value, json};

use crate::scene::{SOON, settings};

async fn bare() -> Result<(World, Agent)> {
    let mut world = World::new()?;
    world.write_settings(&settings("5m"))?;
    // What no log may hold is looked for in every log that tests make.
    world.set_env("PRESENTLY_LOG", "debug");
    let agent = world.agent().await?;
    Ok((world, agent))
}

/// The recent messages in the snapshot, each as `emoji text`.
async fn recent(world: &World) -> Result<Vec<String>> {
    let status = world.status().await?;
    let messages = status["recent_messages"].as_array().context("no list")?;
    let words = |message: &Value| {
        let emoji = message["emoji"].as_str().unwrap_or("-");
        Ok(format!("{emoji} {}", message["text"].as_str().context("no text")?))
    };
    messages.iter().map(words).collect()
}

/// Runs a command that is refused and returns what it says.
async fn refused(world: &World, words: &[&str]) -> Result<String> {
    let output = world.try_presently(words).await?;
    ensure!(output.status == Some(1), "{output:?}");
    Ok(output.stderr)
}

#[tokio::test]
async fn the_last_ten_different_messages_are_kept() -> Result<()> {
    let (world, agent) = bare().await?;
    assert_eq!(world.presently(&["message", "--recent"]).await?.trim(), "No message was set yet");
    assert_eq!(world.presently(&["message", "--recent", "--json"]).await?.trim(), "[]");

    world.presently(&["message", "On the train", "--emoji", "🚆", "--for", "1h"]).await?;
    world.presently(&["busy", "--message", "Writing & reading", "--emoji", "✍️"]).await?;
    world.presently(&["away"]).await?;
    world.presently(&["message", "--clear"]).await?;
    assert_eq!(recent(&world).await?, ["✍️ Writing & reading", "🚆 On the train"]);
    // Set again, it moves to the front.
    world.presently(&["message", "On the train", "--emoji", "🚆"]).await?;
    assert_eq!(recent(&world).await?, ["🚆 On the train", "✍️ Writing & reading"]);
    // One that is refused is not remembered.
    refused(&world, &["message", &"x".repeat(300)]).await?;
    assert_eq!(recent(&world).await?.len(), 2);

    for n in 0..9 {
        world.presently(&["message", &format!("Number {n}")]).await?;
    }
    let all = recent(&world).await?;
    assert_eq!((all.len(), all[0].as_str()), (10, "- Number 8"));
    assert_eq!(all[9], "🚆 On the train");
    let listed = world.presently(&["message", "--recent"]).await?;
    let lines: Vec<&str> = listed.trim_end().lines().collect();
    ensure!(lines.len() == 10 && lines[0] == " 1  Number 8", "{listed}");
    assert_eq!(lines[9], "10  🚆 On the train");
    let listed: Value =
        serde_json::from_str(&world.presently(&["message", "--recent", "--json"]).await?)?;
    assert_eq!(listed[9], json!({ "text": "On the train", "emoji": "🚆" }));

    // Durable when the command returns: no goodbye is said.
    world.presently(&["message", "The last word"]).await?;
    let log = agent.stderr();
    agent.kill().await?;
    let agent = world.agent().await?;
    let after = recent(&world).await?;
    assert_eq!((after.len(), after[0].as_str()), (10, "- The last word"));
    assert_eq!(after[1..], all[..9]);
    world.presently(&["quit"]).await?;
    agent.process().wait(SOON).await?;
    for log in [log, agent.stderr()] {
        ensure!(!log.contains("The last word") && !log.contains("On the train"), "{log}");
    }
    let _agent = world.agent().await?;
    assert_eq!(recent(&world).await?, after);
    Ok(())
}

#[tokio::test]
async fn messages_are_forgotten_one_or_all() -> Result<()> {
    let (world, agent) = bare().await?;
    for text in ["One", "Two", "Three"] {
        world.presently(&["message", text]).await?;
    }
    let said = world.presently(&["message", "--forget", "2"]).await?;
    assert_eq!(said.trim(), "Forgotten: Two");
    let said = refused(&world, &["message", "--forget", "3"]).await?;
    ensure!(said.contains("there is no recent message 3"), "{said}");
    assert_eq!(recent(&world).await?, ["- Three", "- One"]);
    // What others see stays.
    assert_eq!(world.status().await?["message"]["text"], "Three");

    agent.kill().await?;
    let agent = world.agent().await?;
    assert_eq!(recent(&world).await?, ["- Three", "- One"]);
    let said = world.presently(&["message", "--forget", "all"]).await?;
    assert_eq!(said.trim(), "All recent messages are forgotten");
    agent.kill().await?;
    let _agent = world.agent().await?;
    assert_eq!(recent(&world).await?, [""; 0]);
    assert_eq!(world.status().await?["message"]["text"], "Three");
    let kept = std::fs::read_to_string(world.state_file())?;
    ensure!(!kept.contains("\"One\"") && !kept.contains("\"Two\""), "{kept}");
    Ok(())
}

#[tokio::test]
async fn a_state_file_without_them_is_fine() -> Result<()> {
    let (world, agent) = bare().await?;
    world.presently(&["busy", "--message", "Old"]).await?;
    agent.kill().await?;
    let mut kept: Value = serde_json::from_slice(&std::fs::read(world.state_file())?)?;
    let fields = kept.as_object_mut().context("an object")?;
    ensure!(fields.remove("recent_messages").is_some(), "{kept:#}");
    std::fs::write(world.state_file(), kept.to_string())?;

    let _agent = world.agent().await?;
    assert_eq!(recent(&world).await?, [""; 0]);
    let status = world.status().await?;
    assert_eq!((&status["presence"], &status["troubles"]), (&json!("busy"), &json!([])));
    assert_eq!(status["message"]["text"], "Old");
    Ok(())
}
