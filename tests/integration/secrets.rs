//! The secret stores: a real keyring and a file.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use presently_matrix::{Secret, SecretError, SecretStore, Session};
use presently_world::bus::{Bus, Keyring};
use presently_world::process::{Logs, command};
use presently_world::scratch::Scratch;
use presently_world::secret_service::{Asked, SecretService};
use presently_world::{secs, within};
use tokio::sync::watch;

use crate::scene::english;

fn a_session(user_id: &str) -> Session {
    Session {
        user_id: user_id.to_owned(),
        device_id: "DEVICE".to_owned(),
        homeserver: "https://example.org/".to_owned(),
        access_token: Secret::new("syt_secret"),
        refresh_token: None,
        client_id: None,
    }
}

/// What every secret store must do.
async fn keeps_sessions(store: &SecretStore) -> Result<()> {
    let (me, you) = (a_session("@me:example.org"), a_session("@you:example.org"));
    assert_eq!(store.list().await?, Vec::<String>::new());
    store.save(&me).await?;
    store.save(&you).await?;
    let renewed = Session { access_token: Secret::new("syt_new"), ..me.clone() };
    store.save(&renewed).await?;
    assert_eq!(store.list().await?, [me.user_id.clone(), you.user_id.clone()]);
    assert_eq!(store.load(&me.user_id).await?, renewed);
    store.probe().await?;
    store.delete(&me.user_id).await?;
    store.delete(&me.user_id).await?;
    let gone = store.load(&me.user_id).await;
    ensure!(matches!(gone, Err(SecretError::NotFound(_))), "{gone:?}");
    assert_eq!(store.list().await?, [you.user_id]);
    Ok(())
}

#[tokio::test]
async fn the_file_is_for_its_owner_alone() -> Result<()> {
    let scratch = Scratch::new()?;
    let path = scratch.path().join("new/folder/secrets.json");
    let store = SecretStore::file(path.clone());
    keeps_sessions(&store).await?;
    let mut mode = std::fs::metadata(&path)?.permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    mode.set_mode(0o640);
    std::fs::set_permissions(&path, mode.clone())?;
    let open = store.load("@you:example.org").await;
    ensure!(matches!(open, Err(SecretError::TooOpen { .. })), "{open:?}");
    mode.set_mode(0o600);
    std::fs::set_permissions(&path, mode)?;
    std::fs::write(&path, "{\"version\": 1, ")?;
    let broken = store.load("@you:example.org").await;
    ensure!(matches!(broken, Err(SecretError::Broken(_))), "{broken:?}");
    ensure!(store.save(&a_session("@me:example.org")).await.is_err(), "nothing is overwritten");
    Ok(())
}

/// The variable that names the keyring of the test's desktop.
const IN_SESSION: &str = "PRESENTLY_TEST_SESSION";

/// Whether this process was started by [`in_session`] for this keyring.
fn session_is(what: &str) -> bool {
    std::env::var_os(IN_SESSION).is_some_and(|is| is == what)
}

/// Runs a test again in a process of its own, because the bus is found through
/// the environment.
async fn in_session(bus: &Bus, what: &str, test: &str) -> Result<()> {
    let mut child = command(std::env::current_exe()?);
    child.args([&format!("secrets::{test}"), "--exact", "--nocapture"]);
    child.env("DBUS_SESSION_BUS_ADDRESS", bus.address()).env(IN_SESSION, what);
    child.stdin(Stdio::null());
    let mut child = tokio::process::Command::from(child);
    let output = within(secs(60), test, async { Ok(child.output().await?) }).await?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ensure!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{test} did not run");
    Ok(())
}

async fn a_bus() -> Result<(Arc<Scratch>, Logs, Bus)> {
    let scratch = Arc::new(Scratch::new()?);
    let logs = Logs::new(scratch.clone(), true);
    let bus = Bus::start(&logs, &scratch.folder("bus")?).await?;
    Ok((scratch, logs, bus))
}

#[tokio::test]
async fn the_keyring_keeps_sessions_and_does_not_block() -> Result<()> {
    if !session_is("open") {
        let (scratch, logs, bus) = a_bus().await?;
        let _keyring = Keyring::unlocked(&bus, &logs, &scratch.folder("keyring")?).await?;
        return in_session(&bus, "open", "the_keyring_keeps_sessions_and_does_not_block").await;
    }
    // While the keyring works, this runtime of one thread goes on.
    let (done, mut stop) = watch::channel(());
    let longest = tokio::spawn(async move {
        let mut longest = Duration::ZERO;
        let mut last = tokio::time::Instant::now();
        loop {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(5)) => {}
                _ = stop.changed() => return longest,
            }
            longest = longest.max(last.elapsed());
            last = tokio::time::Instant::now();
        }
    });
    keeps_sessions(&SecretStore::keyring()).await?;
    drop(done);
    let longest = longest.await?;
    ensure!(longest < Duration::from_millis(500), "blocked for {longest:?}");
    Ok(())
}

#[tokio::test]
async fn a_locked_keyring_is_said_to_be_locked() -> Result<()> {
    const TEST: &str = "a_locked_keyring_is_said_to_be_locked";
    let (store, session) = (SecretStore::keyring(), a_session("@me:example.org"));
    if session_is("open") {
        return Ok(store.save(&session).await?);
    }
    if !session_is("locked") {
        let (scratch, logs, bus) = a_bus().await?;
        let home = scratch.folder("keyring")?;
        let keyring = Keyring::unlocked(&bus, &logs, &home).await?;
        in_session(&bus, "open", TEST).await?;
        keyring.stop().await?;
        let _keyring = Keyring::locked(&bus, &logs, &home).await?;
        return in_session(&bus, "locked", TEST).await;
    }
    // Nobody is there to answer the question, which is as good as a no.
    for outcome in [
        store.probe().await.map(drop),
        store.load_quietly(&session.user_id).await.map(drop),
        store.load(&session.user_id).await.map(drop),
        store.save(&session).await,
        store.list().await.map(drop),
    ] {
        ensure!(matches!(outcome, Err(SecretError::Locked)), "{outcome:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_desktop_without_a_keyring_says_what_to_set() -> Result<()> {
    if !session_is("none") {
        let (_scratch, _logs, bus) = a_bus().await?;
        return in_session(&bus, "none", "a_desktop_without_a_keyring_says_what_to_set").await;
    }
    let store = SecretStore::keyring();
    let session = a_session("@me:example.org");
    for outcome in [
        store.probe().await.map(drop),
        store.load(&session.user_id).await.map(drop),
        store.save(&session).await,
        store.list().await.map(drop),
    ] {
        let Err(error @ SecretError::Unavailable) = outcome else {
            anyhow::bail!("{outcome:?}");
        };
        ensure!(english(&error).contains("secrets = \"file\""));
    }
    Ok(())
}

/// No prompt and no new collection.
const NOTHING: Asked = Asked { questions: 0, creations: 0 };

#[tokio::test]
async fn what_is_hidden_by_a_lock_is_not_gone() -> Result<()> {
    const TEST: &str = "what_is_hidden_by_a_lock_is_not_gone";
    let (store, me) = (SecretStore::keyring(), a_session("@me:example.org"));
    if session_is("open") {
        return Ok(store.save(&me).await?);
    }
    if session_is("hidden") {
        for outcome in [
            store.load_quietly(&me.user_id).await,
            store.load(&me.user_id).await,
            store.load_quietly("@you:example.org").await,
        ] {
            ensure!(matches!(outcome, Err(SecretError::Hidden(_))), "{outcome:?}");
        }
        let error = english(&SecretError::Hidden(me.user_id.clone()));
        ensure!(error.contains("The keyring is locked"), "{error}");
        ensure!(matches!(store.save_quietly(&me).await, Err(SecretError::Locked)));
        ensure!(matches!(store.list().await, Err(SecretError::Locked)));
        store.forget(&me).await?;
        return Ok(());
    }
    if session_is("partly open") {
        let hidden = store.load(&me.user_id).await;
        ensure!(matches!(hidden, Err(SecretError::Hidden(_))), "{hidden:?}");
        return Ok(());
    }
    if session_is("all open") {
        assert_eq!(store.load(&me.user_id).await?, me);
        let gone = store.load("@you:example.org").await;
        ensure!(matches!(gone, Err(SecretError::NotFound(_))), "{gone:?}");
        return Ok(());
    }
    let (_scratch, _logs, bus) = a_bus().await?;
    let keyring = SecretService::on(&bus).await?;
    keyring.add_collection("mine").await?;
    keyring.set_default(Some("mine"));
    in_session(&bus, "open", TEST).await?;
    keyring.set_locked("mine", true)?;
    in_session(&bus, "hidden", TEST).await?;
    keyring.add_collection("other").await?;
    in_session(&bus, "partly open", TEST).await?;
    keyring.set_locked("mine", false)?;
    in_session(&bus, "all open", TEST).await?;
    assert_eq!(keyring.asked(), NOTHING);
    Ok(())
}

#[tokio::test]
async fn a_store_without_a_default_is_saved_to_without_a_question() -> Result<()> {
    const TEST: &str = "a_store_without_a_default_is_saved_to_without_a_question";
    let (store, me) = (SecretStore::keyring(), a_session("@me:example.org"));
    let renewed = Session { access_token: Secret::new("syt_new"), ..me.clone() };
    if session_is("with a default") {
        return Ok(store.save(&me).await?);
    }
    if session_is("without a default") {
        // It is renewed where it is, and something new goes where it can.
        store.save_quietly(&renewed).await?;
        store.save_quietly(&a_session("@you:example.org")).await?;
        assert_eq!(store.load_quietly(&me.user_id).await?, renewed);
        assert_eq!(store.list().await?, ["@me:example.org", "@you:example.org"]);
        let told = english(&store.probe().await?);
        ensure!(told.contains("mine") && told.contains("unlocked"), "{told}");
        return Ok(());
    }
    if session_is("with nothing open") {
        let refused = store.save_quietly(&me).await;
        ensure!(matches!(refused, Err(SecretError::Locked)), "{refused:?}");
        return Ok(());
    }
    if session_is("with another default") {
        // What is stored twice is one session: the newest.
        let newest = Session { access_token: Secret::new("syt_newest"), ..me.clone() };
        store.save_quietly(&newest).await?;
        assert_eq!(store.load_quietly(&me.user_id).await?, newest);
        return Ok(());
    }
    if session_is("empty") {
        let refused = store.save_quietly(&me).await;
        ensure!(matches!(refused, Err(SecretError::Empty)), "{refused:?}");
        return Ok(());
    }
    if session_is("asked for") {
        return Ok(store.save(&me).await?);
    }
    let (_scratch, _logs, bus) = a_bus().await?;
    let keyring = SecretService::on(&bus).await?;
    keyring.add_collection("mine").await?;
    keyring.set_default(Some("mine"));
    in_session(&bus, "with a default", TEST).await?;
    keyring.set_default(None);
    in_session(&bus, "without a default", TEST).await?;
    assert_eq!(keyring.count("mine"), 2);
    keyring.add_collection("other").await?;
    keyring.set_default(Some("other"));
    in_session(&bus, "with another default", TEST).await?;
    assert_eq!((keyring.count("mine"), keyring.count("other")), (2, 0));
    keyring.set_default(None);
    keyring.set_locked("mine", true)?;
    keyring.set_locked("other", true)?;
    in_session(&bus, "with nothing open", TEST).await?;
    assert_eq!(keyring.asked(), NOTHING);
    drop(keyring);
    // Nothing was ever kept here: only who signs in is asked to make a place.
    let keyring = SecretService::on(&bus).await?;
    in_session(&bus, "empty", TEST).await?;
    assert_eq!(keyring.asked(), NOTHING);
    keyring.set_consent(true);
    in_session(&bus, "asked for", TEST).await?;
    assert_eq!(keyring.asked(), Asked { questions: 1, creations: 1 });
    assert_eq!(keyring.count("Login"), 1);
    Ok(())
}

#[tokio::test]
async fn saves_at_the_same_time_lose_nothing() -> Result<()> {
    let scratch = Scratch::new()?;
    let store = SecretStore::file(scratch.path().join("secrets.json"));
    let sessions: Vec<_> = (0..20).map(|n| a_session(&format!("@n{n:02}:example.org"))).collect();
    let saves = sessions.iter().map(|session| store.save_quietly(session));
    for saved in futures_util::future::join_all(saves).await {
        saved?;
    }
    assert_eq!(store.list().await?.len(), sessions.len());
    Ok(())
}

/// A slow disk, played by a pipe without a writer, blocks only the operation
/// that reads it.
#[tokio::test]
async fn a_slow_disk_holds_up_nothing_else() -> Result<()> {
    let scratch = Scratch::new()?;
    let path = scratch.path().join("secrets.json");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0)?;
    let store = SecretStore::file(path.clone());
    let (tell, told) = std::sync::mpsc::channel();
    // What it writes ends the wait, told or not.
    let writer = std::thread::spawn(move || {
        let told = told.recv_timeout(secs(10)).is_ok();
        std::fs::write(path, "{\"version\": 1, \"sessions\": {}}").map(|()| told)
    });
    let (gone, ()) = tokio::join!(store.load("@me:example.org"), async {
        let _ = tell.send(());
    });
    ensure!(matches!(gone, Err(SecretError::NotFound(_))), "{gone:?}");
    let went_on = writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    ensure!(went_on, "nothing else ran while the disk was waited for");
    Ok(())
}
