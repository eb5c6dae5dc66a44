//! Idle detection of the signals crate, on real displays.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use jiff::Timestamp;
use presently_core::idle::Idle;
use presently_signals::Environment;
use presently_signals::idle::{IdleStatus, watch};
use presently_world::display::Display;
use presently_world::process::{Logs, Process, command};
use presently_world::scratch::Scratch;
use presently_world::{note, secs, within};
use tokio::sync::watch::{Receiver, Sender, channel};

use crate::scene::english;
use crate::signals_compositor::{Mutter, Sway};
use crate::signals_inhibitor::Video;
use crate::signals_kwin::KWin;
use crate::signals_logind::Logind;

const AFTER: Duration = Duration::from_millis(1_200);

fn is_idle(status: &IdleStatus) -> bool {
    matches!(status.idle, Idle::Idle { .. })
}

fn is_active(status: &IdleStatus) -> bool {
    matches!(status.idle, Idle::Active { .. })
}

fn is_unknown(status: &IdleStatus) -> bool {
    matches!(status.idle, Idle::Unknown(_))
}

/// Waits for a status, which may have been published already.
async fn until(
    watched: &mut Receiver<IdleStatus>,
    what: &str,
    wanted: impl FnMut(&IdleStatus) -> bool,
) -> Result<IdleStatus> {
    within(secs(15), what, async { Ok(watched.wait_for(wanted).await?.clone()) }).await
}

fn on(environment: Environment) -> (Sender<Duration>, Receiver<IdleStatus>) {
    let (after, watched) = channel(AFTER);
    (after, watch(environment, watched))
}

fn on_x11(display: &str) -> (Sender<Duration>, Receiver<IdleStatus>) {
    on(Environment { display: Some(display.to_owned()), ..Environment::default() })
}

fn scratch() -> Result<(Arc<Scratch>, Logs)> {
    let scratch = Arc::new(Scratch::new()?);
    let logs = Logs::new(scratch.clone(), true);
    Ok((scratch, logs))
}

/// An X server with the given number, or one it chooses itself.
async fn x_server(logs: &Logs, number: Option<&str>) -> Result<(String, Process)> {
    let mut xvfb = command("Xvfb");
    xvfb.args(number).args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"]);
    xvfb.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut server = Process::start("Xvfb", xvfb, logs).await?;
    let name = format!(":{}", server.first_line(secs(20)).await?);
    Ok((name, server))
}

#[tokio::test]
async fn x11_tells_of_idle_and_of_the_return() -> Result<()> {
    let (_scratch, logs) = scratch()?;
    let display = Display::start(&logs).await?;
    let (after, mut watched) = on_x11(display.name());
    display.press_key().await?;
    until(&mut watched, "activity", is_active).await?;
    display.press_key().await?;
    let pressed = Timestamp::now();
    let idle = until(&mut watched, "idle", is_idle).await?;
    let told = Timestamp::now().duration_since(pressed);
    ensure!(idle.backend == Some("x11-xsync"));
    ensure!(told.as_millis() > 1_100 && told.as_millis() < 1_700, "idle came after {told:#}");
    let Idle::Idle { since } = idle.idle else { unreachable!() };
    let off = since.duration_since(pressed).abs();
    ensure!(off.as_millis() < 100, "the last input is {off:#} off");

    display.press_key().await?;
    let back = until(&mut watched, "the return", is_active).await?;
    ensure!(back.last_event > idle.last_event);

    // A threshold that has passed already takes effect at once.
    until(&mut watched, "idle again", is_idle).await?;
    after.send_replace(Duration::from_secs(3_600));
    until(&mut watched, "a longer threshold", is_active).await?;
    after.send_replace(AFTER);
    let changed = Timestamp::now();
    until(&mut watched, "a shorter threshold", is_idle).await?;
    ensure!(Timestamp::now().duration_since(changed).as_millis() < 1_000);
    Ok(())
}

#[tokio::test]
async fn x11_input_all_the_time_is_silence() -> Result<()> {
    let (_scratch, logs) = scratch()?;
    let display = Display::start(&logs).await?;
    let (_after, mut watched) = on_x11(display.name());
    let _typing = display.keep_typing(50).await?;
    until(&mut watched, "activity", is_active).await?;
    watched.mark_unchanged();
    let told = tokio::time::timeout(secs(3), watched.changed()).await;
    ensure!(told.is_err(), "nothing changed, and it told {:?}", *watched.borrow());
    Ok(())
}

#[tokio::test]
async fn an_x_server_that_dies_is_unknown_until_it_is_back() -> Result<()> {
    let (_scratch, logs) = scratch()?;
    let (name, server) = x_server(&logs, None).await?;
    let (_after, mut watched) = on_x11(&name);
    until(&mut watched, "idle", is_idle).await?;
    server.kill().await?;
    let lost = until(&mut watched, "the loss", is_unknown).await?;
    let Idle::Unknown(why) = &lost.idle else { unreachable!() };
    ensure!(english(why).contains(&name), "{why}");
    ensure!(lost.backend.is_none() && lost.tried.iter().any(|t| t.backend == "x11-xsync"));
    drop(server);
    let _server = x_server(&logs, Some(&name)).await?;
    until(&mut watched, "its return", |s| !is_unknown(s)).await?;
    Ok(())
}

#[tokio::test]
async fn without_a_display_nothing_is_known() -> Result<()> {
    let (_after, after) = channel(AFTER);
    let mut watched = watch(Environment::default(), after.clone());
    let status = until(&mut watched, "an answer", |s| !s.tried.is_empty()).await?;
    let Idle::Unknown(why) = &status.idle else { anyhow::bail!("{status:?}") };
    let why = english(why);
    ensure!(why.contains("DISPLAY") && !why.contains('\n'), "{why}");
    ensure!(status.idle.claim().is_none());

    let idle_backend = Some("x11".to_owned());
    let mut watched = watch(Environment { idle_backend, ..Environment::default() }, after);
    let status = until(&mut watched, "an answer", |s| !s.tried.is_empty()).await?;
    let Idle::Unknown(why) = &status.idle else { anyhow::bail!("{status:?}") };
    let why = english(why);
    ensure!(why.contains("PRESENTLY_IDLE") && why.contains("x11-xsync"), "{why}");
    Ok(())
}

/// The watcher reports idle at the threshold, active at the first key, and
/// nothing during typing.
async fn tells_of_idle_and_of_the_return(
    watched: &mut Receiver<IdleStatus>,
    backend: &str,
    press: impl AsyncFn() -> Result<()>,
) -> Result<()> {
    until(watched, "the source", |s| s.backend == Some(backend)).await?;
    let pressed = within(secs(15), "activity", async {
        loop {
            press().await?;
            let pressed = Instant::now();
            // The very first one may come before it was asked for.
            let seen = watched.wait_for(is_active);
            if tokio::time::timeout(AFTER / 2, seen).await.is_ok() {
                return Ok(pressed);
            }
        }
    });
    let pressed = pressed.await?;
    until(watched, "idle", is_idle).await?;
    let idle = pressed.elapsed();
    ensure!(idle.as_millis() > 1_000 && idle.as_millis() < 2_000, "idle came after {idle:?}");
    let pressed = Instant::now();
    press().await?;
    until(watched, "the return", is_active).await?;
    let back = pressed.elapsed();
    note(&format!("{backend}: idle after {idle:?} for {AFTER:?}, back in {back:?}"));
    // A busy machine may let so long pass between two keys that idle is true.
    for _ in 0..3 {
        until(watched, "activity", is_active).await?;
        let mut longest = Duration::ZERO;
        for _ in 0..10 {
            let start = Instant::now();
            tokio::time::sleep(Duration::from_millis(200)).await;
            press().await?;
            longest = longest.max(start.elapsed());
        }
        if !watched.has_changed()? {
            return Ok(());
        }
        ensure!(longest > AFTER / 2, "it told {:?} with a key each {longest:?}", *watched.borrow());
        press().await?;
    }
    anyhow::bail!("this machine is too busy to type each {:?}", AFTER / 2)
}

#[tokio::test]
async fn sway_tells_of_idle_and_of_the_return() -> Result<()> {
    let mut sway = Sway::start().await?;
    let (_after, mut watched) = on(sway.environment());
    let press = async || sway.press_key().await;
    tells_of_idle_and_of_the_return(&mut watched, "wayland-kde-idle", press).await?;
    sway.go().await?;
    let lost = until(&mut watched, "the loss", is_unknown).await?;
    ensure!(
        lost.tried.iter().all(|t| t.backend != "x11-xsync" || english(&t.why).contains("Wayland"))
    );
    sway.come().await?;
    until(&mut watched, "its return", |s| !is_unknown(s)).await?;
    Ok(())
}

/// Checks that the watcher never reports activity for this long.
async fn never_active(watched: &mut Receiver<IdleStatus>, for_: Duration) -> Result<()> {
    let seen = tokio::time::timeout(for_, watched.wait_for(is_active)).await;
    ensure!(seen.is_err(), "nobody touched anything");
    Ok(())
}

#[tokio::test]
async fn sway_says_nothing_of_input_before_the_first() -> Result<()> {
    let sway = Sway::start().await?;
    let (after, mut watched) = on(sway.environment());
    let opened = until(&mut watched, "the source", |s| s.backend.is_some()).await?;
    ensure!(is_unknown(&opened) && opened.idle.claim().is_none(), "{opened:?}");
    let idle = until(&mut watched, "idle", |s| !is_unknown(s)).await?;
    ensure!(is_idle(&idle), "{idle:?}");

    // Another threshold brings nobody back, and takes nobody away.
    after.send_replace(secs(2));
    never_active(&mut watched, secs(3)).await?;
    ensure!(watched.borrow().idle == idle.idle, "{:?}", watched.borrow());
    sway.press_key().await?;
    until(&mut watched, "the return", is_active).await?;
    after.send_replace(secs(3_600));
    let left = tokio::time::timeout(secs(3), watched.wait_for(|s| !is_active(s))).await;
    ensure!(left.is_err(), "somebody was there a moment ago");
    Ok(())
}

/// A video inhibits idle in the compositor, with and without a person at the
/// desk.
async fn a_video_is_nobody(
    environment: Environment,
    socket: &Path,
    press: impl AsyncFn() -> Result<()>,
) -> Result<()> {
    let (_after, mut watched) = on(environment.clone());
    let idle = until(&mut watched, "idle", is_idle).await?;
    ensure!(idle.note.as_ref().is_some_and(|note| english(note).contains("screen on")), "{idle:?}");
    let video = Video::at(socket)?;
    never_active(&mut watched, 2 * AFTER).await?;
    // Looked at from now on: whether anybody is there nobody knows.
    let (_after, mut second) = on(environment);
    let doubt = |s: &IdleStatus| matches!(&s.idle, Idle::Unknown(why) if english(why).contains("screen on"));
    until(&mut second, "doubt", doubt).await?;
    press().await?;
    never_active(&mut second, AFTER).await?;
    ensure!(!is_active(&watched.borrow()));
    drop(video);
    until(&mut second, "idle", is_idle).await?;
    for watched in [&mut watched, &mut second] {
        press().await?;
        until(watched, "the return", is_active).await?;
    }
    // It begins while somebody is there: how long they stay is not known.
    let _video = Video::at(socket)?;
    until(&mut second, "doubt", doubt).await?;
    never_active(&mut second, AFTER).await
}

#[tokio::test]
async fn on_sway_a_video_is_nobody() -> Result<()> {
    let sway = Sway::start().await?;
    a_video_is_nobody(sway.environment(), &sway.socket(), async || sway.press_key().await).await
}

#[tokio::test]
async fn on_kwin_a_video_is_nobody() -> Result<()> {
    let Some(kwin) = KWin::start().await? else { return Ok(()) };
    a_video_is_nobody(kwin.environment(), &kwin.socket(), async || kwin.press_key().await).await
}

#[tokio::test]
async fn kwin_tells_of_idle_and_of_the_return() -> Result<()> {
    let Some(kwin) = KWin::start().await? else { return Ok(()) };
    let (_after, mut watched) = on(kwin.environment());
    let press = async || kwin.press_key().await;
    tells_of_idle_and_of_the_return(&mut watched, "wayland-ext-idle-notify", press).await
}

#[tokio::test]
async fn mutter_tells_of_idle_and_of_the_return() -> Result<()> {
    let mutter = Mutter::start().await?;
    mutter.press_key().await?;
    let (after, mut watched) = on(mutter.environment());
    let press = async || mutter.press_key().await;
    tells_of_idle_and_of_the_return(&mut watched, "gnome-mutter", press).await?;
    until(&mut watched, "idle", is_idle).await?;
    // Mutter knows since when, so that a new threshold holds at once.
    after.send_replace(Duration::from_secs(3_600));
    until(&mut watched, "a longer threshold", is_active).await?;
    mutter.kill().await?;
    until(&mut watched, "the loss", is_unknown).await?;
    Ok(())
}

#[tokio::test]
async fn logind_repeats_what_the_desktop_says() -> Result<()> {
    let logind = Logind::start().await?;
    let session = logind.session().await?;
    let (_after, mut watched) = on(logind.environment());
    let silent = until(&mut watched, "logind", |s| s.backend == Some("logind")).await?;
    ensure!(is_unknown(&silent), "nothing was said and it says {silent:?}");
    session.set_idle(true).await?;
    until(&mut watched, "idle", is_idle).await?;
    session.set_idle(false).await?;
    until(&mut watched, "the return", is_active).await?;
    Ok(())
}
