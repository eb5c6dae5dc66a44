//! Starting at login: an entry in the person's autostart folder
//! (freedesktop.org's Desktop Application Autostart Specification). It calls
//! `presently run`, which never opens a window.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use presently_ipc::Paths;

use crate::durable;

/// Tells our entry from one that the person wrote.
const OURS: &str = "X-Presently-Written=true";

/// Where the entry is and what it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autostart {
    entry: PathBuf,
    program: PathBuf,
}

impl Autostart {
    /// The entry for this program, or `None` where it is not an installed
    /// one: what is started from where it was built, by a test or by the
    /// demo, is not there any more at the next login.
    pub fn of_this_program(paths: &Paths) -> Option<Self> {
        let program = std::env::current_exe().ok()?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        let config = paths.settings_file.parent()?.parent()?;
        Self::of(&program, &path, config)
    }

    fn of(program: &Path, path: &OsStr, config: &Path) -> Option<Self> {
        let folder = program.parent()?;
        let installed = std::env::split_paths(path).any(|p| p == folder);
        installed.then(|| Self {
            entry: config.join("autostart/presently.desktop"),
            program: program.to_owned(),
        })
    }

    /// Writes the entry, unless there is one: that is the person's.
    pub fn enable(&self) -> io::Result<()> {
        if self.entry.exists() {
            return Ok(());
        }
        let program = quoted(&self.program.to_string_lossy());
        let entry = format!(
            "[Desktop Entry]\nType=Application\nName=Presently\n\
             Comment=Keeps your Matrix presence true\nExec={program} run\nIcon=presently\n\
             Terminal=false\nStartupNotify=false\n{OURS}\n"
        );
        durable::write(&self.entry, entry.as_bytes())
    }

    /// Removes the entry, if it is the one that was written here.
    pub fn disable(&self) -> io::Result<()> {
        match std::fs::read_to_string(&self.entry) {
            Ok(text) if text.lines().any(|l| l == OURS) => std::fs::remove_file(&self.entry),
            Ok(_) => Ok(()),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(e),
        }
    }
}

/// An argument as the Desktop Entry Specification wants it in `Exec`.
fn quoted(argument: &str) -> String {
    let mut out = String::from("\"");
    for c in argument.chars() {
        match c {
            // Once for the quotes, once for the value's own escapes.
            '"' | '`' | '$' => out.extend(['\\', '\\', c]),
            '\\' => out.push_str("\\\\\\\\"),
            '%' => out.push_str("%%"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_installed_program_starts_at_login() {
        let path = OsStr::new("/usr/local/bin:/usr/bin");
        let of = |program: &str| Autostart::of(Path::new(program), path, Path::new("/c"));
        assert_eq!(of("/home/me/presently/target/debug/presently"), None);
        let installed = of("/usr/bin/presently").map(|a| a.entry);
        assert_eq!(installed, Some(PathBuf::from("/c/autostart/presently.desktop")));
    }

    #[test]
    fn ours_comes_and_goes_and_the_persons_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = Path::new("/usr/bin/presently");
        let autostart = Autostart::of(program, OsStr::new("/usr/bin"), folder.path());
        let autostart = autostart.expect("installed");
        autostart.enable().expect("writable");
        let text = std::fs::read_to_string(&autostart.entry).expect("written");
        assert!(text.contains("\nExec=\"/usr/bin/presently\" run\n"), "{text}");
        autostart.disable().expect("removable");
        assert!(!autostart.entry.exists());
        std::fs::write(&autostart.entry, "[Desktop Entry]\nHidden=true\n").expect("writable");
        autostart.enable().expect("left");
        autostart.disable().expect("left");
        let text = std::fs::read_to_string(&autostart.entry).expect("kept");
        assert_eq!(text, "[Desktop Entry]\nHidden=true\n");
    }

    #[test]
    fn paths_are_quoted() {
        assert_eq!(quoted("/opt/my apps/50%/x"), "\"/opt/my apps/50%%/x\"");
        assert_eq!(quoted("a$b"), "\"a\\\\$b\"");
    }
}
