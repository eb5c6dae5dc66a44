//! What an account shows, set on the command line and in the window.

use anyhow::{Result, ensure};
use presently_world::client::BUSY;
use presently_world::webdriver::Window;
use presently_world::{Synapse, secs};
use serde_json::Value;

use crate::scene::Scene;

#[tokio::test]
async fn an_accounts_settings_take_effect_at_once() -> Result<()> {
    let scene = Scene::on(Synapse::busy().await?, "5m").await?;
    let me = scene.person.user_id.as_str();
    let shown = scene.say(&["account", me]).await?;
    ensure!(
        shown.ends_with(
            "share         everything\nbusy          auto\ncall-field    off\nprofile-room  off\n"
        ),
        "{shown}"
    );

    // A comment of the person's own stays.
    let file = scene.world.settings_file();
    let text = std::fs::read_to_string(&file)?;
    std::fs::write(&file, text.replace("[[account]]", "# mine\n[[account]]"))?;

    scene.say(&["account", me, "--share", "nothing"]).await?;
    scene.sees("offline").await?;
    scene.say(&["busy"]).await?;
    let shown = scene.say(&["account", me, "--share", "everything", "--busy", "never"]).await?;
    ensure!(shown.contains("busy          never"), "{shown}");
    scene.sees("unavailable").await?;
    scene.say(&["account", me, "--busy", "always", "--call-field", "on"]).await?;
    scene.sees(BUSY).await?;

    let text = std::fs::read_to_string(&file)?;
    ensure!(text.contains("# mine\n[[account]]") && text.contains("call_field = true"), "{text}");
    let account = scene.world.status().await?["accounts"][0].take();
    ensure!(account["share"] == "everything" && account["busy_mode"] == "always", "{account:#}");
    ensure!(account["call_field"] == true, "{account:#}");

    let unknown = scene.world.try_presently(&["account", "@nobody:here", "--share", "message"]);
    let unknown = unknown.await?;
    ensure!(unknown.status == Some(1), "{unknown:?}");
    ensure!(unknown.stderr.contains("there is no account @nobody:here"), "{unknown:?}");
    let refused = scene.world.try_presently(&["settings", "set", "account", "[]"]).await?;
    ensure!(refused.stderr.contains("use `presently account`"), "{refused:?}");
    Ok(())
}

#[tokio::test]
async fn an_accounts_settings_are_set_in_the_window() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.world.add_bus().await?;
    let window = Window::open(&scene.world).await?;
    window.says("#account-list", &scene.person.user_id).await?;
    window.click("#tab-accounts").await?;
    window.click(".settings summary").await?;
    let field = |name: &str| format!("document.querySelector('.settings {name}')");
    ensure!(window.evaluate(&format!("{}.value", field("select"))).await? == "everything");

    // "Nothing: I look offline", by its first letter.
    window.evaluate(&format!("{}.focus()", field("select"))).await?;
    window.press("n").await?;
    scene.sees("offline").await?;
    // What others see is just being written above it, and moves nothing.
    window.click(".settings [type=checkbox]").await?;
    let set = |s: &Value| {
        let account = &s["accounts"][0];
        account["share"] == "nothing" && account["call_field"] == true
    };
    scene.world.status_when("both", set, secs(10)).await?;

    // What the command line does is seen here.
    scene.say(&["account", &scene.person.user_id, "--share", "message"]).await?;
    window.until(&format!("{}.value === 'message'", field("select"))).await?;
    window.until(&format!("{}.checked", field("[type=checkbox]"))).await
}
