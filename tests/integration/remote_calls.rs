//! Calls on other devices of the account: a plain HTTP client of the same
//! person joins and leaves a call, and the colleague sees it.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, ensure};
use jiff::Timestamp;
use presently_world::client::BUSY;
use presently_world::proxy::Proxy;
use presently_world::{Client, Method, Options, Seen, Synapse, User, note, secs};
use serde_json::{Value, json};

use crate::scene::Scene;

pub(crate) const ELEMENT: &str = "org.matrix.msc3401.call.member";

/// A person with an agent, another device, and a room in which every member may
/// write call memberships, as in Element Call.
struct Elsewhere {
    scene: Scene,
    phone: Client,
    room: String,
    sent: AtomicU64,
}

impl Elsewhere {
    async fn on(synapse: &Synapse) -> Result<Self> {
        Self::of(Scene::on(synapse, "5m").await?).await
    }

    async fn of(scene: Scene) -> Result<Self> {
        // A phone that syncs would have the busy state as away.
        scene.say(&["account", &scene.person.user_id, "--busy", "always"]).await?;
        let phone = Client::login(&scene.person).await?;
        let body = json!({
            // Nobody rings a public room.
            "preset": "private_chat", "invite": [scene.colleague.client().user_id()],
            "power_level_content_override": {"events": {ELEMENT: 0}},
        });
        let made = phone.ok(Method::POST, "/_matrix/client/v3/createRoom", &body).await?;
        let room = made["room_id"].as_str().context("no room")?.to_owned();
        scene.colleague.client().join(&room).await?;
        Ok(Self { scene, phone, room, sent: AtomicU64::new(0) })
    }

    /// The state key of the phone's membership.
    fn key(&self) -> String {
        format!("_{}_PHONE_m.call", self.scene.person.user_id)
    }

    async fn member(&self, who: &Client, content: Value) -> Result<()> {
        let path = format!("/_matrix/client/v3/rooms/{}/state/{ELEMENT}/{}", self.room, self.key());
        who.ok(Method::PUT, &path, &content).await.map(drop)
    }

    async fn send(&self, who: &Client, kind: &str, content: Value, more: &str) -> Result<()> {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let path = format!("/_matrix/client/v3/rooms/{}/send/{kind}/{number}{more}", self.room);
        who.ok(Method::PUT, &path, &content).await.map(drop)
    }

    /// Waits until the colleague sees this presence. Polls keep to the assumed
    /// pace of an unknown server. A call of two people needs two requests, so
    /// it takes up to three times ten seconds.
    async fn sees(&self, presence: &str) -> Result<()> {
        self.sees_that(|seen| seen.is(presence)).await
    }

    async fn sees_that(&self, wanted: impl Fn(&Seen) -> bool) -> Result<()> {
        let me = &self.scene.person.user_id;
        match self.scene.colleague.wait_for(me, wanted, secs(60)).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.context(format!("{:#}", self.scene.world.status().await?))),
        }
    }

    fn you(&self) -> &Client {
        self.scene.colleague.client()
    }
}

pub(crate) fn session(seconds: u32) -> Value {
    json!({
        "application": "m.call", "call_id": "", "scope": "m.room", "device_id": "PHONE",
        "expires": seconds * 1000, "focus_active": {"type": "livekit"},
    })
}

#[tokio::test]
async fn a_call_on_another_device_is_busy_until_it_ends() -> Result<()> {
    let mut there = Elsewhere::on(Synapse::busy().await?).await?;
    let mark = there.scene.colleague.mark();
    let begin = std::time::Instant::now();
    there.member(&there.phone, session(3600)).await?;
    let me = there.scene.person.user_id.clone();
    let seen = there.scene.colleague.wait_since(mark, &me, |s| s.is(BUSY), secs(60)).await?;
    note(&format!("a call elsewhere is seen after {:?}", seen.at.duration_since(begin)));
    let status = there.scene.world.status().await?;
    ensure!(status["source"] == "call", "{status:#}");
    ensure!(status["reason"] == "In a call on another device", "{status:#}");
    let until: Timestamp = status["until"].as_str().context("an end")?.parse()?;
    let lasts = until.as_second() - Timestamp::now().as_second();
    ensure!((3500..=3600).contains(&lasts), "{status:#}");

    // Who may write the person's key cannot end their call.
    there.member(there.you(), json!({})).await?;
    there.scene.keeps(BUSY, secs(2)).await?;
    there.member(&there.phone, session(3600)).await?;

    // The next agent finds it.
    there.scene.kill_and_restart(async { Ok(()) }).await?;
    let elsewhere = |s: &Value| s["reason"] == "In a call on another device";
    there.scene.world.status_when("the call", elsewhere, secs(60)).await?;
    there.scene.press_key().await?;

    there.scene.say(&["pause", "calls"]).await?;
    there.sees("online").await?;
    there.scene.say(&["resume", "calls"]).await?;
    there.sees(BUSY).await?;
    there.scene.say(&["settings", "set", "call.enabled", "false"]).await?;
    there.sees("online").await?;
    there.scene.say(&["settings", "set", "call.enabled", "true"]).await?;
    there.sees(BUSY).await?;

    there.member(&there.phone, json!({})).await?;
    there.sees("online").await?;

    // Nor can they begin one.
    there.member(there.you(), session(3600)).await?;
    there.scene.keeps("online", secs(2)).await?;

    // One that nobody ends is over by itself.
    there.member(&there.phone, session(30)).await?;
    there.sees(BUSY).await?;
    there.sees("online").await
}

#[tokio::test]
async fn where_busy_would_stick_a_call_elsewhere_is_away_and_says_why() -> Result<()> {
    let there = Elsewhere::on(Synapse::busy().await?).await?;
    there.scene.say(&["account", &there.scene.person.user_id, "--busy", "auto"]).await?;
    there.member(&there.phone, session(3600)).await?;
    let called = |s: &Seen| s.is("unavailable") && s.message.as_deref() == Some("In a call");
    there.sees_that(called).await?;
    there.member(&there.phone, json!({})).await?;
    there.sees_that(|s| s.is("online") && s.message.is_none()).await
}

#[tokio::test]
async fn a_call_of_two_people_ends_when_either_hangs_up() -> Result<()> {
    let mut there = Elsewhere::on(Synapse::busy().await?).await?;
    let call = |id: &str| json!({"call_id": id, "party_id": "PHONE", "version": "1"});
    there.send(there.you(), "m.call.invite", call("a"), "").await?;
    there.send(&there.phone, "m.call.answer", call("a"), "").await?;
    there.sees(BUSY).await?;
    there.send(there.you(), "m.call.hangup", call("a"), "").await?;
    there.sees("online").await?;

    let mut ring = call("b");
    ring["lifetime"] = json!(120_000);
    there.send(&there.phone, "m.call.invite", ring, "").await?;
    there.sees(BUSY).await?;
    there.send(there.you(), "m.call.answer", call("b"), "").await?;
    there.send(&there.phone, "m.call.hangup", call("b"), "").await?;
    there.sees("online").await?;

    // The next agent asks whether the other one hung up before it claims
    // anything.
    there.send(&there.phone, "m.call.answer", call("c"), "").await?;
    there.sees(BUSY).await?;
    there.scene.kill_and_restart(async { Ok(()) }).await?;
    let elsewhere = |s: &Value| s["reason"] == "In a call on another device";
    there.scene.world.status_when("the call", elsewhere, secs(60)).await?;
    there.scene.agent.process().kill().await?;
    there.send(there.you(), "m.call.hangup", call("c"), "").await?;
    there.scene.agent = there.scene.world.agent().await?;
    there.scene.press_key().await?;
    there.sees("online").await?;
    there.scene.keeps("online", secs(2)).await
}

#[tokio::test]
async fn what_is_missed_while_the_line_is_cut_is_known_after_it() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let proxy = Proxy::before(synapse.port()).await?;
    let (person, colleague) = synapse.person_and_colleague().await?;
    let direct = person.clone();
    let person = User { homeserver: proxy.url(), ..person };
    let there = Elsewhere::of(Scene::of(person, colleague, "5m").await?).await?;
    let phone = Client::login(&direct).await?;
    there.member(&phone, session(3600)).await?;
    there.sees(BUSY).await?;

    // More than one answer holds, the leave among the first.
    proxy.cut();
    there.member(&phone, json!({})).await?;
    let other = |n: u32| json!({"call_id": n.to_string(), "party_id": "PHONE", "version": "1"});
    for n in 0..12 {
        there.send(&phone, "m.call.hangup", other(n), "").await?;
    }
    proxy.mend();
    there.scene.press_key().await?;
    there.sees("online").await?;

    proxy.cut();
    there.member(&phone, session(3600)).await?;
    for n in 12..24 {
        there.send(&phone, "m.call.hangup", other(n), "").await?;
    }
    proxy.mend();
    there.sees(BUSY).await
}

#[tokio::test]
async fn a_sticky_membership_counts_while_it_sticks() -> Result<()> {
    let more = json!({"experimental_features": {
        "msc3026_enabled": true, "msc4354_enabled": true,
    }});
    let synapse = Synapse::start(Options { more, ..Options::default() }).await?;
    let there = Elsewhere::on(&synapse).await?;
    let (kind, key) = ("org.matrix.msc4143.rtc.member", "msc4354_sticky_key");
    let sticky =
        |seconds: u32| format!("?org.matrix.msc4354.sticky_duration_ms={}", seconds * 1000);
    let join = json!({
        key: "member", "slot_id": "m.call#ROOM", "application": {"type": "m.call"},
        "member": {"id": "member", "user_id": there.scene.person.user_id, "device_id": "PHONE"},
        "rtc_transports": [], "versions": [],
    });
    there.send(&there.phone, kind, join.clone(), &sticky(600)).await?;
    there.sees(BUSY).await?;
    there.send(&there.phone, kind, json!({key: "member"}), &sticky(600)).await?;
    there.sees("online").await?;
    there.send(&there.phone, kind, join, &sticky(30)).await?;
    there.sees(BUSY).await?;
    there.sees("online").await
}

#[tokio::test]
async fn what_others_do_in_rooms_wakes_nobody() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let proxy = Proxy::before(synapse.port()).await?;
    let (person, colleague) = synapse.person_and_colleague().await?;
    let person = User { homeserver: proxy.url(), ..person };
    let there = Elsewhere::of(Scene::of(person, colleague, "5m").await?).await?;
    there.scene.say(&["available", "--wait"]).await?;
    let chat = json!({"msgtype": "m.text", "body": "Hello"});
    let you = there.you();
    // The phone's own messages wake nobody, either; its requests go past the
    // proxy in a test of traffic.
    let before = proxy.traffic();
    for _ in 0..20 {
        there.send(you, "m.room.message", chat.clone(), "").await?;
        there.send(you, "m.call.invite", json!({"call_id": "x", "version": "1"}), "").await?;
        there.member(you, session(3600)).await?;
    }
    there.scene.keeps("online", secs(2)).await?;
    let after = proxy.traffic();
    let requests = after.requests - before.requests;
    note(&format!(
        "60 events of others: {requests} requests, {} bytes",
        after.bytes - before.bytes
    ));
    ensure!(requests <= 2, "{requests} requests");
    Ok(())
}
