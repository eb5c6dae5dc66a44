//! A hundred accounts on one agent. They do not affect each other, and their
//! cost stays low.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_matrix::{Secret, SecretStore, Session};
use presently_world::bench::Usage;
use presently_world::client::BUSY;
use presently_world::colleague::Sighting;
use presently_world::{Agent, Client, Colleague, Options, Seen, Synapse, User, World, note, secs};
use serde_json::{Value, json};

use crate::scene::{SOON, settings};

const CROWD: usize = 100;
/// The time within which all accounts show a change. Synapse takes most of it,
/// and the machine may be busy.
const ALL: Duration = secs(60);

/// The time until an account that has only stopped syncing is seen as offline.
/// A server counts 30 s from the end of an open poll, which may itself last four
/// minutes where the person is away.
const SILENT: Duration = secs(300);

/// Starts an agent with many accounts. Their sessions are written where a
/// sign-in would store them.
async fn desk(people: &[(User, Client)]) -> Result<(World, Agent)> {
    let mut world = World::new()?;
    world.add_display().await?;
    let store = SecretStore::file(world.state_file().with_file_name("secrets.json"));
    let mut text = settings("5m");
    for (user, client) in people {
        let device = client.get("/_matrix/client/v3/account/whoami").await?;
        let device_id = device["device_id"].as_str().context("no device")?.to_owned();
        let session = Session {
            user_id: user.user_id.clone(),
            device_id,
            homeserver: user.homeserver.clone(),
            access_token: Secret::new(client.token()),
            refresh_token: None,
            client_id: None,
        };
        store.save(&session).await?;
        text.push_str(&format!("[[account]]\nuser_id = \"{}\"\n", user.user_id));
    }
    world.write_settings(&text)?;
    let agent = world.agent().await?;
    world.display()?.press_key().await?;
    Ok((world, agent))
}

/// New users with a device each, and a colleague who watches them.
async fn crowd(synapse: &Synapse, size: usize) -> Result<(Vec<(User, Client)>, Colleague)> {
    let colleague = Colleague::on(synapse).await?;
    let mut people = Vec::new();
    for _ in 0..size {
        let user = synapse.user("crowd").await?;
        colleague.meet(&user).await?;
        let client = Client::login(&user).await?;
        people.push((user, client));
    }
    Ok((people, colleague))
}

/// Waits until the colleague sees this presence of all of them.
async fn all_seen(
    colleague: &Colleague,
    people: &[(User, Client)],
    within: Duration,
    wanted: impl Fn(&Seen) -> bool,
) -> Result<()> {
    let deadline = Instant::now() + within;
    for (user, _) in people {
        let left = deadline.saturating_duration_since(Instant::now());
        colleague.wait_for(&user.user_id, &wanted, left).await?;
    }
    Ok(())
}

/// The number of accounts in the snapshot with this value.
fn say(snapshot: &Value, key: &str, value: &str) -> usize {
    let accounts = snapshot["accounts"].as_array().into_iter().flatten();
    accounts.filter(|account| account[key] == value).count()
}

#[tokio::test]
async fn a_hundred_accounts_are_all_right() -> Result<()> {
    let joins = json!({"per_second": 1e6, "burst_count": 1_000_000});
    let more = json!({ "rc_joins_per_room": joins });
    let synapse = Synapse::start(Options { more, ..Options::default() }).await?;
    let (people, colleague) = crowd(&synapse, CROWD).await?;
    let (world, agent) = desk(&people).await?;
    let began = Instant::now();
    all_seen(&colleague, &people, ALL, |seen| seen.is("online")).await?;
    let online = |s: &Value| say(s, "seen_by_others", "online") == CROWD;
    world.status_when("all online", online, ALL).await?;
    note(&format!("{CROWD} accounts online after {:?}", began.elapsed()));

    let (mark, said) = (colleague.mark(), Instant::now());
    world.presently(&["busy", "--message", "Writing"]).await?;
    ensure!(said.elapsed() < secs(5), "the command waited for the servers");
    let busy = |seen: &Seen| seen.is(BUSY) && seen.message.as_deref() == Some("Writing");
    all_seen(&colleague, &people, ALL, busy).await?;
    note(&format!("{CROWD} accounts busy after {:?}", said.elapsed()));
    let read_back = |s: &Value| say(s, "seen_by_others", "busy") == CROWD;
    world.status_when("all busy", read_back, ALL).await?;
    // A server may repeat "online" of those that it has not heard of yet.
    let mut changed = HashSet::new();
    for Sighting { user_id, seen, .. } in colleague.since(mark) {
        if seen.is(BUSY) || seen.is("unavailable") {
            changed.insert(user_id);
        } else {
            ensure!(seen.is("online") && !changed.contains(&user_id), "{user_id} showed {seen}");
        }
    }
    let usage = Usage::of(agent.process().pid())?;
    note(&format!("PSS with {CROWD} accounts: {:.1} MB", usage.pss as f64 / 1e6));
    // A debug build; it says that no account costs megabytes.
    ensure!(usage.pss < 150_000_000, "PSS {}", usage.pss);

    let said = Instant::now();
    world.presently(&["away"]).await?;
    all_seen(&colleague, &people, ALL, |seen| seen.is("unavailable")).await?;
    note(&format!("{CROWD} accounts away after {:?}", said.elapsed()));
    // Where the goodbyes of all take longer than one may wait for at the end
    // of a session, silence does the rest.
    agent.terminate().await?;
    all_seen(&colleague, &people, SILENT, |seen| seen.is("offline")).await
}

#[tokio::test]
async fn a_dead_account_costs_the_others_nothing() -> Result<()> {
    let synapse = Synapse::start(Options::default()).await?;
    let (mut people, colleague) = crowd(&synapse, 10).await?;
    let dead = Synapse::start(Options::plain()).await?;
    let (lost, _) = crowd(&dead, 1).await?;
    // The dead one is the first of all.
    people.splice(0..0, lost);
    let (world, _agent) = desk(&people).await?;
    let people = &people[1..];
    all_seen(&colleague, people, ALL, |seen| seen.is("online")).await?;
    dead.stop().await?;
    let retrying = |s: &Value| say(s, "connection", "retrying") == 1;
    world.status_when("one account lost", retrying, SOON).await?;
    for (word, presence) in [("busy", BUSY), ("away", "unavailable"), ("available", "online")] {
        let said = Instant::now();
        world.presently(&[word]).await?;
        all_seen(&colleague, people, ALL, |seen| seen.is(presence)).await?;
        // As soon as with nobody dead, and before any request to the dead
        // server could have had its time.
        ensure!(said.elapsed() < secs(10), "{word} took {:?}", said.elapsed());
        let status = world.status().await?;
        assert_eq!(say(&status, "connection", "retrying"), 1);
        ensure!(status["accounts"][0]["seen_by_others"].is_null(), "{status}");
    }
    Ok(())
}
