//! The time until others see a change.

use std::time::{Duration, Instant};

use anyhow::Result;
use presently_world::bench::spread;
use presently_world::client::BUSY;
use presently_world::desk::say;
use presently_world::process::{command, run};
use presently_world::{Client, Colleague, Seen, Synapse, User, secs};
use serde_json::{Value, json};

use crate::{TIMEOUT, desk};

const ROUNDS: usize = 15;

/// Measures the time until others see each kind of change.
pub(crate) async fn all(synapse: &Synapse) -> Result<()> {
    say("\nUntil the colleague's /sync has it")?;
    let (person, colleague) = synapse.person_and_colleague().await?;
    let device = Client::login(&person).await?;
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let presence = if round % 2 == 0 { "online" } else { "unavailable" };
        times
            .push(timed(&colleague, &person, presence, device.put_presence(presence, None)).await?);
    }
    say(&format!("  a bare PUT                        {}", spread(&mut times)))?;

    let token = device.token().to_owned();
    let url = format!("{}/_matrix/client/v3/presence/{}/status", synapse.url(), person.user_id);
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let presence = if round % 2 == 0 { "unavailable" } else { "online" };
        let mut curl = command("curl");
        curl.args(["-sS", "-f", "-X", "PUT", "-H", &format!("Authorization: Bearer {token}")]);
        curl.args(["-d", &json!({"presence": presence}).to_string(), &url]);
        let put = async { run(curl, b"", secs(20)).await?.success().map(drop) };
        times.push(timed(&colleague, &person, presence, put).await?);
    }
    say(&format!("  a bare PUT by curl                {}", spread(&mut times)))?;
    device.put_presence("offline", None).await?;
    device.logout().await?;

    let world = desk("1s").await?;
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    let display = world.display()?;
    let mut keyboard = display.keyboard().await?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let idle = |s: &Value| s["accounts"][0]["seen_by_others"] == "unavailable";
        world.status_when("away", idle, TIMEOUT).await?;
        let press = async { keyboard.press_key() };
        times.push(timed(&colleague, &person, "online", press).await?);
    }
    say(&format!("  a key press after idle            {}", spread(&mut times)))?;

    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let (word, presence) =
            if round % 2 == 0 { ("busy", BUSY) } else { ("available", "online") };
        let say = async { world.presently(&[word]).await.map(drop) };
        times.push(timed(&colleague, &person, presence, say).await?);
    }
    say(&format!("  presently busy, or available      {}", spread(&mut times)))?;

    world.presently(&["auto"]).await?;
    let mut times = Vec::new();
    let mut agent = agent;
    for _ in 0..5 {
        agent.terminate().await?;
        let offline = |s: &Seen| s.is("offline");
        colleague.wait_for(&person.user_id, offline, TIMEOUT).await?;
        let mark = colleague.mark();
        display.press_key().await?;
        let began = Instant::now();
        agent = world.start_agent(&["run"]).await?;
        let there = |s: &Seen| !s.is("offline");
        let sighting = colleague.wait_since(mark, &person.user_id, there, TIMEOUT).await?;
        times.push(sighting.at.saturating_duration_since(began));
    }
    say(&format!("  the start of the agent            {}", spread(&mut times)))
}

/// The time from the start of `act` until the colleague saw `presence`.
async fn timed(
    colleague: &Colleague,
    person: &User,
    presence: &str,
    act: impl Future<Output = Result<()>>,
) -> Result<Duration> {
    let mark = colleague.mark();
    let began = Instant::now();
    act.await?;
    let wanted = |s: &Seen| s.is(presence);
    let sighting = colleague.wait_since(mark, &person.user_id, wanted, TIMEOUT).await?;
    Ok(sighting.at.saturating_duration_since(began))
}
