//! Followers that are suspended for a while: a terminal, a status bar, the
//! window.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use presently_ipc::request::MessageText;
use presently_ipc::{Client, Paths, Request};
use presently_world::process::Signal;
use presently_world::webdriver::Window;
use presently_world::{Synapse, World, within};
use serde_json::Value;

use crate::scene::{SOON, Scene, settings};

/// Far more changes than the buffers of a connection hold.
const MANY: usize = 200;

/// Sets many messages through one connection and returns the last.
async fn change(world: &World, times: usize) -> Result<String> {
    let var = |name: &str| match name {
        "XDG_RUNTIME_DIR" => Some(world.path().join("run").into()),
        "HOME" => Some(world.path().join("home").into()),
        _ => None,
    };
    let paths = Paths::from_vars(var, Path::new("/usr/bin/presently"))?;
    let text = |n: usize| format!("{n} {}", "x".repeat(200));
    for n in 1..=times {
        let message = Some(MessageText { text: text(n), emoji: None });
        Client::connect(&paths).await?.request(Request::Message { message, end: None }).await?;
    }
    Ok(text(times))
}

/// The number of connections of the agent.
fn connections(world: &World) -> Result<usize> {
    let socket = world.socket();
    let socket = socket.to_str().context("a name in UTF-8")?;
    // The one that listens bears the name too.
    let named = std::fs::read_to_string("/proc/net/unix")?;
    Ok(named.lines().filter(|line| line.ends_with(socket)).count() - 1)
}

/// Makes so many changes that the agent closes the connection of the suspended
/// follower, and waits for that.
async fn wear_out(world: &World) -> Result<String> {
    ensure!(connections(world)? > 0, "nobody follows");
    let last = change(world, MANY).await?;
    within(SOON, "the agent hangs up", async {
        while connections(world)? > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    })
    .await?;
    Ok(last)
}

fn text(snapshot: &Value) -> &str {
    snapshot["message"]["text"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_suspended_follower_goes_on_with_what_is_true() -> Result<()> {
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    let mut follow = world.follow().await?;
    follow.next().await?.context("a first one")?;

    // The agent has kept the connection, or has not.
    for keeps in [true, false] {
        follow.process().signal(Signal::STOP)?;
        let last = match keeps {
            true => change(&world, 3).await?,
            false => wear_out(&world).await?,
        };
        follow.process().signal(Signal::CONT)?;
        within(SOON, "the last message", async {
            while text(&follow.next().await?.context("it has ended")?) != last {}
            Ok(())
        })
        .await?;
    }

    // Another agent is there when it wakes.
    follow.process().signal(Signal::STOP)?;
    agent.terminate().await?;
    let agent = world.agent().await?;
    let last = change(&world, 1).await?;
    follow.process().signal(Signal::CONT)?;
    within(SOON, "the other agent's message", async {
        while text(&follow.next().await?.context("it has ended")?) != last {}
        Ok(())
    })
    .await?;

    // None is.
    follow.process().signal(Signal::STOP)?;
    agent.terminate().await?;
    follow.process().signal(Signal::CONT)?;
    within(SOON, "its end", async {
        while follow.next().await?.is_some() {}
        Ok(())
    })
    .await?;
    ensure!(follow.process().wait(SOON).await?.code() == Some(1));
    ensure!(follow.process().stderr().contains("the agent has ended"));
    Ok(())
}

#[tokio::test]
async fn a_suspended_window_goes_on_with_what_is_true() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.world.add_bus().await?;
    let window = Window::open(&scene.world).await?;
    window.says("#now-word", "Available").await?;
    window
        .evaluate(
            "(() => {
                 window.lost = false;
                 const place = document.querySelector('#no-agent');
                 new MutationObserver(() => { lost ||= !place.hidden; })
                     .observe(place, {attributes: true});
             })()",
        )
        .await?;
    window.signal(Signal::STOP)?;
    wear_out(&scene.world).await?;
    scene.say(&["message", "Back again"]).await?;
    window.signal(Signal::CONT)?;
    window.says("#now-message", "Back again").await?;
    ensure!(window.evaluate("lost").await? == false, "an agent that runs was said not to");
    Ok(())
}
