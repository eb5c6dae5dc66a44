//! The call field of the profile, which anybody on the network can read: it is
//! written only if the person shares it, and never outlasts the call.

use anyhow::{Context as _, Result, ensure};
use presently_world::client::BUSY;
use presently_world::proxy::{Proxy, Rule};
use presently_world::{Client, Colleague, Method, Synapse, User, World};
use serde_json::{Value, json};

use crate::calls;
use crate::remote_calls::{ELEMENT, session};
use crate::scene::{SOON, Scene};
use crate::signals_sound::{Kind, Sound};

const CALL: &str = "org.matrix.msc4426.call";
const STATUS: &str = "org.matrix.msc4426.status";

/// One account of the person and the view of others.
struct Side {
    person: User,
    colleague: Colleague,
    proxy: Proxy,
    nobody: Client,
}

impl Side {
    async fn on(synapse: &Synapse) -> Result<Self> {
        let proxy = Proxy::before(synapse.port()).await?;
        let (person, colleague) = synapse.person_and_colleague().await?;
        let person = User { homeserver: proxy.url(), ..person };
        Ok(Self { person, colleague, proxy, nobody: Client::nobody(&synapse.url())? })
    }

    /// Waits until the call field is present or absent.
    async fn says_call(&self, world: &World, wanted: bool) -> Result<()> {
        let what = if wanted { "a call" } else { "no call" };
        let waits = presently_world::within(SOON, what, async {
            loop {
                let call = self.nobody.profile_of(&self.person.user_id, CALL).await?;
                if call.is_object() == wanted {
                    return Ok(());
                }
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        });
        match waits.await {
            Ok(()) => Ok(()),
            Err(error) => Err(error.context(format!("{:#}", world.status().await?))),
        }
    }

    /// Checks that there is no call field, and that none was written after the
    /// first `known` requests.
    async fn tells_of_no_call(&self, known: usize) -> Result<()> {
        for reader in [&self.nobody, self.colleague.client()] {
            let call = reader.profile_of(&self.person.user_id, CALL).await?;
            ensure!(call.is_null(), "{call}");
        }
        let asked = self.proxy.asked().split_off(known);
        let wrote = asked.iter().any(|asked| asked.starts_with("PUT") && asked.contains(CALL));
        ensure!(!wrote, "{asked:#?}");
        Ok(())
    }
}

#[tokio::test]
async fn an_account_that_does_not_share_it_tells_of_no_call() -> Result<()> {
    let (synapse, sound) = (Synapse::busy().await?, Sound::start(Kind::PulseAudio).await?);
    let world = calls::world(&sound).await?;
    let (open, quiet) = (Side::on(synapse).await?, Side::on(synapse).await?);
    let _agent = world.agent().await?;
    for side in [&open, &quiet] {
        world.sign_in(&side.person).await?;
        world.presently(&["account", &side.person.user_id, "--call-field", "on"]).await?;
    }
    world.display()?.press_key().await?;
    let phone = User { homeserver: synapse.url(), ..quiet.person.clone() };
    let phone = Client::login(&phone).await?;
    let room = phone.make_room().await?;
    let key = format!("_{}_PHONE_m.call", quiet.person.user_id);
    let path = format!("/_matrix/client/v3/rooms/{room}/state/{ELEMENT}/{key}");
    let elsewhere = async |content: Value| phone.ok(Method::PUT, &path, &content).await.map(drop);

    // Where it is shared, everybody reads it.
    elsewhere(session(3600)).await?;
    quiet.says_call(&world, true).await?;
    open.says_call(&world, true).await?;
    for share in ["message", "nothing"] {
        world.presently(&["account", &quiet.person.user_id, "--share", share]).await?;
        quiet.says_call(&world, false).await.context(share)?;
        let known = quiet.proxy.asked().len();
        elsewhere(json!({})).await?;
        open.says_call(&world, false).await?;

        // That the other account shows it says that it could have been told
        // here, too. First a call on this account, then one at the desk.
        elsewhere(session(3600)).await?;
        open.says_call(&world, true).await?;
        open.colleague.wait_for(&open.person.user_id, |s| s.is(BUSY), SOON).await?;
        quiet.tells_of_no_call(known).await.context(share)?;
        elsewhere(json!({})).await?;
        open.says_call(&world, false).await?;
        let call = sound.record("Firefox", &["--device=mic"]).await?;
        open.says_call(&world, true).await?;
        open.colleague.wait_for(&open.person.user_id, |s| s.is(BUSY), SOON).await?;
        quiet.tells_of_no_call(known).await.context(share)?;

        // Another start finds it so.
        call.kill().await?;
        open.says_call(&world, false).await?;
        elsewhere(session(3600)).await?;
        open.says_call(&world, true).await?;
        quiet.tells_of_no_call(known).await.context(share)?;
    }
    Ok(())
}

/// Makes the server refuse to remove this field.
fn refuses(proxy: &Proxy, field: &str) {
    proxy.answer(Rule {
        method: "DELETE",
        path: field.to_owned(),
        status: 403,
        body: json!({"errcode": "M_FORBIDDEN", "error": "Not before noon"}),
        times: None,
    });
}

impl Scene {
    async fn notes(&self, words: &str) -> Result<()> {
        let wanted = |a: &Value| a["note"].as_str().is_some_and(|note| note.contains(words));
        self.account_when(words, wanted, SOON).await.map(drop)
    }

    /// Checks that `--wait` does not claim that others see the change.
    async fn waits_in_vain(&self, words: &[&str]) -> Result<()> {
        let output = self.world.try_presently(&[words, &["--wait=2s"]].concat()).await?;
        ensure!(output.status == Some(1), "{output:?}");
        Ok(())
    }
}

#[tokio::test]
async fn a_call_that_may_not_be_taken_away_is_told_until_it_is_gone() -> Result<()> {
    let (synapse, sound) = (Synapse::busy().await?, Sound::start(Kind::PulseAudio).await?);
    let Side { person, colleague, proxy, .. } = Side::on(synapse).await?;
    let scene = Scene::in_world(calls::world(&sound).await?, person, colleague).await?;
    scene.say(&["account", &scene.person.user_id, "--call-field", "on"]).await?;
    scene.hears("not in use").await?;
    let call = sound.record("Firefox", &["--device=mic"]).await?;
    scene.sees(BUSY).await?;
    scene.profile_when(CALL, Value::is_object).await?;

    refuses(&proxy, CALL);
    call.kill().await?;
    scene.sees("online").await?;
    scene.notes("refuses to take your call out of your profile").await?;
    scene.notes("Not before noon").await?;
    scene.waits_in_vain(&["auto"]).await?;
    // No storm, and no silence.
    let removals = || proxy.asked().iter().filter(|asked| asked.starts_with("DELETE")).count();
    ensure!(removals() <= 3, "{:#?}", proxy.asked());

    proxy.lift();
    proxy.cut();
    let lost = |a: &Value| a["connection"] == "retrying";
    scene.account_when("the loss", lost, SOON).await?;
    proxy.mend();
    scene.profile_when(CALL, Value::is_null).await?;
    scene.account_when("no note", |a| a["note"].is_null(), SOON).await?;
    scene.say(&["auto", "--wait"]).await.map(drop)
}

#[tokio::test]
async fn a_status_that_may_not_be_taken_away_is_told_until_it_is_gone() -> Result<()> {
    let (mut scene, proxy) = Scene::behind_proxy(Synapse::busy().await?, "5m").await?;
    scene.say(&["message", "Back soon", "--wait"]).await?;
    scene.profile_when(STATUS, |status| status["text"] == "Back soon").await?;

    refuses(&proxy, STATUS);
    scene.waits_in_vain(&["message", "--clear"]).await?;
    scene.notes("refuses to take your status out of your profile").await?;
    // The next agent has to do it.
    scene.kill_and_restart(async { Ok(()) }).await?;
    scene.notes("refuses to take your status out of your profile").await?;

    proxy.lift();
    scene.profile_when(STATUS, Value::is_null).await?;
    scene.account_when("no note", |a| a["note"].is_null(), SOON).await.map(drop)
}
