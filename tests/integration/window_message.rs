//! The form for the status message in the window: suggestions, recent messages
//! and emoji.

use anyhow::{Result, ensure};
use presently_world::Synapse;
use presently_world::client::BUSY;
use presently_world::webdriver::{Window, key};
use serde_json::json;

use crate::scene::Scene;

/// The name of the emoji that has the focus, or null.
const FOCUSED: &str =
    "document.activeElement.matches('[data-emoji]') ? document.activeElement.title : null";

/// What stands in the field for the emoji.
const EMOJI: &str = "document.querySelector('#message-emoji').value";

async fn status_view() -> Result<(Scene, Window)> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.world.add_bus().await?;
    let window = Window::open(&scene.world).await?;
    window.shows("#tab-status").await?;
    window.click("#tab-status").await?;
    Ok((scene, window))
}

#[tokio::test]
async fn a_message_is_set_and_cleared() -> Result<()> {
    let (scene, window) = status_view().await?;
    window.click("#message-set").await?;
    window.says("#message-error", "Write a message").await?;
    window.type_into("#message-text", &"ü".repeat(129)).await?;
    window.says("#message-room", "258 of 256 bytes").await?;
    window.press(key::ENTER).await?;
    window.says("#message-error", "258 bytes").await?;

    window.click("#presets button:nth-child(3)").await?;
    ensure!(window.evaluate("document.querySelector('#message-end').value").await? == "1h");
    window.press(key::ENTER).await?;
    window.says("#now-message", "At lunch").await?;
    scene.sees_with("online", Some("At lunch")).await?;
    window.says("[data-user-id] .shown div:last-child", "At lunch").await?;

    window.click("#message-clear").await?;
    window.until("document.querySelector('#now-message').hidden").await?;
    scene.sees_with("online", None).await
}

#[tokio::test]
async fn a_recent_message_is_set_again_and_forgotten() -> Result<()> {
    let (scene, window) = status_view().await?;
    window.until("document.querySelector('#recent').hidden").await?;
    scene.say(&["message", "In <b>my</b> room", "--emoji", "🛋"]).await?;
    scene.say(&["message", "On the train", "--for", "1h"]).await?;
    window.click("#recent-summary").await?;
    window.says("#recent-list li:first-child", "💬 On the train").await?;
    window.says("#recent-list li:last-child", "🛋 In <b>my</b> room").await?;
    window.click("#recent-list li:last-child button").await?;
    window.until("!document.querySelector('#recent').open").await?;
    window.press(key::ENTER).await?;
    window.says("#now-message", "In <b>my</b> room").await?;
    scene.sees_with("online", Some("In <b>my</b> room")).await?;

    // Escape closes the list and returns the focus.
    window.click("#recent-summary").await?;
    window.shows("#recent-list").await?;
    window.press(key::ESCAPE).await?;
    window.until("!document.querySelector('#recent').open").await?;
    ensure!(window.focus().await? == "recent-summary");
    window.press(key::ENTER).await?;
    window.click("#recent-list li:last-child .forget").await?;
    window.says("#announcer", "Forgotten").await?;
    window.until("document.querySelectorAll('#recent-list li').length === 1").await?;
    ensure!(!scene.say(&["message", "--recent"]).await?.contains("On the train"));

    // The way back is the default of the question.
    window.click("#recent-forget-all").await?;
    window.press(key::ENTER).await?;
    window.until("!document.querySelector('#question').open").await?;
    ensure!(scene.say(&["message", "--recent"]).await?.contains("my"));
    window.click("#recent-summary").await?;
    window.click("#recent-forget-all").await?;
    window.click("#question-yes").await?;
    window.until("document.querySelector('#recent').hidden").await?;
    scene.sees_with("online", Some("In <b>my</b> room")).await
}

#[tokio::test]
async fn what_is_being_written_survives_the_agent() -> Result<()> {
    let (mut scene, window) = status_view().await?;
    window.type_into("#message-text", "Back at th").await?;
    // Something else that is shown anew changes nothing in the form.
    scene.say(&["busy"]).await?;
    window.says("#now-word", "Busy").await?;
    ensure!(window.focus().await? == "message-text");
    scene.agent.process().kill().await?;
    window.shows("#no-agent").await?;
    window.says("#announcer", "Presently is not running").await?;
    scene.agent = scene.world.agent().await?;
    window.shows("#message-text").await?;
    window.until("document.activeElement.id === 'message-text'").await?;
    // Typed at the caret, which is where it was.
    window.press("ree").await?;
    window.press(key::ENTER).await?;
    window.says("#now-message", "Back at three").await?;
    scene.sees_with(BUSY, Some("Back at three")).await?;

    // The same where the person starts the agent in the window.
    window.type_into("#message-text", " o").await?;
    scene.agent.process().kill().await?;
    window.click("#start").await?;
    window.until("document.activeElement.id === 'message-text'").await?;
    scene.say(&["quit"]).await.map(drop)
}

#[tokio::test]
async fn an_emoji_is_searched_and_chosen_by_keyboard() -> Result<()> {
    let (scene, window) = status_view().await?;
    window.type_into("#message-text", "Back soon").await?;
    window.click("#emoji-open").await?;
    window.shows("#emoji-groups section:nth-child(9)").await?;
    ensure!(window.focus().await? == "emoji-search");
    // In the other language, too.
    window.press("Kaffee").await?;
    window.says("#announcer", "One emoji found").await?;
    ensure!(window.evaluate(FOCUSED).await? == json!(null));
    window.press(key::DOWN).await?;
    ensure!(window.evaluate(FOCUSED).await? == "hot beverage");
    window.press(key::ENTER).await?;
    window.until("!document.querySelector('#emoji-picker').open").await?;
    ensure!(window.focus().await? == "message-text");
    window.press(key::ENTER).await?;
    window.says("#now-message", "☕").await?;
    scene.sees_with("online", Some("Back soon")).await?;
    let message = scene.world.status().await?["message"].take();
    ensure!(message["emoji"] == "☕\u{fe0f}", "{message}");

    // What is not there is said, and Escape leaves everything as it was.
    window.click("#emoji-open").await?;
    window.press("qqq").await?;
    window.says("#emoji-none", "No emoji is called “qqq”.").await?;
    window.press(key::ENTER).await?;
    ensure!(window.evaluate("document.querySelector('#emoji-picker').open").await? == true);
    window.press(key::ESCAPE).await?;
    window.until("!document.querySelector('#emoji-picker').open").await?;
    ensure!(window.focus().await? == "emoji-open");
    ensure!(window.evaluate(EMOJI).await? == "☕\u{fe0f}");

    // From the last line of a group the arrow leads into the next group.
    window.press(key::ENTER).await?;
    window.press(key::DOWN).await?;
    ensure!(window.evaluate(FOCUSED).await? == "grinning face");
    let last = "document.querySelector('.emoji-group .emoji-grid').lastChild";
    window.evaluate(&format!("{last}.focus()")).await?;
    window.press(key::DOWN).await?;
    let group = "[...document.querySelectorAll('.emoji-group')]
                 .indexOf(document.activeElement.closest('.emoji-group'))";
    ensure!(window.evaluate(group).await? == 1);

    window.click("#emoji-remove").await?;
    ensure!(window.evaluate(EMOJI).await? == "");
    window.press(key::ENTER).await?;
    // The default stands for none.
    window.says("#now-message", "💬 Back soon").await
}
