//! `presently signals`: prints the readings of the signals as they arrive.

use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_core::desk::SignalReading;
use presently_core::duration::Span;
use presently_core::recording::{
    Pseudonyms, RecordingEnding, RecordingEntry, RecordingHeader, VERSION,
};
use presently_core::{Code, Settings};
use presently_ipc::Paths;
use presently_ipc::snapshot::SignalState;
use presently_signals::Environment;
use presently_text::{Texts, text};

use super::recording::Recorder;
use super::{Stop, output, terminal, texts};
use crate::agent::shutdown::ShutdownSignal;
use crate::settings::SettingsFile;
use crate::signals::Watchers;
use crate::signals::words::{self, Programs};

/// Prints the readings, and records them if asked to, for the `length` or until
/// an interrupt, or until the reader closes the pipe.
pub(super) async fn run(
    record: Option<&Path>,
    names: bool,
    length: Option<Span>,
) -> Result<(), Stop> {
    let mut shutdown = ShutdownSignal::new()
        .map_err(|error| Code::new("start-no-signal").with("why", error.to_string()))?;
    let settings = own_settings()?;
    let (started, began) = (Instant::now(), Timestamp::now());
    let ms = || u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let header = RecordingHeader {
        presently_recording: VERSION,
        began,
        idle_after: settings.idle.after,
        names,
    };
    let mut recorder = record.map(|path| Recorder::create(path, &header)).transpose()?;
    let mut hidden = (!names).then(Pseudonyms::default);
    let mut watchers = Watchers::start(Environment::from_process(), settings.idle.after.0);
    let mut reader_gone = std::pin::pin!(terminal::reader_gone());
    let mut over = std::pin::pin!(async {
        match length {
            Some(Span(length)) => tokio::time::sleep(length).await,
            None => std::future::pending().await,
        }
    });
    let mut last: Vec<SignalReading> = Vec::new();
    let unread = loop {
        let said = tokio::select! {
            said = watchers.next() => said,
            _ = shutdown.received() => break false,
            () = &mut over => break false,
            () = &mut reader_gone => break true,
        };
        if matches!(&said, SignalReading::Sleep(reading) if reading.known().is_some_and(|s| s.is_asleep()))
        {
            watchers.let_sleep();
        }
        // A watcher may repeat a reading.
        if last.contains(&said) {
            continue;
        }
        last.retain(|before| words::name(before) != words::name(&said));
        last.push(said.clone());
        let (said, ignored) = match &mut hidden {
            Some(names) => names.hide(said, &settings.call),
            None => (said, Vec::new()),
        };
        let entry = RecordingEntry { at: Timestamp::now(), ms: ms(), said, ignored };
        if let Some(recorder) = &mut recorder {
            recorder.write(&entry)?;
        }
        match output::people(&line(&entry, &TimeZone::system(), texts())) {
            Err(Stop::Unread) => break true,
            printed => printed?,
        }
    };
    if let (Some(mut recorder), Some(path)) = (recorder, record) {
        recorder.write(&RecordingEnding { at: Timestamp::now(), ms: ms(), end: true })?;
        if !unread {
            let path = path.display().to_string();
            output::people(&text!(texts(), "signals-recorded", path = path))?;
        }
    }
    if unread { Err(Stop::Unread) } else { Ok(()) }
}

/// The person's settings, or the defaults if there is no settings file.
pub(super) fn own_settings() -> Result<Settings, Stop> {
    let Ok(paths) = Paths::from_env() else { return Ok(Settings::default()) };
    settings(&paths.settings_file)
}

/// The settings in this file.
pub(super) fn settings(file: &Path) -> Result<Settings, Stop> {
    Ok(SettingsFile::read(file)?)
}

/// Formats one reading for people.
fn line(entry: &RecordingEntry, zone: &TimeZone, texts: &Texts) -> String {
    let signal = words::signal(&entry.said, None, Programs::Named);
    let what = texts.code_or(signal.detail_code.as_ref(), &signal.detail);
    let what = match signal.state {
        SignalState::Known => what,
        SignalState::Unknown => text!(texts, "signals-unknown", what = what),
        SignalState::Unsupported => text!(texts, "signals-unsupported", what = what),
    };
    let what = match entry.ignored.as_slice() {
        [] => what,
        names => text!(texts, "signals-ignored", what = what, names = names.join(", ")),
    };
    let time = entry.at.to_zoned(zone.clone()).strftime("%H:%M:%S");
    format!("{time}  {:10}  {what}", words::name(&entry.said))
}

#[cfg(test)]
mod tests {
    use presently_core::Reading;
    use presently_core::call::{CallDevice, Program, Use};

    use super::*;

    #[test]
    fn one_line_each() {
        let program = Program { name: Some("program 1".to_owned()), ..Program::default() };
        let uses = vec![Use { device: CallDevice::Microphone, program }];
        for (said, ignored, wanted) in [
            (
                SignalReading::Microphone(Reading::Known(uses.clone())),
                vec![],
                "10:00:01  microphone  in use by program 1",
            ),
            (
                SignalReading::Microphone(Reading::Known(uses)),
                vec!["program 1".to_owned()],
                "10:00:01  microphone  in use by program 1 (ignored: program 1)",
            ),
            (
                SignalReading::Lock(Reading::Unknown(Code::plain("There is no logind"))),
                vec![],
                "10:00:01  lock        unknown: There is no logind",
            ),
        ] {
            let at = "2026-11-22T10:00:01Z".parse().expect("a time");
            let entry = RecordingEntry { at, ms: 0, said, ignored };
            assert_eq!(line(&entry, &TimeZone::UTC, Texts::english()), wanted);
        }
    }
}
