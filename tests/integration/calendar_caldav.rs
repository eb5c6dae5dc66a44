//! CalDAV accounts, on a real Radicale.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use anyhow::{Result, ensure};
use jiff::{Timestamp, ToSpan as _};
use presently_world::Synapse;
use presently_world::client::BUSY;
use presently_world::radicale::{PASSWORD, Radicale};
use presently_world::secret_service::SecretService;
use presently_world::webdriver::{Window, key};
use presently_world::{World, process, secs, within};
use serde_json::Value;

use crate::meetings::calendar;
use crate::scene::{SOON, Scene, settings};

/// Adds the account of the server's user with this password.
async fn add(scene: &Scene, server: &Radicale, password: &str) -> Result<process::Output> {
    let arguments = ["calendar", "add", &server.url(), "--user", "me", "--password-stdin"];
    scene.world.presently_with(&arguments, &format!("{password}\n")).await
}

#[tokio::test]
async fn the_meetings_of_an_account_are_seen() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.world.add_bus().await?;
    let mut server = Radicale::start(&scene.world).await?;
    server.create_calendar("Work", "VEVENT").await?;
    server.create_calendar("Tasks", "VTODO").await?;
    server.put("work", "now", calendar(&[(-60, 600, "")])).await?;
    let past = calendar(&[(-90_000_000, -89_990_000, "")]).replace("UID:0", "UID:past");
    server.put("work", "past", past).await?;

    let wrong = add(&scene, &server, "wrong").await?;
    ensure!(wrong.status == Some(1) && wrong.stderr.contains("the password is wrong"), "{wrong:?}");
    let nobody = scene.world.try_presently(&["calendar", "add", &server.url()]).await?;
    ensure!(nobody.status == Some(1), "{nobody:?}");
    let none = scene.say(&["calendar", "list"]).await?;
    ensure!(none.contains("no calendar yet"), "{none}");
    let added = add(&scene, &server, PASSWORD).await?.success()?.stdout;
    ensure!(added.contains("Work") && added.contains("1 event in these days"), "{added}");
    ensure!(!added.contains("Tasks"), "{added}");
    scene.sees(BUSY).await?;
    let list = scene.say(&["calendar", "list"]).await?;
    ensure!(list.starts_with("Work (localhost:"), "{list}");
    let agenda = scene.say(&["agenda"]).await?;
    ensure!(agenda.contains("A secret title"), "{agenda}");

    // The password is where tokens are, and nowhere else.
    let secrets = scene.world.path().join("state/presently/secrets.json");
    ensure!(std::fs::read_to_string(&secrets)?.contains(PASSWORD));
    ensure!(std::fs::metadata(&secrets)?.permissions().mode() & 0o077 == 0);
    for file in [scene.world.state_file(), scene.world.settings_file()] {
        ensure!(!std::fs::read_to_string(&file)?.contains(PASSWORD), "{}", file.display());
    }
    let status = scene.world.status().await?.to_string();
    let (doctor, log) = (scene.say(&["doctor", "--full"]).await?, scene.agent.process().stderr());
    for text in [status, doctor, log] {
        ensure!(!text.contains(PASSWORD) && !text.contains("secret title"), "{text}");
    }

    // One calendar of the account is left out, by name and in the window.
    scene.say(&["calendar", "remove", "Work"]).await?;
    scene.sees("online").await?;
    let window = Window::open(&scene.world).await?;
    window.shows("#tab-settings").await?;
    window.click("#tab-settings").await?;
    window.says(".calendars", "Work does not count").await?;
    window.click(".calendars input").await?;
    scene.sees(BUSY).await?;
    window.says(".calendars", "Work 1 event").await?;
    window.close().await?;

    // Changes on the server.
    server.delete("work", "now").await?;
    scene.say(&["calendar", "refresh"]).await?;
    scene.sees("online").await?;
    server.put("work", "moved", moved_to_now()).await?;
    scene.say(&["calendar", "refresh"]).await?;
    scene.sees(BUSY).await?;

    // The server is gone: what it said counts, and that it is gone is said.
    server.stop().await?;
    scene.say(&["calendar", "refresh"]).await?;
    let trouble = |status: &Value| status["troubles"].to_string().contains("counts for a day");
    let status = scene.world.status_when("the trouble", trouble, SOON).await?;
    ensure!(status["source"] == "meeting", "{status:#}");
    server.resume(&scene.world).await?;
    scene.say(&["calendar", "refresh"]).await?;
    let good = |status: &Value| status["troubles"] == serde_json::json!([]);
    scene.world.status_when("no trouble", good, SOON).await?;
    // A restart reads the password.
    scene.agent.kill().await?;
    let scene = Scene { agent: scene.world.agent().await?, ..scene };
    scene.press_key().await?;
    let counts = |status: &Value| status["source"] == "meeting";
    scene.world.status_when("the meeting", counts, SOON).await?;

    scene.say(&["calendar", "remove", &server.account()]).await?;
    scene.sees("online").await?;
    within(SOON, "the end of the password", async {
        // Nothing tells when it is deleted.
        while std::fs::read_to_string(&secrets)?.contains(PASSWORD) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    })
    .await
}

/// Who never opens a terminal.
#[tokio::test]
async fn an_account_is_added_in_the_window() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.world.add_bus().await?;
    let server = Radicale::start(&scene.world).await?;
    server.create_calendar("Work", "VEVENT").await?;
    server.put("work", "now", calendar(&[(-60, 600, "")])).await?;
    let window = Window::open(&scene.world).await?;
    window.shows("#tab-settings").await?;
    window.click("#tab-settings").await?;
    window.click("#calendar-account summary").await?;
    let input = |kind: &str| format!("#calendar-account input[type='{kind}']");
    window.type_into(&input("url"), &server.url()).await?;
    window.type_into(&input("text"), "me").await?;
    window.type_into(&input("password"), "wrong").await?;
    window.press(key::ENTER).await?;
    window.says("#calendar-account .error", "the password is wrong").await?;
    let clear = format!("document.querySelector(\"{}\").value = ''", input("password"));
    window.evaluate(&clear).await?;
    window.type_into(&input("password"), PASSWORD).await?;
    window.click("#calendar-account button").await?;
    scene.sees(BUSY).await?;
    window.says(".calendars", "Work 1 event").await?;
    window.until("!document.querySelector('#calendar-account').open").await?;
    let empty = format!("document.querySelector(\"{}\").value === ''", input("password"));
    window.until(&empty).await?;
    window.close().await
}

/// A weekly event from next month on, of which one was moved to now.
fn moved_to_now() -> String {
    let at = |moment: Timestamp| moment.strftime("%Y%m%dT%H%M%SZ").to_string();
    let (first, now) = (at(Timestamp::now() + 700.hours()), at(Timestamp::now() - 60.seconds()));
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Presently//Tests//EN\r\nBEGIN:VEVENT\r\n\
         UID:weekly\r\nDTSTAMP:{now}\r\nDTSTART:{first}\r\nDURATION:PT1H\r\n\
         RRULE:FREQ=WEEKLY;COUNT=5\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:weekly\r\n\
         DTSTAMP:{now}\r\nRECURRENCE-ID:{first}\r\nDTSTART:{now}\r\nDURATION:PT1H\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// The password in a real keyring. Without it, the account says what to do.
#[tokio::test]
async fn the_password_is_kept_in_the_keyring() -> Result<()> {
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.add_keyring().await?;
    world.write_settings(&settings("5m").replace("secrets = \"file\"\n", ""))?;
    let server = Radicale::start(&world).await?;
    let scene = Scene::in_world(world, person, colleague).await?;
    server.create_calendar("Work", "VEVENT").await?;
    server.put("work", "now", calendar(&[(-60, 600, "")])).await?;
    let list = format!("[\"{}\"]", server.account());
    scene.say(&["settings", "set", "meeting.calendars", &list]).await?;
    let asks = |status: &Value| status["troubles"].to_string().contains("there is no password");
    scene.world.status_when("the trouble", asks, SOON).await?;
    add(&scene, &server, PASSWORD).await?.success()?;
    scene.sees(BUSY).await?;
    let settings = std::fs::read_to_string(scene.world.settings_file())?;
    ensure!(settings.matches("localhost").count() == 1, "{settings}");
    scene.say(&["calendar", "remove", &server.account()]).await?;
    scene.sees("online").await?;
    // The account of the homeserver is still signed in.
    let status = scene.world.status().await?;
    ensure!(status["accounts"][0]["connection"] == "syncing", "{status:#}");
    // Its password is gone from the keyring.
    within(SOON, "the end of the password", async {
        scene.say(&["settings", "set", "meeting.calendars", &list]).await?;
        scene.world.status_when("the trouble", asks, SOON).await
    })
    .await?;
    Ok(())
}

/// A locked keyring is no missing password, and its opening is not waited out.
#[tokio::test]
async fn a_locked_keyring_is_waited_for() -> Result<()> {
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let mut world = World::new()?;
    world.add_display().await?;
    let store = SecretService::on(world.add_bus().await?).await?;
    store.add_collection("mine").await?;
    store.set_default(Some("mine"));
    world.write_settings(&settings("5m").replace("secrets = \"file\"\n", ""))?;
    let server = Radicale::start(&world).await?;
    server.create_calendar("Work", "VEVENT").await?;
    server.put("work", "now", calendar(&[(-60, 3600, "")])).await?;
    let scene = Scene::in_world(world, person, colleague).await?;
    add(&scene, &server, PASSWORD).await?.success()?;
    scene.sees(BUSY).await?;
    scene.agent.kill().await?;
    store.set_locked("mine", true)?;
    let scene = Scene { agent: scene.world.agent().await?, ..scene };
    let locked = |status: &Value| {
        let troubles = status["troubles"].to_string();
        troubles.contains("cannot be read: The keyring is locked")
    };
    scene.world.status_when("the trouble", locked, SOON).await?;
    store.set_locked("mine", false)?;
    scene.press_key().await?;
    let counts = |status: &Value| status["source"] == "meeting";
    scene.world.status_when("the meeting", counts, secs(40)).await?;
    scene.sees(BUSY).await
}
