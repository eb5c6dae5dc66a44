//! The window, driven by WebKit's own driver, with and without the real agent.

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::process::run;
use presently_world::proxy::Rule;
use presently_world::webdriver::{Window, key};
use presently_world::world::programs;
use presently_world::{Client, Seen, Synapse, World, secs};
use serde_json::{Value, json};

use crate::password_signin::referred_synapse;
use crate::scene::{SOON, Scene, settings};

/// A machine with a display and settings, without accounts.
async fn desk() -> Result<World> {
    let mut world = World::new()?;
    world.add_display().await?;
    world.add_bus().await?;
    world.write_settings(&settings("5m"))?;
    Ok(world)
}

#[tokio::test]
async fn a_choice_is_made_by_keyboard() -> Result<()> {
    let mut scene = Scene::on(Synapse::busy().await?, "5m").await?;
    scene.world.add_bus().await?;
    let window = Window::open(&scene.world).await?;
    window.says("#now-word", "Available").await?;
    window.says("#account-list", &scene.person.user_id).await?;

    window.click("#tab-status").await?;
    // From Automatic two down is Busy; nothing is sent on the way.
    window.evaluate("document.querySelector('[name=presence]:checked').focus()").await?;
    window.press(&key::DOWN.repeat(2)).await?;
    window.press(key::TAB).await?;
    ensure!(window.focus().await? == "choice-end");
    // One hour, by its first letters.
    window.press("1 h").await?;
    ensure!(window.evaluate("document.querySelector('#choice-end').value").await? == "1h");
    ensure!(scene.world.status().await?["source"] != "manual", "it was not sent before");
    window.press(key::TAB).await?;
    ensure!(window.focus().await? == "choice-apply");
    window.press(key::ENTER).await?;

    window.says("#now h1", "Busy until").await?;
    window.says("#now-reason", "You chose it").await?;
    window.says("#announcer", "Busy until").await?;
    window.until("document.querySelector('#choice-end').value.startsWith('kept')").await?;
    scene.sees(BUSY).await?;
    let seen = "[data-user-id] .shown div:last-child";
    window.says(seen, "Busy").await?;
    let until = scene.world.status().await?["until"].take();
    ensure!(until.is_string(), "it has an end: {until}");

    // What the command line does is seen here.
    scene.say(&["auto"]).await?;
    window.says("#now-word", "Available").await?;
    window.until("document.querySelector('[name=presence]:checked').value === 'automatic'").await
}

#[tokio::test]
async fn what_others_see_does_not_move_the_settings() -> Result<()> {
    // Without busy there is the most to say.
    let mut scene = Scene::on(Synapse::plain().await?, "5m").await?;
    scene.world.add_bus().await?;
    let window = Window::open(&scene.world).await?;
    let seen = "[data-user-id] .shown div:last-child";
    window.says(seen, "Available").await?;
    window.says(".remarks", "Others see what you show").await?;
    window.click("#tab-accounts").await?;
    // Low enough for the page to scroll.
    window.resize(420, 400).await?;
    // The pointer stays there.
    window.click(".settings summary").await?;
    window.shows(".settings select").await?;
    window
        .evaluate(
            "(() => {
                 const settings = document.querySelector('.settings');
                 settings.scrollIntoView({block: 'end'});
                 const place = () => settings.getBoundingClientRect().top;
                 const [inPage, inView] = [place() + scrollY, place()];
                 window.moved = {page: 0, view: 0};
                 new MutationObserver(() => {
                     const page = Math.abs(place() + scrollY - inPage);
                     moved.page = Math.max(moved.page, page);
                     moved.view = Math.max(moved.view, Math.abs(place() - inView));
                 }).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
             })()",
        )
        .await?;

    scene.say(&["busy", "--message", "Writing the report that is due"]).await?;
    window.says(".remarks", "no “busy”").await?;
    window.says(seen, "Writing the report").await?;
    scene.say(&["auto"]).await?;
    window.says(".remarks", "Others see what you show").await?;
    window.until("document.querySelector('#now-message').hidden").await?;
    let moved = window.evaluate("moved.page").await?;
    ensure!(moved == 0, "the settings moved by {moved} on the page");

    // What appears at the top of the page does not take them away either.
    let good = std::fs::read_to_string(scene.world.settings_file())?;
    scene.world.write_settings(&good.replace("\"5m\"", "\"5\""))?;
    window.says("#troubles", "line 4").await?;
    let moved = window.evaluate("[moved.view, scrollY]").await?;
    ensure!(moved[0].as_f64().is_some_and(|by| by < 1.0), "moved in the view: {moved}");
    Ok(())
}

#[tokio::test]
async fn signing_in_and_out() -> Result<()> {
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let world = desk().await?;
    let _agent = world.agent().await?;
    let window = Window::open(&world).await?;
    window.shows("#welcome").await?;
    ensure!(window.focus().await? == "user-id", "sign-in leads");

    window.press("me").await?;
    window.press(key::ENTER).await?;
    window.says("#user-id-error", "@me:example.org").await?;
    window.evaluate("document.querySelector('#user-id').value = ''").await?;
    window.type_into("#user-id", &person.user_id).await?;
    window.press(key::ENTER).await?;
    // No name leads to this server.
    window.shows("#homeserver-error").await?;
    ensure!(window.focus().await? == "homeserver");
    window.press(&person.homeserver).await?;
    window.press(key::ENTER).await?;
    window.until("document.activeElement.id === 'password'").await?;
    window.press("wrong").await?;
    window.click("#sign-in-submit").await?;
    window.shows("#password-error").await?;
    ensure!(window.focus().await? == "password", "the wrong one is asked for again");

    window.type_into("#password", &person.password).await?;
    window.press(key::ENTER).await?;
    window.says("#account-list", &person.user_id).await?;
    window.says(".connection", "Connected").await?;
    ensure!(window.evaluate("document.querySelector('#password').value").await? == "");
    ensure!(window.focus().await? == "tab-now", "who signed in by keyboard is left nowhere");
    world.display()?.press_key().await?;
    colleague.wait_for(&person.user_id, |seen: &Seen| seen.is("online"), SOON).await?;

    window.click("#tab-accounts").await?;
    // Asked first, and the way back is the default.
    window.click("[data-user-id] .row button:last-of-type").await?;
    window.says("#question", &person.user_id).await?;
    window.press(key::ENTER).await?;
    window.until("!document.querySelector('#question').open").await?;
    ensure!(world.status().await?["accounts"].as_array().is_some_and(|a| a.len() == 1));
    window.click("[data-user-id] .row button:last-of-type").await?;
    window.click("#question-yes").await?;
    window.shows("#welcome").await?;
    // It goes from the page first, and is signed out then.
    window.says("#announcer", "Signed out").await?;
    let devices = Client::login(&person).await?.devices().await?;
    ensure!(devices.len() == 1, "only the test's own is left: {devices:?}");
    ensure!(!window.stderr().contains(&person.password));
    Ok(())
}

/// Who has typed their user id need not know what a homeserver is.
#[tokio::test]
async fn the_homeserver_is_found_while_the_person_types() -> Result<()> {
    let synapse = referred_synapse().await?;
    let person = synapse.user("alex").await?;
    let world = desk().await?;
    let _agent = world.agent().await?;
    let window = Window::open(&world).await?;
    window.shows("#welcome").await?;
    let found = "#homeserver-found";
    let retype = async |text: &str| {
        window.evaluate("document.querySelector('#user-id').value = ''").await?;
        window.type_into("#user-id", text).await
    };
    // Nobody answers to this name. The pause is long enough to ask.
    retype("@alex:no-such-host.invalid").await?;
    let quiet = "new Promise((done) => setTimeout(() => done(true), 1500))";
    window.resolve(quiet).await?;
    retype(&person.user_id).await?;
    window.says(found, &synapse.url()).await?;
    let error = "document.querySelector('#homeserver-error').hidden";
    ensure!(window.evaluate(error).await? == true, "what was being typed is no error");
    ensure!(window.focus().await? == "user-id");

    // Another name is another server, which is not known yet.
    window.press("x").await?;
    window.until(&format!("document.querySelector('{found}').hidden")).await?;
    retype(&person.user_id).await?;
    window.says(found, &synapse.url()).await?;
    window.type_into("#password", &person.password).await?;
    window.press(key::ENTER).await?;
    window.says("#account-list", &person.user_id).await
}

/// An agent that ends takes nothing of what was typed with it.
#[tokio::test]
async fn a_sign_in_that_is_being_typed_survives_the_agent() -> Result<()> {
    let person = Synapse::busy().await?.person_and_colleague().await?.0;
    let world = desk().await?;
    let agent = world.agent().await?;
    let window = Window::open(&world).await?;
    window.shows("#welcome").await?;
    window.press(&person.user_id).await?;
    window.press(key::ENTER).await?;
    window.until("document.activeElement.id === 'homeserver'").await?;
    window.press(&person.homeserver).await?;
    window.press(key::ENTER).await?;
    window.until("document.activeElement.id === 'password'").await?;
    let (begin, end) = person.password.split_at(4);
    window.press(begin).await?;
    agent.process().kill().await?;
    window.shows("#no-agent").await?;
    let agent = world.agent().await?;
    window.until("document.activeElement.id === 'password'").await?;
    window.press(end).await?;
    window.press(key::ENTER).await?;
    window.says("#account-list", &person.user_id).await?;

    // The same with the end of a choice.
    window.click("#tab-status").await?;
    window.click("[name=presence][value=busy]").await?;
    window.evaluate("document.querySelector('#choice-end').focus()").await?;
    window.press(key::END).await?;
    window.shows("#choice-time").await?;
    window.type_into("#choice-time", "23:").await?;
    agent.process().kill().await?;
    window.shows("#no-agent").await?;
    let _agent = world.agent().await?;
    window.until("document.activeElement.id === 'choice-time'").await?;
    window.press("59").await?;
    window.press(key::ENTER).await?;
    let until = |status: &Value| status["until"].as_str().is_some_and(|it| it.contains(":59:"));
    let status = world.status_when("the end", until, SOON).await?;
    ensure!(status["source"] == "manual", "{status:#}");
    Ok(())
}

/// The account is no longer on the page when the failure becomes known.
#[tokio::test]
async fn a_sign_out_that_failed_is_seen() -> Result<()> {
    let (mut scene, proxy) = Scene::behind_proxy(Synapse::busy().await?, "5m").await?;
    scene.world.add_bus().await?;
    let window = Window::open(&scene.world).await?;
    window.says("#account-list", &scene.person.user_id).await?;
    proxy.answer(Rule {
        method: "POST",
        path: "/logout".to_owned(),
        status: 403,
        body: json!({"errcode": "M_FORBIDDEN", "error": "No"}),
        times: None,
    });
    window.click("#tab-accounts").await?;
    window.click("[data-user-id] .row button:last-of-type").await?;
    window.click("#question-yes").await?;
    window.shows("#welcome").await?;
    window.shows("#sign-out-error").await?;
    window.says("#sign-out-error", &scene.person.user_id).await?;
    window.says("#sign-out-error", "may live on").await?;
    window.says("#announcer", "may live on").await?;

    // It is over with the next sign-in, and does not come back.
    proxy.lift();
    scene.world.sign_in(&scene.person).await?;
    window.says("#account-list", &scene.person.user_id).await?;
    window.until("document.querySelector('#sign-out-error').hidden").await?;
    window.click("[data-user-id] .row button:last-of-type").await?;
    window.click("#question-yes").await?;
    window.shows("#welcome").await?;
    window.says("#announcer", "Signed out").await?;
    ensure!(window.evaluate("document.querySelector('#sign-out-error').hidden").await? == true);
    Ok(())
}

#[tokio::test]
async fn without_an_agent_it_says_so_and_starts_one() -> Result<()> {
    let world = desk().await?;
    let done = start_from(&world).await;
    // Not a child of ours: it ends by being told, whatever happened.
    let _ = world.try_presently(&["quit"]).await;
    done
}

async fn start_from(world: &World) -> Result<()> {
    let window = Window::open(world).await?;
    window.says("#no-agent", "Presently is not running").await?;
    window.click("#start").await?;
    window.shows("#welcome").await?;
    // The agent outlives the window, and a window that comes back finds it.
    window.close().await?;
    ensure!(world.status().await?["accounts"].as_array().is_some_and(Vec::is_empty));
    let window = Window::open(world).await?;
    window.shows("#welcome").await?;
    world.presently(&["quit"]).await?;
    window.says("#no-agent", "Presently is not running").await
}

#[tokio::test]
async fn there_is_one_window_and_closing_it_ends_it() -> Result<()> {
    let world = desk().await?;
    let window = Window::open(&world).await?;
    window.says("#no-agent", "Presently is not running").await?;
    let shown = ["search", "--sync", "--onlyvisible", "--name", "^Presently$"];
    let id = world.display()?.xdotool(&shown).await?;
    ensure!(id.lines().count() == 1, "{id}");
    // Put away, it is brought to the front by the second start, which ends.
    world.display()?.xdotool(&["windowunmap", "--sync", id.trim()]).await?;
    let again = world.command(programs()?.join("presently-window"));
    run(again, b"", secs(20)).await?.success().context("the second start")?;
    let back = world.display()?.xdotool(&shown).await.context("it stays put away")?;
    ensure!(back == id, "{back}, not {id}");
    window.close().await
}

#[tokio::test]
async fn the_page_can_ask_for_nothing_else() -> Result<()> {
    let world = desk().await?;
    let agent = world.agent().await?;
    let window = Window::open(&world).await?;
    window.shows("#welcome").await?;
    let invoke = |command: &str, arguments: &str| {
        format!(
            "window.__TAURI__.core.invoke('{command}', {arguments})
                 .then((reply) => 'answered ' + JSON.stringify(reply), (error) => 'refused ' + error)
                 .then((said) => {{ document.title = said; }})"
        )
    };
    for (command, arguments, wanted) in [
        ("request", "{request: {request: 'quit'}}", "the window does not ask for that"),
        ("request", "{request: {request: 'doctor', full: true}}", "does not ask for that"),
        (
            "request",
            "{request: {request: 'settings-set', key: 'secrets', value: 'file'}}",
            "does not ask for that",
        ),
        ("plugin:window|set_title", "{value: 'Hello'}", "refused"),
        ("plugin:event|listen", "{event: 'x', target: {kind: 'Any'}, handler: 1}", "refused"),
    ] {
        window.evaluate("document.title = ''").await?;
        window.evaluate(&format!("void {}", invoke(command, arguments))).await?;
        let wanted = Value::from(wanted);
        window.until(&format!("document.title.includes({wanted})")).await?;
    }
    // Neither code nor requests from elsewhere.
    for forbidden in [
        "(() => { try { return eval('1'); } catch { return null; } })()",
        "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; \
         document.body.append(s); return window.ran ?? null; })()",
    ] {
        ensure!(window.evaluate(forbidden).await?.is_null(), "{forbidden}");
    }
    ensure!(agent.process().ended().is_none());
    Ok(())
}
