//! Sign-in to an account that is or was signed in: the first session works
//! until the second is stored, and no device is left behind.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use presently_world::process::Output;
use presently_world::{Client, Synapse, User, World, secs, within};
use serde_json::Value;

use crate::scene::{SOON, settings};

async fn login(world: &World, person: &User) -> Result<Output> {
    let args = ["login", &person.user_id, "--homeserver", &person.homeserver, "--password-stdin"];
    world.presently_with(&args, &format!("{}\n", person.password)).await
}

/// The stored session of a person.
fn stored(world: &World, person: &User) -> Result<Value> {
    let file = world.path().join("state/presently/secrets.json");
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let all: Value = serde_json::from_str(&text)?;
    Ok(all["sessions"][&person.user_id].clone())
}

/// The devices of a person that Presently has made, except the viewer's own.
async fn devices(eyes: &Client) -> Result<Vec<String>> {
    let devices = eyes.devices().await?;
    let ours = |device: &&Value| {
        device["display_name"].as_str().is_some_and(|name| name.starts_with("Presently on "))
    };
    let ids = devices.iter().filter(ours).filter_map(|device| device["device_id"].as_str());
    Ok(ids.map(str::to_owned).collect())
}

fn is_syncing(snapshot: &Value) -> bool {
    snapshot["accounts"][0]["connection"] == "syncing"
}

fn is_without_accounts(snapshot: &Value) -> bool {
    snapshot["accounts"].as_array().is_some_and(Vec::is_empty)
}

#[tokio::test]
async fn one_that_cannot_be_kept_leaves_the_first_alone() -> Result<()> {
    let person = Synapse::busy().await?.user("alex").await?;
    let eyes = Client::login(&person).await?;
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let _agent = world.agent().await?;
    world.sign_in(&person).await?;
    world.status_when("a sync", is_syncing, SOON).await?;
    let (first, device) = (stored(&world, &person)?, devices(&eyes).await?);
    ensure!(device.len() == 1 && first["device_id"] == device[0], "{device:?} {first}");

    // The person takes the account out by hand, and leaves no place for one.
    world.write_settings(&settings("5m"))?;
    world.status_when("no account", is_without_accounts, SOON).await?;
    world.write_settings(&format!("account = 5\n{}", settings("5m")))?;
    let refused = login(&world, &person).await?;
    ensure!(refused.status == Some(1), "{refused:?}");
    ensure!(refused.stderr.contains("in a form that cannot be changed"), "{}", refused.stderr);
    assert_eq!(stored(&world, &person)?, first);
    assert_eq!(devices(&eyes).await?, device);

    // Back in the settings, it goes on.
    let account = format!("\n[[account]]\nuser_id = \"{}\"\n", person.user_id);
    world.write_settings(&format!("{}{account}", settings("5m")))?;
    world.status_when("a sync", is_syncing, SOON).await?;
    assert_eq!(stored(&world, &person)?, first);
    Ok(())
}

#[tokio::test]
async fn one_that_is_kept_signs_the_first_out() -> Result<()> {
    let person = Synapse::busy().await?.user("alex").await?;
    let eyes = Client::login(&person).await?;
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let _agent = world.agent().await?;
    world.sign_in(&person).await?;
    world.status_when("a sync", is_syncing, SOON).await?;
    let first = devices(&eyes).await?;

    world.write_settings(&settings("5m"))?;
    world.status_when("no account", is_without_accounts, SOON).await?;
    world.sign_in(&person).await?;
    world.status_when("a sync", is_syncing, SOON).await?;
    let second = stored(&world, &person)?;
    ensure!(second["device_id"] != first[0], "what may still work is left alone");
    within(SOON, "the first device is signed out", async {
        while devices(&eyes).await?.contains(&first[0]) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    })
    .await?;
    let left = devices(&eyes).await?;
    ensure!(left.len() == 1 && second["device_id"] == left[0], "{left:?} {second}");
    ensure!(is_syncing(&world.status().await?), "the second goes on");
    Ok(())
}

#[tokio::test]
async fn two_at_once_make_one_device() -> Result<()> {
    let person = Synapse::busy().await?.user("alex").await?;
    let eyes = Client::login(&person).await?;
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let _agent = world.agent().await?;
    let (one, two) = tokio::try_join!(login(&world, &person), login(&world, &person))?;
    let (fine, refused) = if one.status == Some(0) { (one, two) } else { (two, one) };
    ensure!(fine.status == Some(0) && refused.status == Some(1), "{fine:?} {refused:?}");
    let said = ["is under way", "is signed in already"];
    ensure!(said.iter().any(|said| refused.stderr.contains(said)), "{}", refused.stderr);
    world.status_when("a sync", is_syncing, SOON).await?;
    let device = devices(&eyes).await?;
    let stored = stored(&world, &person)?;
    ensure!(device.len() == 1 && stored["device_id"] == device[0], "{device:?} {stored}");

    // Signed out, it may be signed in again at once.
    world.presently(&["logout", &person.user_id]).await?;
    world.sign_in(&person).await?;
    world.status_when("a sync", is_syncing, SOON).await?;
    assert_eq!(devices(&eyes).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn nothing_is_kept_of_what_was_signed_out() -> Result<()> {
    let person = Synapse::busy().await?.user("alex").await?;
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    world.presently(&["busy", "--message", "Writing", "--wait"]).await?;
    let kept = || Ok::<_, anyhow::Error>(std::fs::read_to_string(world.state_file())?);
    ensure!(kept()?.contains(&person.user_id), "it is marked: {}", kept()?);
    world.presently(&["logout", &person.user_id]).await?;
    // All that it had to report was heard before the end.
    world.presently(&["quit"]).await?;
    agent.process().wait(secs(10)).await?;
    ensure!(!kept()?.contains(&person.user_id), "{}", kept()?);
    Ok(())
}
