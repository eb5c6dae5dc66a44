//! A secret store that is locked or that would prompt the person: nothing is
//! lost, and the person is not asked repeatedly.

use anyhow::{Context as _, Result, ensure};
use presently_world::bus::{Bus, Calls};
use presently_world::keepassxc::KeePassXc;
use presently_world::prompter::Prompter;
use presently_world::secret_service::{Asked, SecretService};
use presently_world::{Agent, Synapse, User, World, secs};
use serde_json::{Value, json};

use crate::scene::{SOON, settings};
use crate::signals_kwin::all_is_asked_for;
use crate::tokens::short_lived;

/// Notifications stay enabled, unlike in most tests.
const SETTINGS: &str = "[idle]\nafter = \"5m\"\n[autostart]\nenabled = false\n";

fn are_all(status: &Value, wanted: impl Fn(&Value) -> bool) -> bool {
    status["accounts"].as_array().is_some_and(|all| !all.is_empty() && all.iter().all(wanted))
}

fn sync(status: &Value) -> bool {
    are_all(status, |account| account["connection"] == "syncing")
}

fn wait_for_the_keyring(status: &Value) -> bool {
    are_all(status, |account| {
        let problem = account["problem"].as_str().unwrap_or_default();
        account["connection"] == "connecting" && problem.starts_with("The keyring is locked")
    })
}

/// The calls that begin each access to the store.
async fn looks(bus: &Bus) -> Result<Calls> {
    bus.questions_for("Collections").await
}

/// A desktop with notifications, an unlocked store and one account.
async fn signed_in(person: &User) -> Result<(World, SecretService, Agent)> {
    let mut world = World::new()?;
    world.add_notifications().await?;
    world.write_settings(SETTINGS)?;
    let store = SecretService::on(world.bus()?).await?;
    store.add_collection("mine").await?;
    store.set_default(Some("mine"));
    let agent = world.agent().await?;
    world.sign_in(person).await?;
    world.status_when("syncing", sync, SOON).await?;
    Ok((world, store, agent))
}

#[tokio::test]
async fn a_database_that_shows_nothing_while_locked_is_no_logout() -> Result<()> {
    let person = Synapse::busy().await?.user("alex").await?;
    let (world, store, agent) = signed_in(&person).await?;
    agent.terminate().await?;
    store.set_locked("mine", true)?;
    let mut looks = looks(world.bus()?).await?;
    let _agent = world.agent().await?;
    world.status_when("it waits", wait_for_the_keyring, SOON).await?;
    looks.more(2, secs(40)).await.context("it is tried again")?;
    let status = world.status().await?;
    ensure!(wait_for_the_keyring(&status), "{status:#}");
    let said = world.presently(&["status"]).await?;
    ensure!(said.contains("no connection: The keyring is locked"), "{said}");
    assert_eq!(store.asked(), Asked::default());
    assert_eq!(world.notifications()?.shown(), []);
    store.set_locked("mine", false)?;
    world.status_when("unlocked, it runs", sync, SOON).await?;
    assert_eq!(store.asked(), Asked::default());
    Ok(())
}

/// The same with the real KeePassXC, which takes long to install.
#[tokio::test]
async fn keepassxc_is_waited_for_and_opens_no_dialog() -> Result<()> {
    if !all_is_asked_for() {
        return Ok(());
    }
    let person = Synapse::busy().await?.user("alex").await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.add_notifications().await?;
    world.write_settings(SETTINGS)?;
    let store = KeePassXc::start(&world, false).await?;
    store.unlock(&world).await?;
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    world.status_when("syncing", sync, SOON).await?;
    agent.terminate().await?;
    store.lock().await?;
    let mut looks = looks(world.bus()?).await?;
    let agent = world.agent().await?;
    world.status_when("it waits", wait_for_the_keyring, SOON).await?;
    looks.more(2, secs(40)).await?;
    let status = world.status().await?;
    ensure!(wait_for_the_keyring(&status), "{status:#}");
    let windows = store.windows(&world).await?;
    ensure!(windows.len() == 1, "{windows:?}");
    assert_eq!(world.notifications()?.shown(), []);
    store.unlock(&world).await?;
    world.status_when("unlocked, it runs", sync, SOON).await?;
    world.presently(&["logout", &person.user_id]).await?;
    drop(agent);
    Ok(())
}

/// KeePassXC asks for permission to read the secret once, and not again for
/// each renewed token.
#[tokio::test]
async fn keepassxc_asks_once_whether_we_may() -> Result<()> {
    if !all_is_asked_for() {
        return Ok(());
    }
    let synapse = short_lived(3, json!({})).await?;
    let person = synapse.user("alex").await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.add_notifications().await?;
    world.write_settings(SETTINGS)?;
    let store = KeePassXc::start(&world, true).await?;
    store.unlock(&world).await?;
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    renewals(&world, &store).await?;
    agent.terminate().await?;
    let _agent = world.agent().await?;
    presently_world::within(SOON, "a question", async {
        while store.windows(&world).await?.len() < 2 {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Ok(())
    })
    .await?;
    world.display()?.xdotool(&["key", "Return"]).await?;
    world.status_when("allowed, it runs", sync, SOON).await?;
    renewals(&world, &store).await
}

/// Renewed tokens are stored without a prompt.
async fn renewals(world: &World, store: &KeePassXc) -> Result<()> {
    for word in ["busy", "available"] {
        tokio::time::sleep(secs(4)).await;
        world.presently(&[word]).await?;
        let shown = |s: &Value| are_all(s, |a| a["seen_by_others"] == a["intended"]);
        let status = world.status_when("it is shown", shown, SOON).await?;
        ensure!(status["troubles"] == json!([]), "{status:#}");
        let windows = store.windows(world).await?;
        ensure!(windows.len() == 1, "{windows:?}");
    }
    Ok(())
}

/// A sign-out is reported even if another store prompts.
#[tokio::test]
async fn what_an_open_store_does_not_have_is_signed_out() -> Result<()> {
    let mut world = World::new()?;
    world.add_notifications().await?;
    world.write_settings(&format!("{SETTINGS}[[account]]\nuser_id = \"@alex:example.org\"\n"))?;
    let store = SecretService::on(world.bus()?).await?;
    store.add_collection("mine").await?;
    let _agent = world.agent().await?;
    let signed_out = |s: &Value| are_all(s, |account| account["connection"] == "needs-login");
    world.status_when("signed out", signed_out, SOON).await?;
    let said = |n: &presently_world::bus::Notification| n.summary.contains("needs a new sign-in");
    world.notifications()?.wait_for(said, SOON).await?;
    assert_eq!(store.asked(), Asked::default());
    Ok(())
}

#[tokio::test]
async fn renewed_tokens_are_stored_without_a_default_and_without_a_question() -> Result<()> {
    let synapse = short_lived(3, json!({})).await?;
    let person = synapse.user("alex").await?;
    let (world, store, agent) = signed_in(&person).await?;
    store.set_default(None);
    for word in ["busy", "available", "busy"] {
        let before = store.times_stored();
        // The next request finds its token expired.
        tokio::time::sleep(secs(4)).await;
        world.presently(&[word]).await?;
        store.stored(before + 1, SOON).await?;
    }
    let quiet = |s: &Value| s["troubles"] == json!([]);
    world.status_when("nothing to say", quiet, SOON).await?;
    assert_eq!((store.asked(), store.count("mine")), (Asked::default(), 1));
    // They are those that the next start goes on with.
    agent.kill().await?;
    let _agent = world.agent().await?;
    world.status_when("syncing", sync, SOON).await?;
    assert_eq!(store.asked(), Asked::default());
    Ok(())
}

#[tokio::test]
async fn only_a_sign_in_asks_for_what_it_needs() -> Result<()> {
    let person = Synapse::busy().await?.user("alex").await?;
    let mut world = World::new()?;
    world.add_notifications().await?;
    world.write_settings(SETTINGS)?;
    let store = SecretService::on(world.bus()?).await?;
    store.add_collection("mine").await?;
    store.set_locked("mine", true)?;
    let _agent = world.agent().await?;
    // Once, and not once more to store what could not be stored.
    let refused = world.sign_in(&person).await;
    ensure!(refused.is_err_and(|e| format!("{e:#}").contains("The keyring is locked")));
    assert_eq!(store.asked(), Asked { questions: 1, creations: 0 });
    store.set_consent(true);
    world.sign_in(&person).await?;
    assert_eq!(store.asked(), Asked { questions: 2, creations: 0 });
    assert_eq!(store.count("mine"), 1);
    world.status_when("syncing", sync, SOON).await.map(drop)
}

/// A desktop with a locked keyring that has two sessions, and the prompter.
async fn two_locked() -> Result<(World, Prompter)> {
    let synapse = Synapse::busy().await?;
    let mut world = World::new()?;
    world.add_notifications().await?;
    world.add_keyring().await?;
    world.write_settings(SETTINGS)?;
    let agent = world.agent().await?;
    for name in ["alex", "sam"] {
        world.sign_in(&synapse.user(name).await?).await?;
    }
    agent.terminate().await?;
    world.add_locked_keyring().await?;
    let prompter = Prompter::on(world.bus()?).await?;
    Ok((world, prompter))
}

#[tokio::test]
async fn two_accounts_ask_once_and_not_again_after_a_no() -> Result<()> {
    let (world, prompter) = two_locked().await?;
    let mut looks = looks(world.bus()?).await?;
    let _agent = world.agent().await?;
    prompter.shown(1, SOON).await?;
    prompter.dismiss();
    world.status_when("both wait", wait_for_the_keyring, SOON).await?;
    // One look each, and one more in its turn to ask, one for the answer; and
    // the same again without the last.
    looks.more(10, secs(60)).await?;
    // Nor does it ask at the end of a pause.
    let status = world.status().await?;
    let one = status["accounts"][0]["user_id"].as_str().context("an account")?;
    world.presently(&["pause", one]).await?;
    world.presently(&["resume", one]).await?;
    world.status_when("both wait", wait_for_the_keyring, SOON).await?;
    assert_eq!(prompter.questions(), 1);
    world.keyring()?.unlock().await?;
    world.status_when("both run", |s| sync(s) && s["accounts"][1].is_object(), SOON).await?;
    assert_eq!(prompter.questions(), 1);
    assert_eq!(world.notifications()?.shown(), []);
    Ok(())
}

#[tokio::test]
async fn a_question_that_stands_keeps_nothing_from_running() -> Result<()> {
    let (world, prompter) = two_locked().await?;
    let _agent = world.agent().await?;
    prompter.shown(1, SOON).await?;
    // Nobody answers it, but another program has the password.
    world.keyring()?.unlock().await?;
    world.status_when("both run", |s| sync(s) && s["accounts"][1].is_object(), SOON).await?;
    assert_eq!(prompter.questions(), 1);
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_said() -> Result<()> {
    let synapse = short_lived(3, json!({})).await?;
    let person = synapse.user("alex").await?;
    let world = World::new()?;
    world.write_settings(&settings("5m"))?;
    let _agent = world.agent().await?;
    world.sign_in(&person).await?;
    world.status_when("syncing", sync, SOON).await?;
    let file = world.state_file().with_file_name("secrets.json");
    std::fs::remove_file(&file)?;
    std::fs::create_dir(&file)?;
    tokio::time::sleep(secs(4)).await;
    world.presently(&["busy"]).await?;
    let told = |s: &Value| {
        let trouble = s["troubles"][0].as_str().unwrap_or_default();
        trouble.contains("is not stored yet") && trouble.contains("secrets.json")
    };
    let status = world.status_when("it is said", told, SOON).await?;
    ensure!(sync(&status), "it goes on meanwhile: {status:#}");
    std::fs::remove_dir(&file)?;
    world.status_when("it is stored", |s| s["troubles"] == json!([]), SOON).await?;
    ensure!(std::fs::read_to_string(&file)?.contains(&person.user_id));
    Ok(())
}
