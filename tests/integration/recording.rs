//! Recordings of the signals, and their simulation.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use presently_world::process::{Process, Signal};
use presently_world::world::programs;
use presently_world::{World, secs, within};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::net::unix::pipe::Receiver;

use crate::calls::world;
use crate::signals_sound::{Kind, Sound};

/// A running `presently signals`.
pub(crate) struct Signals {
    process: Process,
    lines: Lines<BufReader<Receiver>>,
}

impl Signals {
    pub(crate) async fn start(world: &World, args: &[&str]) -> Result<Self> {
        let mut command = world.command(programs()?.join("presently"));
        command.arg("signals").args(args).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Process::start("signals", command, world.logs()).await?;
        let stdout = process.take_stdout().context("it was piped")?;
        let lines = BufReader::new(Receiver::from_owned_fd(stdout.into())?).lines();
        Ok(Self { process, lines })
    }

    /// Waits for a line that contains all these words.
    pub(crate) async fn says(&mut self, words: &[&str]) -> Result<()> {
        self.says_all(&[words]).await
    }

    /// Waits for several lines, in any order.
    pub(crate) async fn says_all(&mut self, lines: &[&[&str]]) -> Result<()> {
        let mut missing = lines.to_vec();
        within(secs(20), &format!("{lines:?}"), async {
            while !missing.is_empty() {
                let line = self.lines.next_line().await?.context("it has ended")?;
                missing.retain(|words| !words.iter().all(|word| line.contains(word)));
            }
            Ok(())
        })
        .await
    }

    /// Interrupts it as Ctrl-C does.
    pub(crate) async fn interrupt(&self) -> Result<()> {
        self.process.signal(Signal::INT)?;
        self.ended().await
    }

    /// Waits until it has ended well.
    pub(crate) async fn ended(&self) -> Result<()> {
        let status = self.process.wait(secs(10)).await?;
        ensure!(status.success(), "{status}; {}", self.process.stderr());
        Ok(())
    }
}

pub(crate) async fn simulate(world: &World, file: &Path, more: &[&str]) -> Result<Value> {
    let file = file.display().to_string();
    let text = world.presently(&[&["simulate", &file, "--json"], more].concat()).await?;
    Ok(serde_json::from_str(&text)?)
}

/// The spans of a simulation: source, reason and start in milliseconds.
pub(crate) fn shown(report: &Value) -> Vec<(&str, &str, u64)> {
    report["shown"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|s| {
            let words = |key: &str| s[key].as_str().unwrap_or_default();
            (words("source"), words("reason"), s["ms"].as_u64().unwrap_or_default())
        })
        .collect()
}

#[tokio::test]
async fn a_call_is_recorded_and_replayed_without_an_agent() -> Result<()> {
    let sound = Sound::start(Kind::PulseAudio).await?;
    let world = world(&sound).await?;
    let file = world.path().join("call.jsonl");
    let path = file.display().to_string();
    let mut signals = Signals::start(&world, &["--record", &path]).await?;
    world.display()?.press_key().await?;
    signals.says_all(&[&["idle", "input"], &["microphone", "not in use"]]).await?;
    let obs = sound.record("OBS Studio", &["--device=mic"]).await?;
    signals.says(&["microphone", "program 1", "(ignored: program 1)"]).await?;
    obs.kill().await?;
    signals.says(&["microphone", "not in use"]).await?;
    let call = sound.record("Firefox", &["--device=mic"]).await?;
    signals.says(&["microphone", "in use by program 2"]).await?;
    // The call lasts longer than the delay that the settings ask for.
    tokio::time::sleep(secs(2)).await;
    call.kill().await?;
    signals.says(&["microphone", "not in use"]).await?;
    tokio::time::sleep(secs(3)).await;
    signals.interrupt().await?;

    let mode = std::fs::metadata(&file)?.permissions().mode();
    ensure!(mode & 0o777 == 0o600, "{mode:o}");
    let text = std::fs::read_to_string(&file)?;
    ensure!(
        !text.contains("Firefox") && !text.contains("OBS") && !text.contains("pacat"),
        "{text}"
    );
    ensure!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{text}");

    let report = simulate(&world, &file, &[]).await?;
    ensure!(report["complete"] == true, "{report:#}");
    let shown = shown(&report);
    let sources: Vec<&str> = shown.iter().map(|s| s.0).filter(|s| *s != "none").collect();
    ensure!(sources == ["active", "call", "active"], "{report:#}");
    let call = shown.iter().find(|s| s.0 == "call").context("a call")?;
    ensure!(call.1 == "program 2 is using the microphone", "{report:#}");
    ensure!(simulate(&world, &file, &[]).await? == report, "it replays otherwise");

    // Under other settings it would have been too short.
    let other = world.path().join("other.toml");
    std::fs::write(&other, "[call]\nenter = \"1m\"\n[idle]\nafter = \"10m\"\n")?;
    let other = simulate(&world, &file, &["--settings", &other.display().to_string()]).await?;
    ensure!(!other.to_string().contains("\"call\""), "{other:#}");
    ensure!(other["notes"].to_string().contains("idle.after = 5m"), "{other:#}");

    // No file is overwritten, and nothing of the person's is touched.
    let again = world.try_presently(&["signals", "--record", &path]).await?;
    ensure!(again.status == Some(1) && again.stderr.contains("exists already"), "{again:?}");
    ensure!(std::fs::read_to_string(&file)? == text, "it was overwritten");
    ensure!(!world.state_file().exists() && !world.socket().exists(), "an agent was started");
    keep("call-on-pulseaudio.jsonl", &world, &text)
}

#[tokio::test]
async fn names_are_shown_and_recorded_when_asked_for() -> Result<()> {
    let sound = Sound::start(Kind::PulseAudio).await?;
    let world = world(&sound).await?;
    let file = world.path().join("call.jsonl");
    let path = file.display().to_string();
    let mut signals = Signals::start(&world, &["--names", "--record", &path]).await?;
    let _call = sound.record("Firefox", &["--device=mic"]).await?;
    signals.says(&["microphone", "in use by Firefox"]).await?;
    tokio::time::sleep(secs(2)).await;
    // Killed, it leaves whole lines.
    signals.process.kill().await?;
    let report = simulate(&world, &file, &[]).await?;
    ensure!(report["complete"] == false, "{report:#}");
    ensure!(report["notes"].to_string().contains("cut off"), "{report:#}");
    ensure!(std::fs::read_to_string(&file)?.contains("Firefox"));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_simulated_is_said_in_one_line() -> Result<()> {
    let world = World::new()?;
    let file = |name: &str, text: &str| -> Result<String> {
        let path = world.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.display().to_string())
    };
    let fixture = std::fs::read_to_string(fixtures().join("call-on-pulseaudio.jsonl"))?;
    let cut: String = fixture.chars().take(fixture.len() - 20).collect();
    let last = fixture.lines().count();
    let good = file("good", &fixture)?;
    for (args, wanted) in [
        (vec![file("cut", &cut)?], format!("line {last}: EOF")),
        (vec![file("text", "hello")?], "line 1: this is no recording".to_owned()),
        (vec![file("empty", "")?], "is empty".to_owned()),
        (vec!["/nowhere".to_owned()], "cannot read /nowhere".to_owned()),
        (vec![world.path().display().to_string()], "cannot read".to_owned()),
        (vec![good.clone(), "--settings=/nowhere".to_owned()], "no file /nowhere".to_owned()),
        (
            vec![good, format!("--settings={}", file("broken.toml", "[cal]\n")?)],
            "broken.toml".to_owned(),
        ),
    ] {
        let mut words = vec!["simulate"];
        words.extend(args.iter().map(String::as_str));
        let output = world.try_presently(&words).await?;
        ensure!(output.status == Some(1) && output.stdout.is_empty(), "{words:?}: {output:?}");
        ensure!(output.stderr.lines().count() == 1, "{words:?}: {output:?}");
        ensure!(output.stderr.contains(&wanted), "{words:?}: {output:?}");
    }
    Ok(())
}

/// Recordings of earlier test runs give the same result as then.
#[tokio::test]
async fn the_recordings_of_test_runs_replay_as_they_did() -> Result<()> {
    let world = World::new()?;
    let mut replayed = 0;
    for entry in std::fs::read_dir(fixtures())? {
        let path = entry?.path();
        if path.extension().is_none_or(|e| e != "jsonl") {
            continue;
        }
        let settings = fixtures().join("settings.toml").display().to_string();
        let file = path.display().to_string();
        let text = world.presently(&["simulate", &file, "--settings", &settings]).await?;
        let expected = path.with_extension("txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&expected, &text)?;
        }
        let wanted = std::fs::read_to_string(&expected).with_context(|| file.clone())?;
        ensure!(text == wanted, "{file}:\n{text}\nand not\n{wanted}");
        replayed += 1;
    }
    ensure!(replayed >= 1, "there are no recordings");
    Ok(())
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// Stores a recording as a fixture if `BLESS` is set.
pub(crate) fn keep(name: &str, world: &World, recording: &str) -> Result<()> {
    if std::env::var_os("BLESS").is_some() {
        // Where this world's folder happened to be is of no interest.
        let folder = world.path().display().to_string();
        std::fs::write(fixtures().join(name), recording.replace(&folder, "/world"))?;
    }
    Ok(())
}
