//! A homeserver that is down costs next to nothing, whatever requests are
//! pending: the agent sleeps until the next retry.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use presently_world::bench::Usage;
use presently_world::client::BUSY;
use presently_world::proxy::{Proxy, Rule};
use presently_world::{Agent, Client, Options, Synapse, User, note, secs};
use serde_json::{Value, json};

use crate::calls;
use crate::profile_room::{STATUS, appears, until};
use crate::scene::{SOON, Scene};
use crate::signals_sound::{Kind, Sound};

const CALL: &str = "org.matrix.msc4426.call";

/// The time after a start at which the agent cleans up after an earlier run.
/// That must not become a busy loop while the server is down.
const LOOKED_AFTER: Duration = secs(30);
/// The minimum time of observation.
const WATCHED: Duration = secs(6);
/// The maximum number of context switches, enough for some retries. A busy loop
/// makes tens of thousands, or none and uses a whole processor.
const SWITCHES: u64 = 300;
const CPU: Duration = Duration::from_millis(500);

async fn sleeps(agent: &Agent, time: Duration) -> Result<()> {
    let before = Usage::of(agent.process().pid())?;
    tokio::time::sleep(time).await;
    let after = Usage::of(agent.process().pid())?;
    // Those of a thread that has ended are gone.
    let switches = after.switches.saturating_sub(before.switches);
    let cpu = after.cpu.saturating_sub(before.cpu);
    note(&format!("{switches} switches and {cpu:?} in {time:?} without the homeserver"));
    ensure!(switches <= SWITCHES && cpu <= CPU, "{switches} switches, {cpu:?} in {time:?}");
    Ok(())
}

impl Scene {
    /// Sets a message and restarts the agent. Returns the time of the start.
    async fn restart_with_message(&mut self) -> Result<Instant> {
        self.say(&["message", "Back soon", "--wait"]).await?;
        self.kill_and_restart(async { Ok(()) }).await?;
        let start = Instant::now();
        self.account_when("the line", |a| a["connection"] == "syncing", SOON).await?;
        Ok(start)
    }

    async fn notices_the_loss(&self) -> Result<()> {
        self.account_when("the loss", |a| a["connection"] == "retrying", SOON).await.map(drop)
    }

    async fn is_back(&self, presence: &str, message: &str) -> Result<()> {
        self.press_key().await?;
        self.sees_with(presence, Some(message)).await?;
        let right = |a: &Value| {
            a["connection"] == "syncing" && a["settled"] == true && a["problem"].is_null()
        };
        self.account_when("all is right", right, secs(40)).await.map(drop)
    }
}

/// Cuts the network this long after the start.
async fn lost_after(pause: Duration) -> Result<()> {
    let (mut scene, proxy) = Scene::behind_proxy(Synapse::busy().await?, "5m").await?;
    let start = scene.restart_with_message().await?;
    tokio::time::sleep(pause).await;
    proxy.cut();
    scene.notices_the_loss().await?;
    sleeps(&scene.agent, (LOOKED_AFTER + WATCHED).saturating_sub(start.elapsed())).await?;
    proxy.mend();
    scene.is_back("online", "Back soon").await
}

#[tokio::test]
async fn a_line_that_goes_right_after_the_start_costs_nothing() -> Result<()> {
    lost_after(Duration::ZERO).await
}

/// At that time the rate limit would allow the next change.
#[tokio::test]
async fn a_line_that_goes_ten_seconds_after_the_start_costs_nothing() -> Result<()> {
    lost_after(secs(10)).await
}

/// The port of the homeserver is closed.
#[tokio::test]
async fn a_homeserver_that_stops_costs_nothing() -> Result<()> {
    let synapse = Synapse::start(Options::default()).await?;
    let mut scene = Scene::on(&synapse, "5m").await?;
    let start = scene.restart_with_message().await?;
    tokio::time::sleep(secs(10)).await;
    synapse.stop().await?;
    scene.notices_the_loss().await?;
    sleeps(&scene.agent, (LOOKED_AFTER + WATCHED).saturating_sub(start.elapsed())).await?;
    synapse.resume().await?;
    scene.is_back("online", "Back soon").await
}

#[tokio::test]
async fn what_waits_for_a_lost_line_costs_nothing() -> Result<()> {
    let (synapse, sound) = (Synapse::busy().await?, Sound::start(Kind::PulseAudio).await?);
    let proxy = Proxy::before(synapse.port()).await?;
    let (person, colleague) = synapse.person_and_colleague().await?;
    let person = User { homeserver: proxy.url(), ..person };
    let scene = Scene::in_world(calls::world(&sound).await?, person, colleague).await?;
    let me = scene.person.user_id.clone();
    scene.say(&["account", &me, "--call-field", "on", "--profile-room", "on"]).await?;
    scene.say(&["available", "--wait"]).await?;
    scene.say(&["auto", "--wait"]).await?;
    scene.hears("not in use").await?;

    // The server fails at what is written, and is gone before it is tried
    // again: a status, a call and the room.
    let room_status = format!("/state/{STATUS}");
    for path in ["/profile/", &room_status] {
        let (path, body) = (path.to_owned(), json!({"errcode": "M_UNKNOWN", "error": "Oops"}));
        proxy.answer(Rule { method: "PUT", path, status: 502, body, times: None });
    }
    let known = proxy.asked().len();
    scene.say(&["message", "Writing"]).await?;
    let _firefox = sound.record("Firefox", &["--device=mic"]).await?;
    for written in [CALL, &room_status] {
        let writes = |asked: &str| asked.starts_with("PUT") && asked.contains(written);
        proxy.is_asked(known, writes, SOON).await.context(written.to_owned())?;
    }
    proxy.cut();
    scene.notices_the_loss().await?;
    sleeps(&scene.agent, WATCHED * 2).await?;
    proxy.lift();
    proxy.mend();
    scene.is_back(BUSY, "Writing").await?;
    scene.profile_when(CALL, Value::is_object).await?;
    let viewer = Client::login(&synapse.user("stranger").await?).await?;
    let room = appears(&viewer, &scene.person).await?;
    until(&viewer, &room, STATUS, &json!({"status_msg": "Writing"})).await
}
