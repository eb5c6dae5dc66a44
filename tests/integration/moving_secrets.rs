//! Sessions move when the setting for secrets changes, and a sign-out removes
//! them everywhere.

use anyhow::{Context, Result, ensure};
use presently_world::{Client, Synapse, User, World, secs};
use serde_json::Value;

use crate::faults::one_line;
use crate::scene::{SOON, settings};

const OURS: &str = "Presently on";

/// The number of Presently's sessions on the server.
async fn sessions(person: &User) -> Result<usize> {
    let client = Client::login(person).await?;
    let name = |d: &Value| d["display_name"].as_str().is_some_and(|n| n.starts_with(OURS));
    let count = client.devices().await?.iter().filter(|d| name(d)).count();
    client.logout().await?;
    Ok(count)
}

/// The content of the file of secrets.
fn file(world: &World) -> String {
    let path = world.state_file().with_file_name("secrets.json");
    std::fs::read_to_string(path).unwrap_or_default()
}

fn syncing(status: &Value) -> bool {
    status["accounts"][0]["connection"] == "syncing"
}

fn is_quiet(status: &Value) -> bool {
    status["troubles"] == serde_json::json!([])
}

async fn set(world: &World, store: &str) -> Result<()> {
    world.presently(&["settings", "set", "secrets", store]).await.map(drop)
}

/// Waits until the file contains the account, or no longer does.
async fn file_has(world: &World, person: &User, wanted: bool) -> Result<()> {
    presently_world::within(SOON, "the file of secrets", async {
        while file(world).contains(&person.user_id) != wanted {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn sessions_move_to_the_keyring_and_back() -> Result<()> {
    let person = Synapse::busy().await?.user("alex").await?;
    let mut world = World::new()?;
    world.add_keyring().await?;
    world.write_settings(&settings("5m"))?;
    let mut agent = world.agent().await?;
    world.sign_in(&person).await?;
    for store in ["keyring", "file", "keyring"] {
        set(&world, store).await?;
        file_has(&world, &person, store == "file").await?;
        // It is there: the next start finds it.
        agent.terminate().await?;
        agent = world.agent().await?;
        world.status_when("syncing", |s| syncing(s) && is_quiet(s), SOON).await?;
        assert_eq!(sessions(&person).await?, 1);
    }
    world.presently(&["logout", &person.user_id]).await?;
    assert_eq!(sessions(&person).await?, 0);
    // Whichever store is looked in, nothing is left.
    for store in ["file", "keyring"] {
        set(&world, store).await?;
        let gone = world.try_presently(&["logout", &person.user_id]).await?;
        let line = one_line(&gone)?;
        ensure!(line.contains("there is no account"), "{line}");
    }
    Ok(())
}

#[tokio::test]
async fn a_store_that_is_locked_or_absent_keeps_nothing_from_running() -> Result<()> {
    let person = Synapse::busy().await?.user("alex").await?;
    let mut world = World::new()?;
    world.add_bus().await?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    set(&world, "keyring").await?;
    let told = |s: &Value| s["troubles"][0].as_str().is_some_and(|t| t.contains("still where"));
    let status = world.status_when("it is said", told, SOON).await?;
    ensure!(status["troubles"][0].as_str().is_some_and(|t| t.contains("no keyring")), "{status}");
    ensure!(file(&world).contains(&person.user_id), "it was lost");
    // Neither does the next start lose it.
    agent.terminate().await?;
    let agent = world.agent().await?;
    world.status_when("said and running", |s| syncing(s) && told(s), SOON).await?;
    world.add_locked_keyring().await?;
    let locked = |s: &Value| told(s) && s["troubles"].to_string().contains("locked");
    world.status_when("it is locked", locked, secs(40)).await?;
    // Unlocked, it moves without being asked to.
    world.add_keyring().await?;
    world.status_when("it has moved", is_quiet, secs(40)).await?;
    file_has(&world, &person, false).await?;
    agent.terminate().await?;
    let _agent = world.agent().await?;
    world.status_when("syncing", |s| syncing(s) && is_quiet(s), SOON).await?;
    world.presently(&["logout", &person.user_id]).await?;
    assert_eq!(sessions(&person).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_sign_out_looks_in_every_store() -> Result<()> {
    let person = Synapse::busy().await?.user("alex").await?;
    let mut world = World::new()?;
    world.add_keyring().await?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    let left = file(&world);
    set(&world, "keyring").await?;
    file_has(&world, &person, false).await?;
    agent.terminate().await?;
    // As an earlier version left it.
    let path = world.state_file().with_file_name("secrets.json");
    std::fs::write(&path, &left)?;
    let _agent = world.agent().await?;
    world.status_when("syncing", syncing, SOON).await?;
    world.presently(&["logout", &person.user_id]).await?;
    assert_eq!(sessions(&person).await?, 0);
    ensure!(!file(&world).contains(&person.user_id), "a token is left");
    // Of what cannot be read that is said.
    world.sign_in(&person).await?;
    std::fs::write(&path, "{").context("writable")?;
    let line = one_line(&world.try_presently(&["logout", &person.user_id]).await?)?;
    ensure!(line.contains("signed out here, but: ") && line.contains("secrets.json"), "{line}");
    assert_eq!(sessions(&person).await?, 0);
    Ok(())
}
