//! Starting at login: an entry in the person's autostart folder
//! (freedesktop.org's Desktop Application Autostart Specification). It calls
//! `presently run`, which never opens a window.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use presently_core::{Code, Coded};
use presently_ipc::Paths;

/// Tells our entry from one that the person wrote.
const OURS: &str = "X-Presently-Written=true";

/// What a desktop's own settings write into an entry to turn it off.
const TURNED_OFF: [&str; 2] = ["Hidden=true", "X-GNOME-Autostart-enabled=false"];

/// Where the entry is and what it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autostart {
    entry: PathBuf,
    program: Result<PathBuf, NotInstalled>,
}

/// Why no entry is written for this program. What is started from where it
/// was built, by a test or by the demo, is not there any more at the next
/// login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotInstalled {
    /// Nothing in `PATH` leads to it.
    NotInPath(PathBuf),
    /// An entry is a text of lines.
    Unwritable(PathBuf),
    /// The system does not say.
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

/// What is there at the entry's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    Absent,
    /// What was written here; the desktop starts it at login.
    Ours,
    /// What was written here; the person turned it off in the desktop's own
    /// settings.
    TurnedOff,
    /// One that the person wrote. It is theirs.
    Foreign,
}

impl Autostart {
    /// The entry for this program. `None` where the settings have no folder.
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

    /// The entry's place.
    pub fn entry(&self) -> &Path {
        &self.entry
    }

    /// Why no entry is written, if none is.
    pub fn not_installed(&self) -> Option<&NotInstalled> {
        self.program.as_ref().err()
    }

    /// What is there now.
    pub fn standing(&self) -> io::Result<Standing> {
        let Some(text) = self.read()? else { return Ok(Standing::Absent) };
        let has = |line: &str| text.lines().any(|l| l.trim_end() == line);
        Ok(match () {
            () if !has(OURS) => Standing::Foreign,
            () if TURNED_OFF.into_iter().any(has) => Standing::TurnedOff,
            () => Standing::Ours,
        })
    }

    /// Writes the entry of an installed program. One that was written before
    /// is told where the program is now and keeps the rest, which a desktop's
    /// settings may have changed; the person's own is left alone.
    pub fn enable(&self) -> io::Result<()> {
        let Ok(program) = &self.program else { return Ok(()) };
        let program = program.to_string_lossy();
        let exec = format!("Exec={} run", quoted(&program));
        // Where the program was removed, nothing is started and nobody told.
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

    /// Removes the entry, if it is the one that was written here.
    pub fn disable(&self) -> io::Result<()> {
        match self.standing()? {
            Standing::Ours | Standing::TurnedOff => std::fs::remove_file(&self.entry),
            Standing::Absent | Standing::Foreign => Ok(()),
        }
    }

    /// What stands there; a link that leads nowhere is an empty text, since
    /// somebody put it there.
    fn read(&self) -> io::Result<Option<String>> {
        match std::fs::read(&self.entry) {
            Ok(text) => Ok(Some(String::from_utf8_lossy(&text).into_owned())),
            Err(e) if is_absent(&e) => Ok(self.entry.symlink_metadata().is_ok().then(String::new)),
            Err(e) => Err(e),
        }
    }
}

/// Nothing is there, nor perhaps the folder.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Linux names a program that was replaced while it runs by where it was,
/// with a remark.
pub(crate) fn undeleted(program: &Path) -> PathBuf {
    match program.to_str().and_then(|text| text.strip_suffix(" (deleted)")) {
        Some(before) if !program.exists() => before.into(),
        _ => program.to_owned(),
    }
}

/// The path by which `PATH` leads to a program that is at `program`, be it
/// through links to the program or to its folder. That one stays true when
/// what the links lead to is replaced by a newer one.
fn reached(program: &Path, path: &OsStr) -> Option<PathBuf> {
    let folder = program.parent()?.canonicalize().ok()?;
    let own = program.file_name()?;
    // Nix hides the program behind a script of the plain name.
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

#[cfg(unix)]
#[cfg(test)]
#[path = "autostart_tests.rs"]
mod tests;
