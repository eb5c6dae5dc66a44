//! Lock, sleep and the session in front, from a real logind.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_core::lock::{Lock, Sleep};
use presently_signals::{Reading, Status, lock, sleep};
use presently_world::{secs, within};
use tokio::sync::watch::Receiver;

use crate::signals_logind::Logind;

async fn until<R: Clone + Debug>(
    watched: &mut Receiver<Status<R>>,
    what: &str,
    wanted: impl Fn(&Reading<R>) -> bool,
) -> Result<Status<R>> {
    let wanted = |status: &Status<R>| wanted(&status.reading);
    let told = within(secs(15), what, async { Ok(watched.wait_for(wanted).await?.clone()) });
    let told = told.await;
    told.with_context(|| format!("it says {:?}", *watched.borrow()))
}

fn is_open(reading: &Reading<Lock>) -> bool {
    matches!(reading, Reading::Known(Lock::Open { .. }))
}

fn is_locked(reading: &Reading<Lock>) -> bool {
    matches!(reading, Reading::Known(Lock::Locked { .. }))
}

fn is_behind(reading: &Reading<Lock>) -> bool {
    matches!(reading, Reading::Known(Lock::Behind { .. }))
}

fn is_asleep(reading: &Reading<Sleep>) -> bool {
    matches!(reading, Reading::Known(Sleep::Asleep { .. }))
}

fn is_awake(reading: &Reading<Sleep>) -> bool {
    matches!(reading, Reading::Known(Sleep::Awake { .. }))
}

#[tokio::test]
async fn logind_tells_of_the_lock_and_of_the_session_in_front() -> Result<()> {
    let logind = Logind::start().await?;
    let session = logind.session().await?;
    let mut environment = logind.environment();
    environment.session_id = Some(session.id.clone());
    let mut watched = lock::watch(environment);
    let open = until(&mut watched, "the session", is_open).await?;
    ensure!(open.backend == Some("logind"));

    session.set_locked(true).await?;
    until(&mut watched, "the lock", is_locked).await?;
    session.set_locked(false).await?;
    until(&mut watched, "the unlock", is_open).await?;

    let other = logind.session().await?;
    other.activate().await?;
    until(&mut watched, "the other's coming", is_behind).await?;
    session.activate().await?;
    until(&mut watched, "the return", is_open).await?;
    Ok(())
}

#[tokio::test]
async fn a_logind_that_dies_is_unknown_until_it_is_back() -> Result<()> {
    let logind = Logind::start().await?;
    let session = logind.session().await?;
    session.set_locked(true).await?;
    let mut watched = lock::watch(logind.environment());
    until(&mut watched, "the lock", is_locked).await?;
    logind.kill().await?;
    until(&mut watched, "the loss", |r| r.known().is_none()).await?;
    logind.restart().await?;
    // It has kept the session and forgotten the lock.
    until(&mut watched, "its return", is_open).await?;
    session.set_locked(true).await?;
    until(&mut watched, "the lock", is_locked).await?;
    Ok(())
}

#[tokio::test]
async fn a_session_that_ends_is_no_longer_watched() -> Result<()> {
    let logind = Logind::start().await?;
    let first = logind.session().await?;
    let mut watched = lock::watch(logind.environment());
    until(&mut watched, "the first session", is_open).await?;
    first.set_locked(true).await?;
    until(&mut watched, "the lock", is_locked).await?;
    drop(first);
    until(&mut watched, "its end", |r| r.known().is_none()).await?;
    let _second = logind.session().await?;
    until(&mut watched, "the second session", is_open).await?;
    Ok(())
}

#[tokio::test]
async fn the_machine_waits_until_others_know() -> Result<()> {
    let logind = Logind::start().await?;
    let (mut watched, ready) = sleep::watch(logind.environment());
    until(&mut watched, "logind", is_awake).await?;

    logind.suspend().await?;
    until(&mut watched, "the announcement", is_asleep).await?;
    tokio::time::sleep(Duration::from_millis(300)).await;
    ensure!(!logind.is_asleep(), "it sleeps although nothing was said");
    let said = Instant::now();
    ready.tell();
    logind.asleep().await?;
    ensure!(said.elapsed() < secs(1), "it slept {:?} after all was said", said.elapsed());
    logind.wake().await?;
    until(&mut watched, "the waking", is_awake).await?;

    // Nobody says anything: it is not kept awake for long.
    let asked = Instant::now();
    logind.suspend().await?;
    until(&mut watched, "the announcement", is_asleep).await?;
    logind.asleep().await?;
    let waited = asked.elapsed();
    ensure!(waited > Duration::from_millis(2_500) && waited < secs(5), "it waited {waited:?}");
    logind.wake().await?;
    until(&mut watched, "the waking", is_awake).await?;
    Ok(())
}
