//! Lock, sleep and the active session, from a real logind.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_core::lock::{Lock, Sleep};
use presently_signals::{Reading, Status, lock, sleep};
use presently_world::{secs, within};
use tokio::sync::watch::Receiver;

use crate::scene::english;
use crate::signals_compositor::Sway;
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

fn nobody_told(reading: &Reading<Lock>) -> bool {
    matches!(reading, Reading::Unknown(why) if english(why).contains("nobody has told logind"))
}

fn is_behind(reading: &Reading<Lock>) -> bool {
    matches!(reading, Reading::Known(Lock::InBackground { .. }))
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
    // Many lockers never tell logind, and the hint is the same for them.
    let silent = until(&mut watched, "the session", nobody_told).await?;
    ensure!(
        silent.note.as_ref().is_some_and(|note| english(note).contains("swayidle")),
        "{silent:?}"
    );

    session.set_locked(true).await?;
    until(&mut watched, "the lock", is_locked).await?;
    session.set_locked(false).await?;
    let open = until(&mut watched, "the unlock", is_open).await?;
    ensure!(open.backend == Some("logind") && open.note.is_none());

    let other = logind.session().await?;
    other.activate().await?;
    until(&mut watched, "the other's coming", is_behind).await?;
    session.activate().await?;
    until(&mut watched, "the return", is_open).await?;
    Ok(())
}

#[tokio::test]
async fn a_remote_desktop_is_open_while_the_desk_is_locked() -> Result<()> {
    let logind = Logind::start().await?;
    let desk = logind.session().await?;
    desk.set_locked(true).await?;
    let remote = logind.remote_session().await?;
    let mut environment = logind.environment();
    environment.session_id = Some(remote.id.clone());
    environment.display = Some(":10".to_owned());
    let mut watched = lock::watch(environment.clone());
    until(&mut watched, "the remote desktop", nobody_told).await?;
    remote.set_locked(true).await?;
    until(&mut watched, "its lock", is_locked).await?;
    remote.set_locked(false).await?;
    until(&mut watched, "its unlock", is_open).await?;

    // A shell from elsewhere is at no display: what it serves is the desk's.
    environment.display = None;
    let mut watched = lock::watch(environment);
    until(&mut watched, "the desk's lock", is_locked).await.map(drop)
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
    // It has kept the session and forgotten the lock, which may be there.
    until(&mut watched, "its return", nobody_told).await?;
    session.set_locked(true).await?;
    until(&mut watched, "the lock", is_locked).await?;
    Ok(())
}

#[tokio::test]
async fn a_session_that_ends_is_no_longer_watched() -> Result<()> {
    let logind = Logind::start().await?;
    let first = logind.session().await?;
    let mut watched = lock::watch(logind.environment());
    until(&mut watched, "the first session", nobody_told).await?;
    first.set_locked(true).await?;
    until(&mut watched, "the lock", is_locked).await?;
    drop(first);
    until(&mut watched, "its end", |r| r.known().is_none()).await?;
    let _second = logind.session().await?;
    until(&mut watched, "the second session", nobody_told).await?;
    Ok(())
}

#[tokio::test]
async fn a_lock_that_was_ordered_counts_until_it_is_undone() -> Result<()> {
    let logind = Logind::start().await?;
    let session = logind.session().await?;
    let mut watched = lock::watch(logind.environment());
    until(&mut watched, "the session", nobody_told).await?;
    session.forge_order(true).await?;
    session.forge_order(false).await?;
    watched.mark_unchanged();
    let told = tokio::time::timeout(secs(1), watched.changed()).await;
    ensure!(told.is_err(), "anybody may say that: {:?}", watched.borrow());
    session.order_lock(true).await?;
    let locked = until(&mut watched, "the order", is_locked).await?;
    ensure!(locked.backend == Some("logind"));
    session.order_lock(false).await?;
    until(&mut watched, "the other order", is_open).await?;

    // A desktop that tells of its lock knows better.
    session.order_lock(true).await?;
    until(&mut watched, "the order", is_locked).await?;
    session.set_locked(true).await?;
    session.set_locked(false).await?;
    until(&mut watched, "the unlock", is_open).await?;

    // Nobody says that it was done, and how it ends nobody would say either.
    session.order_lock(true).await?;
    until(&mut watched, "the order", is_locked).await?;
    until(&mut watched, "its end", is_open).await.map(drop)
}

#[tokio::test]
async fn a_locker_that_tells_nobody_is_seen_by_its_process() -> Result<()> {
    let sway = Sway::start().await?;
    let mut environment = sway.environment();
    environment.programs = vec!["/usr/bin".into()];
    // There is no bus at all.
    environment.system_bus = Some("unix:path=/nonexistent".to_owned());
    let mut watched = lock::watch(environment.clone());
    until(&mut watched, "an answer", |r| r.known().is_none()).await?;
    let locker = sway.lock().await?;
    let locked = until(&mut watched, "the lock", is_locked).await?;
    ensure!(locked.backend == Some("swaylock"), "{locked:?}");
    // Whoever looks only now sees it as well, and the neighbour does not.
    let mut late = lock::watch(environment.clone());
    until(&mut late, "the lock", is_locked).await?;
    environment.wayland_display = Some("wayland-2".to_owned());
    let mut neighbour = lock::watch(environment);
    let told = tokio::time::timeout(secs(1), neighbour.wait_for(|s| s.reading.known().is_some()));
    ensure!(told.await.is_err(), "another display is not locked");
    locker.kill().await?;
    until(&mut watched, "the unlock", is_open).await?;
    until(&mut late, "the unlock", is_open).await?;
    let _again = sway.lock().await?;
    until(&mut watched, "the lock", is_locked).await.map(drop)
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
