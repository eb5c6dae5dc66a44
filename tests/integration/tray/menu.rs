//! The menu: the actions of its entries, and how an open one behaves.

use anyhow::{Context, Result, ensure};
use futures_util::{FutureExt, StreamExt};
use presently_core::Code;
use presently_ipc::snapshot::{Connection, MessageView};
use presently_world::World;
use presently_world::tray_host::{Shown, TrayHost};
use serde_json::json;

use super::alone::Alone;
use super::snapshot;
use crate::scene::SOON;

/// The end is the next midnight.
const SAY_REMOTE: &str = "Say { message: Some(MessageText { text: \"Working remotely\", emoji: Some(\"🏠\") }), \
     end: Some(Until(";
const SAY_RECENT: &str =
    "Say { message: Some(MessageText { text: \"In my_room & <out>\", emoji: None }), end: None }";

#[tokio::test]
async fn each_entry_says_what_the_person_chose() -> Result<()> {
    let mut world = World::new()?;
    let bus = world.add_bus().await?;
    let host = TrayHost::on(bus).await?;
    let mut alone = Alone::start(&world)?;
    let mut first = snapshot(json!({
        "presence": "online", "source": "active", "reason": "Here",
        "recent_messages": [{"text": "In my_room & <out>", "emoji": null}],
    }))?;
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
        (&["Busy", "Other time…"], "OpenWindow(Some(Busy))"),
        (&["Message", "🏠 Working remotely"], SAY_REMOTE),
        (&["Message", "💬 In my_room & <out>"], SAY_RECENT),
        (&["Message", "Other…"], "OpenWindow(Some(Status))"),
        (&["Accounts", "@me:example.org needs a new sign-in"], "OpenWindow(Some(Accounts))"),
        (
            &["Pause", "All accounts for an hour: others see you offline"],
            "PauseAccounts(Some(For(Span(3600s))))",
        ),
        (&["@me:example.org needs a new sign-in"], "OpenWindow(None)"),
        (&["Open"], "OpenWindow(None)"),
        (&["Quit"], "Quit"),
    ] {
        item.click(path).await?;
        let heard = alone.said().await?;
        ensure!(heard.starts_with(said), "{path:?}: {heard}");
        // A click does not move the tick: the state does.
        item.wait_for("its tick", |shown| shown.ticked() == ["Automatic"], SOON).await?;
    }
    item.activate().await?;
    assert_eq!(alone.said().await?, "ToggleBusy");
    ensure!(item.click(&["Message", "Clear message"]).await.is_err(), "there is none");
    ensure!(item.click(&["Available — Here"]).await.is_err(), "it is only there to be read");
    ensure!(item.click(&["Available", "x"]).await.is_err(), "nothing is behind it");
    Ok(())
}

/// Panels close an open menu when its layout changes, and send clicks with the
/// id that the entry had when the menu was opened.
#[tokio::test]
async fn a_menu_that_is_open_stays_and_does_what_was_read() -> Result<()> {
    let mut world = World::new()?;
    let host = TrayHost::on(world.add_bus().await?).await?;
    let mut alone = Alone::start(&world)?;
    let at = |presence: &str, source: &str, reason: &str| {
        snapshot(json!({
            "presence": presence, "source": source, "reason": reason, "paused": {"calls": null},
        }))
    };
    alone.show(&at("online", "active", "At the desk")?).await?;
    let item = host.item("presently", SOON).await?;
    let read = item.shown().await?;
    let layout = item.layout().await?;
    item.open_menu().await?;
    let mut signals = item.signals().await?;

    // Whatever the computer sees, and what the person paused runs out.
    let paused = snapshot(json!({
        "presence": "online", "source": "active", "reason": "At the desk",
        "paused": {"calls": {"since": "2026-11-22T09:30:00Z", "until": "2026-11-22T10:30:00Z"}},
    }))?;
    let mut full = at("online", "active", "At the desk")?;
    full.troubles = vec!["A trouble".to_owned()];
    full.trouble_codes = vec![Code::plain("A trouble")];
    full.message = example_message()?;
    for view in [
        at("unavailable", "idle", "No input")?,
        full,
        at("online", "active", "At the desk")?,
        at("unavailable", "idle", "No input")?,
        at("busy", "call", "In a call")?,
        at("online", "manual", "You chose it")?,
        paused,
    ] {
        alone.show(&view).await?;
    }
    let resumable = |shown: &Shown| can_resume(shown) == Some(true);
    let read_paused = item.wait_for("a pause", resumable, SOON).await?;
    // By the numbers of before: each does what it said then.
    for (path, said) in [
        (&["Away"][..], "Choose { presence: Some(Unavailable), end: None }"),
        (&["Busy", "4 hours"], "Choose { presence: Some(Busy), end: Some(For(Span(14400s))) }"),
        (&["Pause", "Call detection for an hour"], "PauseCalls(Some(For(Span(3600s))))"),
        (&["Open"], "OpenWindow(None)"),
    ] {
        item.click_in(&read, path).await?;
        assert_eq!(alone.said().await?, said, "{path:?}");
    }
    // Who resumes what has just run out pauses nothing.
    alone.show(&at("online", "active", "At the desk")?).await?;
    let over = |shown: &Shown| can_resume(shown) == Some(false);
    item.wait_for("no pause", over, SOON).await?;
    item.click_in(&read_paused, &["Pause", "Resume call detection"]).await?;
    item.click_in(&read_paused, &["Quit"]).await?;
    assert_eq!(alone.said().await?, "Quit");

    // All that was announced until then has come before this.
    alone.show(&at("online", "active", "The end")?).await?;
    let end = |shown: &Shown| shown.menu[0].label.ends_with("The end");
    item.wait_for("the end", end, SOON).await?;
    assert_eq!(item.layout().await?, layout);
    let mut said = Vec::new();
    while let Some(Some(signal)) = signals.next().now_or_never() {
        said.push(signal?.header().member().context("a signal's name")?.to_string());
    }
    ensure!(said.iter().any(|name| name == "ItemsPropertiesUpdated"), "{said:?}");
    ensure!(said.iter().all(|name| name != "LayoutUpdated"), "{said:?}");
    Ok(())
}

/// The message of the committed example.
fn example_message() -> Result<Option<MessageView>> {
    Ok(snapshot(json!({"message": {"text": "Out", "emoji": "🍵", "until": null}}))?.message)
}

/// Whether the entry that ends a pause can be clicked.
fn can_resume(shown: &Shown) -> Option<bool> {
    let mut entries = shown.menu.iter().flat_map(|entry| &entry.entries);
    let entry = entries.find(|entry| entry.label == "Resume call detection");
    entry.map(|entry| entry.enabled)
}
