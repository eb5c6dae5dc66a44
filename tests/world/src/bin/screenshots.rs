//! Screenshots of the running window and the tray, for the README and for review.
//!
//! A person with accounts on two private homeservers, one with busy and one
//! without, whose agent runs. Each view is shown in both themes.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use presently_world::data_server::{DataServer, PERSONAL};
use presently_world::webdriver::{Window, key};
use presently_world::xfce_panel::XfcePanel;
use serde_json::json;

use presently_world::{Options, Synapse, World, secs};

const USAGE: &str = "Usage: presently-screenshots FOLDER [LANGUAGE]";

/// The views, by the names of their tabs, with the condition that each waits for.
const VIEWS: [(&str, &str); 5] = [
    ("now", "#seen li:nth-child(2)"),
    ("status", "#choice-apply"),
    ("today", "#days li:nth-child(3)"),
    ("accounts", "#account-list > li:nth-child(2)"),
    ("settings", "[data-key='idle.after']"),
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match take().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            presently_world::note(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn take() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, language) = match &arguments[..] {
        [folder] => (PathBuf::from(folder), "en"),
        [folder, language] => (PathBuf::from(folder), language.as_str()),
        _ => bail!("{USAGE}"),
    };
    std::fs::create_dir_all(&folder)?;
    let (busy, plain) =
        tokio::try_join!(Synapse::start(Options::default()), Synapse::start(Options::plain()))?;
    for theme in ["light", "dark"] {
        let mut world = World::quiet()?;
        world.add_display().await?;
        world.add_bus().await?;
        if theme == "dark" {
            world.set_env("GTK_THEME", "Adwaita:dark");
        }
        world.write_settings(&format!(
            "secrets = \"file\"\nlanguage = \"{language}\"\n[autostart]\nenabled = false\n\
             [meeting]\ncalendars = [\"~/{TEAM}\"]\nignore = [\"Family\"]\n"
        ))?;
        world.set_env("TZ", afternoon()?);
        write_history(&world)?;
        let _gnome = calendars(&world).await?;
        let agent = world.agent().await?;
        let window = Window::open(&world).await?;
        window.shows("#welcome").await?;
        picture(&world, &window, &folder, "welcome", theme).await?;
        for synapse in [&busy, &plain] {
            let (person, _) = synapse.person_and_colleague().await?;
            world.sign_in(&person).await?;
        }
        world.display()?.press_key().await?;
        let say = ["busy", "--for", "1h", "--message", "Reviewing the release"];
        world.presently(&say).await?;
        let is_seen = |account: &serde_json::Value| {
            account["settled"] == true && account["message_seen_by_others"].is_string()
        };
        world
            .status_when(
                "others see it",
                |status| status["accounts"].as_array().is_some_and(|all| all.iter().all(is_seen)),
                secs(60),
            )
            .await?;
        // The page receives its updates on another connection.
        window.says("#seen li:nth-child(2)", "Reviewing").await?;
        for (view, ready) in VIEWS {
            let tab = format!("#tab-{view}");
            window.click(&tab).await?;
            window.shows(ready).await?;
            // The page requests the settings when their view is opened.
            if view == "settings" {
                window.until(&format!("document.querySelector({ready:?}).value !== ''")).await?;
            }
            picture(&world, &window, &folder, view, theme).await?;
            if view == "settings" {
                window.click("#calendar-account summary").await?;
                window
                    .evaluate("document.querySelector('#settings-meetings').scrollIntoView()")
                    .await?;
                picture(&world, &window, &folder, "calendars", theme).await?;
                window.click("#calendar-account summary").await?;
                window.click("#doctor-run").await?;
                window.shows("#doctor").await?;
                window.evaluate("document.querySelector('#doctor').scrollIntoView(false)").await?;
                picture(&world, &window, &folder, "diagnostics", theme).await?;
            }
            if view == "status" {
                window.click("#emoji-open").await?;
                window.shows("#emoji-groups section:nth-child(9)").await?;
                picture(&world, &window, &folder, "emoji", theme).await?;
                window.press(key::ESCAPE).await?;
            }
        }
        window.close().await?;
        tray_picture(&world, &folder, theme).await?;
        agent.terminate().await?;
    }
    Ok(())
}

/// A calendar in a file.
const TEAM: &str = "Calendars/team.ics";

/// Some calendars of GNOME and a file.
async fn calendars(world: &World) -> Result<DataServer> {
    const DAILY: &str = "DTSTART:20260105T083000Z\r\nDURATION:PT15M\r\nRRULE:FREQ=DAILY\r\n";
    let event = |uid: &str| format!("BEGIN:VEVENT\r\nUID:{uid}\r\n{DAILY}END:VEVENT\r\n");
    let file = world.path().join("home").join(TEAM);
    std::fs::create_dir_all(file.parent().unwrap_or(&file))?;
    std::fs::write(&file, format!("BEGIN:VCALENDAR\r\n{}END:VCALENDAR\r\n", event("1")))?;
    let server = DataServer::start(world).await?;
    let source = "[Data Source]\nDisplayName=Family\nParent=local-stub\n\n[Calendar]\n\
                  BackendName=local\n";
    server.add_source("family", source).await?;
    let (first, second) = (event("1"), event("2"));
    server.open(PERSONAL).await?.create(&[&first, &second]).await?;
    Ok(server)
}

/// The part of the display with the icon, its menu and a submenu.
const TRAY_PART: &str = "490x600+0+0";

/// The entries above the one with the messages that can be chosen, and it.
const TO_MESSAGES: usize = 6;

async fn tray_picture(world: &World, folder: &Path, theme: &str) -> Result<()> {
    for (emoji, message) in [("🚆", "On the train"), ("🎧", "Back at 15:00")] {
        world.presently(&["message", message, "--emoji", emoji]).await?;
    }
    let say = ["busy", "--for", "1h", "--message", "Reviewing the release"];
    world.presently(&say).await?;
    let panel = XfcePanel::start(world).await?;
    panel.shows_colour(world, [0xde, 0x3b, 0x34]).await?;
    panel.open_menu(world).await?;
    panel.open_submenu(world, TO_MESSAGES).await?;
    let png = folder.join(format!("tray-{theme}.png"));
    world.display()?.screenshot_of(&png, TRAY_PART).await
}

/// Seconds since the Unix epoch.
fn now() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?)
}

/// The time zone in which it is five in the afternoon now, so that the pictures
/// show a nearly complete day.
fn afternoon() -> Result<String> {
    let hour = now()? / 3600 % 24;
    let east = match 17 - hour {
        east @ 15.. => east - 24,
        east => east,
    };
    // In the names of these zones a positive offset is west of Greenwich.
    Ok(format!("Etc/GMT{:+}", -east))
}

/// Writes a history of some days that ends an hour ago.
fn write_history(world: &World) -> Result<()> {
    let now = now()?;
    let day = [
        (0, "online", "active"),
        (70, "busy", "call"),
        (110, "online", "active"),
        (180, "unavailable", "idle"),
        (230, "online", "active"),
        (290, "busy", "manual"),
        (350, "unavailable", "lock"),
        (380, "online", "active"),
        (470, "", ""),
    ];
    let mut spans = Vec::new();
    for back in (0..9).rev() {
        let begin = now - (back * 24 + 9) * 3600 + back * 420;
        for pair in day.windows(2) {
            if let [(start, presence, source), (end, ..)] = *pair {
                spans.push(json!([begin + start * 60, begin + end * 60, presence, source]));
            }
        }
    }
    let file = world.state_file().with_file_name("history.json");
    std::fs::create_dir_all(file.parent().context("it is in a folder")?)?;
    std::fs::write(file, json!({"version": 1, "spans": spans}).to_string())?;
    Ok(())
}

/// WebDriver takes no second picture of a page that the processor draws
/// (WebKitGTK 2.50), so this is the window as it is on the display.
async fn picture(
    world: &World,
    window: &Window,
    folder: &Path,
    view: &str,
    theme: &str,
) -> Result<()> {
    window.painted().await?;
    let png = folder.join(format!("{view}-{theme}.png"));
    world.display()?.screenshot_of_window("Presently", &png).await
}
