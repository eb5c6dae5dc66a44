//! A secret store that cannot be used just now: nothing is lost, and it is
//! said.

use anyhow::{Result, ensure};
use presently_world::{World, secs};
use serde_json::{Value, json};

use crate::scene::{SOON, settings};
use crate::tokens::short_lived;

fn are_all(status: &Value, wanted: impl Fn(&Value) -> bool) -> bool {
    status["accounts"].as_array().is_some_and(|all| !all.is_empty() && all.iter().all(wanted))
}

fn sync(status: &Value) -> bool {
    are_all(status, |account| account["connection"] == "syncing")
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_said() -> Result<()> {
    let synapse = short_lived(3, json!({})).await?;
    let person = synapse.user("alex").await?;
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let _agent = world.agent().await?;
    world.sign_in(&person).await?;
    world.status_when("syncing", sync, SOON).await?;
    let file = world.state_file().with_file_name("secrets.json");
    std::fs::remove_file(&file)?;
    std::fs::create_dir(&file)?;
    tokio::time::sleep(secs(4)).await;
    world.presently(&["busy"]).await?;
    let told = |s: &Value| {
        let trouble = s["troubles"][0].as_str().unwrap_or_default();
        trouble.contains("is not stored yet") && trouble.contains("secrets.json")
    };
    let status = world.status_when("it is said", told, SOON).await?;
    ensure!(sync(&status), "it goes on meanwhile: {status:#}");
    std::fs::remove_dir(&file)?;
    world.status_when("it is stored", |s| s["troubles"] == json!([]), SOON).await?;
    ensure!(std::fs::read_to_string(&file)?.contains(&person.user_id));
    Ok(())
}
