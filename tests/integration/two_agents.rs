//! Two computers of one person, each with an agent. Neither agent keeps what
//! the other has ended, each reports what others see and which device causes
//! it, and the last choice applies wherever it was made.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::{Agent, Client, Limits, Method, Options, Synapse, User, World, note, secs};
use serde_json::{Value, json};

use crate::calls;
use crate::scene::{SOON, Scene, settings};
use crate::signals_sound::{Kind, Sound};

/// The time within which others see the end of busy, on a server without rate
/// limits. An agent that does not know its server's limit does not poll for ten
/// seconds after a change, and its next sync may then renew busy. It ends that
/// at once, unless it did so less than ten seconds ago.
const LEFT: Duration = secs(12);

/// The person's second computer.
struct Laptop {
    _agent: Agent,
    world: World,
}

/// Both computers.
struct Both {
    desk: Scene,
    laptop: Laptop,
}

impl Both {
    /// Adds a laptop at which the person is active too, until there is no input
    /// there for `idle`.
    async fn with(desk: Scene, idle: &str) -> Result<Self> {
        name_agent(&desk.person, "Presently on desk").await?;
        let mut world = World::new()?;
        world.add_display().await?;
        world.write_settings(&settings(idle))?;
        world.set_env("PRESENTLY_LOG", "debug");
        let agent = world.agent().await?;
        world.sign_in(&desk.person).await?;
        world.display()?.press_key().await?;
        name_agent(&desk.person, "Presently on laptop").await?;
        let seen = |s: &Value| s["accounts"][0]["seen_by_others"] == "online";
        world.status_when("the laptop's view", seen, SOON).await?;
        Ok(Self { desk, laptop: Laptop { _agent: agent, world } })
    }

    async fn new() -> Result<Self> {
        Self::with(Scene::on(Synapse::busy().await?, "5m").await?, "5m").await
    }

    /// Waits for a note of the account that satisfies `wanted`.
    async fn note(&self, world: &World, wanted: impl Fn(Option<&str>) -> bool) -> Result<()> {
        let wanted = |s: &Value| wanted(s["accounts"][0]["note"].as_str());
        world.status_when("the note", wanted, secs(40)).await.map(drop)
    }

    async fn says(&self, world: &World, note: &str) -> Result<()> {
        self.note(world, |n| n.is_some_and(|n| n.contains(note))).await.context(note.to_owned())
    }

    async fn says_nothing(&self, world: &World) -> Result<()> {
        self.note(world, |n| n.is_none()).await
    }

    /// Checks that neither agent has learnt to avoid busy.
    fn nobody_held(&self) -> Result<()> {
        for world in [&self.desk.world, &self.laptop.world] {
            let state: Value = serde_json::from_slice(&std::fs::read(world.state_file())?)?;
            let held = &state["marks"][&self.desk.person.user_id]["held"];
            ensure!(*held != json!(true), "{state:#}");
        }
        Ok(())
    }

    /// The time until others see `presence` instead of busy.
    async fn leaves_busy(&self, presence: &str, since: Instant) -> Result<Duration> {
        let me = &self.desk.person.user_id;
        let seen = self.desk.colleague.wait_for(me, |s| s.is(presence), secs(60)).await?;
        Ok(seen.at.saturating_duration_since(since))
    }
}

/// Renames the device of the last sign-in, because both agents run on one host
/// here and would have the same name.
async fn name_agent(person: &User, name: &str) -> Result<()> {
    let plain = Client::login(person).await?;

    let taken = ["Presently on desk", "Presently on laptop"];
    let devices = plain.devices().await?;
    let agent = devices.iter().find(|device| {
        let name = device["display_name"].as_str().unwrap_or_default();
        name.starts_with("Presently on ") && !taken.contains(&name)
    });
    let id = agent.and_then(|a| a["device_id"].as_str()).context("no agent")?;
    let path = format!("/_matrix/client/v3/devices/{id}");
    plain.ok(Method::PUT, &path, &json!({"display_name": name})).await?;
    // It would count as one that may hold busy.
    plain.logout().await
}

#[tokio::test]
async fn a_call_on_one_is_busy_and_its_end_is_seen() -> Result<()> {
    let sound = Sound::start(Kind::PulseAudio).await?;
    let both = Both::with(calls::scene(&sound).await?, "5m").await?;
    let (desk, laptop) = (&both.desk, &both.laptop.world);
    for turn in 0..3 {
        let call = sound.record("Firefox", &["--device=mic"]).await?;
        desk.sees(BUSY).await.context("real busy, though the other agent syncs")?;
        both.says(laptop, "Presently on desk keeps you busy").await?;
        // The person uses the laptop during the call.
        laptop.display()?.press_key().await?;
        desk.keeps(BUSY, secs(3)).await?;
        let end = Instant::now();
        call.kill().await?;
        let after = both.leaves_busy("online", end).await?;
        note(&format!("turn {turn}: the end of the call is seen after {after:?}, 2 s of it ours"));
        ensure!(after < LEFT, "after {after:?}");
        both.says_nothing(laptop).await?;
        both.says_nothing(&desk.world).await?;
    }
    both.nobody_held()
}

/// The laptop's sync starts at the same moment as the desk's busy and may renew
/// it; the server decides which comes first.
#[tokio::test]
async fn busy_beside_a_sync_of_the_other_is_left_again() -> Result<()> {
    let both = Both::with(Scene::on(Synapse::busy().await?, "5m").await?, "1s").await?;
    let (desk, laptop) = (&both.desk, &both.laptop.world);
    let mut slowest = Duration::ZERO;
    for turn in 0..8u32 {
        laptop.status_when("idle", |s| s["source"] == "idle", SOON).await?;
        let (said, pressed) = tokio::join!(desk.say(&["busy"]), async {
            tokio::time::sleep(Duration::from_millis(u64::from(turn) * 4)).await;
            laptop.display()?.press_key().await
        });
        said?;
        pressed?;
        desk.sees(BUSY).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let end = Instant::now();
        desk.say(&["auto"]).await?;
        let after = both.leaves_busy("online", end).await?;
        slowest = slowest.max(after);
        ensure!(after < LEFT, "turn {turn}: after {after:?}");
    }
    note(&format!("busy is left after {slowest:?} at most"));
    both.nobody_held()
}

/// With Synapse's own limits both agents share one change in ten seconds.
#[tokio::test]
async fn within_the_rate_limit_the_end_is_seen_within_a_minute() -> Result<()> {
    // Signing in is not what is limited here.
    let none = json!({"per_second": 1e6, "burst_count": 1_000_000});
    let login = json!({"address": none, "account": none, "failed_attempts": none});
    let (limits, more) = (Limits::Default, json!({ "rc_login": login }));
    let synapse = Synapse::start(Options { limits, more, ..Options::default() }).await?;
    let both = Both::with(Scene::on(&synapse, "5m").await?, "2s").await?;
    let (desk, laptop) = (&both.desk, &both.laptop.world);
    tokio::time::sleep(secs(12)).await;
    laptop.display()?.press_key().await?;
    desk.say(&["busy"]).await?;
    desk.sees(BUSY).await?;
    laptop.display()?.press_key().await?;
    tokio::time::sleep(secs(5)).await;
    let end = Instant::now();
    desk.say(&["auto"]).await?;
    let after = both.leaves_busy("online", end).await?;
    note(&format!("limited: left after {after:?}"));
    both.nobody_held()
}

#[tokio::test]
async fn each_says_what_others_see_and_who_does_it() -> Result<()> {
    let both = Both::new().await?;
    let (desk, laptop) = (&both.desk, &both.laptop.world);
    let shows = async |world: &World, presence: &str| {
        let seen = |s: &Value| s["accounts"][0]["seen_by_others"] == presence;
        world.status_when(presence, seen, SOON).await.map(drop)
    };
    let say = async |world: &World, word: &str| world.presently(&[word]).await.map(drop);
    let busy = "Presently on desk keeps you busy";
    // One says busy, the other nothing.
    desk.say(&["busy"]).await?;
    desk.sees(BUSY).await?;
    both.says(laptop, busy).await?;
    both.says_nothing(&desk.world).await?;
    // Both say something: the highest is what others see.
    say(laptop, "away").await?;
    desk.keeps(BUSY, secs(3)).await?;
    both.says(laptop, busy).await?;
    for world in [&desk.world, laptop] {
        shows(world, "busy").await?;
    }
    desk.say(&["available"]).await?;
    desk.sees("online").await?;
    both.says(laptop, "Presently on desk keeps you available").await?;
    both.says_nothing(&desk.world).await?;
    // One hides, the other does not.
    desk.say(&["invisible"]).await?;
    say(laptop, "available").await?;
    both.says(&desk.world, "Presently on laptop keeps you available").await?;
    both.says_nothing(laptop).await?;
    for world in [&desk.world, laptop] {
        shows(world, "online").await?;
    }
    say(laptop, "invisible").await?;
    desk.sees("offline").await?;
    both.says_nothing(&desk.world).await?;
    both.nobody_held()
}

/// The message in the presence and in the profile.
async fn message(both: &Both) -> Result<(Option<String>, Value)> {
    let (me, others) = (&both.desk.person.user_id, both.desk.colleague.client());
    let seen = others.presence_of(me).await?.message;
    let path = format!("/_matrix/client/v3/profile/{me}/org.matrix.msc4426.status");
    let (_, field) = others.request(Method::GET, &path, &Value::Null).await?;
    Ok((seen, field["org.matrix.msc4426.status"]["text"].clone()))
}

const REPLACED: &str = "Another device changed your message";

#[tokio::test]
async fn the_last_message_stands_wherever_it_was_said() -> Result<()> {
    let both = Both::new().await?;
    let (desk, laptop) = (&both.desk, &both.laptop.world);
    desk.say(&["message", "At the desk"]).await?;
    desk.sees_with("online", Some("At the desk")).await?;
    // It takes a moment to walk from one to the other: what is said on both
    // within a tenth of a second may cross on the way.
    tokio::time::sleep(secs(1)).await;
    // Who says nothing clears nothing, not even by choices.
    let mark = desk.colleague.mark();
    for (word, seen) in [("busy", BUSY), ("away", "online"), ("auto", "online")] {
        laptop.presently(&[word]).await?;
        desk.sees_with(seen, Some("At the desk")).await.with_context(|| word.to_owned())?;
    }
    tokio::time::sleep(secs(3)).await;
    for sighting in desk.colleague.since(mark) {
        let said = sighting.seen.message.as_deref();
        ensure!(said == Some("At the desk"), "they saw {}", sighting.seen);
    }

    laptop.presently(&["message", "On the sofa", "--wait"]).await?;
    desk.sees_with("online", Some("On the sofa")).await?;
    both.says(&desk.world, REPLACED).await?;
    both.says_nothing(laptop).await?;
    // No quarrel, though both have one, and both say things.
    let mark = desk.colleague.mark();
    desk.say(&["busy"]).await?;
    desk.sees_with(BUSY, Some("On the sofa")).await?;
    desk.say(&["available"]).await?;
    desk.sees_with("online", Some("On the sofa")).await?;
    tokio::time::sleep(secs(15)).await;
    for sighting in desk.colleague.since(mark) {
        let said = sighting.seen.message.as_deref();
        ensure!(said == Some("On the sofa"), "they saw {}", sighting.seen);
    }
    ensure!(message(&both).await? == (Some("On the sofa".to_owned()), json!("On the sofa")));

    // Who speaks again is heard again, with the same words too.
    desk.say(&["message", "At the desk", "--wait"]).await?;
    desk.sees_with("online", Some("At the desk")).await?;
    both.says(laptop, REPLACED).await?;
    both.says_nothing(&desk.world).await?;
    // Its end leaves nothing, and brings nothing back.
    desk.say(&["message", "--clear", "--wait"]).await?;
    desk.sees_with("online", None).await?;
    tokio::time::sleep(secs(12)).await;
    ensure!(message(&both).await? == (None, Value::Null), "{:?}", message(&both).await?);
    Ok(())
}

#[tokio::test]
async fn a_restart_is_not_the_persons_word() -> Result<()> {
    let mut both = Both::new().await?;
    both.desk.say(&["message", "At the desk", "--wait"]).await?;
    both.desk.sees_with("online", Some("At the desk")).await?;
    // That it was read back is written at leisure.
    let began = Instant::now();
    loop {
        let state: Value = serde_json::from_slice(&std::fs::read(both.desk.world.state_file())?)?;
        let marks = &state["marks"][&both.desk.person.user_id];
        if marks["said"]["read_back"] == true && marks["status_said"]["read_back"] == true {
            break;
        }
        ensure!(began.elapsed() < SOON, "it was not marked: {state:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    both.desk
        .kill_and_restart(async {
            both.laptop.world.presently(&["message", "On the sofa", "--wait"]).await.map(drop)
        })
        .await?;
    both.desk.press_key().await?;
    both.says(&both.desk.world, REPLACED).await?;
    tokio::time::sleep(secs(12)).await;
    ensure!(message(&both).await? == (Some("On the sofa".to_owned()), json!("On the sofa")));
    Ok(())
}
