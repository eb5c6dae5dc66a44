//! Meetings in calendars, as a colleague sees them.

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use presently_world::client::BUSY;
use presently_world::process::run;
use presently_world::webdriver::Window;
use presently_world::world::programs;
use presently_world::{Synapse, secs};
use serde_json::Value;

use crate::scene::{SOON, Scene, settings};
use crate::signals_sound::{Kind, Sound};
use crate::{calls, notify};

/// A calendar with events: the seconds from now to their start, those to their
/// end, and more lines.
pub(crate) fn calendar(events: &[(i64, i64, &str)]) -> String {
    let at = |seconds: i64| {
        (Timestamp::now() + seconds.seconds()).strftime("%Y%m%dT%H%M%SZ").to_string()
    };
    let events: String = events
        .iter()
        .enumerate()
        .map(|(uid, (start, end, more))| {
            let (start, end) = (at(*start), at(*end));
            format!(
                "BEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:A secret title\r\nDTSTART:{start}\r\n\
                 DTEND:{end}\r\n{more}END:VEVENT\r\n"
            )
        })
        .collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
}

async fn scene() -> Result<Scene> {
    Scene::on(Synapse::busy().await?, "5m").await
}

#[tokio::test]
async fn a_meeting_is_seen_from_its_start_to_its_end() -> Result<()> {
    let mut scene = scene().await?;
    scene.world.add_bus().await?;
    let file = scene.world.path().join("work.ics");
    std::fs::write(&file, calendar(&[(4, 9, "")]))?;
    let added = scene.say(&["calendar", "add", &file.display().to_string()]).await?;
    ensure!(added.contains("1 event"), "{added}");
    scene.sees(BUSY).await?;
    let status = scene.world.status().await?;
    ensure!(status["source"] == "meeting" && status["reason"] == "In a meeting", "{status:#}");
    let end: Timestamp = status["until"].as_str().context("an end")?.parse()?;
    ensure!(status["next_meeting"]["end"] == status["until"], "{status:#}");
    let begin: Timestamp = status["since"].as_str().context("a start")?.parse()?;
    // The colleague has seen it while it was on, and sees its end.
    ensure!(end.duration_since(begin) == SignedDuration::from_secs(5));
    scene.sees("online").await?;
    ensure!(Timestamp::now() >= end, "it was over before its end");
    ensure!(scene.world.status().await?["source"] == "active");

    // The file is written anew, as a program that synchronises does it.
    let next = scene.world.path().join("next");
    std::fs::write(&next, calendar(&[(-60, 600, "")]))?;
    std::fs::rename(&next, &file)?;
    scene.sees(BUSY).await?;
    // One that is not the person's, said in the window.
    let window = Window::open(&scene.world).await?;
    window.shows("#now-skip").await?;
    window.click("#now-skip").await?;
    window.until("document.querySelector('#now-skip').hidden").await?;
    scene.sees("online").await?;
    let again = scene.world.try_presently(&["calendar", "skip"]).await?;
    ensure!(again.status == Some(1) && again.stderr.contains("no meeting is on"), "{again:?}");

    // Nothing tells what it was about.
    for file in [scene.world.state_file(), scene.world.settings_file()] {
        ensure!(!std::fs::read_to_string(&file)?.contains("secret title"), "{}", file.display());
    }
    ensure!(!scene.agent.process().stderr().contains("secret title"));
    ensure!(!scene.world.status().await?.to_string().contains("secret title"));
    scene.say(&["calendar", "remove", &file.display().to_string()]).await?;
    let status = scene.world.status().await?;
    ensure!(status["next_meeting"].is_null(), "{status:#}");
    window.close().await
}

/// In words too, on both kinds of server, where the person says nothing else.
#[tokio::test]
async fn a_meeting_is_read_where_the_person_says_nothing() -> Result<()> {
    const OOF: &str = "X-MICROSOFT-CDO-BUSYSTATUS:OOF\r\n";
    for synapse in [Synapse::busy().await?, Synapse::plain().await?] {
        let scene = Scene::on(synapse, "5m").await?;
        let file = scene.world.path().join("work.ics");
        std::fs::write(&file, calendar(&[(-60, 600, "")]))?;
        scene.say(&["calendar", "add", &file.display().to_string()]).await?;
        let said = |text: &'static str| {
            move |status: &Value| status["accounts"][0]["message_seen_by_others"] == text
        };
        let is_read = |text| scene.world.status_when(text, said(text), SOON);
        is_read("In a meeting").await?;
        scene.say(&["message", "With the lawyers"]).await?;
        is_read("With the lawyers").await?;
        scene.say(&["message", "--clear"]).await?;
        is_read("In a meeting").await?;
        // The title only if the person wants that, and not of a private event.
        let titled = format!("[\"{}\"]", file.display());
        scene.say(&["settings", "set", "meeting.titles", &titled]).await?;
        is_read("A secret title").await?;
        std::fs::write(&file, calendar(&[(-60, 600, "CLASS:PRIVATE\r\n")]))?;
        is_read("In a meeting").await?;
        scene.say(&["settings", "set", "meeting.message", "false"]).await?;
        let silent = |status: &Value| status["accounts"][0]["message_seen_by_others"].is_null();
        scene.world.status_when("no message", silent, SOON).await?;
        let long = "x".repeat(4000);
        let refused = ["settings", "set", "meeting.out_of_office", &long];
        let refused = scene.world.try_presently(&refused).await?;
        ensure!(refused.status == Some(1), "{refused:?}");
        scene.say(&["settings", "set", "meeting.out_of_office", "Back on Monday"]).await?;
        std::fs::write(&file, calendar(&[(-60, 600, OOF)]))?;
        is_read("Back on Monday").await?;
        scene.sees_with("unavailable", Some("Back on Monday")).await?;
        std::fs::write(&file, calendar(&[]))?;
        scene.sees_with("online", None).await?;
        // What ends with the agent does not stay behind.
        std::fs::write(&file, calendar(&[(-60, 600, OOF)]))?;
        is_read("Back on Monday").await?;
        scene.say(&["quit"]).await?;
        scene.sees_that(|seen| seen.is("offline") && seen.message.is_none()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_folder_is_a_calendar() -> Result<()> {
    let scene = scene().await?;
    let folder = scene.world.path().join("vdir");
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join("cancelled.ics"), calendar(&[(-60, 600, "STATUS:CANCELLED\r\n")]))?;
    std::fs::write(folder.join("broken.ics"), "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n")?;
    std::fs::write(folder.join(".half-written.ics"), calendar(&[(-60, 600, "")]))?;
    std::fs::write(folder.join("note.txt"), calendar(&[(-60, 600, "")]))?;
    scene.say(&["calendar", "add", &folder.display().to_string()]).await?;
    let trouble = |status: &Value| status["troubles"].to_string().contains("broken.ics, line 2");
    let status = scene.world.status_when("the trouble", trouble, SOON).await?;
    ensure!(status["source"] == "active", "{status:#}");
    std::fs::remove_file(folder.join("broken.ics"))?;
    std::fs::write(folder.join("new.ics"), calendar(&[(-60, 600, "")]))?;
    scene.sees(BUSY).await?;
    ensure!(scene.world.status().await?["troubles"] == serde_json::json!([]));
    std::fs::remove_file(folder.join("new.ics"))?;
    scene.sees("online").await
}

/// What a meeting says is checked against the desk.
#[tokio::test]
async fn who_works_without_a_call_is_in_no_conference() -> Result<()> {
    let sound = Sound::start(Kind::PulseAudio).await?;
    let scene = calls::scene(&sound).await?;
    let file = scene.world.path().join("work.ics");
    let conference = "CONFERENCE;VALUE=URI:https://meet.example.org/1\r\n";
    // Ten minutes after its start are over in a moment.
    std::fs::write(&file, calendar(&[(-594, 3000, conference)]))?;
    scene.say(&["calendar", "add", &file.display().to_string()]).await?;
    scene.sees(BUSY).await?;
    scene.world.display()?.press_key().await?;
    scene.sees("online").await?;
    let said = scene.say(&["status"]).await?;
    ensure!(said.contains("does not count: no call is on"), "{said}");
    // They join after all, and leave before the end.
    let call = sound.record("Firefox", &["--device=mic"]).await?;
    scene.sees(BUSY).await?;
    call.kill().await?;
    scene.sees("online").await?;
    scene.say(&["settings", "set", "meeting.check", "never"]).await?;
    scene.sees(BUSY).await
}

/// Who works on without a call is asked, and what they say survives a restart.
#[tokio::test]
async fn who_is_in_a_meeting_without_a_call_says_so() -> Result<()> {
    let sound = Sound::start(Kind::PulseAudio).await?;
    let mut world = calls::world(&sound).await?;
    let dunst = notify::dunst(&mut world, "I am in this meeting").await?;
    let loud = settings("5m").replace("[notify]\nenabled = false", "[notify]\nenabled = true");
    world.write_settings(&loud)?;
    let scene = calls::scene_in(world).await?;
    let file = scene.world.path().join("work.ics");
    let conference = "CONFERENCE;VALUE=URI:https://meet.example.org/1\r\n";
    std::fs::write(&file, calendar(&[(-700, 3000, conference)]))?;
    scene.say(&["calendar", "add", &file.display().to_string()]).await?;
    let doubted = |status: &Value| status["next_meeting"]["doubted"] == true;
    scene.world.status_when("a doubted meeting", doubted, SOON).await?;
    scene.keeps("online", secs(1)).await?;
    notify::displayed(&scene.world, "1").await?;
    let window = Window::open(&scene.world).await?;
    window.says("#now-doubted", "You work without a call").await?;
    notify::dunstctl(&scene.world, &["context"]).await?;
    scene.sees(BUSY).await?;
    notify::displayed(&scene.world, "0").await?;
    window.until("document.querySelector('#now-attend').hidden").await?;
    let agent = scene.agent;
    agent.kill().await?;
    let scene = Scene { agent: scene.world.agent().await?, ..scene };
    scene.press_key().await?;
    let counts = |status: &Value| status["source"] == "meeting";
    scene.world.status_when("the meeting", counts, SOON).await?;
    // No, they are not.
    window.shows("#now-skip").await?;
    window.click("#now-skip").await?;
    scene.sees("online").await?;
    scene.agent.kill().await?;
    let scene = Scene { agent: scene.world.agent().await?, ..scene };
    scene.press_key().await?;
    scene.keeps("online", secs(2)).await?;
    let again = scene.say(&["calendar", "attend"]).await;
    ensure!(again.is_ok(), "{again:?}");
    scene.sees(BUSY).await?;
    window.close().await?;
    dunst.kill().await
}

#[tokio::test]
async fn a_calendar_that_breaks_counts_for_a_day_as_it_was() -> Result<()> {
    let scene = scene().await?;
    let file = scene.world.path().join("work.ics");
    let good = calendar(&[(-60, 600, "")]);
    std::fs::write(&file, &good)?;
    scene.say(&["calendar", "add", &file.display().to_string()]).await?;
    scene.sees(BUSY).await?;
    std::fs::write(&file, good.replace("END:VCALENDAR\r\n", ""))?;
    let trouble = |status: &Value| {
        let troubles = status["troubles"].to_string();
        troubles.contains("ends in the middle") && troubles.contains("counts for a day")
    };
    let status = scene.world.status_when("the trouble", trouble, SOON).await?;
    ensure!(status["source"] == "meeting", "{status:#}");
    let doctor = scene.say(&["doctor"]).await?;
    let line = doctor.lines().find(|line| line.contains("calendars")).context("a line")?;
    ensure!(line.starts_with("BAD"), "{doctor}");
    std::fs::remove_file(&file)?;
    let gone = |status: &Value| status["troubles"].to_string().contains("No such file");
    scene.world.status_when("it is gone", gone, SOON).await?;
    std::fs::write(&file, calendar(&[]))?;
    scene.sees("online").await?;
    ensure!(scene.world.status().await?["troubles"] == serde_json::json!([]));
    Ok(())
}

#[tokio::test]
async fn calendars_are_tested_and_listed_without_an_agent() -> Result<()> {
    let world = presently_world::World::new()?;
    world.write_settings(&settings("5m"))?;
    let file = world.path().join("work.ics");
    let path = file.display().to_string();
    let declined = "ATTENDEE;PARTSTAT=DECLINED:mailto:me@example.org\r\n";
    std::fs::write(&file, calendar(&[(60, 120, ""), (180, 240, declined), (-600, -60, "")]))?;
    let none = world.presently(&["agenda"]).await?;
    ensure!(none.contains("presently calendar add"), "{none}");
    let listed = world.presently(&["calendar", "list"]).await?;
    ensure!(listed.contains("There is no calendar yet"), "{listed}");

    let text = format!(
        "{}\n[meeting]\ncalendars = [\"{path}\", \"/nowhere\"]\naddresses = [\"Me@example.org\"]\n",
        settings("5m")
    );
    world.write_settings(&text)?;
    let tested = world.presently(&["calendar", "test", &path]).await?;
    let lines: Vec<&str> = tested.lines().filter(|line| line.starts_with("  ")).collect();
    ensure!(lines.len() == 2, "{tested}");
    ensure!(lines[0].contains("busy") && lines[0].contains("A secret title"), "{tested}");
    ensure!(lines[1].contains("no: you declined"), "{tested}");
    let json = world.presently(&["calendar", "test", &path, "--json"]).await?;
    let json: Value = serde_json::from_str(&json)?;
    ensure!(json[0]["counts"] == "busy" && json[1]["why"] == "declined", "{json:#}");

    // A pipe has no writer.
    let pipe = world.path().join("pipe.ics");
    ensure!(std::process::Command::new("mkfifo").arg(&pipe).status()?.success());
    let pipe = world.try_presently(&["calendar", "test", &pipe.display().to_string()]).await?;
    ensure!(pipe.status == Some(1) && pipe.stderr.contains("neither a file"), "{pipe:?}");

    // One that cannot be read does not hide the other.
    let agenda = world.try_presently(&["agenda"]).await?;
    ensure!(agenda.status == Some(0) && agenda.stdout.contains("busy"), "{agenda:?}");
    ensure!(!agenda.stdout.contains("declined"), "{agenda:?}");
    ensure!(agenda.stderr.contains("/nowhere cannot be read"), "{agenda:?}");
    let listed = world.presently(&["calendar", "list"]).await?;
    ensure!(listed.contains(&format!("{path}  3 events")), "{listed}");
    ensure!(listed.contains("/nowhere"), "{listed}");

    let empty = world.path().join("empty");
    std::fs::create_dir(&empty)?;
    for (bad, why) in [
        (empty.display().to_string(), ""),
        ("/dev/null".to_owned(), "neither a file nor a folder"),
        (world.settings_file().display().to_string(), "line 1: this is no calendar"),
    ] {
        let tested = world.try_presently(&["calendar", "test", &bad]).await?;
        match why {
            // A folder without calendars is an empty one.
            "" => ensure!(tested.stdout.contains("Nothing in the next seven days"), "{tested:?}"),
            _ => {
                ensure!(tested.status == Some(1) && tested.stderr.contains(why), "{tested:?}");
                ensure!(tested.stderr.lines().count() == 1, "{tested:?}");
            }
        }
    }
    // A hundred megabytes are refused in a line.
    let large = std::fs::File::create(&file)?;
    large.set_len(100 * 1024 * 1024)?;
    let mut command = world.command(programs()?.join("presently"));
    command.args(["calendar", "test", &path]);
    let refused = run(command, b"", secs(20)).await?;
    ensure!(refused.status == Some(1) && refused.stderr.contains("too large"), "{refused:?}");
    Ok(())
}
