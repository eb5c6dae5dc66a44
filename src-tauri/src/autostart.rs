//! Starting at login: an entry in the person's autostart folder
//! (freedesktop.org's Desktop Application Autostart Specification). It runs
//! `presently run`, which never opens a window.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use presently_core::{Code, Coded};
use presently_ipc::Paths;

/// The line that marks an entry as written by this program.
const OURS: &str = "X-Presently-Written=true";

/// The lines by which a desktop's settings disable an entry.
const TURNED_OFF: [&str; 2] = ["Hidden=true", "X-GNOME-Autostart-enabled=false"];

/// The location of the entry and the program it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autostart {
    entry: PathBuf,
    program: Result<PathBuf, NotInstalled>,
}

/// Why no entry is written for this program. A program in a build folder,
/// started by a test or the demo, may be gone at the next login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotInstalled {
    /// No folder in `PATH` leads to the program.
    NotInPath(PathBuf),
    /// The path cannot be written in a desktop entry, which is a text of lines.
    Unwritable(PathBuf),
    /// The system does not tell the path of the program.
    Unknown,
}

impl Coded for NotInstalled {
    fn code(&self) -> Code {
        let shown = |path: &Path| path.display().to_string();
        match self {
            Self::NotInPath(path) => Code::new("autostart-not-in-path").with("path", shown(path)),
            Self::Unwritable(path) => Code::new("autostart-unwritable").with("path", shown(path)),
            Self::Unknown => Code::new("autostart-unknown"),
        }
    }
}

/// The state of the entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no entry.
    Absent,
    /// An entry written by this program. The desktop starts it at login.
    Ours,
    /// An entry written by this program that the person has disabled in the
    /// desktop's settings.
    TurnedOff,
    /// An entry that the person wrote. It is never changed.
    Foreign,
}

impl Autostart {
    /// The entry for this program, or `None` if there is no configuration folder.
    pub fn of_this_program(paths: &Paths) -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let config = paths.settings_file.parent()?.parent()?;
        Some(Self::of(std::env::current_exe().ok().as_deref(), &path, config))
    }

    fn of(program: Option<&Path>, path: &OsStr, config: &Path) -> Self {
        let program = program.ok_or(NotInstalled::Unknown).and_then(|program| {
            let program = undeleted(program);
            let found = reached(&program, path).ok_or(NotInstalled::NotInPath(program))?;
            match found.to_str() {
                Some(text) if !text.contains(char::is_control) => Ok(found),
                _ => Err(NotInstalled::Unwritable(found)),
            }
        });
        Self { entry: config.join("autostart/presently.desktop"), program }
    }

    /// The path of the entry.
    pub fn entry(&self) -> &Path {
        &self.entry
    }

    /// Why no entry is written, if so.
    pub fn not_installed(&self) -> Option<&NotInstalled> {
        self.program.as_ref().err()
    }

    /// The current state of the entry.
    pub fn standing(&self) -> io::Result<Standing> {
        let Some(text) = self.read()? else { return Ok(Standing::Absent) };
        let has = |line: &str| text.lines().any(|l| l.trim_end() == line);
        Ok(match () {
            () if !has(OURS) => Standing::Foreign,
            () if TURNED_OFF.into_iter().any(has) => Standing::TurnedOff,
            () => Standing::Ours,
        })
    }

    /// Writes the entry of an installed program. In an entry written earlier
    /// only the path of the program changes, because a desktop's settings may
    /// have changed the rest. The person's own entry is left alone.
    pub fn enable(&self) -> io::Result<()> {
        let Ok(program) = &self.program else { return Ok(()) };
        let program = program.to_string_lossy();
        let exec = format!("Exec={} run", quoted(&program));
        // With `TryExec`, a desktop silently skips the entry after the program
        // was removed.
        let try_exec = format!("TryExec={}", program.replace('\\', "\\\\"));
        let entry = match self.standing()? {
            Standing::Foreign => return Ok(()),
            Standing::Absent => format!(
                "[Desktop Entry]\nType=Application\nName=Presently\n\
                 Comment=Keeps your Matrix presence true\n{exec}\n{try_exec}\nIcon=presently\n\
                 Terminal=false\nStartupNotify=false\n{OURS}\n"
            ),
            Standing::Ours | Standing::TurnedOff => {
                let text = self.read()?.unwrap_or_default();
                let renewed = |line| match line {
                    line if str::starts_with(line, "Exec=") => &exec,
                    line if str::starts_with(line, "TryExec=") => &try_exec,
                    line => line,
                };
                let renewed: String = text.lines().flat_map(|l| [renewed(l), "\n"]).collect();
                if renewed == text {
                    return Ok(());
                }
                renewed
            }
        };
        presently_durable::write(&self.entry, entry.as_bytes())
    }

    /// Removes the entry if this program wrote it.
    pub fn disable(&self) -> io::Result<()> {
        match self.standing()? {
            Standing::Ours | Standing::TurnedOff => std::fs::remove_file(&self.entry),
            Standing::Absent | Standing::Foreign => Ok(()),
        }
    }

    /// The text of the entry. A dangling symbolic link counts as an empty text,
    /// since somebody made it.
    fn read(&self) -> io::Result<Option<String>> {
        match std::fs::read(&self.entry) {
            Ok(text) => Ok(Some(String::from_utf8_lossy(&text).into_owned())),
            Err(e) if is_absent(&e) => Ok(self.entry.symlink_metadata().is_ok().then(String::new)),
            Err(e) => Err(e),
        }
    }
}

/// Whether the file, or its folder, does not exist.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The path without the suffix ` (deleted)` that Linux adds if the program was
/// replaced while it runs.
pub(crate) fn undeleted(program: &Path) -> PathBuf {
    match program.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
        Some(before) if !program.exists() => before.into(),
        _ => program.to_owned(),
    }
}

/// The path in `PATH` that leads to `program`, also through symbolic links.
/// Unlike the resolved path it stays valid when a newer version replaces the
/// target.
fn reached(program: &Path, path: &OsStr) -> Option<PathBuf> {
    let folder = program.parent()?.canonicalize().ok()?;
    let own = program.file_name()?;
    // Nix wraps the program in a script that has the plain name.
    let plain = own.to_str().and_then(|n| n.strip_prefix('.')?.strip_suffix("-wrapped"));
    let plain = plain.map_or_else(|| own.to_owned(), OsString::from);
    let leads_here = |candidate: &PathBuf| {
        let real = candidate.canonicalize().ok();
        real.is_some_and(|real| {
            real.parent() == Some(&*folder)
                && real.file_name().is_some_and(|name| name == own || name == plain)
        })
    };
    let folders = std::env::split_paths(path).filter(|folder| folder.is_absolute());
    let names = [plain.as_os_str(), own, OsStr::new(env!("CARGO_PKG_NAME"))];
    let candidates = folders.flat_map(|folder| names.map(|name| folder.join(name)));
    candidates.into_iter().find(leads_here)
}

/// Quotes an argument for `Exec` as the Desktop Entry Specification requires.
fn quoted(argument: &str) -> String {
    let mut out = String::from("\"");
    for c in argument.chars() {
        match c {
            // One backslash is for the quoting, one for the escapes of the value.
            '"' | '`' | '$' => out.extend(['\\', '\\', c]),
            '\\' => out.push_str("\\\\\\\\"),
            '%' => out.push_str("%%"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(unix)]
#[cfg(test)]
#[path = "autostart_tests.rs"]
mod tests;
