//! The settings in the window.

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::webdriver::{Window, key};

use crate::calls;
use crate::signals_sound::{Kind, Sound};
use crate::window_views::scene_with_window;

#[tokio::test]
async fn the_settings_are_changed_in_the_window() -> Result<()> {
    let (scene, window) = scene_with_window().await?;
    let file = scene.world.settings_file();
    let good = std::fs::read_to_string(&file)?;
    scene.world.write_settings(&format!("# mine\n{good}"))?;
    window.click("#tab-settings").await?;
    let list = |key: &str| format!("document.querySelector(\"[data-key='{key}']\")");
    window.until(&format!("{}.value === '5m'", list("idle.after"))).await?;

    // Every setting of the file has a control, but the place of the tokens,
    // and those of accounts, which stand with the accounts.
    let all = scene.say(&["settings"]).await?;
    let all: toml_edit::DocumentMut = all.parse()?;
    for (section, value) in
        all.iter().filter(|(key, _)| !["version", "secrets", "account"].contains(key))
    {
        let Some(table) = value.as_table_like() else {
            let control = window.evaluate(&list(section)).await?;
            ensure!(control.is_object(), "{section} is not in the window");
            continue;
        };
        for (key, _) in table.iter() {
            let control = window.evaluate(&list(&format!("{section}.{key}"))).await?;
            ensure!(control.is_object(), "{section}.{key} is not in the window");
        }
    }

    // "10 minutes", by its first digit, from 5 minutes.
    window.evaluate(&format!("{}.focus()", list("idle.after"))).await?;
    window.press("1").await?;
    window.says("#announcer", "Saved").await?;
    window.click("[data-key='dnd.busy']").await?;
    window.type_into("[data-key='call.ignore']", "Zoom \"beta\"").await?;
    window.press(key::ENTER).await?;
    window.says(".entries", "Zoom \"beta\"").await?;
    window.click(".entries li:first-child button").await?;
    window.until("!document.querySelector('.entries').innerText.includes('pavucontrol')").await?;
    let written = std::fs::read_to_string(&file)?;
    ensure!(written.starts_with("# mine\n"), "{written}");
    let written: toml_edit::DocumentMut = written.parse()?;
    ensure!(written["idle"]["after"].as_str() == Some("10m"), "{written}");
    ensure!(written["dnd"]["busy"].as_bool() == Some(true), "{written}");
    let ignored = written["call"]["ignore"].as_array().context("a list")?;
    let ignored: Vec<_> = ignored.iter().filter_map(|it| it.as_str()).collect();
    ensure!(ignored == ["easyeffects", "noisetorch", "obs", "Zoom \"beta\""], "{ignored:?}");

    // What is written by hand is seen here, also what is not offered.
    scene.world.write_settings(&good.replace("\"5m\"", "\"7m\""))?;
    window
        .until(&format!("{}.selectedOptions[0].text === '7 minutes'", list("idle.after")))
        .await?;

    // A file that cannot be read is not written over, and that is said.
    scene.world.write_settings("[idle\n")?;
    window.says("#troubles", "line 1").await?;
    window.click("[data-key='lock.away']").await?;
    window.shows("#settings > .error").await?;
    window.until(&format!("{}.checked", list("lock.away"))).await?;
    ensure!(std::fs::read_to_string(&file)? == "[idle\n");
    Ok(())
}

/// Who does not know a program's file name picks it.
#[tokio::test]
async fn a_program_that_was_seen_is_ignored_by_a_click() -> Result<()> {
    let sound = Sound::start(Kind::PulseAudio).await?;
    let mut scene = calls::scene(&sound).await?;
    scene.world.add_bus().await?;
    let window = Window::open(&scene.world).await?;
    window.shows("#tab-settings").await?;
    window.click("#tab-settings").await?;
    window.until("document.querySelector('.suggestions').hidden").await?;
    let _recorder = sound.record("Voice & <notes>", &["--device=mic"]).await?;
    scene.sees(BUSY).await?;
    // The view is read anew when it is opened.
    window.click("#tab-now").await?;
    window.click("#tab-settings").await?;
    window.says(".suggestions", "Voice & <notes>").await?;
    window.click(".suggestions button").await?;
    window.says(".entries", "Voice & <notes>").await?;
    window.until("document.querySelector('.suggestions').hidden").await?;
    ensure!(window.evaluate("document.activeElement.dataset.key").await? == "call.ignore");
    scene.sees("online").await
}
