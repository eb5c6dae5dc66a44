//! What remains on servers after the agent has ended: nothing that would stay
//! wrong.

use anyhow::{Result, ensure};
use presently_world::Synapse;
use presently_world::client::BUSY;
use serde_json::Value;

use crate::scene::Scene;

const STATUS: &str = "org.matrix.msc4426.status";

impl Scene {
    /// Waits until the profile status has this text; null stands for none.
    async fn status_says(&self, text: impl Into<Value>) -> Result<()> {
        let text = text.into();
        self.profile_when(STATUS, |status| status["text"] == text).await
    }
}

#[tokio::test]
async fn a_message_that_is_to_end_goes_with_the_agent_and_comes_back_with_it() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.say(&["busy", "--for", "1h", "--message", "Back soon"]).await?;
    scene.sees_with(BUSY, Some("Back soon")).await?;
    scene.status_says("Back soon").await?;
    ensure!(scene.agent.terminate().await? == Some(0));
    scene.sees_with("offline", None).await?;
    scene.status_says(Value::Null).await?;

    scene.agent = scene.world.agent().await?;
    scene.sees_with(BUSY, Some("Back soon")).await?;
    scene.status_says("Back soon").await?;

    // One without an end is what the person wants others to read.
    scene.say(&["busy", "--message", "On holiday"]).await?;
    scene.sees_with(BUSY, Some("On holiday")).await?;
    scene.status_says("On holiday").await?;
    ensure!(scene.agent.terminate().await? == Some(0));
    scene.sees_with("offline", Some("On holiday")).await?;
    let status = scene.colleague.client().profile_of(&scene.person.user_id, STATUS).await?;
    ensure!(status["text"] == "On holiday", "{status}");
    Ok(())
}

#[tokio::test]
async fn a_message_that_is_to_end_goes_with_a_pause() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.say(&["message", "Back soon", "--for", "1h"]).await?;
    scene.sees_with("online", Some("Back soon")).await?;
    scene.status_says("Back soon").await?;
    let me = scene.person.user_id.as_str();
    scene.say(&["pause", me]).await?;
    scene.sees_with("offline", None).await?;
    scene.status_says(Value::Null).await?;
    scene.say(&["resume", me]).await?;
    scene.sees_with("online", Some("Back soon")).await
}
