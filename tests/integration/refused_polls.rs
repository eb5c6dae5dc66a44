//! A poll that is refused for a reason other than its presence must not change
//! what is known about the server's presence.

use anyhow::{Context as _, Result, ensure};
use presently_world::client::BUSY;
use presently_world::proxy::{Proxy, Rule};
use presently_world::{Synapse, secs};
use serde_json::{Value, json};

use crate::scene::{SOON, Scene};

const SAYS_BUSY: &str = "set_presence=org.matrix.msc3026.busy";

/// Refuses one poll for its filter id, as a server that has forgotten the
/// filter does.
fn forgets_a_filter(proxy: &Proxy, path: &str) {
    proxy.answer(Rule {
        method: "GET",
        path: path.to_owned(),
        status: 400,
        body: json!({"errcode": "M_INVALID_PARAM", "error": "No such filter"}),
        times: Some(1),
    });
}

impl Scene {
    async fn busy_works(&self) -> Result<()> {
        self.say(&["busy", "--wait"]).await?;
        self.sees(BUSY).await?;
        let account = self.world.status().await?["accounts"][0].take();
        ensure!(account["note"].is_null() && account["settled"] == true, "{account:#}");
        self.keeps(BUSY, secs(2)).await?;
        self.say(&["available", "--wait"]).await?;
        self.sees("online").await
    }
}

#[tokio::test]
async fn a_forgotten_filter_teaches_nothing() -> Result<()> {
    let (scene, proxy) = Scene::behind_proxy(Synapse::busy().await?, "5m").await?;
    // Of a poll beside busy, of one beside another choice, and of the first
    // one on a new line.
    for (choice, seen) in [("busy", BUSY), ("away", "unavailable")] {
        let known = proxy.asked().len();
        forgets_a_filter(&proxy, "/sync?filter=");
        scene.say(&[choice]).await?;
        proxy.is_asked(known, |asked| asked.contains("/sync?"), SOON).await?;
        scene.sees(seen).await?;
        scene.busy_works().await.context(choice)?;
    }
    proxy.cut();
    let lost = |a: &Value| a["connection"] == "retrying";
    scene.account_when("the loss", lost, SOON).await?;
    forgets_a_filter(&proxy, "/sync?filter=");
    proxy.mend();
    scene.sees("online").await?;
    scene.busy_works().await
}

/// On a server where the last write wins, polls carry busy. Synapse is not such
/// a server, so the proxy rewrites busy in polls to unavailable, which does not
/// replace the busy of a PUT.
#[tokio::test]
async fn nor_where_polls_say_busy() -> Result<()> {
    let (mut scene, proxy) = Scene::behind_proxy(Synapse::busy().await?, "5m").await?;
    scene.busy_works().await?;
    proxy.rewrite(SAYS_BUSY, "set_presence=unavailable");
    let (file, server) = (scene.world.state_file(), format!("{}/", proxy.url()));
    let learnt = async {
        let mut state: Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        let abilities = state["servers"].get_mut(&server).context("nothing is known of it")?;
        abilities["busy_by_sync"] = json!("needed");
        abilities["busy_by_sync_learnt"] = json!(jiff::Timestamp::now());
        Ok(std::fs::write(&file, state.to_string())?)
    };
    scene.kill_and_restart(learnt).await?;
    scene.press_key().await?;
    scene.sees("online").await?;
    scene.busy_works().await?;
    for turn in 0..2 {
        let known = proxy.asked().len();
        forgets_a_filter(&proxy, SAYS_BUSY);
        scene.busy_works().await.with_context(|| format!("turn {turn}"))?;
        let asked = proxy.asked().split_off(known);
        let said = asked.iter().filter(|asked| asked.contains(SAYS_BUSY)).count();
        // The one that was refused, and the one in its place.
        ensure!(said >= 2, "{asked:#?}");
    }
    Ok(())
}
