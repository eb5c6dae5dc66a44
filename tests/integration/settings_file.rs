//! The settings file in every form, and with mistakes.

use anyhow::{Context, Result, ensure};
use presently_world::{Synapse, World, secs};
use serde_json::Value;

use crate::faults::one_line;
use crate::scene::{SOON, Scene, settings};

fn troubles(status: &Value) -> Vec<&str> {
    status["troubles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

#[tokio::test]
async fn a_value_is_set_in_whatever_form_it_stands() -> Result<()> {
    let world = World::new()?;
    world.write_settings("idle = { after = \"90s\" } # mine\n")?;
    let _agent = world.agent().await?;
    for text in [
        "idle = { after = \"90s\" } # mine\n",
        "idle.after = \"90s\" # mine\n",
        "\u{feff}[idle] # mine\r\nafter = \"90s\"\r\n",
        "shiny = 1\n[lock]\naway = 3\n[idle]\nafter = 5 # mine\n",
    ] {
        world.write_settings(text)?;
        world.presently(&["settings", "set", "idle.after", "7m"]).await?;
        assert_eq!(world.presently(&["settings", "get", "idle.after"]).await?, "7m\n");
        let now = std::fs::read_to_string(world.settings_file())?;
        ensure!(now.contains("# mine") && now.contains("\"7m\""), "{now}");
    }
    world.write_settings("idle = 5\n")?;
    let refused = world.try_presently(&["settings", "set", "idle.after", "8m"]).await?;
    let line = one_line(&refused)?;
    ensure!(line.ends_with("edit it there"), "{line}");
    Ok(())
}

#[tokio::test]
async fn a_mistake_in_an_edit_is_named_with_its_line() -> Result<()> {
    let world = World::new()?;
    world.write_settings(&settings("6m"))?;
    let _agent = world.agent().await?;
    // The socket is there before the settings have been read; an answer is not.
    world.status().await?;
    let troubled = |s: &Value| !troubles(s).is_empty();
    world.write_settings("version = 1\n[idle]\nafter = \"5\"\n[lock]\naway = false\n")?;
    let status = world.status_when("the trouble", troubled, SOON).await?;
    ensure!(troubles(&status)[0].contains("line 3: "), "{status}");
    // The last good value stays in force, and what else was said holds.
    assert_eq!(world.presently(&["settings", "get", "idle.after"]).await?, "6m\n");
    assert_eq!(world.presently(&["settings", "get", "lock.away"]).await?, "false\n");
    let doctor = world.presently(&["doctor"]).await?;
    ensure!(doctor.matches("line 3: ").count() == 1, "{doctor}");
    // Nothing is written into a file that cannot be read.
    world.write_settings("version = 1\n[idle\nafter = \"5\"\n")?;
    let line2 = |s: &Value| troubles(s).iter().any(|t| t.contains("line 2: "));
    world.status_when("the other trouble", line2, SOON).await?;
    one_line(&world.try_presently(&["settings", "set", "idle.after", "7m"]).await?)?;
    ensure!(std::fs::read_to_string(world.settings_file())?.contains("after = \"5\""));
    world.write_settings("version = 1\n[idle]\nafter = \"8m\"\n")?;
    world.status_when("no trouble", |s| !troubled(s), SOON).await?;
    assert_eq!(world.presently(&["settings", "get", "idle.after"]).await?, "8m\n");
    Ok(())
}

#[tokio::test]
async fn a_mistake_at_the_start_costs_nobody_their_accounts() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.world.add_notifications().await?;
    let good = std::fs::read_to_string(scene.world.settings_file())?;
    let good = good.replace("[notify]\nenabled = false", "[notify]\nenabled = true");
    for (bad, line) in [
        (good.replace("\"5m\"", "\"5\""), "line 4: “5” is not a duration"),
        (good.replace("[idle]", "idle = 5"), "line 3: “idle” is a section"),
        (good.clone() + "share = \"everythin\"\n", "unknown value `everythin`"),
        (good.clone() + "shares = 1\n", "there is no setting “account.shares”"),
        (good.replace("[idle]", "[idle"), "the last good settings are in force"),
    ] {
        scene.agent.terminate().await?;
        scene.sees("offline").await?;
        scene.world.write_settings(&bad)?;
        scene.agent = scene.world.agent_with(&[]).await?;
        scene.press_key().await?;
        scene.sees("online").await?;
        let status = scene.world.status().await?;
        assert_eq!(status["accounts"][0]["user_id"], scene.person.user_id.as_str());
        let told = troubles(&status).into_iter().find(|t| t.contains(line));
        let told = told.with_context(|| format!("{line}: {status:#}"))?.to_owned();
        ensure!(scene.say(&["status"]).await?.contains(&format!("Trouble: {told}")));
        let notifications = scene.world.notifications()?;
        notifications
            .wait_for(|n| n.summary == "Your settings have a mistake" && n.body == told, secs(10))
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_account_that_is_gone_for_a_moment_runs_once() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    let file = scene.world.settings_file();
    let with = std::fs::read_to_string(&file)?;
    let without = with.split("[[account]]").next().context("it has accounts")?;
    for _ in 0..3 {
        std::fs::write(&file, without)?;
        let none = |s: &Value| s["accounts"] == serde_json::json!([]);
        scene.world.status_when("no account", none, SOON).await?;
        std::fs::write(&file, &with)?;
        let syncing = |a: &Value| a["connection"] == "syncing" && a["settled"] == true;
        scene.account_when("it is back", syncing, SOON).await?;
        scene.press_key().await?;
        scene.sees("online").await?;
        // No farewell comes after it.
        scene.keeps("online", secs(3)).await?;
    }
    // An edit through a link, in the way of git and many editors.
    let dots = scene.world.path().join("dots.toml");
    std::fs::rename(&file, &dots)?;
    std::os::unix::fs::symlink(&dots, &file)?;
    std::fs::remove_file(&dots)?;
    std::fs::write(&dots, with.replace("5m", "9m"))?;
    let seen = async || scene.say(&["settings", "get", "idle.after"]).await;
    presently_world::within(SOON, "the edit is seen", async {
        let mut follow = scene.world.follow().await?;
        while seen().await? != "9m\n" {
            tokio::time::timeout(secs(1), follow.next()).await.ok();
        }
        Ok(())
    })
    .await?;
    scene.keeps("online", secs(1)).await?;
    scene.say(&["settings", "set", "idle.after", "8m"]).await?;
    ensure!(file.is_symlink() && std::fs::read_to_string(&dots)?.contains("\"8m\""));
    Ok(())
}
