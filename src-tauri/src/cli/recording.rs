//! Recording files: lines of JSON, written and read one at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};

use presently_core::recording::{RecordingEnding, RecordingEntry, RecordingHeader, VERSION};
use presently_core::{Code, Coded, coded_error};
use serde::Serialize;
use serde_json::Value;

/// Why a recording cannot be written or read. Each error names the file.
#[derive(Debug)]
pub(super) enum RecordingError {
    Exists(PathBuf),
    Write { path: PathBuf, source: io::Error },
    Read { path: PathBuf, source: io::Error },
    Empty(PathBuf),
    NoHeader { path: PathBuf, why: String },
    Newer { path: PathBuf, version: u32 },
    Line { path: PathBuf, line: usize, why: Code },
}

impl Coded for RecordingError {
    fn code(&self) -> Code {
        match self {
            Self::Exists(path) => Code::new("recording-exists").with("path", shown(path)),
            Self::Write { path, source } => Code::new("recording-unwritten")
                .with("path", shown(path))
                .with("why", source.to_string()),
            Self::Read { path, source } => Code::new("recording-unread")
                .with("path", shown(path))
                .with("why", source.to_string()),
            Self::Empty(path) => Code::new("recording-empty").with("path", shown(path)),
            Self::NoHeader { path, why } => {
                Code::new("recording-no-header").with("path", shown(path)).with("why", why)
            }
            Self::Newer { path, version } => {
                Code::new("recording-newer").with("path", shown(path)).with("version", *version)
            }
            Self::Line { path, line, why } => Code::new("recording-line")
                .with("path", shown(path))
                .with("line", *line)
                .with("why", why.clone()),
        }
    }
}

coded_error!(RecordingError);

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// A recording file that is open for writing.
pub(super) struct Recorder {
    path: PathBuf,
    file: File,
}

impl Recorder {
    /// Creates a new file that only its owner may read.
    pub(super) fn create(path: &Path, header: &RecordingHeader) -> Result<Self, RecordingError> {
        let failed = |source: io::Error| match source.kind() {
            ErrorKind::AlreadyExists => RecordingError::Exists(path.to_owned()),
            _ => RecordingError::Write { path: path.to_owned(), source },
        };
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The file is created with mode 0600 under a temporary name, so that it
        // never appears without its header.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        write_line(&mut file, header).map_err(failed)?;
        let file = file.persist_noclobber(path).map_err(|e| failed(e.error))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Appends a line.
    pub(super) fn write(&mut self, line: &impl Serialize) -> Result<(), RecordingError> {
        write_line(&mut self.file, line)
            .map_err(|source| RecordingError::Write { path: self.path.clone(), source })
    }
}

/// Writes a line in one call, so that a concurrent reader, or one after a kill,
/// finds whole lines.
fn write_line(file: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    let mut text = serde_json::to_vec(line)?;
    text.push(b'\n');
    file.write_all(&text)
}

/// A recording file that is open for reading.
pub(super) struct Recording {
    pub(super) header: RecordingHeader,
    path: PathBuf,
    lines: BufReader<File>,
    /// The number of the last line read.
    line: usize,
}

/// A line after the header.
#[derive(Debug)]
pub(super) enum Line {
    Entry(RecordingEntry),
    Ending(RecordingEnding),
}

impl Recording {
    /// Opens a file and reads its header.
    pub(super) fn open(path: &Path) -> Result<Self, RecordingError> {
        let read = |source| RecordingError::Read { path: path.to_owned(), source };
        let mut lines = BufReader::new(File::open(path).map_err(read)?);
        let mut first = Vec::new();
        if lines.read_until(b'\n', &mut first).map_err(read)? == 0 {
            return Err(RecordingError::Empty(path.to_owned()));
        }
        let no_header = |e| RecordingError::NoHeader { path: path.to_owned(), why: one_line(&e) };
        let version: Version = serde_json::from_slice(&first).map_err(no_header)?;
        let version = version.presently_recording;
        if version > VERSION {
            return Err(RecordingError::Newer { path: path.to_owned(), version });
        }
        let header = serde_json::from_slice(&first).map_err(no_header)?;
        Ok(Self { header, path: path.to_owned(), lines, line: 1 })
    }

    /// The next line, or `None` at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<Line>, RecordingError> {
        let mut text = Vec::new();
        let read = self.lines.read_until(b'\n', &mut text);
        if read.map_err(|source| RecordingError::Read { path: self.path.clone(), source })? == 0 {
            return Ok(None);
        }
        self.line += 1;
        parse(&text).map(Some).map_err(|error| self.broken(Code::plain(one_line(&error))))
    }

    /// An error about the last line read.
    pub(super) fn broken(&self, why: Code) -> RecordingError {
        RecordingError::Line { path: self.path.clone(), line: self.line, why }
    }
}

/// The part of the header that every version has.
#[derive(serde::Deserialize)]
struct Version {
    presently_recording: u32,
}

fn parse(text: &[u8]) -> serde_json::Result<Line> {
    let value: Value = serde_json::from_slice(text)?;
    if value.get("end").is_some() {
        serde_json::from_value(value).map(Line::Ending)
    } else {
        serde_json::from_value(value).map(Line::Entry)
    }
}

/// Removes the line number from a message of the parser, which counts every
/// line as the first.
fn one_line(error: &serde_json::Error) -> String {
    error.to_string().replace(" at line 1 column ", " at column ")
}

#[cfg(test)]
mod tests {
    use presently_text::Texts;

    use super::*;

    const HEADER: &str = r#"{"presently_recording":1,"began":"2026-11-22T10:00:00Z","idle_after":"5m","names":false}"#;
    const ENTRY: &str = r#"{"at":"2026-11-22T10:00:00Z","ms":0,"signal":"idle","reading":{"active":{"since":"2026-11-22T10:00:00Z"}}}"#;

    /// Reads all lines and returns their number.
    fn read(text: &[u8]) -> Result<usize, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("r.jsonl");
        std::fs::write(&path, text).expect("writable");
        let read = || {
            let mut recording = Recording::open(&path)?;
            let mut lines = 0;
            while recording.next()?.is_some() {
                lines += 1;
            }
            Ok(lines)
        };
        read().map_err(|error: RecordingError| {
            Texts::english().error(&error).replace(&folder.path().display().to_string(), "")
        })
    }

    #[test]
    fn what_is_broken_is_named_with_its_line() {
        let good = format!(
            "{HEADER}\n{ENTRY}\n{{\"at\":\"2026-11-22T10:00:00Z\",\"ms\":5,\"end\":true}}\n"
        );
        assert_eq!(read(good.as_bytes()), Ok(2));
        let entry =
            |from: &str, to: &str| format!("{HEADER}\n{ENTRY}\n{}\n", ENTRY.replace(from, to));
        for (text, wanted) in [
            (String::new(), "/r.jsonl is empty"),
            ("hello\n".to_owned(), "/r.jsonl, line 1: this is no recording"),
            (ENTRY.to_owned(), "/r.jsonl, line 1: this is no recording"),
            (HEADER.replace("5m", "5"), "/r.jsonl, line 1: this is no recording"),
            (HEADER.replace(":1,", ":2,"), "version 2, from a newer Presently"),
            (format!("{HEADER}\n\n"), "/r.jsonl, line 2: "),
            (entry("idle", "smell"), "/r.jsonl, line 3: unknown variant `smell`"),
            (entry("\"ms\":0,", ""), "/r.jsonl, line 3: missing field `ms`"),
            (entry("active", "asleep"), "/r.jsonl, line 3: unknown variant `asleep`"),
            (entry("}}}", ""), "/r.jsonl, line 3: EOF while parsing"),
            (entry("2026-11-22T10:00:00Z\",\"ms", "yesterday\",\"ms"), "/r.jsonl, line 3: "),
        ] {
            let error = read(text.as_bytes()).expect_err(&text);
            assert!(error.contains(wanted) && !error.contains('\n'), "{error}");
        }
        let error = read(&[HEADER.as_bytes(), b"\n\xff\xfe\n"].concat()).expect_err("not text");
        assert!(error.contains("line 2: ") && !error.contains("line 1"), "{error}");
    }

    #[test]
    fn a_recording_is_the_owners_alone_and_takes_no_files_place() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("r.jsonl");
        let header: RecordingHeader = serde_json::from_str(HEADER).expect("a header");
        let entry: RecordingEntry = serde_json::from_str(ENTRY).expect("an entry");
        Recorder::create(&path, &header).and_then(|mut r| r.write(&entry)).expect("writable");
        let mode = std::fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).expect("readable");
        assert_eq!(text, format!("{HEADER}\n{ENTRY}\n"));
        let Err(error) = Recorder::create(&path, &header) else { panic!("it was overwritten") };
        assert_eq!(error.code().name(), "recording-exists", "{error}");
        assert_eq!(std::fs::read_to_string(&path).ok(), Some(text));
        let nowhere = folder.path().join("no/r.jsonl");
        assert!(Recorder::create(&nowhere, &header).is_err());
    }
}
