//! New files in the person's folder for downloads.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use presently_core::Code;

/// The most files of one name and day. The person has looked enough by then.
const FILES_OF_A_DAY: u32 = 100;

/// Makes something at the first path that is free: `create` gets one path after
/// the other for as long as it fails with [`io::ErrorKind::AlreadyExists`].
///
/// # Errors
///
/// There is no home folder, or `create` fails otherwise.
pub fn create<T>(
    name: &str,
    date: Date,
    extension: &str,
    var: impl Fn(&str) -> Option<OsString>,
    create: impl Fn(&Path) -> io::Result<T>,
) -> Result<(PathBuf, T), Code> {
    let folder = folder(var).ok_or_else(|| Code::new("export-no-folder"))?;
    for number in 1..=FILES_OF_A_DAY {
        let suffix = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{name}-{date}{suffix}.{extension}"));
        match create(&path) {
            Ok(created) => return Ok((path, created)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(not_written(&path, &error)),
        }
    }
    Err(not_written(&folder, &io::ErrorKind::AlreadyExists.into()))
}

/// Says why a file cannot be written.
pub fn not_written(path: &Path, error: &io::Error) -> Code {
    Code::new("export-failed")
        .with("path", path.display().to_string())
        .with("why", error.to_string())
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
}
