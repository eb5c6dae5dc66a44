//! Synapse's own rate limits: one change in ten seconds; a sync above the limit
//! is ignored without an error. The intended presence must be visible in the
//! end.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use presently_world::client::BUSY;
use presently_world::logind::Session;
use presently_world::world::Follow;
use presently_world::{Client, Limits, Options, Synapse, World, note, secs, within};
use serde_json::{Value, json};

use crate::scene::{Scene, settings};
use crate::signals_logind::Logind;

/// The time within which a change that is not limited is visible.
const AT_ONCE: Duration = secs(1);
/// The time without changes after which both limits, of PUTs and of syncs,
/// allow the next change.
const RESTED: Duration = secs(13);

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

/// A person at a desk that can be locked, on a server with these limits.
async fn lockable(logind: &Logind, session: &Session<'_>) -> Result<(Synapse, Scene)> {
    // Signing in is not what is limited here.
    let none = json!({"per_second": 1e6, "burst_count": 1_000_000});
    let login = json!({"address": none, "account": none, "failed_attempts": none});
    let (limits, more) = (Limits::Default, json!({ "rc_login": login }));
    let synapse = Synapse::start(Options { limits, more, ..Options::default() }).await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.write_settings(&settings("5m"))?;
    world.set_env("PRESENTLY_LOG", "debug");
    world.set_env("DBUS_SYSTEM_BUS_ADDRESS", logind.address());
    world.set_env("XDG_SESSION_ID", &session.id);
    let (person, colleague) = synapse.person_and_colleague().await?;
    let scene = Scene::in_world(world, person, colleague).await?;
    // Of a lock that nobody has told of, nothing is known. What is told here
    // spends the limits, so it has to be over before a test begins to rest.
    session.set_locked(true).await?;
    let away = |a: &Value| a["source"] == "lock" && a["seen_by_others"] == "unavailable";
    scene.account_when("the lock", away, secs(40)).await?;
    session.set_locked(false).await?;
    let back = |a: &Value| a["source"] != "lock" && a["seen_by_others"] == "online";
    scene.account_when("back at the desk", back, secs(40)).await?;
    Ok((synapse, scene))
}

impl Scene {
    /// Makes a change and checks that the colleague sees it at once.
    async fn seen_at_once(
        &self,
        presence: &str,
        done: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let mark = self.colleague.mark();
        done.await?;
        let since = Instant::now();
        let me = &self.person.user_id;
        let seen = self.colleague.wait_since(mark, me, |s| s.is(presence), secs(40)).await;
        let seen = seen.with_context(|| self.agent.stderr())?;
        let after = seen.at.saturating_duration_since(since);
        note(&format!("{presence} is seen after {after:?}"));
        ensure!(after < AT_ONCE, "{presence} is seen after {after:?}");
        Ok(())
    }
}

/// The first automatic change goes by sync, the second by PUT.
#[tokio::test]
async fn two_changes_in_a_row_are_seen_at_once() -> Result<()> {
    let logind = Logind::start().await?;
    let session = logind.session().await?;
    let (_synapse, scene) = lockable(&logind, &session).await?;
    tokio::time::sleep(RESTED).await;
    scene.seen_at_once("unavailable", session.set_locked(true)).await?;
    tokio::time::sleep(secs(3)).await;
    scene.seen_at_once("online", session.set_locked(false)).await.context("3 s after")?;
    tokio::time::sleep(RESTED).await;
    scene.seen_at_once(BUSY, async { scene.say(&["busy"]).await.map(drop) }).await
}

/// The first choice goes by sync, so that the limit of PUTs is free for the
/// second.
#[tokio::test]
async fn two_choices_in_a_row_are_seen_at_once() -> Result<()> {
    let synapse = strict().await?;
    let scene = Scene::on(&synapse, "5m").await?;
    let say = async |word: &str| scene.say(&[word]).await.map(drop);
    tokio::time::sleep(RESTED).await;
    scene.seen_at_once("unavailable", say("away")).await?;
    tokio::time::sleep(secs(3)).await;
    scene.seen_at_once("online", say("available")).await.context("3 s after")
}

/// A choice soon after an automatic change is not delayed either.
#[tokio::test]
async fn a_choice_soon_after_a_change_is_seen_at_once() -> Result<()> {
    let logind = Logind::start().await?;
    let session = logind.session().await?;
    let (_synapse, scene) = lockable(&logind, &session).await?;
    tokio::time::sleep(RESTED).await;
    scene.seen_at_once("unavailable", session.set_locked(true)).await?;
    tokio::time::sleep(secs(3)).await;
    let choice = async { scene.say(&["available"]).await.map(drop) };
    scene.seen_at_once("online", choice).await.context("3 s after")
}

#[tokio::test]
async fn a_glance_at_the_desk_is_seen_at_once() -> Result<()> {
    let logind = Logind::start().await?;
    let session = logind.session().await?;
    let (_synapse, scene) = lockable(&logind, &session).await?;
    tokio::time::sleep(RESTED).await;
    scene.seen_at_once("unavailable", session.set_locked(true)).await?;
    for turn in 0..3 {
        tokio::time::sleep(RESTED).await;
        let glance = async {
            scene.seen_at_once("online", session.set_locked(false)).await?;
            scene.seen_at_once("unavailable", session.set_locked(true)).await
        };
        glance.await.with_context(|| format!("turn {turn}"))?;
    }
    Ok(())
}

/// Another device changes the message, and the agent receives it at once.
async fn heard_at_once(
    follow: &mut Follow,
    phone: &Client,
    presence: &str,
    word: &str,
) -> Result<()> {
    phone.put_presence(presence, Some(word)).await?;
    let since = Instant::now();
    let heard = within(secs(40), word, async {
        while let Some(snapshot) = follow.next().await? {
            if snapshot["accounts"][0]["message_seen_by_others"] == word {
                break;
            }
        }
        Ok(())
    });
    heard.await?;
    let after = since.elapsed();
    note(&format!("{word} is heard after {after:?}"));
    ensure!(after < AT_ONCE, "{word} is heard after {after:?}");
    Ok(())
}

#[tokio::test]
async fn what_is_said_elsewhere_right_after_a_change_is_heard_at_once() -> Result<()> {
    let logind = Logind::start().await?;
    let session = logind.session().await?;
    let (synapse, scene) = lockable(&logind, &session).await?;
    let phone = scene.device(&synapse, "A phone").await?;
    let mut follow = scene.world.follow().await?;
    tokio::time::sleep(RESTED).await;
    // Our poll is answered with our own change, which went by sync.
    session.set_locked(true).await?;
    let seen = |a: &Value| a["seen_by_others"] == "unavailable";
    scene.account_when("our own change", seen, secs(20)).await?;
    heard_at_once(&mut follow, &phone, "unavailable", "one").await?;

    // The same while our polls say nothing of us.
    tokio::time::sleep(RESTED).await;
    scene.say(&["invisible", "--wait"]).await?;
    tokio::time::sleep(RESTED).await;
    let nothing = json!({"room": {"rooms": []}, "presence": {"types": []}});
    phone.sync(None, "online", &nothing, Duration::ZERO).await?;
    let seen = |a: &Value| a["seen_by_others"] == "online";
    scene.account_when("their change", seen, secs(20)).await?;
    heard_at_once(&mut follow, &phone, "online", "two").await
}

/// On a server without limits, the pace must not delay the polls either.
#[tokio::test]
async fn each_of_many_words_is_heard_at_once() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let scene = Scene::on(synapse, "5m").await?;
    let phone = scene.device(synapse, "A phone").await?;
    let mut follow = scene.world.follow().await?;
    for choice in ["auto", "invisible"] {
        scene.say(&[choice, "--wait"]).await?;
        for n in 0..4 {
            let word = format!("{choice} {n}");
            heard_at_once(&mut follow, &phone, "unavailable", &word).await?;
        }
    }
    Ok(())
}
