//! Failures of the environment: each is reported in one line, nothing is lost,
//! and the agent recovers soon.

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::process::{Output, Process};
use presently_world::world::programs;
use presently_world::{Client, Options, Synapse, User, World, secs};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::scene::{SOON, Scene, settings};

/// Checks that a command failed with one readable line, and returns it.
pub(crate) fn one_line(output: &Output) -> Result<String> {
    ensure!(output.status == Some(1), "status {:?}: {}", output.status, output.stderr);
    let line = output.stderr.trim_end();
    ensure!(!line.is_empty() && line.lines().count() == 1, "not one line:\n{}", output.stderr);
    for noise in ["panicked", "Error {", "RUST_BACKTRACE", "reqwest", "hyper"] {
        ensure!(!line.contains(noise), "not for people: {line}");
    }
    Ok(line.to_owned())
}

/// A world with a running agent, without display and accounts.
async fn bare() -> Result<(World, presently_world::Agent)> {
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    Ok((world, agent))
}

async fn login(world: &World, person: &User) -> Result<Output> {
    let args = ["login", &person.user_id, "--homeserver", &person.homeserver, "--password-stdin"];
    world.presently_with(&args, &format!("{}\n", person.password)).await
}

#[tokio::test]
async fn a_wrong_password_is_refused() -> Result<()> {
    let mut person = Synapse::busy().await?.user("alex").await?;
    person.password = "wrong, and not to be shown".to_owned();
    let (world, agent) = bare().await?;
    let line = one_line(&login(&world, &person).await?)?;
    ensure!(line.to_lowercase().contains("password"), "{line}");
    ensure!(!line.contains(&person.password), "{line}");
    ensure!(!agent.stderr().contains(&person.password), "the log has the password");
    assert_eq!(world.status().await?["accounts"], serde_json::json!([]));
    Ok(())
}

#[tokio::test]
async fn an_unknown_homeserver_is_refused() -> Result<()> {
    let (world, _agent) = bare().await?;
    let person = |homeserver: &str| User {
        user_id: "@alex:nowhere.invalid".to_owned(),
        password: "secret".to_owned(),
        homeserver: homeserver.to_owned(),
    };
    let args = ["login", "@alex:nowhere.invalid", "--password-stdin"];
    let line = one_line(&world.presently_with(&args, "secret\n").await?)?;
    ensure!(line.contains("nowhere.invalid"), "{line}");
    // Nobody listens there.
    let port = presently_world::synapse::free_port()?;
    one_line(&login(&world, &person(&format!("http://127.0.0.1:{port}"))).await?)?;
    // Plain HTTP over a network would show the password to everybody on it.
    let line = one_line(&login(&world, &person("http://matrix.example.org")).await?)?;
    ensure!(line.contains("https"), "{line}");
    Ok(())
}

#[tokio::test]
async fn a_server_that_answers_nonsense_is_refused() -> Result<()> {
    let (world, _agent) = bare().await?;
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>hi</html>",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
        "220 mail.example.org ESMTP\r\n",
    ] {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let homeserver = format!("http://{}", listener.local_addr()?);
        let server = tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = client.read(&mut request).await;
                let _ = client.write_all(answer.as_bytes()).await;
            }
        });
        let user_id = "@alex:nowhere.invalid".to_owned();
        let person = User { user_id, password: "secret".to_owned(), homeserver };
        let output = login(&world, &person).await?;
        server.abort();
        one_line(&output).with_context(|| answer.to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn a_revoked_session_asks_for_a_new_sign_in() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.say(&["message", "Kept"]).await?;
    Client::login(&scene.person).await?.logout_all().await?;
    let wanted = |a: &Value| a["connection"] == "needs-login";
    let account = scene.account_when("needs-login", wanted, secs(70)).await?;
    let problem = account["problem"].as_str().context("the person is not told")?;
    ensure!(problem.lines().count() == 1, "{problem}");
    // Nothing was lost: signed in again, it is as before.
    scene.world.sign_in(&scene.person).await?;
    scene.sees_with("online", Some("Kept")).await
}

#[tokio::test]
async fn a_short_outage_is_mended_in_seconds() -> Result<()> {
    outage(secs(8)).await
}

#[tokio::test]
async fn an_outage_of_a_minute_is_mended_in_seconds() -> Result<()> {
    outage(secs(60)).await
}

/// Stops the homeserver for a while. A choice made meanwhile is visible soon
/// after its return.
async fn outage(time: Duration) -> Result<()> {
    let synapse = Synapse::start(Options::default()).await?;
    let scene = Scene::on(&synapse, "5m").await?;
    synapse.stop().await?;
    let gone = Instant::now();
    let retrying = |a: &Value| a["connection"] == "retrying";
    let account = scene.account_when("the loss is noticed", retrying, secs(15)).await?;
    ensure!(account["seen_by_others"].is_null(), "it cannot know that: {account}");
    let said = Instant::now();
    scene.say(&["busy", "--message", "Writing"]).await?;
    ensure!(said.elapsed() < secs(2), "the command waited for the server");
    tokio::time::sleep(time.saturating_sub(gone.elapsed())).await;
    synapse.resume().await?;
    let back = Instant::now();
    scene.sees_with(BUSY, Some("Writing")).await?;
    ensure!(back.elapsed() < secs(15), "it took {:?}", back.elapsed());
    let read_back = |a: &Value| a["connection"] == "syncing" && a["seen_by_others"] == "busy";
    scene.account_when("read back", read_back, SOON).await?;
    Ok(())
}

#[tokio::test]
async fn there_is_one_agent_a_user() -> Result<()> {
    let (world, agent) = bare().await?;
    let second = world.try_presently(&["run"]).await?;
    one_line(&second)?;
    world.presently(&["status"]).await?;
    // A socket that a killed agent left is taken over.
    agent.kill().await?;
    ensure!(world.socket().exists(), "the kill left no socket: nothing is tested");
    let line = one_line(&world.try_presently(&["status"]).await?)?;
    ensure!(line.contains("presently"), "it does not say how to start one: {line}");
    let agent = world.agent().await?;
    world.presently(&["status"]).await?;
    // One that ended well left none.
    world.presently(&["quit"]).await?;
    agent.process().wait(secs(10)).await?;
    ensure!(!world.socket().exists(), "a socket is left");
    Ok(())
}

#[tokio::test]
async fn without_a_runtime_folder_there_is_no_agent() -> Result<()> {
    let world = World::new()?;
    let mut command = world.command(programs()?.join("presently"));
    command.arg("run").env_remove("XDG_RUNTIME_DIR");
    let output = presently_world::process::run(command, b"", secs(20)).await?;
    let line = one_line(&output)?;
    ensure!(line.contains("XDG_RUNTIME_DIR"), "{line}");
    Ok(())
}

#[tokio::test]
async fn a_full_disk_is_told_and_loses_nothing() -> Result<()> {
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    // A file system of the agent's own, full but for a little.
    let state = world.path().join("state");
    let script = "mount -t tmpfs -o size=256k,mode=0777 tmpfs \"$0\" && exec \"$@\"";
    let mut command = world.command("unshare");
    command.arg("--mount");
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["sh", "-c", script]).arg(&state).arg(programs()?.join("presently")).arg("run");
    command.stdin(Stdio::null());
    let process = Process::start("presently", command, world.logs()).await?;
    world.wait_for_agent(&process).await?;

    world.presently(&["away"]).await?;
    let inside = format!("/proc/{}/root{}", process.pid(), state.display());
    let fill = format!("{inside}/fill");
    ensure!(std::fs::write(&fill, vec![0; 1 << 20]).is_err(), "the disk is not full");
    let line = one_line(&world.try_presently(&["busy", "--message", &"x".repeat(200)]).await?)?;
    ensure!(line.contains("space") || line.contains("full"), "{line}");
    // What was refused is not shown, what was said before still holds.
    let status = world.status().await?;
    assert_eq!(status["presence"], "unavailable");
    let kept = std::fs::read_to_string(format!("{inside}/presently/state.json"))?;
    serde_json::from_str::<Value>(&kept).context("the state is broken")?;
    ensure!(status["troubles"].to_string().contains("cannot be saved"), "{status:#}");
    std::fs::remove_file(&fill)?;
    // It is over without anybody's doing.
    world.status_when("no trouble", |s| s["troubles"] == serde_json::json!([]), secs(40)).await?;
    world.presently(&["busy"]).await?;
    assert_eq!(world.status().await?["presence"], "busy");
    Ok(())
}

#[tokio::test]
async fn a_broken_state_file_is_told_and_kept() -> Result<()> {
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let file = world.state_file();
    std::fs::create_dir_all(file.parent().context("a folder")?)?;
    std::fs::write(&file, "{\"half\": ")?;
    let _agent = world.agent().await?;
    let status = world.status().await?;
    ensure!(status["troubles"].as_array().is_some_and(|t| !t.is_empty()), "{status}");
    world.presently(&["away"]).await?;
    assert_eq!(world.status().await?["presence"], "unavailable");
    Ok(())
}

#[tokio::test]
async fn no_log_holds_a_secret() -> Result<()> {
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.write_settings(&settings("1s"))?;
    world.set_env("PRESENTLY_LOG", "trace");
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    world.display()?.press_key().await?;
    colleague.wait_for(&person.user_id, |s| s.is("online"), SOON).await?;
    let (text, emoji) = ("Seeing the therapist", "🦕");
    world.presently(&["message", text, "--emoji", emoji]).await?;
    world.presently(&["busy", "--message", "Salary talks"]).await?;
    let shown = |s: &presently_world::Seen| s.message.as_deref() == Some("Salary talks");
    colleague.wait_for(&person.user_id, shown, SOON).await?;
    Client::login(&person).await?.logout_all().await?;
    let needs_login = |s: &Value| s["accounts"][0]["connection"] == "needs-login";
    world.status_when("needs-login", needs_login, secs(70)).await?;
    world.presently(&["quit"]).await?;
    agent.process().wait(secs(10)).await?;
    let log = agent.stderr();
    ensure!(log.lines().count() > 10, "the log is empty, nothing is tested:\n{log}");
    // Synapse's tokens begin with syt_.
    for secret in [text, emoji, "Salary", "syt_", &person.password, "Bearer", "status_msg"] {
        if let Some(line) = log.lines().find(|line| line.contains(secret)) {
            anyhow::bail!("the log has {secret:?}: {line}");
        }
    }
    Ok(())
}
