//! `presently simulate`: what a recording would have made others see.

use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_core::desk::SignalReading;
use presently_core::recording::{RecordingHeader, Replay, ShownChange};
use presently_core::{Code, Coded, Presence, Reason, Settings, Source};
use presently_text::{Texts, text};
use serde::Serialize;

use super::columns::{pad, widest};
use super::recording::{Line, Recording, RecordingError};
use super::signals::{own_settings, settings};
use super::{Stop, output, texts};

/// The result of a simulation.
#[derive(Debug, Serialize)]
struct Report {
    recording: RecordingHeader,
    /// Each presence with its start and reason.
    shown: Vec<Said>,
    /// The last recorded moment, if the recording was ended regularly.
    ended: Option<Timestamp>,
    complete: bool,
    /// The limitations of this result, in English.
    notes: Vec<String>,
    /// The same limitations as codes with arguments.
    note_codes: Vec<Code>,
}

/// What would have been shown from some moment on, with the reason in words.
#[derive(Debug, Serialize)]
struct Said {
    at: Timestamp,
    ms: u64,
    presence: Option<Presence>,
    source: Source,
    reason: String,
    reason_code: Reason,
}

impl From<ShownChange> for Said {
    fn from(shown: ShownChange) -> Self {
        let ShownChange { at, ms, presence, source, reason: reason_code } = shown;
        let reason = Texts::english().reason(&reason_code);
        Self { at, ms, presence, source, reason, reason_code }
    }
}

/// Simulates a recording and prints the result.
pub(super) fn run(file: &Path, with: Option<&Path>, json: bool) -> Result<(), Stop> {
    let settings = match with {
        // A missing settings file would otherwise count as an empty one.
        Some(path) if !path.exists() => {
            let path = path.display().to_string();
            return Err(Code::new("simulate-no-file").with("path", path).into());
        }
        Some(path) => settings(path)?,
        None => own_settings()?,
    };
    let report = simulate(Recording::open(file)?, &settings)?;
    if json {
        return output::json(&report);
    }
    output::people(&text(&report, &TimeZone::system(), texts()))
}

fn simulate(mut recording: Recording, settings: &Settings) -> Result<Report, RecordingError> {
    let mut replay = Replay::new(settings);
    let (mut shown, mut ended, mut complete, mut programs) = (Vec::new(), None, false, false);
    while let Some(line) = recording.next()? {
        if complete {
            return Err(recording.broken(Code::new("recording-has-ended")));
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
        let played = played.map_err(|error| recording.broken(error.code()))?;
        shown.extend(played.into_iter().map(Said::from));
    }
    let header = recording.header;
    let mut note_codes = Vec::new();
    if header.idle_after != settings.idle.after {
        let (recorded, set) = (header.idle_after.to_string(), settings.idle.after.to_string());
        note_codes
            .push(Code::new("simulate-idle-after").with("recorded", recorded).with("set", set));
    }
    if programs && !header.names {
        note_codes.push(Code::new("simulate-no-names"));
    }
    if !complete {
        note_codes.push(Code::new("simulate-cut-off"));
    }
    let notes = note_codes.iter().map(|note| Texts::english().code(note)).collect();
    Ok(Report { recording: header, shown, ended, complete, notes, note_codes })
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

/// Formats a line for each change, then the notes.
fn text(report: &Report, zone: &TimeZone, texts: &Texts) -> String {
    let time = |at: Timestamp| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let known = Presence::ALL.map(Some);
    let words: Vec<_> = known.into_iter().chain([None]).map(|it| texts.presence(it)).collect();
    let width = widest(words.iter().map(String::as_str));
    let line = |shown: &Said| {
        let word = pad(&texts.presence(shown.presence), width);
        format!("{}  {word}  {}", time(shown.at), texts.reason(&shown.reason_code))
    };
    let mut lines: Vec<String> = report.shown.iter().map(line).collect();
    match report.ended {
        Some(at) => {
            lines.push(format!("{}  {}", time(at), text!(texts, "simulate-ends")));
        }
        None => lines.push(text!(texts, "simulate-nothing")),
    }
    if !report.notes.is_empty() {
        lines.push(String::new());
        lines.extend(report.note_codes.iter().map(|note| texts.code(note)));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use presently_core::Reading;
    use presently_core::call::{CallDevice, Program, Use};
    use presently_core::idle::Idle;
    use presently_core::lock::Lock;
    use presently_core::recording::{Pseudonyms, RecordingEnding, RecordingEntry, VERSION};

    use super::*;
    use crate::cli::recording::Recorder;

    /// Simulates these readings, one every ten seconds.
    fn simulated(readings: &[SignalReading], names: bool) -> Vec<Said> {
        let settings = Settings::default();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("r.jsonl");
        let at = |ms: u64| Timestamp::UNIX_EPOCH + std::time::Duration::from_millis(ms);
        let idle_after = settings.idle.after;
        let header =
            RecordingHeader { presently_recording: VERSION, began: at(0), idle_after, names };
        let mut recorder = Recorder::create(&path, &header).expect("writable");
        let mut pseudonyms = Pseudonyms::default();
        let mut ms = 0;
        for reading in readings {
            let (said, ignored) = match names {
                true => (reading.clone(), Vec::new()),
                false => pseudonyms.hide(reading.clone(), &settings.call),
            };
            recorder.write(&RecordingEntry { at: at(ms), ms, said, ignored }).expect("writable");
            ms += 10_000;
        }
        recorder.write(&RecordingEnding { at: at(ms), ms, end: true }).expect("writable");
        let recording = Recording::open(&path).expect("readable");
        simulate(recording, &settings).expect("a recording").shown
    }

    #[test]
    fn a_recording_without_names_shows_what_one_with_them_shows() {
        let program = |name: Option<&str>, binary: &str| Program {
            name: name.map(str::to_owned),
            binary: Some(binary.to_owned()),
            id: None,
        };
        let using = |device, program| Reading::Known(vec![Use { device, program }]);
        let since = Timestamp::UNIX_EPOCH;
        // While the screen is locked, a call moves from the microphone to the
        // camera, whose program is known only by its file name. Another program
        // that then opens the camera does not count until the unlock.
        let camera =
            |binary| SignalReading::Camera(using(CallDevice::Camera, program(None, binary)));
        let listens = using(CallDevice::Microphone, program(Some("Firefox"), "firefox-esr"));
        let readings = [
            SignalReading::Idle(Idle::Active { since }),
            SignalReading::Microphone(listens),
            SignalReading::Lock(Reading::Known(Lock::Locked { since })),
            camera("firefox-esr"),
            SignalReading::Microphone(Reading::Known(Vec::new())),
            SignalReading::Lock(Reading::Known(Lock::Locked { since })),
            camera("cheese"),
            SignalReading::Lock(Reading::Known(Lock::Locked { since })),
            SignalReading::Lock(Reading::Known(Lock::Open { since })),
        ];
        let gist = |shown: &[Said], names: [&str; 3]| {
            let [name, file, other] = names;
            let shown = shown.iter().map(|s| {
                let reason = s.reason.replace(name, "A").replace(file, "A").replace(other, "B");
                (s.ms / 1_000, reason)
            });
            shown.collect::<Vec<_>>()
        };
        let with = gist(&simulated(&readings, true), ["Firefox", "firefox-esr", "cheese"]);
        let without = gist(&simulated(&readings, false), ["program 1", "program 1", "program 2"]);
        let wanted = [
            (0, "Keyboard or mouse in use"),
            (13, "A is using the microphone"),
            (30, "A is using the microphone and the camera"),
            (40, "A is using the camera"),
            (70, "The screen is locked"),
            (80, "Keyboard or mouse in use"),
            (83, "B is using the camera"),
        ];
        assert_eq!(with, wanted.map(|(at, reason)| (at, reason.to_owned())));
        assert_eq!(without, with);
    }
}
