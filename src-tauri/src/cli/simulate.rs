//! `presently simulate`: what a recording would have made others see.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_core::desk::SignalReading;
use presently_core::recording::{RecordingHeader, Replay, Shown};
use presently_core::{Presence, Settings};
use serde::Serialize;

use super::recording::{Line, Recording, RecordingError};
use super::signals::{own_settings, settings};
use super::{Stop, output};

/// What would have been shown.
#[derive(Debug, Serialize)]
struct Report {
    recording: RecordingHeader,
    /// What became of it: when, what, and why.
    shown: Vec<Shown>,
    /// The last moment that was recorded, and whether the recording was
    /// ended in order.
    ended: Option<Timestamp>,
    complete: bool,
    /// What the person should know of the limits of this.
    notes: Vec<String>,
}

/// Plays a recording and prints what came of it.
pub(super) fn run(file: &Path, with: Option<&Path>, json: bool) -> Result<(), Stop> {
    let settings = match with {
        // A file that is not there would be one without settings.
        Some(path) if !path.exists() => {
            return Err(Stop::Failed(format!("there is no file {}", path.display())));
        }
        Some(path) => settings(path)?,
        None => own_settings()?,
    };
    let report = simulate(Recording::open(file)?, &settings)?;
    if json {
        return output::json(&report);
    }
    output::people(&text(&report, &TimeZone::system()))
}

fn simulate(mut recording: Recording, settings: &Settings) -> Result<Report, RecordingError> {
    let mut replay = Replay::new(settings);
    let (mut shown, mut ended, mut complete, mut programs) = (Vec::new(), None, false, false);
    while let Some(line) = recording.next()? {
        if complete {
            return Err(recording.broken("the recording has ended before it"));
        }
        let (at, played) = match line {
            Line::Entry(entry) => {
                programs |= has_programs(&entry.said);
                (entry.at, replay.play(entry))
            }
            Line::Ending(ending) => {
                complete = true;
                (ending.at, replay.end(ending))
            }
        };
        ended = Some(at);
        shown.extend(played.map_err(|error| recording.broken(&error.to_string()))?);
    }
    let header = recording.header;
    let mut notes = Vec::new();
    if header.idle_after != settings.idle.after {
        notes.push(format!(
            "Input was recorded with idle.after = {}; that of the settings, {}, is not used",
            header.idle_after, settings.idle.after
        ));
    }
    if programs && !header.names {
        notes.push(
            "Programs were recorded without names: those ignored then are ignored, \
             whatever call.ignore says"
                .to_owned(),
        );
    }
    if !complete {
        notes.push("The recording was cut off: what its end led to is not known".to_owned());
    }
    Ok(Report { recording: header, shown, ended, complete, notes })
}

fn has_programs(said: &SignalReading) -> bool {
    match said {
        SignalReading::Microphone(reading)
        | SignalReading::Camera(reading)
        | SignalReading::Screen(reading) => reading.known().is_some_and(|uses| !uses.is_empty()),
        SignalReading::Idle(_)
        | SignalReading::Lock(_)
        | SignalReading::Sleep(_)
        | SignalReading::Dnd(_) => false,
    }
}

/// A line for each change, then the notes.
fn text(report: &Report, zone: &TimeZone) -> String {
    let time = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut lines: Vec<String> = report
        .shown
        .iter()
        .map(|shown| {
            let word = shown.presence.map_or("Not known", Presence::word);
            format!("{}  {word:9}  {}", time(shown.at), shown.reason)
        })
        .collect();
    match report.ended {
        Some(at) => lines.push(format!("{}  The recording ends", time(at))),
        None => lines.push("Nothing was recorded".to_owned()),
    }
    if !report.notes.is_empty() {
        lines.push(String::new());
        lines.extend(report.notes.iter().cloned());
    }
    lines.join("\n")
}
