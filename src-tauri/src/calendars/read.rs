//! Reads a calendar from a file or from a folder of files, as vdirsyncer and
//! khal keep them.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_calendar::{Calendar, Fault, MAX_BYTES, Options, Problem, Titles};
use presently_core::Code;
use presently_core::meeting::Occurrence;

/// What a calendar holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadCalendar {
    /// The number of events.
    pub events: usize,
    /// The occurrences in the window, with the titles that were asked for.
    pub found: Vec<(Occurrence, Option<String>)>,
    /// Why the first of the parts that cannot be read cannot.
    pub trouble: Option<Code>,
}

impl ReadCalendar {
    pub(super) const NONE: Self = Self { events: 0, found: Vec::new(), trouble: None };

    fn add(&mut self, other: Self) {
        self.events += other.events;
        self.found.extend(other.found);
        self.trouble = self.trouble.take().or(other.trouble);
    }

    fn sort(&mut self) {
        self.found.sort_by_key(|(occurrence, _)| (occurrence.start, occurrence.end));
    }
}

/// Reads the occurrences in a window of time.
///
/// # Errors
///
/// The calendar cannot be read as a whole.
pub(super) fn read(
    path: &Path,
    addresses: &[String],
    window: Range<Timestamp>,
    titles: Titles,
) -> Result<ReadCalendar, Code> {
    let options = options(addresses, titles, &window);
    if !path.is_dir() {
        return file(path, &options, window);
    }
    let mut all = ReadCalendar::default();
    for path in files(path).map_err(|error| unreadable(path, &error))? {
        match file(&path, &options, window.clone()) {
            Ok(one) => all.add(one),
            // One event each: the others count all the same.
            Err(why) => all.trouble = all.trouble.or(Some(why)),
        }
    }
    all.sort();
    Ok(all)
}

/// How a calendar is read for this person.
pub(super) fn options(addresses: &[String], titles: Titles, window: &Range<Timestamp>) -> Options {
    Options {
        addresses: addresses.to_vec(),
        zone: TimeZone::system(),
        titles,
        window: Some(window.clone()),
    }
}

/// The calendar files of a folder, without those that are being written.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden =
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if !is_hidden && path.extension().is_some_and(|extension| extension == OsStr::new("ics")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Reads the occurrences in a window of time from the content of a file.
/// `name` stands in messages.
///
/// # Errors
///
/// It is no calendar.
pub(super) fn content(
    content: Vec<u8>,
    name: &str,
    addresses: &[String],
    window: Range<Timestamp>,
    titles: Titles,
) -> Result<ReadCalendar, Code> {
    let options = options(addresses, titles, &window);
    parse(&text(content), name, &options, window)
}

fn file(path: &Path, options: &Options, window: Range<Timestamp>) -> Result<ReadCalendar, Code> {
    let content = bytes(path).map_err(|error| unreadable(path, &error))?;
    parse(&text(content), &path.display().to_string(), options, window)
}

fn parse(
    text: &str,
    name: &str,
    options: &Options,
    window: Range<Timestamp>,
) -> Result<ReadCalendar, Code> {
    listed(Calendar::parse(text, options), window, |problem| {
        Code::new("calendar-line")
            .with("path", name)
            .with("line", problem.line.to_string())
            .with("what", what(problem))
    })
}

/// The occurrences in a window of time, and the first problem as `said`.
///
/// # Errors
///
/// It is no calendar.
pub(super) fn listed(
    calendar: Calendar,
    window: Range<Timestamp>,
    said: impl Fn(&Problem) -> Code,
) -> Result<ReadCalendar, Code> {
    let is_whole = |problem: &&Problem| {
        matches!(problem.fault, Fault::NoCalendar | Fault::CutOff | Fault::TooLarge)
    };
    if let Some(problem) = calendar.problems.iter().find(is_whole) {
        return Err(said(problem));
    }
    let found = calendar.occurrences(window).into_iter();
    Ok(ReadCalendar {
        events: calendar.len(),
        found: found.map(|it| (it.occurrence, it.title.map(str::to_owned))).collect(),
        trouble: calendar.problems.first().map(said),
    })
}

/// Reads the occurrences in a window of time from several texts, one for each
/// event. What cannot be read is named, and the others count.
pub(super) fn all(
    texts: &[String],
    name: &str,
    addresses: &[String],
    window: Range<Timestamp>,
    titles: Titles,
) -> ReadCalendar {
    let options = options(addresses, titles, &window);
    let mut all = ReadCalendar::default();
    for text in texts {
        let said = |problem: &Problem| {
            Code::new("calendar-event").with("name", name).with("what", what(problem))
        };
        match listed(Calendar::parse(text, &options), window.clone(), said) {
            Ok(one) => all.add(one),
            Err(why) => all.trouble = all.trouble.or(Some(why)),
        }
    }
    all.sort();
    all
}

/// The content of a file. What is too large is read no further than is needed
/// to know that.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    // Before it is opened: a pipe would wait for its writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is neither a file nor a folder"));
    }
    let file = std::fs::File::open(path)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Letters that are no UTF-8 are replaced.
fn text(content: Vec<u8>) -> String {
    String::from_utf8(content)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn unreadable(path: &Path, error: &io::Error) -> Code {
    Code::new("calendar-unreadable")
        .with("path", path.display().to_string())
        .with("why", error.to_string())
}

/// What is wrong with a part.
pub(super) fn what(problem: &Problem) -> Code {
    match &problem.fault {
        Fault::NoCalendar => Code::new("calendar-none"),
        Fault::CutOff => Code::new("calendar-cut-off"),
        Fault::TooLarge => Code::new("calendar-too-large"),
        Fault::NoStart => Code::new("calendar-no-start"),
        Fault::UnknownZone(name) => Code::new("calendar-unknown-zone").with("name", name.as_str()),
        Fault::Rule => Code::new("calendar-rule"),
        Fault::Syntax => Code::new("calendar-syntax"),
    }
}
