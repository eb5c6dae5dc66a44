//! Synapse's own rate limits: one change in ten seconds, and what is over it
//! is ignored without a word. What was meant must come out in the end.

use anyhow::Result;
use presently_world::client::BUSY;
use presently_world::{Limits, Options, Synapse, secs};
use serde_json::Value;

use crate::scene::Scene;

async fn strict() -> Result<Synapse> {
    Synapse::start(Options { limits: Limits::Default, ..Options::default() }).await
}

#[tokio::test]
async fn rapid_choices_end_right() -> Result<()> {
    let synapse = strict().await?;
    let scene = Scene::on(&synapse, "5m").await?;
    for word in ["busy", "away", "available", "invisible", "away", "available", "busy", "away"] {
        scene.say(&[word]).await?;
    }
    scene.say(&["busy", "--message", "Writing"]).await?;
    let read_back =
        |a: &Value| a["seen_by_others"] == "busy" && a["message_seen_by_others"] == "Writing";
    scene.account_when("busy read back", read_back, secs(60)).await?;
    scene.sees_with(BUSY, Some("Writing")).await?;
    scene.keeps(BUSY, secs(3)).await
}

#[tokio::test]
async fn rapid_input_and_silence_end_right() -> Result<()> {
    let synapse = strict().await?;
    let scene = Scene::on(&synapse, "1s").await?;
    for _ in 0..4 {
        let idle = |s: &Value| s["source"] == "idle";
        scene.world.status_when("idle", idle, secs(10)).await?;
        scene.press_key().await?;
    }
    let read_back = |a: &Value| a["seen_by_others"] == "unavailable" && a["source"] == "idle";
    scene.account_when("away read back", read_back, secs(60)).await?;
    scene.sees("unavailable").await?;
    scene.keeps("unavailable", secs(15)).await
}
