//! What is left behind when the agent ends: nothing that nobody sees to.

use std::time::Duration;

use anyhow::{Result, ensure};
use presently_world::client::BUSY;
use presently_world::{Method, Synapse, secs, within};
use serde_json::Value;

use crate::scene::Scene;

const STATUS: &str = "org.matrix.msc4426.status";

impl Scene {
    /// What the colleague reads in the profile: the text of the status.
    async fn status_text(&self) -> Result<Value> {
        let path = format!("/_matrix/client/v3/profile/{}/{STATUS}", self.person.user_id);
        let answer = self.colleague.client().request(Method::GET, &path, &Value::Null).await?;
        ensure!(matches!(answer.0, 200 | 404), "{answer:?}");
        Ok(answer.1[STATUS]["text"].clone())
    }

    /// Waits until the profile says this; null is that it says nothing.
    async fn status_says(&self, text: impl Into<Value>) -> Result<()> {
        let text = text.into();
        within(secs(20), "the status", async {
            while self.status_text().await? != text {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Ok(())
        })
        .await
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
    ensure!(scene.status_text().await? == "On holiday");
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
