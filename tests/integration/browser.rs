//! Sign-in through the browser with the real agent, its command line and its
//! window.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use presently_world::process::Output;
use presently_world::webdriver::{Window, key};
use presently_world::world::programs;
use presently_world::{Synapse, World, secs, wait_for_file, within};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::scene::{SOON, settings};
use crate::standin::{TOKEN_LIFE, browse, delegating_synapse, synapse_with_cas};

/// A machine whose desktop records the page to open instead of opening a browser.
fn without_browser() -> Result<World> {
    let mut world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let folder = world.path().join("bin");
    std::fs::create_dir(&folder)?;
    let opener = folder.join("xdg-open");
    let page = opened_file(&world);
    let script =
        format!("#!/bin/sh\nprintf %s \"$1\" >{0}.new && mv {0}.new {0}\n", page.display());
    std::fs::write(&opener, script)?;
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o755))?;
    let path = std::env::var("PATH").unwrap_or_default();
    world.set_env("PATH", format!("{}:{path}", folder.display()));
    Ok(world)
}

fn opened_file(world: &World) -> std::path::PathBuf {
    world.path().join("opened")
}

/// The page that the desktop was asked to open.
async fn opened(world: &World) -> Result<String> {
    let file = opened_file(world);
    wait_for_file(&file, SOON).await?;
    let url = std::fs::read_to_string(&file)?;
    std::fs::remove_file(&file)?;
    Ok(url)
}

/// A running `presently login`.
struct Login {
    program: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Login {
    fn start(world: &World, synapse: &Synapse, name: &str, how: &[&str]) -> Result<Self> {
        let user_id = format!("@{name}:{}", synapse.name());
        let mut command = Command::from(world.command(programs()?.join("presently")));
        command.args(["login", &user_id, "--homeserver", &synapse.url()]).args(how);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut program = command.kill_on_drop(true).spawn()?;
        let stdout = program.stdout.take().context("piped")?;
        Ok(Self { program, lines: BufReader::new(stdout).lines() })
    }

    /// The URL that it prints.
    async fn url(&mut self) -> Result<String> {
        within(SOON, "an address", async {
            while let Some(line) = self.lines.next_line().await? {
                if line.starts_with("http") {
                    return Ok(line);
                }
            }
            anyhow::bail!("it ended")
        })
        .await
    }

    /// Waits for its end and returns its output.
    async fn end(mut self) -> Result<Output> {
        within(SOON, "the end of the sign-in", async {
            let mut stdout = String::new();
            while let Some(line) = self.lines.next_line().await? {
                stdout.push_str(&line);
            }
            let mut stderr = String::new();
            let mut pipe = self.program.stderr.take().context("piped")?;
            pipe.read_to_string(&mut stderr).await?;
            Ok(Output { status: self.program.wait().await?.code(), stdout, stderr })
        })
        .await
    }

    async fn fails(self, wanted: &str) -> Result<()> {
        let output = self.end().await?;
        ensure!(output.status == Some(1) && output.stderr.contains(wanted), "{wanted}: {output:?}");
        ensure!(output.stderr.lines().count() == 1, "{output:?}");
        Ok(())
    }
}

/// Waits until the port of the redirect URL is closed.
async fn nobody_listens_for(url: &str) -> Result<()> {
    let (_, rest) = url.rsplit_once("127.0.0.1%3A").context("no way back")?;
    let port: u16 = rest.split('%').next().unwrap_or_default().parse()?;
    until("the end of the listener", || TcpStream::connect(("127.0.0.1", port)).is_err()).await
}

/// Polls a condition that has no event.
async fn until(what: &str, holds: impl Fn() -> bool) -> Result<()> {
    within(SOON, what, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn single_sign_on_by_the_command_line() -> Result<()> {
    let synapse = synapse_with_cas().await?;
    let world = without_browser()?;
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;
    let login = |name: &str, how: &[&str]| Login::start(&world, &synapse, name, how);

    // Who comes back is not who was asked for; nor may anybody else come.
    let mut other = login("sam", &["--sso"])?;
    let url = other.url().await?;
    browse(&url).await?;
    other.fails("instead of @sam").await?;
    nobody_listens_for(&url).await?;

    // Another one begins: the first is given up.
    let mut first = login("alex", &["--sso"])?;
    let url = first.url().await?;
    let mut second = login("alex", &["--sso"])?;
    let again = second.url().await?;
    first.fails("was given up").await?;
    nobody_listens_for(&url).await?;
    let page = browse(&again).await?;
    ensure!(page.contains("You may close this page"), "{page}");
    let output = second.end().await?;
    ensure!(output.status == Some(0) && output.stdout.contains("Signed in as @alex"), "{output:?}");
    let synced = |s: &Value| s["accounts"][0]["connection"] == "syncing";
    world.status_when("a sync", synced, SOON).await?;

    login("alex", &["--sso"])?.fails("is signed in already").await?;
    login("sam", &["--oauth"])?.fails("does not sign in by OAuth 2.0").await?;
    // It offers the password too, which is what is asked for.
    login("sam", &[])?.fails("there is no terminal to ask for the password").await
}

#[tokio::test]
async fn oauth_by_the_command_line() -> Result<()> {
    let (synapse, service) = delegating_synapse().await?;
    let mut world = without_browser()?;
    world.set_env("PRESENTLY_LOG", "debug");
    let agent = world.agent_with(&["run", "--no-tray"]).await?;

    // Who hangs up gives it up.
    let mut interrupted = Login::start(&world, &synapse, "alex", &["--oauth"])?;
    let url = interrupted.url().await?;
    until("that it is waited for", || agent.stderr().contains("login-finish")).await?;
    let pid = interrupted.program.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    kill_process(pid.context("it runs")?, Signal::INT)?;
    interrupted.fails("interrupted").await?;
    nobody_listens_for(&url).await?;

    service.state().refuses = true;
    let mut refused = Login::start(&world, &synapse, "alex", &["--oauth"])?;
    browse(&refused.url().await?).await?;
    refused.fails("was not completed in the browser").await?;
    service.state().refuses = false;

    // With a display the browser opens by itself, and without a password to
    // ask for it is the way.
    world.set_env("DISPLAY", ":nobody-looks-at-it");
    let mut login = Login::start(&world, &synapse, "alex", &[])?;
    let url = opened(&world).await?;
    ensure!(login.url().await? == url);
    browse(&url).await?;
    let output = login.end().await?;
    ensure!(output.status == Some(0), "{output:?}");
    let synced = |s: &Value| s["accounts"][0]["connection"] == "syncing";
    world.status_when("a sync", synced, SOON).await?;

    // What needs a token finds one that lives.
    tokio::time::sleep(TOKEN_LIFE).await;
    let user_id = format!("@alex:{}", synapse.name());
    let seen: Value = serde_json::from_str(&world.presently(&["look", &user_id, "--json"]).await?)?;
    ensure!(seen["presence"].is_string() && seen["through"] == user_id, "{seen:#}");

    // The service ends the session: the same device signs in again.
    service.state().refresh.clear();
    tokio::time::sleep(TOKEN_LIFE).await;
    let blind = world.try_presently(&["look", &user_id]).await?;
    ensure!(blind.stderr.contains("or sign in again"), "{blind:?}");
    let lost = |s: &Value| s["accounts"][0]["connection"] == "needs-login";
    world.status_when("the need to sign in", lost, SOON).await?;
    let login = Login::start(&world, &synapse, "alex", &[])?;
    browse(&opened(&world).await?).await?;
    let output = login.end().await?;
    ensure!(output.status == Some(0), "{output:?}");
    world.status_when("a sync", synced, SOON).await?;
    ensure!(world.status().await?["accounts"].as_array().is_some_and(|a| a.len() == 1));

    world.presently(&["logout", &user_id]).await?;
    ensure!(service.state().refresh.is_empty(), "the tokens are revoked");
    ensure!(!agent.stderr().contains("code=code"), "no code is logged");
    Ok(())
}

#[tokio::test]
async fn the_window_signs_in_through_the_browser() -> Result<()> {
    let (both, only) = tokio::try_join!(synapse_with_cas(), delegating_synapse())?;
    let (only, _service) = only;
    let mut world = without_browser()?;
    world.add_display().await?;
    world.add_bus().await?;
    let _agent = world.agent().await?;
    let window = Window::open(&world).await?;
    window.shows("#welcome").await?;

    // Nobody finds this server by its name, so its address is asked for.
    let user_id = format!("@alex:{}", both.name());
    window.type_into("#user-id", &user_id).await?;
    window.press(key::ENTER).await?;
    window.shows("#homeserver-error").await?;
    ensure!(window.focus().await? == "homeserver");

    // Both ways are offered.
    window.press(&both.url()).await?;
    window.press(key::TAB).await?;
    window.shows("#sign-in-browser").await?;
    window.shows("#password").await?;

    // The browser is the only way.
    window.evaluate("document.querySelector('#homeserver').value = ''").await?;
    window.type_into("#homeserver", &only.url()).await?;
    window.press(key::ENTER).await?;
    window.until("document.activeElement.id === 'sign-in-browser'").await?;
    ensure!(
        window.evaluate("document.querySelector('#password').checkVisibility()").await? == false
    );
    ensure!(window.evaluate("document.querySelector('#sign-in-submit').hidden").await? == true);
    window.says("#sign-in", "a session without encryption, which is right").await?;

    // Given up, and begun again.
    window.click("#sign-in-browser").await?;
    let url = opened(&world).await?;
    window.shows("#browsing").await?;
    window.says("#browsing-user", &user_id).await?;
    let shown = window.evaluate("document.querySelector('#browsing-url').value").await?;
    ensure!(shown == url, "{shown}");
    ensure!(window.focus().await? == "browsing-cancel");
    window.press(key::ENTER).await?;
    window.shows("#sign-in-browser").await?;
    nobody_listens_for(&url).await?;
    window.click("#sign-in-call-field").await?;
    window.click("#sign-in-browser").await?;
    browse(&opened(&world).await?).await?;
    window.says("#account-list", &user_id).await?;
    window.says(".connection", "Connected").await?;
    // What was answered about calls is kept.
    let answered = |s: &Value| s["accounts"][0]["call_field"] == true;
    world.status_when("the answer about calls", answered, secs(10)).await?;
    window.until("document.querySelector('.settings [type=checkbox]').checked").await
}
