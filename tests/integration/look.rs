//! `presently look`: what a user shows, and why something cannot be seen.

use anyhow::{Context as _, Result, ensure};
use presently_world::client::BUSY;
use presently_world::{Client, Options, Synapse, User};
use serde_json::{Value, json};

use crate::scene::{Scene, settings};

async fn look(world: &presently_world::World, user_id: &str) -> Result<Value> {
    let text = world.presently(&["look", user_id, "--json"]).await?;
    serde_json::from_str(&text).with_context(|| text)
}

#[tokio::test]
async fn somebody_who_shares_a_room_is_seen_and_a_stranger_is_not() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let scene = Scene::on(synapse, "5m").await?;
    let you = scene.colleague.client();
    you.put_presence(BUSY, Some("In a review")).await?;
    you.put_profile("org.matrix.msc4426.status", json!({"text": "Writing", "emoji": "✍️"})).await?;
    you.put_profile("org.matrix.msc4426.call", json!({"call_joined_ts": 1_795_000_000})).await?;
    let seen = look(&scene.world, you.user_id()).await?;
    ensure!(seen["presence"] == "busy" && seen["message"] == "In a review", "{seen:#}");
    ensure!(seen["status"] == json!({"text": "Writing", "emoji": "✍️"}), "{seen:#}");
    ensure!(seen["call"] == json!({"since": "2026-11-18T11:06:40Z"}), "{seen:#}");
    ensure!(seen["through"] == scene.person.user_id && seen["notes"] == json!([]), "{seen:#}");
    ensure!(seen["last_active"].is_string(), "{seen:#}");
    let text = scene.say(&["look", you.user_id()]).await?;
    for wanted in ["Busy: In a review\n", "Status: ✍️ Writing\n", "In a call since"] {
        ensure!(text.contains(wanted), "{wanted}: {text}");
    }

    // Under the stable names too, which count first.
    you.put_profile("m.status", json!({"text": "Reading", "emoji": "📖"})).await?;
    ensure!(look(&scene.world, you.user_id()).await?["status"]["text"] == "Reading");

    let stranger = synapse.user("stranger").await?;
    let seen = look(&scene.world, &stranger.user_id).await?;
    ensure!(seen["presence"].is_null() && seen["name"].is_string(), "{seen:#}");
    ensure!(seen["notes"][0].as_str().is_some_and(|n| n.contains("shares none with")), "{seen:#}");

    for (user_id, wanted) in [
        (format!("@nobody-has-this:{}", synapse.name()), "knows no user @nobody-has-this"),
        ("@you:not a server".to_owned(), "is not a Matrix user id"),
    ] {
        let output = scene.world.try_presently(&["look", &user_id]).await?;
        ensure!(output.status == Some(1) && output.stderr.contains(wanted), "{output:?}");
        ensure!(output.stderr.lines().count() == 1, "{output:?}");
    }
    Ok(())
}

#[tokio::test]
async fn where_presence_is_turned_off_that_is_said() -> Result<()> {
    let options = Options { name: "off.example".to_owned(), presence: false, ..Options::default() };
    let off = Synapse::start(options).await?;
    let on = Synapse::busy().await?;
    let world = presently_world::World::new()?;
    world.write_settings(&settings("5m"))?;
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;
    let nobody = world.try_presently(&["look", "@you:off.example"]).await?;
    ensure!(nobody.stderr.contains("no account is signed in"), "{nobody:?}");

    // The first account is on another server: the one on theirs looks.
    let others: User = on.user("elsewhere").await?;
    world.sign_in(&others).await?;
    let me = off.user("me").await?;
    world.sign_in(&me).await?;
    let known = |s: &Value| s["accounts"][1]["server"]["presence"] == "off";
    world.status_when("what the server can do", known, crate::scene::SOON).await?;

    let you = off.user("you").await?;
    let client = Client::login(&you).await?;
    client.put_profile("org.matrix.msc4426.status", json!({"text": "Here", "emoji": "👋"})).await?;
    let seen = look(&world, &you.user_id).await?;
    ensure!(seen["through"] == me.user_id, "{seen:#}");
    ensure!(seen["presence"].is_null() && seen["status"]["text"] == "Here", "{seen:#}");
    let note = seen["notes"][0].as_str().unwrap_or_default();
    ensure!(note.contains("Presence is turned off"), "{seen:#}");
    Ok(())
}
