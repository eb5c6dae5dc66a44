//! Working hours, as a colleague sees them.

use std::time::Duration;

use anyhow::{Result, ensure};
use jiff::{Timestamp, ToSpan as _, Zoned};
use presently_world::client::BUSY;
use presently_world::webdriver::{Window, key};
use presently_world::{Client, Method, Synapse, secs, within};
use serde_json::Value;

use crate::scene::{SOON, Scene};

/// Working hours of every day from so many hours from now, for two hours. The
/// world's time zone is UTC.
fn hours(from: i64) -> String {
    let at = |hours: i64| {
        let time: Zoned = (Timestamp::now() + hours.hours()).to_zoned(jiff::tz::TimeZone::UTC);
        time.strftime("%H:00").to_string()
    };
    format!("[\"mon-sun {}-{}\"]", at(from), at(from + 2))
}

#[tokio::test]
async fn outside_the_working_hours_the_person_is_away_unless_they_say_so() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.world.add_bus().await?;
    scene.say(&["settings", "set", "hours.work", &hours(6)]).await?;
    scene.sees("unavailable").await?;
    // Input does not make them available.
    scene.press_key().await?;
    let status = scene.world.status().await?;
    ensure!(status["source"] == "schedule", "{status:#}");
    ensure!(status["reason"] == "Outside working hours", "{status:#}");
    let until: Timestamp = status["until"].as_str().unwrap_or_default().parse()?;
    let wait = until.duration_since(Timestamp::now()).as_hours();
    ensure!((4..=6).contains(&wait), "{status:#}");

    // A choice wins, and shows what is beneath when it ends.
    scene.say(&["busy", "--for", "2s"]).await?;
    scene.sees(BUSY).await?;
    scene.sees("unavailable").await?;

    scene.say(&["pause", "hours", "--for", "2s"]).await?;
    scene.sees("online").await?;
    scene.sees("unavailable").await?;
    let window = Window::open(&scene.world).await?;
    window.shows("#now-longer").await?;
    window.click("#now-longer").await?;
    window.until("document.querySelector('#now-longer').hidden").await?;
    scene.sees("online").await?;
    let paused = |status: &Value| status["paused"]["hours"]["until"].is_string();
    scene.world.status_when("an end of it", paused, secs(10)).await?;
    let said = scene.say(&["resume", "hours"]).await?;
    ensure!(said.contains("apply again"), "{said}");
    scene.sees("unavailable").await?;

    scene.say(&["settings", "set", "hours.outside", "invisible"]).await?;
    scene.sees("offline").await?;
    scene.say(&["settings", "set", "hours.work", &hours(0)]).await?;
    scene.sees("online").await?;
    // It is already evening there, and nobody knows where that is.
    scene.say(&["settings", "set", "hours.zone", "Pacific/Kiritimati"]).await?;
    scene.sees("offline").await?;
    scene.say(&["settings", "set", "hours.zone", "Atlantis/City"]).await?;
    scene.sees("online").await?;
    let named = |status: &Value| status["troubles"].to_string().contains("Atlantis/City");
    scene.world.status_when("the trouble", named, SOON).await?;
    scene.say(&["settings", "set", "hours.zone", ""]).await?;

    // Today is a holiday.
    let file = scene.world.path().join("holidays.ics");
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y%m%d").to_string();
    let holiday = format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;VALUE=DATE:{today}\r\n\
         RRULE:FREQ=YEARLY\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    std::fs::write(&file, holiday)?;
    scene.say(&["settings", "set", "hours.holidays", &format!("[{file:?}]")]).await?;
    scene.sees("offline").await?;
    scene.say(&["settings", "set", "hours.holidays", "[]"]).await?;
    scene.sees("online").await?;

    // What is no working hours is said where it is written.
    let refused =
        scene.world.try_presently(&["settings", "set", "hours.work", "[\"often\"]"]).await?;
    ensure!(refused.status == Some(1) && refused.stderr.contains("mon-fri 9:00"), "{refused:?}");
    window.click("#tab-settings").await?;
    window.type_into("[data-key='hours.work']", "sometimes").await?;
    window.press(key::ENTER).await?;
    window.says("#settings > .error", "sometimes").await?;
    let status = scene.world.status_when("unchanged", |s| s["source"] == "active", SOON).await?;
    ensure!(status["troubles"] == serde_json::json!([]), "{status:#}");
    window.close().await
}

/// Only if the person says so, and no longer than that (MSC4175).
#[tokio::test]
async fn others_read_the_time_zone_if_the_person_wants_that() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    let reader = Client::login(&scene.person).await?;
    let path = format!("/_matrix/client/v3/profile/{}/m.tz", scene.person.user_id);
    let becomes = async |wanted: Value| {
        let read = async {
            // Nobody is told of this field.
            loop {
                let (_, answer) = reader.request(Method::GET, &path, &Value::Null).await?;
                if answer["m.tz"] == wanted {
                    return Ok(());
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        within(SOON, &wanted.to_string(), read).await
    };
    scene.say(&["settings", "set", "hours.zone", "Europe/Berlin"]).await?;
    becomes(Value::Null).await?;
    scene.say(&["settings", "set", "hours.publish_zone", "true"]).await?;
    becomes("Europe/Berlin".into()).await?;
    scene.say(&["settings", "set", "hours.zone", "Asia/Tokyo"]).await?;
    becomes("Asia/Tokyo".into()).await?;
    // It stays true without the agent, which remembers that it wrote it.
    scene.say(&["quit"]).await?;
    scene.sees("offline").await?;
    becomes("Asia/Tokyo".into()).await?;
    let scene = Scene { agent: scene.world.agent().await?, ..scene };
    scene.press_key().await?;
    scene.sees("online").await?;
    let id = scene.person.user_id.clone();
    scene.say(&["account", &id, "--share", "message"]).await?;
    becomes(Value::Null).await?;
    scene.say(&["account", &id, "--share", "everything"]).await?;
    becomes("Asia/Tokyo".into()).await?;
    scene.say(&["settings", "set", "hours.publish_zone", "false"]).await?;
    becomes(Value::Null).await
}
