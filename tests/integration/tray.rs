//! The tray, through a desktop's StatusNotifier host: the module by itself
//! in a program of its own, then the real agent.

use std::io::BufRead;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently::tray;
use presently_ipc::snapshot::Connection;
use presently_ipc::{Reply, Snapshot};
use presently_world::tray_host::{HungTray, Shown, TrayHost, TrayItem};
use presently_world::{Agent, World, secs};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::rest;
use crate::scene::{SOON, settings};

/// The variable that makes [`the_program_with_only_a_tray`] one.
const ALONE: &str = "PRESENTLY_TEST_TRAY";

/// The tray is one for each process and finds its bus in the environment, so
/// the tests run this program once more: it shows the snapshots that it
/// reads and writes what the person does. An empty line asks for the host.
#[test]
fn the_program_with_only_a_tray() -> Result<()> {
    if std::env::var_os(ALONE).is_none() {
        return Ok(());
    }
    let (actions, mut done) = tokio::sync::mpsc::channel(8);
    let (lines, mut read) = tokio::sync::mpsc::channel(8);
    std::thread::spawn(move || {
        std::io::stdin()
            .lock()
            .lines()
            .map_while(Result::ok)
            .try_for_each(|l| lines.blocking_send(l))
    });
    // As in the agent: one thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut tray = tray::start(actions)?;
        loop {
            tokio::select! {
                action = done.recv() => say(&format!("{:?}", action.context("the tray is gone")?)),
                line = read.recv() => match line.as_deref() {
                    None => return Ok(()),
                    Some("") => say(&format!("{:?}", tray::host_present().await)),
                    Some(line) => {
                        tray.show(&serde_json::from_str(line)?, &TimeZone::UTC);
                        say("shown");
                    }
                },
            }
        }
    })
}

#[expect(clippy::print_stdout, reason = "the test that started this program reads it")]
fn say(line: &str) {
    println!("{ALONE} {line}");
}

/// A program with only a tray.
struct Alone {
    child: Child,
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
}

impl Alone {
    fn start(world: &World) -> Result<Self> {
        let mut command = world.command(std::env::current_exe()?);
        command.args([
            "tray::the_program_with_only_a_tray",
            "--exact",
            "--nocapture",
            "--test-threads=1",
        ]);
        command.env(ALONE, "1").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let stdin = child.stdin.take().context("it was piped")?;
        let stdout = BufReader::new(child.stdout.take().context("it was piped")?).lines();
        Ok(Self { child, stdin, stdout })
    }

    /// The next thing it says.
    async fn said(&mut self) -> Result<String> {
        presently_world::within(SOON, "a word", async {
            loop {
                let line = self.stdout.next_line().await?.context("it has ended")?;
                // The test runner says things too, even on the same line.
                if let Some((_, said)) = line.split_once(&format!("{ALONE} ")) {
                    return Ok(said.to_owned());
                }
            }
        })
        .await
    }

    async fn show(&mut self, snapshot: &Snapshot) -> Result<()> {
        let line = serde_json::to_string(snapshot)? + "\n";
        self.stdin.write_all(line.as_bytes()).await?;
        let said = self.said().await?;
        ensure!(said == "shown", "{said}");
        Ok(())
    }

    async fn host(&mut self) -> Result<String> {
        self.stdin.write_all(b"\n").await?;
        self.said().await
    }
}

/// The committed example of a snapshot, with other words for some fields.
fn snapshot(fields: serde_json::Value) -> Result<Snapshot> {
    const EXAMPLES: &str = include_str!("../../src-tauri/crates/ipc/wire/replies.json");
    let examples: Vec<Reply> = serde_json::from_str(EXAMPLES)?;
    let example = examples.into_iter().find_map(|reply| match reply {
        Reply::Snapshot(snapshot) => Some(snapshot),
        _ => None,
    });
    let mut snapshot = serde_json::to_value(example.context("no example is a snapshot")?)?;
    snapshot["troubles"] = json!([]);
    snapshot["message"] = json!(null);
    for (name, value) in fields.as_object().context("an object")? {
        snapshot[name] = value.clone();
    }
    Ok(serde_json::from_value(snapshot)?)
}

/// The name of the picture that is shown.
fn picture(shown: &Shown) -> Result<&'static str> {
    let (width, height, pixels) = shown.icon.as_ref().context("there is no icon")?;
    for name in ["online", "busy", "unavailable", "offline", "unknown"] {
        let file = format!("{}/icons/tray/{name}-44.png", env!("CARGO_MANIFEST_DIR"));
        let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(file)?));
        let mut reader = decoder.read_info()?;
        let mut wanted = vec![0; reader.output_buffer_size().context("too large")?];
        let frame = reader.next_frame(&mut wanted)?;
        ensure!((frame.width.cast_signed(), frame.height.cast_signed()) == (*width, *height));
        if wanted == *pixels {
            return Ok(name);
        }
    }
    anyhow::bail!("the icon is none of ours")
}

fn state_line(shown: &Shown) -> &str {
    shown.menu.first().map_or("", |entry| &entry.label)
}

async fn shows(item: &TrayItem, picture_name: &str, line: &str) -> Result<Shown> {
    let wanted = |shown: &Shown| {
        state_line(shown) == line
            && shown.tooltip.1.starts_with(line)
            && picture(shown).is_ok_and(|name| name == picture_name)
    };
    item.wait_for(&format!("{picture_name}, “{line}”"), wanted, SOON).await
}

/// Waits for the item to come. Where the host comes while the item is being
/// made, it may come twice.
async fn appears(host: &TrayHost, picture_name: &str, line: &str) -> Result<TrayItem> {
    presently_world::within(SOON, &format!("an icon, “{line}”"), async {
        loop {
            let item = host.item("presently", SOON).await?;
            if shows(&item, picture_name, line).await.is_ok() {
                return Ok(item);
            }
        }
    })
    .await
}

#[tokio::test]
async fn fifty_updates_another_host_and_the_end() -> Result<()> {
    let mut world = World::new()?;
    let bus = world.add_bus().await?;
    let host = TrayHost::on(bus).await?;
    let mut alone = Alone::start(&world)?;
    let looks = ["online", "busy", "unavailable", "offline"];
    let words = ["Available", "Busy", "Away", "Invisible"];
    let nth = |n: usize| {
        snapshot(json!({
            "presence": looks[n % 4], "source": "active", "reason": format!("Change {n}"),
        }))
    };
    let line = |n: usize| format!("{} — Change {n}", words[n % 4]);

    alone.show(&nth(0)?).await?;
    let item = host.item("presently", SOON).await?;
    for n in 1..=50 {
        alone.show(&nth(n)?).await?;
        let shown = shows(&item, looks[n % 4], &line(n)).await?;
        assert_eq!(shown.title, "Presently");
        assert_eq!(shown.ticked(), ["Automatic"]);
    }

    // What looks the same touches nothing; only the words change then.
    let mut signals = item.signals().await?;
    let mut again = nth(50)?;
    for revision in 100..120 {
        again.revision = revision;
        again.accounts[0].settled = revision % 2 == 0;
        alone.show(&again).await?;
    }
    again.reason = "Other words".into();
    alone.show(&again).await?;
    let mut said = Vec::new();
    while said.last().is_none_or(|last| last != "ItemsPropertiesUpdated") {
        let next = async { signals.next().await.context("the bus is gone")?.map_err(Into::into) };
        let signal = presently_world::within(SOON, "a signal", next).await?;
        said.push(signal.header().member().context("a signal's name")?.to_string());
    }
    assert_eq!(said, ["NewToolTip", "ItemsPropertiesUpdated"]);
    shows(&item, looks[50 % 4], "Away — Other words").await?;

    // The desktop's panel goes, and comes back to what is true then.
    assert_eq!(alone.host().await?, "Present");
    host.stop().await?;
    assert_eq!(alone.host().await?, "Absent");
    for n in 51..=60 {
        alone.show(&nth(n)?).await?;
    }
    let host = TrayHost::on(world.bus()?).await?;
    let item = appears(&host, looks[60 % 4], &line(60)).await?;

    // Many at once: the last one counts.
    for n in 61..=110 {
        alone.show(&nth(n)?).await?;
    }
    shows(&item, looks[110 % 4], &line(110)).await?;

    drop(alone.stdin);
    host.empty(SOON).await?;
    let status = presently_world::within(SOON, "the end", async { Ok(alone.child.wait().await?) });
    ensure!(status.await?.success());
    Ok(())
}

#[tokio::test]
async fn the_icon_comes_when_the_host_does() -> Result<()> {
    let mut world = World::new()?;
    world.add_bus().await?;
    let mut alone = Alone::start(&world)?;
    assert_eq!(alone.host().await?, "Absent");
    let blind = json!({"presence": null, "source": "none", "reason": "Input cannot be seen"});
    alone.show(&snapshot(blind)?).await?;
    let host = TrayHost::on(world.bus()?).await?;
    appears(&host, "unknown", "Unknown — Input cannot be seen").await?;
    assert_eq!(alone.host().await?, "Present");
    Ok(())
}

/// It is left running from login to logout: with nothing to show, no thread
/// of it will wake up by itself.
#[tokio::test]
async fn at_rest_nothing_ticks() -> Result<()> {
    let mut world = World::new()?;
    let host = TrayHost::on(world.add_bus().await?).await?;
    let mut alone = Alone::start(&world)?;
    alone.show(&snapshot(json!({}))?).await?;
    host.item("presently", SOON).await?.shown().await?;
    let pid = alone.child.id().context("it has ended")?;
    rest::reached(pid).await
}

#[tokio::test]
async fn without_a_session_bus_nothing_fails() -> Result<()> {
    let mut world = World::new()?;
    world.set_env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
    let mut alone = Alone::start(&world)?;
    alone.show(&snapshot(json!({}))?).await?;
    let host = alone.host().await?;
    ensure!(host.starts_with("Unknown("), "{host}");
    alone.show(&snapshot(json!({"reason": "Another"}))?).await
}

#[tokio::test]
async fn each_entry_says_what_the_person_chose() -> Result<()> {
    let mut world = World::new()?;
    let bus = world.add_bus().await?;
    let host = TrayHost::on(bus).await?;
    let mut alone = Alone::start(&world)?;
    let mut first = snapshot(json!({"presence": "online", "source": "active", "reason": "Here"}))?;
    first.accounts[0].connection = Connection::NeedsLogin;
    alone.show(&first).await?;
    let item = host.item("presently", SOON).await?;
    for (path, said) in [
        (&["Automatic"][..], "Choose { presence: None, end: None }"),
        (&["Available"], "Choose { presence: Some(Online), end: None }"),
        (&["Away"], "Choose { presence: Some(Unavailable), end: None }"),
        (&["Invisible"], "Choose { presence: Some(Offline), end: None }"),
        (&["Busy", "30 minutes"], "Choose { presence: Some(Busy), end: Some(For(Span(1800s))) }"),
        (&["Busy", "Until I change it"], "Choose { presence: Some(Busy), end: None }"),
        (&["@me:example.org needs a new sign-in"], "OpenWindow"),
        (&["Open"], "OpenWindow"),
        (&["Quit"], "Quit"),
    ] {
        item.click(path).await?;
        assert_eq!(alone.said().await?, said, "{path:?}");
        // A click does not move the tick: the state does.
        item.wait_for("its tick", |shown| shown.ticked() == ["Automatic"], SOON).await?;
    }
    item.activate().await?;
    assert_eq!(alone.said().await?, "ToggleBusy");
    ensure!(item.click(&["Available — Here"]).await.is_err(), "it is only there to be read");
    ensure!(item.click(&["Available", "x"]).await.is_err(), "nothing is behind it");
    Ok(())
}

/// The agent on a desktop with a tray; the person has no account yet.
async fn desk() -> Result<(World, Agent, TrayHost, TrayItem)> {
    let mut world = World::new()?;
    let host = TrayHost::on(world.add_bus().await?).await?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    let item = host.item("presently", SOON).await?;
    Ok((world, agent, host, item))
}

#[tokio::test]
async fn the_tray_follows_the_command_line_and_leads_it() -> Result<()> {
    let (world, agent, host, item) = desk().await?;
    world.presently(&["busy"]).await?;
    let shown = shows(&item, "busy", "Busy — You chose it").await?;
    assert_eq!(shown.ticked(), ["Until I change it"]);
    world.presently(&["away", "--message", "Out & about"]).await?;
    let shown = shows(&item, "unavailable", "Away — You chose it").await?;
    assert_eq!(shown.ticked(), ["Away"]);
    assert_eq!(shown.menu[1].label, "💬 Out & about");
    ensure!(shown.tooltip.1.ends_with("💬 Out &amp; about"), "{shown:?}");

    let before = Timestamp::now();
    item.click(&["Busy", "1 hour"]).await?;
    let busy = |s: &Value| s["presence"] == "busy" && s["source"] == "manual";
    let status = world.status_when("busy", busy, SOON).await?;
    let until: Timestamp = status["until"].as_str().context("it has no end")?.parse()?;
    let hour = jiff::SignedDuration::from_hours(1);
    ensure!(before + hour <= until && until <= Timestamp::now() + hour, "{until}");
    let line = format!("Busy until {} — You chose it", until.strftime("%H:%M"));
    // Around midnight the line names the day.
    let ticked = |shown: &Shown| shown.ticked() == ["1 hour"];
    let shown = item.wait_for("one hour ticked", ticked, SOON).await?;
    if before.strftime("%F").to_string() == until.strftime("%F").to_string() {
        assert_eq!(state_line(&shown), line);
    }

    // A left click: from busy to automatic, from automatic to the same busy.
    item.activate().await?;
    item.wait_for("automatic", |shown| shown.ticked() == ["Automatic"], SOON).await?;
    ensure!(world.status().await?["source"] != "manual");
    item.activate().await?;
    item.wait_for("one hour ticked", ticked, SOON).await?;
    assert_eq!(world.status().await?["until"], status["until"]);

    item.click(&["Quit"]).await?;
    ensure!(agent.process().wait(secs(10)).await?.success());
    host.empty(SOON).await
}

#[tokio::test]
async fn a_left_click_takes_nothing_that_was_chosen() -> Result<()> {
    let (world, agent, host, item) = desk().await?;
    let said = |s: &Value| [&s["presence"], &s["until"], &s["message"]].map(Clone::clone);
    world.presently(&["away", "--for", "2h", "--message", "At lunch"]).await?;
    let lunch = said(&world.status().await?);
    assert_eq!(lunch[2]["text"], "At lunch");

    // Nobody ever chose how long busy lasts.
    item.activate().await?;
    let busy = |shown: &Shown| {
        shown.ticked() == ["1 hour"] && picture(shown).is_ok_and(|picture| picture == "busy")
    };
    item.wait_for("busy for an hour", busy, SOON).await?;
    assert_eq!(world.status().await?["message"], Value::Null);
    item.activate().await?;
    let back = world.status_when("lunch", |s| s["presence"] == "unavailable", SOON).await?;
    assert_eq!(said(&back), lunch);

    // Nor does an agent that was killed meanwhile take it.
    item.activate().await?;
    item.wait_for("an hour", |shown| shown.ticked() == ["1 hour"], SOON).await?;
    agent.kill().await?;
    host.empty(SOON).await?;
    let _agent = world.agent().await?;
    let item = host.item("presently", SOON).await?;
    item.wait_for("an hour", |shown| shown.ticked() == ["1 hour"], SOON).await?;
    item.activate().await?;
    let back = world.status_when("lunch", |s| s["presence"] == "unavailable", SOON).await?;
    assert_eq!(said(&back), lunch);

    // As long as the last time that somebody chose it.
    world.presently(&["busy", "--for", "30m"]).await?;
    world.presently(&["auto"]).await?;
    item.activate().await?;
    item.wait_for("half an hour", |shown| shown.ticked() == ["30 minutes"], SOON).await?;
    item.activate().await?;
    item.wait_for("automatic", |shown| shown.ticked() == ["Automatic"], SOON).await?;
    Ok(())
}

/// What the doctor says about the tray.
async fn tray_check(world: &World) -> Result<String> {
    let doctor = world.presently(&["doctor"]).await?;
    let line = doctor.lines().find(|line| line.contains("tray"));
    Ok(line.with_context(|| doctor.clone())?.to_owned())
}

#[tokio::test]
async fn without_a_tray_the_agent_runs_on_and_says_so() -> Result<()> {
    let mut world = World::new()?;
    world.add_bus().await?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    let line = tray_check(&world).await?;
    ensure!(line.contains("nothing here shows tray icons"), "{line}");
    world.presently(&["busy"]).await?;

    let host = TrayHost::on(world.bus()?).await?;
    appears(&host, "busy", "Busy — You chose it").await?;
    let line = tray_check(&world).await?;
    ensure!(line.contains("the desktop shows tray icons"), "{line}");

    // With the whole bus gone, it still does what it is told.
    world.bus()?.kill().await?;
    world.presently(&["auto"]).await?;
    world.presently(&["quit"]).await?;
    ensure!(agent.process().wait(secs(10)).await?.success());
    Ok(())
}

#[tokio::test]
async fn a_desktop_that_hangs_does_not_hold_up_the_agent() -> Result<()> {
    let mut world = World::new()?;
    let hung = HungTray::on(world.add_bus().await?).await?;
    world.write_settings(&settings("5m"))?;
    let agent = world.agent().await?;
    world.presently(&["busy"]).await?;
    let line = tray_check(&world).await?;
    ensure!(line.contains("the desktop does not answer"), "{line}");
    world.presently(&["away"]).await?;

    // Mended, it shows what is true then.
    drop(hung);
    let host = TrayHost::on(world.bus()?).await?;
    appears(&host, "unavailable", "Away — You chose it").await?;
    host.stop().await?;

    // Leaving does not wait for it either.
    let _hung = HungTray::on(world.bus()?).await?;
    world.presently(&["quit"]).await?;
    ensure!(agent.process().wait(secs(3)).await?.success());
    Ok(())
}

#[tokio::test]
async fn no_tray_means_none() -> Result<()> {
    let mut world = World::new()?;
    let host = TrayHost::on(world.add_bus().await?).await?;
    world.write_settings(&settings("5m"))?;
    // The thread that asks for an icon is there before the agent answers.
    let has_thread = |pid| Ok::<_, anyhow::Error>(rest::threads(pid)?.contains(&"tray".to_owned()));
    let agent = world.agent_with(&["run", "--no-tray"]).await?;
    world.presently(&["busy"]).await?;
    ensure!(!has_thread(agent.process().pid())?);
    host.empty(SOON).await?;
    world.presently(&["quit"]).await?;
    agent.process().wait(secs(10)).await?;

    let agent = world.agent().await?;
    world.presently(&["busy"]).await?;
    ensure!(has_thread(agent.process().pid())?);
    host.item("presently", SOON).await?;
    Ok(())
}
