//! The history as comma-separated values, and a file of them in the person's
//! folder for downloads.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use presently_core::{Code, Presence};
use presently_ipc::history::SpanView;

use crate::downloads::{self, not_written};

/// Formats comma-separated values (RFC 4180). No value needs quotes.
pub fn csv(spans: &[SpanView]) -> String {
    let line = |span: &SpanView| {
        let presence = span.presence.map_or("", Presence::name);
        format!("{},{},{presence},{}", span.start, span.end, span.source.name())
    };
    let header = "start,end,presence,source".to_owned();
    std::iter::once(header).chain(spans.iter().map(line)).collect::<Vec<_>>().join("\n")
}

/// Writes the values to a new file that only the person may read, and returns
/// its path. An existing file is never replaced.
///
/// # Errors
///
/// There is no home folder, or the file cannot be written. Then nothing is left
/// of it.
pub fn save(
    spans: &[SpanView],
    date: Date,
    var: impl Fn(&str) -> Option<OsString>,
) -> Result<PathBuf, Code> {
    let (path, mut file) = downloads::create("presently-history", date, "csv", var, create)?;
    let written = file.write_all(csv(spans).as_bytes()).and_then(|()| {
        file.write_all(b"\n")?;
        file.sync_all()
    });
    written.map_err(|error| {
        let _ = std::fs::remove_file(&path);
        not_written(&path, &error)
    })?;
    Ok(path)
}

fn create(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_replaced_and_only_the_person_may_read_it() {
        let home = tempfile::tempdir().expect("a folder");
        let var = |name: &str| (name == "HOME").then(|| home.path().as_os_str().to_owned());
        let date = jiff::civil::date(2026, 11, 27);
        for name in ["presently-history-2026-11-27.csv", "presently-history-2026-11-27-2.csv"] {
            let path = save(&[], date, var).expect("saved");
            assert_eq!(path, home.path().join(name));
            let text = std::fs::read_to_string(&path).expect("readable");
            assert_eq!(text, "start,end,presence,source\n");
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                let mode = std::fs::metadata(&path).expect("there").permissions().mode();
                assert_eq!(mode & 0o777, 0o600);
            }
        }
        assert_eq!(
            save(&[], date, |_| None).expect_err("there is no home").name(),
            "export-no-folder"
        );
        let gone = |_: &str| Some(OsString::from("/nonexistent/home"));
        assert_eq!(save(&[], date, gone).expect_err("no such folder").name(), "export-failed");
    }
}
