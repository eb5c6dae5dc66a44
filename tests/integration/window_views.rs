//! The views of the window.

use anyhow::{Context, Result, ensure};
use presently_world::webdriver::{Window, key};
use presently_world::{Synapse, secs};
use serde_json::Value;

use crate::scene::Scene;

/// The views, by the names of their tabs.
pub(crate) const VIEWS: [&str; 5] = ["now", "status", "today", "accounts", "settings"];

pub(crate) async fn scene_with_window() -> Result<(Scene, Window)> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.world.add_bus().await?;
    let window = Window::open(&scene.world).await?;
    window.says("#account-list", &scene.person.user_id).await?;
    Ok((scene, window))
}

#[tokio::test]
async fn the_tabs_are_walked_by_keyboard() -> Result<()> {
    let (_scene, window) = scene_with_window().await?;
    window.evaluate("document.querySelector('#tab-now').focus()").await?;
    for view in ["status", "today", "accounts", "settings", "now"] {
        window.press(key::RIGHT).await?;
        ensure!(window.focus().await? == format!("tab-{view}"));
        let shown = "[...document.querySelectorAll('.view')].filter((view) => !view.hidden)";
        let shown = window.evaluate(&format!("{shown}.map((view) => view.id).join()")).await?;
        ensure!(shown == format!("view-{view}"), "{shown}");
        let selected = "document.querySelector('[aria-selected=true]').id";
        ensure!(window.evaluate(selected).await? == format!("tab-{view}"));
    }
    window.press(key::END).await?;
    ensure!(window.focus().await? == "tab-settings");
    // One stop for Tab, and the view comes next.
    window.press(key::TAB).await?;
    let inside = "document.querySelector('#view-settings').contains(document.activeElement)";
    ensure!(window.evaluate(inside).await? == true);
    Ok(())
}

/// The views for everyday use need no scrolling, with two accounts in each
/// language.
#[tokio::test]
async fn the_everyday_views_fit_the_window() -> Result<()> {
    let (scene, mut window) = scene_with_window().await?;
    let (other, _) = Synapse::plain().await?.person_and_colleague().await?;
    scene.world.sign_in(&other).await?;
    scene.say(&["busy", "--for", "1h", "--message", "Reviewing the release"]).await?;
    for language in ["en", "de"] {
        scene.say(&["settings", "set", "language", language]).await?;
        window.close().await?;
        window = Window::open(&scene.world).await?;
        window.says("#seen li:nth-child(2)", "Reviewing the release").await?;
        for view in ["now", "status"] {
            window.click(&format!("#tab-{view}")).await?;
            let too_high = "document.documentElement.scrollHeight - innerHeight";
            let too_high = window.evaluate(too_high).await?;
            ensure!(too_high == 0, "{view}, {language}: {too_high} pixels too high");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_manual_choice_is_ended_where_it_is_shown() -> Result<()> {
    let (scene, window) = scene_with_window().await?;
    ensure!(window.evaluate("document.querySelector('#now-automatic').hidden").await? == true);
    scene.say(&["busy"]).await?;
    window.shows("#now-automatic").await?;
    window.click("#now-automatic").await?;
    window.until("document.querySelector('#now-automatic').hidden").await?;
    let automatic = |s: &Value| s["source"] == "active";
    scene.world.status_when("automatic", automatic, secs(10)).await?;
    Ok(())
}

#[tokio::test]
async fn a_choice_can_be_for_one_account() -> Result<()> {
    let (scene, window) = scene_with_window().await?;
    window.click("#tab-status").await?;
    ensure!(
        window.evaluate("document.querySelector('#choice-account-field').hidden").await? == true,
        "with one account there is nothing to choose"
    );
    let (other, colleague) = Synapse::plain().await?.person_and_colleague().await?;
    scene.world.sign_in(&other).await?;
    window.shows("#choice-account").await?;
    window
        .evaluate(&format!(
            "(() => {{
                 const list = document.querySelector('#choice-account');
                 list.value = '{}';
                 list.dispatchEvent(new Event('input', {{bubbles: true}}));
                 document.querySelector('[name=presence][value=unavailable]').click();
             }})()",
            other.user_id
        ))
        .await?;
    window.click("#choice-apply").await?;
    let is = |seen: &presently_world::Seen| seen.is("unavailable");
    colleague.wait_for(&other.user_id, is, secs(20)).await?;
    scene.sees("online").await?;
    // What is in force is shown for each of them.
    let chosen = "document.querySelector('[name=presence]:checked').value";
    window.until(&format!("{chosen} === 'unavailable'")).await?;
    window
        .evaluate(
            "(() => {
                 const list = document.querySelector('#choice-account');
                 list.value = '';
                 list.dispatchEvent(new Event('input', {bubbles: true}));
             })()",
        )
        .await?;
    ensure!(window.evaluate(chosen).await? == "automatic");
    Ok(())
}

#[tokio::test]
async fn the_day_is_shown_and_erased() -> Result<()> {
    let (scene, window) = scene_with_window().await?;
    window.shows("#tab-today").await?;
    window.click("#tab-today").await?;
    window.says("#day-spans li:last-child", "Available, input").await?;
    // A span of no length is none: the choice lasts for a second at least.
    scene.say(&["busy"]).await?;
    window.says("#day-spans li:last-child", "Busy, you chose it").await?;
    window.says("#day-totals", "Busy").await?;
    let drawn = "[...document.querySelectorAll('#day-strip > span')].map((it) => it.title).join()";
    window.until(&format!("{drawn}.includes('now: Busy, you chose it')")).await?;
    window.says("#days li:first-child", "Today").await?;

    // The day before has nothing.
    window.click("#day-before").await?;
    window.says("#day-title", "Yesterday").await?;
    window.shows("#day-empty").await?;
    window.click("#days li:first-child button").await?;
    window.says("#day-title", "Today").await?;

    // All of it, in a file of the person.
    window.click("#history-export").await?;
    window.says("#history-exported", ".csv").await?;
    let said = window.evaluate("document.querySelector('#history-exported').textContent").await?;
    let path = said.as_str().and_then(|said| said.strip_prefix("Saved as "));
    let exported = std::fs::read_to_string(path.context("a path")?)?;
    ensure!(exported.starts_with("start,end,presence,source\n"), "{exported}");
    ensure!(exported.contains(",online,active\n") && exported.contains(",busy,manual\n"));

    // Asked first, and the way back is the default.
    window.click("#history-erase").await?;
    window.press(key::ENTER).await?;
    window.until("!document.querySelector('#question').open").await?;
    ensure!(scene.say(&["history", "--csv"]).await?.contains(",busy,manual"));
    window.click("#history-erase").await?;
    window.click("#question-yes").await?;
    window.says("#announcer", "The history is erased").await?;
    ensure!(!scene.say(&["history", "--csv"]).await?.contains(",online,active"));

    scene.say(&["settings", "set", "history.enabled", "false"]).await?;
    window.shows("#history-off").await?;
    Ok(())
}

/// As the entries of the tray's menu do.
#[tokio::test]
async fn an_open_window_is_led_to_a_view() -> Result<()> {
    let (scene, window) = scene_with_window().await?;
    for (view, tab) in [
        ("status", "status"),
        ("settings", "settings"),
        ("status", "status"),
        ("busy", "status"),
        ("accounts", "accounts"),
        ("now", "now"),
    ] {
        scene.say(&["window", "--view", view]).await?;
        window.until(&format!("!document.querySelector('#view-{tab}').hidden")).await?;
        if view == "busy" {
            let chosen = "document.querySelector('[name=presence]:checked').value";
            window.until(&format!("{chosen} === 'busy'")).await?;
            window.shows("#choice-time").await?;
            ensure!(window.focus().await? == "choice-time");
            // Nothing is chosen before "Apply".
            ensure!(scene.world.status().await?["source"] == "active");
        }
    }
    // Without a view it stays where it is.
    window.click("#tab-today").await?;
    scene.say(&["window"]).await?;
    window.until("!document.querySelector('#view-today').hidden").await?;
    Ok(())
}

#[tokio::test]
async fn a_window_is_started_at_a_view() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.world.add_bus().await?;
    let window = Window::open_with(&scene.world, &["--view=accounts"]).await?;
    window.says("#account-list", &scene.person.user_id).await?;
    window.until("!document.querySelector('#view-accounts').hidden").await?;
    Ok(())
}
