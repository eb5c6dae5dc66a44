//! The history as comma-separated values, and a file of them in the person's
//! folder for downloads.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use presently_core::{Code, Presence};
use presently_ipc::history::SpanView;

/// The most files of one day. The person has looked enough by then.
const FILES_OF_A_DAY: u32 = 100;

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
    let folder = folder(var).ok_or_else(|| Code::new("export-no-folder"))?;
    let failed = |path: &Path, error: &io::Error| {
        Code::new("export-failed")
            .with("path", path.display().to_string())
            .with("why", error.to_string())
    };
    for number in 1..=FILES_OF_A_DAY {
        let suffix = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("presently-history-{date}{suffix}.csv"));
        match create(&path) {
            Ok(mut file) => {
                let written = file.write_all(csv(spans).as_bytes()).and_then(|()| {
                    file.write_all(b"\n")?;
                    file.sync_all()
                });
                if let Err(error) = written {
                    let _ = std::fs::remove_file(&path);
                    return Err(failed(&path, &error));
                }
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&path, &error)),
        }
    }
    Err(failed(&folder, &io::ErrorKind::AlreadyExists.into()))
}

fn create(path: &Path) -> io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The folder for downloads as the desktop has it (xdg-user-dirs), else the
/// home folder.
fn folder(var: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let set = |name: &str| var(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = set("HOME")?;
    let config = set("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
    let text = std::fs::read_to_string(config.join("user-dirs.dirs")).unwrap_or_default();
    let downloads = downloads(&text, &home).unwrap_or_else(|| home.join("Downloads"));
    Some(if downloads.is_dir() { downloads } else { home })
}

/// The folder that `user-dirs.dirs` names: `XDG_DOWNLOAD_DIR="$HOME/…"`, or an
/// absolute path in quotes.
fn downloads(text: &str, home: &Path) -> Option<PathBuf> {
    let mut lines = text.lines().map(str::trim);
    let value = lines.find_map(|line| line.strip_prefix("XDG_DOWNLOAD_DIR="))?;
    let value = value.trim().trim_matches('"');
    match value.strip_prefix("$HOME/") {
        Some(below) => Some(home.join(below)),
        None => Some(PathBuf::from(value)).filter(|path| path.is_absolute()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_for_downloads_is_the_desktops() {
        let home = Path::new("/home/me");
        for (text, folder) in [
            ("XDG_DOWNLOAD_DIR=\"$HOME/Geladenes\"\n", Some("/home/me/Geladenes")),
            ("# x\nXDG_DESKTOP_DIR=\"$HOME/D\"\n XDG_DOWNLOAD_DIR=\"/srv/all\"", Some("/srv/all")),
            ("XDG_DOWNLOAD_DIR=\"relative\"", None),
            ("#XDG_DOWNLOAD_DIR=\"$HOME/x\"", None),
            ("", None),
        ] {
            assert_eq!(downloads(text, home).as_deref(), folder.map(Path::new), "{text}");
        }
    }

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
