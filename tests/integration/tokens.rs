//! Access tokens that expire within seconds, on a real homeserver and with the
//! whole program: others notice nothing, and no kill, quit or locked keyring
//! loses the session, as far as the server allows.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::{Colleague, Options, Synapse, User, World, note, secs};
use serde_json::{Value, json};

use crate::scene::{SOON, Scene};

/// A homeserver whose access tokens expire after this many seconds, with
/// further configuration.
pub(crate) async fn short_lived(life: u32, more: Value) -> Result<Synapse> {
    let mut keys = json!({
        // Who cannot renew theirs has them for long: this is about renewal.
        "nonrefreshable_access_token_lifetime": "1h",
        "refreshable_access_token_lifetime": format!("{life}s"),
    });
    let map = keys.as_object_mut().context("an object")?;
    map.extend(more.as_object().context("an object")?.clone());
    Synapse::start(Options { more: keys, ..Options::default() }).await
}

/// The stored tokens of a person.
fn stored(world: &World) -> Result<Value> {
    let file = world.path().join("state/presently/secrets.json");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

/// Waits until the stored tokens differ from `before`. A change of the presence
/// makes the agent renew expired ones.
async fn renewed(scene: &Scene, before: &Value) -> Result<Value> {
    let began = Instant::now();
    loop {
        let now = stored(&scene.world)?;
        if now != *before {
            return Ok(now);
        }
        ensure!(began.elapsed() < SOON, "the tokens were not renewed");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Checks that the colleague saw only these presences since `mark`.
fn only(scene: &Scene, mark: presently_world::colleague::Mark, presences: &[&str]) -> Result<()> {
    for sighting in scene.colleague.since(mark) {
        let fine = presences.iter().any(|p| sighting.seen.is(p));
        ensure!(fine, "they saw {}", sighting.seen);
    }
    Ok(())
}

#[tokio::test]
async fn tokens_are_renewed_and_nobody_sees_it() -> Result<()> {
    let synapse = short_lived(3, json!({})).await?;
    let mut scene = Scene::on(&synapse, "5m").await?;
    let mut all = HashSet::from([stored(&scene.world)?.to_string()]);
    let mark = scene.colleague.mark();
    let mut last = stored(&scene.world)?;
    for word in ["busy", "available", "busy", "auto"] {
        tokio::time::sleep(secs(4)).await;
        scene.say(&[word]).await?;
        scene.sees(if word == "busy" { BUSY } else { "online" }).await?;
        last = renewed(&scene, &last).await?;
        ensure!(all.insert(last.to_string()), "new tokens each time");
    }
    only(&scene, mark, &["online", BUSY])?;

    // A restart goes on with the newest, also when they have expired.
    for pause in [Duration::ZERO, secs(4)] {
        let before = stored(&scene.world)?;
        let meanwhile = async {
            tokio::time::sleep(pause).await;
            Ok(())
        };
        scene.kill_and_restart(meanwhile).await?;
        scene.press_key().await?;
        let syncing = |a: &Value| a["connection"] == "syncing" && a["seen_by_others"] == "online";
        scene.account_when("syncing again", syncing, SOON).await?;
        ensure!(pause.is_zero() || stored(&scene.world)? != before, "renewed at the start");
    }
    only(&scene, mark, &["online", BUSY])?;
    let devices = presently_world::Client::login(&scene.person).await?.devices().await?;
    ensure!(devices.len() == 2, "ours and this one: {devices:?}");
    Ok(())
}

/// A poll lasts up to a minute. A token that expires during one is renewed for
/// the next, before others see the person as offline.
#[tokio::test]
async fn a_token_that_expires_during_a_poll_leaves_no_gap() -> Result<()> {
    let synapse = short_lived(10, json!({})).await?;
    let scene = Scene::on(&synapse, "5m").await?;
    let before = stored(&scene.world)?;
    let mark = scene.colleague.mark();
    scene.keeps("online", secs(75)).await?;
    ensure!(stored(&scene.world)? != before, "renewed on the way");
    only(&scene, mark, &["online"])
}

/// After a kill at any moment around a renewal, the agent signs in again by
/// itself.
#[tokio::test]
async fn a_kill_around_a_renewal_loses_nothing() -> Result<()> {
    let synapse = short_lived(2, json!({})).await?;
    let mut scene = Scene::on(&synapse, "5m").await?;
    let (mut renewals, mut slowest) = (0, Duration::ZERO);
    for turn in 0..16u32 {
        tokio::time::sleep(secs(3)).await;
        let before = stored(&scene.world)?;
        // The next request finds its token expired.
        scene.say(&[if turn % 2 == 0 { "busy" } else { "available" }]).await?;
        tokio::time::sleep(Duration::from_millis(u64::from(turn) * 3)).await;
        scene.agent.process().kill().await?;
        renewals += u32::from(stored(&scene.world)? != before);
        let began = Instant::now();
        scene.kill_and_restart(async { Ok(()) }).await?;
        let wanted = if turn % 2 == 0 { "busy" } else { "online" };
        let right = |a: &Value| a["connection"] == "syncing" && a["seen_by_others"] == wanted;
        let right = scene.account_when("signed in again", right, SOON).await;
        right.with_context(|| format!("turn {turn}"))?;
        slowest = slowest.max(began.elapsed());
    }
    note(&format!("16 kills, {renewals} after the new tokens were stored; back in {slowest:?}"));
    Ok(())
}

/// The goodbye works with an expired token too.
#[tokio::test]
async fn quitting_with_an_expired_token_says_goodbye_and_keeps_the_sign_in() -> Result<()> {
    let synapse = short_lived(2, json!({})).await?;
    let mut scene = Scene::on(&synapse, "5m").await?;
    scene.say(&["busy"]).await?;
    scene.sees(BUSY).await?;
    for _ in 0..3 {
        tokio::time::sleep(secs(3)).await;
        let before = stored(&scene.world)?;
        let mark = scene.colleague.mark();
        let began = Instant::now();
        ensure!(scene.agent.terminate().await? == Some(0));
        ensure!(began.elapsed() < secs(3), "it took {:?}", began.elapsed());
        let me = &scene.person.user_id;
        scene.colleague.wait_since(mark, me, |s| s.is("offline"), secs(3)).await?;
        ensure!(stored(&scene.world)? != before, "the new tokens are kept");
        scene.agent = scene.world.agent().await?;
        scene.sees(BUSY).await?;
    }
    Ok(())
}

/// A session with a maximum lifetime ends, and the person is told.
#[tokio::test]
async fn a_session_with_an_end_of_its_own_asks_for_a_sign_in() -> Result<()> {
    let more = json!({"session_lifetime": "8s", "nonrefreshable_access_token_lifetime": "8s"});
    let synapse = short_lived(2, more).await?;
    let scene = Scene::on(&synapse, "5m").await?;
    let began = Instant::now();
    let words = ["busy", "available"];
    let mut turn = 0;
    let over = loop {
        tokio::time::sleep(secs(2)).await;
        scene.say(&[words[turn % 2]]).await?;
        turn += 1;
        let account = scene.world.status().await?["accounts"][0].take();
        if account["connection"] == "needs-login" {
            break account;
        }
        ensure!(began.elapsed() < secs(30), "{account:#}");
    };
    let problem = over["problem"].as_str().context("a problem")?;
    ensure!(problem.contains("sign in again") && problem.lines().count() == 1, "{problem}");
    // The same device again, with one more of its lives.
    scene.world.sign_in(&scene.person).await?;
    let syncing = |a: &Value| a["connection"] == "syncing";
    scene.account_when("signed in again", syncing, SOON).await.map(drop)
}

/// A colleague, and a person whose tokens are in a keyring.
async fn with_keyring(synapse: &Synapse) -> Result<(World, User, Colleague)> {
    let (person, colleague) = synapse.person_and_colleague().await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.add_keyring().await?;
    world.write_settings("[idle]\nafter = \"5m\"\n[notify]\nenabled = false\n")?;
    world.set_env("PRESENTLY_LOG", "debug");
    Ok((world, person, colleague))
}

#[tokio::test]
async fn a_keyring_that_is_locked_during_a_renewal_is_no_logout() -> Result<()> {
    let synapse = short_lived(3, json!({})).await?;
    let (mut world, person, colleague) = with_keyring(&synapse).await?;
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    world.display()?.press_key().await?;
    let sees = async |presence: &str| {
        let me = &person.user_id;
        colleague.wait_for(me, |s| s.is(presence), SOON).await.map(drop)
    };
    sees("online").await?;
    world.add_locked_keyring().await?;
    for word in ["busy", "available", "busy"] {
        tokio::time::sleep(secs(4)).await;
        world.presently(&[word]).await?;
        sees(if word == "busy" { BUSY } else { "online" }).await?;
    }
    let told = |s: &Value| {
        let troubles = s["troubles"].as_array();
        troubles.is_some_and(|t| t.iter().any(|t| t.as_str().is_some_and(|t| t.contains("locked"))))
    };
    world.status_when("the locked keyring", told, SOON).await?;
    // Unlocked again, it gets the newest tokens without being asked to.
    world.add_keyring().await?;
    world.status_when("all stored", |s| !told(s), secs(40)).await?;
    agent.kill().await?;
    let _agent = world.agent().await?;
    let syncing = |s: &Value| s["accounts"][0]["connection"] == "syncing";
    world.status_when("signed in again", syncing, SOON).await?;
    sees(BUSY).await
}
