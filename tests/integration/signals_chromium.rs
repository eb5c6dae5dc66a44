//! A real call in Chromium, whose page records the microphone, and a real level
//! meter. They take long to install, so they run only with `scripts/test
//! --all`.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use presently_core::call::{CallDevice, Use};
use presently_signals::{Status, microphone};
use presently_world::display::Display;
use presently_world::process::{Logs, Process, run};
use presently_world::scratch::Scratch;
use presently_world::{secs, within};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::Receiver;

use crate::signals_kwin::all_is_asked_for;
use crate::signals_sound::{Kind, Sound};

type Watched = Receiver<Status<Vec<Use>>>;

/// The names of the recording programs.
fn names(status: &Status<Vec<Use>>) -> Option<Vec<&str>> {
    status
        .reading
        .known()
        .map(|uses| uses.iter().map(|it| it.program.called().unwrap_or("A program")).collect())
}

async fn until(watched: &mut Watched, wanted: &[&str]) -> Result<Status<Vec<Use>>> {
    let what = format!("{wanted:?}");
    let told = within(secs(20), &what, async {
        Ok(watched.wait_for(|status| names(status).as_deref() == Some(wanted)).await?.clone())
    });
    told.await.with_context(|| format!("it says {:?}", names(&watched.borrow())))
}

/// Checks for a while that the watcher publishes nothing new.
async fn quiet(watched: &mut Watched, what: &str) -> Result<()> {
    watched.mark_unchanged();
    let told = tokio::time::timeout(Duration::from_millis(1_500), watched.changed()).await;
    ensure!(told.is_err(), "{what}: it says {:?}", names(&watched.borrow()));
    Ok(())
}

/// The page of a meeting. It asks for an action, performs it, and asks again.
const PAGE: &str = r#"<!DOCTYPE html><meta charset="utf-8"><title>Meeting</title><script>
let streams = [];
const tracks = () => streams.flatMap((stream) => stream.getTracks());
const acts = {
  listen: async () => streams.push(await navigator.mediaDevices.getUserMedia({audio: true})),
  mute: () => tracks().forEach((track) => track.enabled = false),
  unmute: () => tracks().forEach((track) => track.enabled = true),
  stop: () => { tracks().forEach((track) => track.stop()); streams = []; },
};
(async () => {
  for (let said = "ready";;) {
    const answer = await fetch("/next?" + said);
    const act = await answer.text();
    try { await acts[act](); said = act; } catch (error) { said = error.name; }
  }
})();
</script>"#;

/// Chromium with this page, killed when dropped.
struct Meeting {
    server: TcpListener,
    /// The connection of the request that is not answered yet.
    asked: TcpStream,
    _browser: Process,
}

impl Meeting {
    async fn open(sound: &Sound, scratch: &Scratch) -> Result<Self> {
        let server = TcpListener::bind("127.0.0.1:0").await?;
        // Its own sandbox is not for root, nor wherever namespaces are barred.
        let mut browser = sound.command("chromium");
        browser.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]);
        browser.args(["--disable-background-networking", "--disable-component-update"]);
        browser.args(["--password-store=basic", "--disable-dev-shm-usage"]);
        // Nobody is there to be asked. The device is the sound server's: what
        // Chromium calls a fake one, the server would not see.
        browser.arg("--use-fake-ui-for-media-stream");
        browser.arg(format!("--user-data-dir={}", scratch.path().join("profile").display()));
        browser.arg(format!("http://127.0.0.1:{}/", server.local_addr()?.port()));
        let browser = sound.run("chromium", browser).await?;
        let ready = within(secs(60), "the page", next(&server)).await;
        let (said, asked) = ready.with_context(|| browser.stderr())?;
        ensure!(said == "ready", "the page says {said}");
        Ok(Self { server, asked, _browser: browser })
    }

    /// Makes the page perform an action and waits until it is done.
    async fn does(&mut self, act: &str) -> Result<()> {
        answer(&mut self.asked, "text/plain", act).await?;
        let (said, asked) = within(secs(30), act, next(&self.server)).await?;
        self.asked = asked;
        ensure!(said == act, "to {act}: {said}");
        Ok(())
    }
}

/// The next request for an action, which reports the last one. A request for
/// the page itself is answered on the way.
async fn next(server: &TcpListener) -> Result<(String, TcpStream)> {
    loop {
        let (mut connection, _) = server.accept().await?;
        // One opened for later may never say anything.
        let Ok(Ok(Some(path))) = tokio::time::timeout(secs(5), asked(&mut connection)).await else {
            continue;
        };
        match path.strip_prefix("/next?") {
            Some(said) => return Ok((said.to_owned(), connection)),
            None if path == "/" => answer(&mut connection, "text/html", PAGE).await?,
            None => answer(&mut connection, "text/plain", "").await?,
        }
    }
}

/// The requested path.
async fn asked(connection: &mut TcpStream) -> Result<Option<String>> {
    let mut lines = BufReader::new(connection).lines();
    let first = lines.next_line().await?.unwrap_or_default();
    while lines.next_line().await?.is_some_and(|line| !line.is_empty()) {}
    Ok(first.split(' ').nth(1).map(str::to_owned))
}

async fn answer(connection: &mut TcpStream, kind: &str, body: &str) -> Result<()> {
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{body}"
    );
    connection.write_all(answer.as_bytes()).await?;
    Ok(connection.shutdown().await?)
}

async fn a_page_that_listens(kind: Kind) -> Result<()> {
    if !all_is_asked_for() {
        return Ok(());
    }
    let sound = Sound::start(kind).await?;
    let scratch = Scratch::new()?;
    let mut watched = microphone::watch(sound.environment());
    until(&mut watched, &[]).await?;
    let mut meeting = Meeting::open(&sound, &scratch).await?;
    quiet(&mut watched, "a page that does not listen yet").await?;

    meeting.does("listen").await?;
    let status = until(&mut watched, &["Chromium"]).await?;
    let uses = status.reading.known().context("known")?;
    ensure!(uses[0].device == CallDevice::Microphone);
    ensure!(uses[0].program.binary.as_deref() == Some("chromium"), "{:?}", uses[0].program.binary);
    // Muted it listens on, and somebody else is not there because of it.
    for act in ["mute", "unmute", "listen"] {
        meeting.does(act).await?;
        quiet(&mut watched, act).await?;
    }
    meeting.does("stop").await?;
    until(&mut watched, &[]).await?;

    meeting.does("listen").await?;
    until(&mut watched, &["Chromium"]).await?;
    drop(meeting);
    until(&mut watched, &[]).await.map(drop)
}

async fn a_meter_on_the_screen(kind: Kind) -> Result<()> {
    if !all_is_asked_for() {
        return Ok(());
    }
    let sound = Sound::start(kind).await?;
    let scratch = std::sync::Arc::new(Scratch::new()?);
    let display = Display::start(&Logs::new(scratch, true)).await?;
    let mut watched = microphone::watch(sound.environment());
    until(&mut watched, &[]).await?;
    let mut meter = sound.command("pavucontrol");
    meter.arg("--tab=4").env("DISPLAY", display.name());
    let meter = sound.run("pavucontrol", meter).await?;
    let recording = within(secs(30), "the meter", async {
        loop {
            let mut pactl = sound.command("pactl");
            pactl.args(["list", "source-outputs"]);
            let listed = run(pactl, b"", secs(10)).await?.success()?.stdout;
            if listed.contains("Peak detect") {
                return Ok(());
            }
            // pactl tells of changes, too, but not at which it has subscribed.
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    recording.await.with_context(|| meter.stderr())?;
    ensure!(names(&watched.borrow()) == Some(Vec::new()), "it says {:?}", names(&watched.borrow()));
    quiet(&mut watched, "pavucontrol's meter").await
}

#[tokio::test]
async fn on_pulseaudio_a_page_in_chromium_listens_until_it_stops() -> Result<()> {
    a_page_that_listens(Kind::PulseAudio).await
}

#[tokio::test]
async fn on_pipewire_a_page_in_chromium_listens_until_it_stops() -> Result<()> {
    a_page_that_listens(Kind::PipeWire).await
}

#[tokio::test]
async fn on_pulseaudio_the_meter_of_pavucontrol_does_not_listen() -> Result<()> {
    a_meter_on_the_screen(Kind::PulseAudio).await
}

#[tokio::test]
async fn on_pipewire_the_meter_of_pavucontrol_does_not_listen() -> Result<()> {
    a_meter_on_the_screen(Kind::PipeWire).await
}
