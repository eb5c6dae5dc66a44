//! Screen sharing, with a real PipeWire. The stream is a test picture, offered
//! and consumed as by a compositor and a browser.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use presently_core::call::{CallDevice, Use};
use presently_signals::{Reading, Status, screen};
use presently_world::process::{Process, run};
use presently_world::scratch::Scratch;
use presently_world::{secs, within};
use tokio::sync::watch::Receiver;

use crate::scene::english;
use crate::signals_sound::{Kind, Sound};

fn devices(status: &Status<Vec<Use>>) -> Option<Vec<CallDevice>> {
    status.reading.known().map(|uses| uses.iter().map(|it| it.device).collect())
}

async fn until(
    watched: &mut Receiver<Status<Vec<Use>>>,
    wanted: Option<&[CallDevice]>,
) -> Result<()> {
    let what = format!("{wanted:?}");
    let told = within(secs(15), &what, async {
        watched.wait_for(|status| devices(status).as_deref() == wanted).await?;
        Ok(())
    });
    told.await.with_context(|| format!("it says {:?}", *watched.borrow()))
}

/// Offers a picture as a node with the name `picture`, this class, and further
/// properties.
pub(crate) async fn offer(sound: &Sound, class: &str) -> Result<Process> {
    let properties = format!("p,media.class={class},node.name=picture");
    let sink = format!("pipewiresink mode=provide stream-properties={properties}");
    let format = "video/x-raw,format=RGBA,width=320,height=240";
    sound.video(&["videotestsrc is-live=true", format, &sink]).await
}

/// Consumes the picture.
pub(crate) async fn take(sound: &Sound) -> Result<Process> {
    let source = format!("pipewiresrc path={}", sound.node("picture").await?);
    sound.video(&[&source, "videoconvert", "fakesink"]).await
}

#[tokio::test]
async fn pipewire_tells_who_takes_a_picture() -> Result<()> {
    let mut sound = Sound::start(Kind::PipeWire).await?;
    let mut watched = screen::watch(sound.environment());
    until(&mut watched, Some(&[])).await?;

    let offered = offer(&sound, "Stream/Output/Video").await?;
    watched.mark_unchanged();
    let told = tokio::time::timeout(secs(1), watched.changed()).await;
    ensure!(told.is_err(), "offered and not taken, and it says {:?}", *watched.borrow());
    let taken = take(&sound).await?;
    until(&mut watched, Some(&[CallDevice::Screen])).await?;
    let name = watched
        .borrow()
        .reading
        .known()
        .map(|uses| uses[0].program.called().unwrap_or("A program").to_owned());
    ensure!(name.as_deref() == Some("gst-launch-1.0"), "{name:?}");
    taken.kill().await?;
    until(&mut watched, Some(&[])).await?;
    offered.kill().await?;

    // As xdg-desktop-portal-wlr and gamescope offer a screen.
    let offered = offer(&sound, "Video/Source").await?;
    let taken = take(&sound).await?;
    until(&mut watched, Some(&[CallDevice::Screen])).await?;
    taken.kill().await?;
    until(&mut watched, Some(&[])).await?;
    offered.kill().await?;

    let _offered = offer(&sound, "Video/Source,media.role=Camera").await?;
    let _taken = take(&sound).await?;
    until(&mut watched, Some(&[CallDevice::Camera])).await?;

    sound.go().await?;
    until(&mut watched, None).await?;
    sound.come().await?;
    until(&mut watched, Some(&[])).await
}

/// The same with another name of the program.
async fn take_as(sound: &Sound, name: &str, folder: &Scratch) -> Result<Process> {
    let program = folder.path().join(name);
    std::fs::copy("/usr/bin/gst-launch-1.0", &program)?;
    let source = format!("path={}", sound.node("picture").await?);
    let mut taker = sound.command(&program.display().to_string());
    taker.args(["pipewiresrc", &source, "!", "videoconvert", "!", "fakesink"]);
    sound.run(name, taker).await
}

#[tokio::test]
async fn the_desktop_looking_at_itself_is_no_sharing() -> Result<()> {
    let sound = Sound::start(Kind::PipeWire).await?;
    let scratch = Scratch::new()?;
    let mut watched = screen::watch(sound.environment());
    until(&mut watched, Some(&[])).await?;
    let _offered = offer(&sound, "Stream/Output/Video").await?;
    let preview = take_as(&sound, "plasmashell", &scratch).await?;
    linked(&sound, "plasmashell").await.with_context(|| preview.stderr())?;
    ensure!(devices(&watched.borrow()).as_deref() == Some(&[]), "it says {:?}", watched.borrow());
    // Beside it somebody else takes it too.
    let _meeting = take_as(&sound, "meeting", &scratch).await?;
    until(&mut watched, Some(&[CallDevice::Screen])).await?;
    let name = watched
        .borrow()
        .reading
        .known()
        .map(|uses| uses[0].program.called().unwrap_or("A program").to_owned());
    ensure!(name.as_deref() == Some("meeting"), "{name:?}");
    Ok(())
}

#[tokio::test]
async fn a_paused_picture_is_still_taken() -> Result<()> {
    let sound = Sound::start(Kind::PipeWire).await?;
    let scratch = Scratch::new()?;
    let mut watched = screen::watch(sound.environment());
    let _offered = offer(&sound, "Stream/Output/Video").await?;
    let _taken = take_as(&sound, "meeting", &scratch).await?;
    until(&mut watched, Some(&[CallDevice::Screen])).await?;
    watched.mark_unchanged();
    let node = sound.node("meeting").await?.to_string();
    for order in ["Pause", "Start"] {
        let mut pause = sound.command("pw-cli");
        pause.args(["send-command", &node, order, "{}"]);
        run(pause, b"", secs(10)).await?.success()?;
        let told = tokio::time::timeout(secs(1), watched.changed()).await;
        ensure!(told.is_err(), "{order}: it says {:?}", watched.borrow());
    }
    Ok(())
}

/// Waits until the node of this name is linked to the picture.
async fn linked(sound: &Sound, name: &str) -> Result<()> {
    let node = sound.node(name).await?;
    within(secs(10), "the link", async {
        loop {
            let said = run(sound.command("pw-dump"), b"", secs(10)).await?.success()?;
            let objects: Vec<serde_json::Value> = serde_json::from_str(&said.stdout)?;
            if objects.iter().any(|object| object["info"]["input-node-id"] == node) {
                return Ok(());
            }
            // PipeWire's tools tell of changes, too, but not once they are told.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    })
    .await
}

#[tokio::test]
async fn without_pipewire_it_is_unknown() -> Result<()> {
    let sound = Sound::none(Kind::PipeWire).await?;
    let mut watched = screen::watch(sound.environment());
    let status = within(secs(10), "an answer", async {
        Ok(watched.wait_for(|status| !status.tried.is_empty()).await?.clone())
    });
    let status = status.await?;
    let Reading::Unknown(why) = &status.reading else { anyhow::bail!("{status:?}") };
    ensure!(english(why).contains("PipeWire does not run"), "{why}");
    Ok(())
}
