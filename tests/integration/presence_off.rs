//! Homeservers whose presence is disabled, has no effect, or is enabled later:
//! the account says so, everything else is shown, and no useless requests are
//! sent.

use std::time::Instant;

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::proxy::Proxy;
use presently_world::{
    Agent, Colleague, Limits, Method, Options, Synapse, User, World, note, secs,
};
use serde_json::{Value, json};

use crate::scene::{SOON, settings};

/// A person whose colleague cannot see their presence.
struct Unseen {
    _agent: Agent,
    world: World,
    person: User,
    colleague: Colleague,
    proxy: Proxy,
}

impl Unseen {
    async fn on(synapse: &Synapse) -> Result<Self> {
        let (person, colleague) = synapse.person_and_colleague().await?;
        let proxy = Proxy::before(synapse.port()).await?;
        let person = User { homeserver: proxy.url(), ..person };
        let mut world = World::new()?;
        world.add_display().await?;
        world.write_settings(&settings("5m"))?;
        world.set_env("PRESENTLY_LOG", "debug");
        let agent = world.agent().await?;
        world.sign_in(&person).await?;
        world.display()?.press_key().await?;
        Ok(Self { _agent: agent, world, person, colleague, proxy })
    }

    /// Checks that the account reports presence as disabled and no other trouble.
    async fn says_off(&self) -> Result<Value> {
        let off = |s: &Value| {
            let account = &s["accounts"][0];
            let note = account["note"].as_str().unwrap_or_default();
            account["server"]["presence"] == "off"
                && account["connection"] == "syncing"
                && note.starts_with("Presence is turned off")
        };
        let status = self.world.status_when("presence is off", off, secs(60)).await?;
        let account = &status["accounts"][0];
        ensure!(account["problem"].is_null(), "{account:#}");
        ensure!(account["seen_by_others"] != "online", "{account:#}");
        Ok(account.clone())
    }

    /// The content of a profile field.
    async fn field(&self, name: &str) -> Result<Value> {
        let name = format!("org.matrix.msc4426.{name}");
        let path = format!("/_matrix/client/v3/profile/{}/{name}", self.person.user_id);
        let (_, answer) = self.colleague.client().request(Method::GET, &path, &Value::Null).await?;
        Ok(answer[&name].clone())
    }

    /// Checks that the status is shown, and that no requests are sent at rest.
    async fn the_rest_is_shown(&self) -> Result<()> {
        self.world.presently(&["busy", "--message", "Writing", "--wait"]).await?;
        let began = Instant::now();
        while self.field("status").await?["text"] != "Writing" {
            ensure!(began.elapsed() < SOON, "no status: {}", self.field("status").await?);
            tokio::time::sleep(secs(1) / 20).await;
        }
        note(&format!("the status is shown after {:?}", began.elapsed()));
        let before = self.proxy.traffic().requests;
        for word in ["away", "available", "busy", "auto"] {
            self.world.presently(&[word]).await?;
        }
        tokio::time::sleep(secs(20)).await;
        let requests = self.proxy.traffic().requests - before;
        ensure!(requests <= 3, "{requests} requests for what goes nowhere");
        Ok(())
    }
}

#[tokio::test]
async fn presence_that_is_untracked_is_found_out_and_said() -> Result<()> {
    let more = json!({"presence": {"enabled": "untracked"}});
    let synapse = Synapse::start(Options { more, ..Options::default() }).await?;
    let began = Instant::now();
    let unseen = Unseen::on(&synapse).await?;
    unseen.says_off().await?;
    note(&format!("untracked presence was found out after {:?}", began.elapsed()));
    ensure!(!unseen.colleague.sightings().iter().any(|s| s.seen.is("online")));
    unseen.the_rest_is_shown().await
}

/// With Synapse's own limits, detecting the missing presence costs few requests.
#[tokio::test]
async fn untracked_presence_is_found_out_within_the_rate_limit() -> Result<()> {
    let more = json!({"presence": {"enabled": "untracked"}});
    let limits = Limits::Default;
    let synapse = Synapse::start(Options { more, limits, ..Options::default() }).await?;
    let unseen = Unseen::on(&synapse).await?;
    unseen.says_off().await?;
    let log = synapse.log().await;
    let refused = log.lines().filter(|l| l.contains(" 429 ") && l.contains("/status")).count();
    ensure!(refused == 0, "{refused} refusals");
    let puts = log.lines().filter(|l| l.contains("\"PUT ") && l.contains("/presence/")).count();
    ensure!(puts <= 2, "{puts} PUTs");
    Ok(())
}

#[tokio::test]
async fn presence_that_is_off_is_said_and_the_rest_is_shown() -> Result<()> {
    let synapse = Synapse::start(Options { presence: false, ..Options::default() }).await?;
    let unseen = Unseen::on(&synapse).await?;
    unseen.says_off().await?;
    unseen.the_rest_is_shown().await
}

/// An administrator enables or disables presence by a restart. Soon after, a
/// connected person is visible, or is told that they are not.
#[tokio::test]
async fn presence_that_is_turned_on_is_used_at_once() -> Result<()> {
    for first in [json!(false), json!("untracked")] {
        let more = json!({"presence": {"enabled": first}});
        let mut synapse = Synapse::start(Options { more, ..Options::default() }).await?;
        let unseen = Unseen::on(&synapse).await?;
        unseen.says_off().await?;
        // Far from its last question, which it does not repeat at once.
        tokio::time::sleep(secs(11)).await;
        synapse.restart_with(json!({"presence": {"enabled": true}})).await?;
        let began = Instant::now();
        let me = &unseen.person.user_id;
        let seen = unseen.colleague.wait_for(me, |s| s.is("online"), secs(30)).await;
        if let Err(error) = seen {
            // What the agent thinks tells most about it.
            return Err(error.context(format!("{:#}", unseen.world.status().await?["accounts"])));
        }
        note(&format!("{first} turned on: seen {:?} after the restart", began.elapsed()));
        let on = |s: &Value| {
            let account = &s["accounts"][0];
            account["server"]["presence"] == "on" && account["seen_by_others"] == "online"
        };
        let status = unseen.world.status_when("presence is on", on, SOON).await?;
        ensure!(status["accounts"][0]["note"].is_null(), "{status:#}");
        unseen.world.presently(&["busy", "--wait"]).await?;
        unseen.colleague.wait_for(me, |s| s.is(BUSY), SOON).await?;
        unseen.world.presently(&["auto"]).await?;
        unseen.colleague.wait_for(me, |s| s.is("online"), SOON).await?;

        // Where it is not tracked any more, what was tracked last stays.
        if first == json!(false) {
            synapse.restart_with(json!({"presence": {"enabled": first}})).await?;
            unseen.says_off().await.context("off again")?;
        }
    }
    Ok(())
}
