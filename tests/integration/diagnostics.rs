//! Diagnostics in the window: the doctor's report, and a recording.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use presently_world::Synapse;
use presently_world::webdriver::key;

use crate::recording::{Signals, simulate};
use crate::scene::Scene;
use crate::window_views::scene_with_window;

#[tokio::test]
async fn the_window_copies_what_doctor_prints() -> Result<()> {
    let (scene, window) = scene_with_window().await?;
    window.click("#tab-settings").await?;
    window.click("#doctor-run").await?;
    window.says("#doctor-checks", "idle").await?;
    window.says("#announcer", "works").await?;
    ensure!(window.focus().await? == "doctor-run");

    window.click("#doctor-copy").await?;
    window.says("#doctor-copy", "Copied").await?;
    let field = "Object.assign(document.createElement('textarea'), { id: 'pasted' })";
    window.evaluate(&format!("document.body.append({field})")).await?;
    window.type_into("#pasted", &format!("{}v", key::CONTROL)).await?;
    window.until("document.activeElement.value !== ''").await?;
    let copied = window.evaluate("document.activeElement.value").await?;
    let copied = copied.as_str().context("a text")?;

    // The same parts with the same states in the same columns. Ages differ.
    let printed = scene.say(&["doctor"]).await?;
    let marks = |text: &str| -> Vec<String> {
        text.lines().filter_map(|line| line.get(..24)).map(str::to_owned).collect()
    };
    ensure!(marks(copied) == marks(&printed), "copied:\n{copied}\nprinted:\n{printed}");
    ensure!(!copied.contains(&scene.person.user_id), "{copied}");
    Ok(())
}

#[tokio::test]
async fn the_window_records_the_signals() -> Result<()> {
    let (scene, window) = scene_with_window().await?;
    window.click("#tab-settings").await?;
    for number in ["", "-2"] {
        window.click("#record").await?;
        window.says("#record", "Stop").await?;
        window.says("#diagnostics-state", "Recording").await?;
        window.click("#record").await?;
        window.says("#diagnostics-state", "Recorded").await?;
        window.says("#record", "10 minutes").await?;
        ensure!(window.focus().await? == "record");

        let said = window.evaluate("document.querySelector('#diagnostics-state').textContent");
        let said = said.await?;
        let path = said.as_str().and_then(|said| said.split_once(": ")).context("a path")?.1;
        ensure!(path.ends_with(&format!("{number}.jsonl")), "{path}");
        let mode = std::fs::metadata(path)?.permissions().mode();
        ensure!(mode & 0o777 == 0o600, "{mode:o}");
        let report = simulate(&scene.world, Path::new(path), &[]).await?;
        ensure!(report["complete"] == true, "{report:#}");
    }

    // What cannot be recorded is said, and the next try is not hindered.
    let folders = scene.world.path().join("config/user-dirs.dirs");
    std::fs::write(&folders, "XDG_DOWNLOAD_DIR=\"/proc\"\n")?;
    window.click("#record").await?;
    window.says("#diagnostics-error", "/proc/presently-signals").await?;
    window.says("#record", "10 minutes").await?;
    std::fs::remove_file(&folders)?;
    window.click("#record").await?;
    window.says("#record", "Stop").await?;
    window.until("document.querySelector('#diagnostics-error').hidden").await?;
    window.click("#record").await?;
    window.says("#diagnostics-state", "-3.jsonl").await
}

#[tokio::test]
async fn signals_end_after_the_time_that_was_asked_for() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    let file = scene.world.path().join("short.jsonl");
    let path = file.display().to_string();
    let mut signals = Signals::start(&scene.world, &["--record", &path, "--for", "1s"]).await?;
    signals.says(&["idle"]).await?;
    signals.ended().await?;
    let report = simulate(&scene.world, &file, &[]).await?;
    ensure!(report["complete"] == true, "{report:#}");

    let refused = scene.world.try_presently(&["signals", "--for", "0"]).await?;
    ensure!(refused.status == Some(2) && refused.stderr.contains("--for"), "{refused:?}");
    Ok(())
}
