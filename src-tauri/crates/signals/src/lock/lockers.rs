//! Lockers that tell nobody: those of wlroots' compositors and of plain X11.
//! A compositor does not tell other programs that it is locked, but the
//! kernel tells when a locker's file is opened to be run, and when its
//! process ends. Between the two the screen is locked.

use std::future::pending;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::select_all;
use futures_util::{FutureExt as _, StreamExt as _};
use inotify::{EventStream, Inotify, WatchMask};
use jiff::Timestamp;
use presently_core::{Code, Coded, coded_error};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::Environment;
use crate::limits::explained;
use crate::observe::{Observed, readings};
use crate::probe::{Backend, Opening, Refusal};
use crate::readiness::Readiness;

/// Those that are known, by the names of their files.
const LOCKERS: [&str; 13] = [
    "swaylock",
    "hyprlock",
    "gtklock",
    "waylock",
    "schlock",
    "i3lock",
    "i3lock-color",
    "xsecurelock",
    "slock",
    "xlock",
    "xtrlock",
    "alock",
    "sxlock",
];

/// When to look for the process after a file was opened: a program has its
/// name a moment later, and its display's name from its own parent.
const SEARCH_DELAYS: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(500), Duration::from_secs(2)];

/// What is known of lockers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Locker {
    /// None ran yet; another one may.
    NoneYet,
    /// This one runs.
    Runs(&'static str),
    /// The one that ran has ended.
    Ended {
        /// Which.
        name: &'static str,
        /// When.
        at: Timestamp,
    },
}

/// Why lockers cannot be seen.
#[derive(Debug)]
pub(super) enum Error {
    /// None of those that are known is installed.
    NoneInstalled,
    /// Their files cannot be watched.
    Watch(io::Error),
    /// The kernel tells nothing of them any more.
    Lost,
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::NoneInstalled => Code::new("lockers-none-installed"),
            Self::Watch(why) => Code::new("lockers-unwatched").with("why", explained(why)),
            Self::Lost => Code::new("lockers-lost"),
        }
    }
}

coded_error!(Error);

impl Refusal for Error {
    fn is_absence(&self) -> bool {
        matches!(self, Self::NoneInstalled)
    }
}

/// The lockers of this display.
pub(super) struct Lockers(pub(super) Environment);

impl Backend<Locker, Error> for Lockers {
    fn name(&self) -> &'static str {
        "locker"
    }

    fn open(&self) -> Opening<'_, Locker, Error> {
        Box::pin(async {
            let files = installed(&self.0.programs);
            if files.is_empty() {
                return Err(Error::NoneInstalled);
            }
            let events = watch(&files).map_err(Error::Watch)?;
            let display = Display::of(&self.0);
            let running = Vec::new();
            let mut watching = Watching { display, events, running, last: Locker::NoneYet };
            watching.find_running().await;
            Ok(readings(watching))
        })
    }
}

/// The files of those lockers that there are.
fn installed(folders: &[PathBuf]) -> Vec<PathBuf> {
    let files = folders.iter().flat_map(|folder| LOCKERS.map(|name| folder.join(name)));
    files.filter(|file| file.exists()).collect()
}

fn watch(files: &[PathBuf]) -> io::Result<EventStream<[u8; 1024]>> {
    let inotify = Inotify::init()?;
    for file in files {
        inotify.watches().add(file, WatchMask::OPEN)?;
    }
    inotify.into_event_stream([0; 1024])
}

struct Watching {
    display: Display,
    events: EventStream<[u8; 1024]>,
    running: Vec<(&'static str, Readiness)>,
    /// What was read before.
    last: Locker,
}

impl Watching {
    /// Waits until a locker is started, which is true, or ends.
    async fn started_or_ended(&mut self) -> Result<bool, Error> {
        let ends = self.running.iter().map(|(_, process)| process.wait().boxed());
        let ends: Vec<_> = ends.collect();
        let ended = async {
            if ends.is_empty() {
                pending::<()>().await;
            }
            let _ = select_all(ends).await;
        };
        tokio::select! {
            event = self.events.next() => match event {
                Some(Ok(_)) => Ok(true),
                _ => Err(Error::Lost),
            },
            () = ended => Ok(false),
        }
    }

    /// Finds the lockers that run now.
    async fn find_running(&mut self) {
        let display = self.display.clone();
        let running = spawn_blocking(move || running(&display)).await.unwrap_or_default();
        let processes = running.into_iter().filter_map(|(name, pid)| {
            let handle = pidfd_open(pid, PidfdFlags::NONBLOCK).ok()?;
            Some((name, Readiness::of(handle).ok()?))
        });
        self.running = processes.collect();
    }
}

impl Observed for Watching {
    type Reading = Locker;
    type Error = Error;

    async fn read(&mut self) -> Result<Locker, Error> {
        self.last = match (self.running.first(), self.last) {
            (Some((name, _)), _) => Locker::Runs(name),
            (None, Locker::Runs(name)) => Locker::Ended { name, at: Timestamp::now() },
            (None, last) => last,
        };
        Ok(self.last)
    }

    async fn event(&mut self) -> Result<(), Error> {
        if self.started_or_ended().await? {
            for wait in SEARCH_DELAYS {
                sleep(wait).await;
                self.find_running().await;
                if !self.running.is_empty() {
                    break;
                }
            }
            // Finding them opens their files too, which starts none.
            while self.events.next().now_or_never().is_some() {}
        } else {
            self.find_running().await;
        }
        Ok(())
    }
}

/// The display that is locked; another one of the same person is none of
/// this one's.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Display {
    name: &'static str,
    value: Option<String>,
    runtime_dir: Option<PathBuf>,
}

impl Display {
    fn of(environment: &Environment) -> Self {
        let (name, value, runtime_dir) = match &environment.wayland_display {
            Some(display) => ("WAYLAND_DISPLAY", Some(display), &environment.runtime_dir),
            None => ("DISPLAY", environment.display.as_ref(), &None),
        };
        Self { name, value: value.cloned(), runtime_dir: runtime_dir.clone() }
    }

    /// Whether a process with these variables is at it.
    fn is_of(&self, variables: &[u8]) -> bool {
        let has = |name: &str| {
            let value = variables
                .split(|b| *b == 0)
                .find_map(|variable| variable.strip_prefix(name.as_bytes())?.strip_prefix(b"="));
            value.map(String::from_utf8_lossy)
        };
        // The screen's number makes no other display.
        let plain = |display: &str| display.strip_suffix(".0").unwrap_or(display).to_owned();
        let Some(display) = &self.value else { return false };
        has(self.name).is_some_and(|it| plain(&it) == plain(display))
            && self
                .runtime_dir
                .as_ref()
                .is_none_or(|it| has("XDG_RUNTIME_DIR").is_some_and(|has| Path::new(&*has) == it))
    }
}

/// The lockers of the display that run. Blocks for some milliseconds.
fn running(display: &Display) -> Vec<(&'static str, Pid)> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let found = processes.filter_map(|process| {
        let pid = process.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)?;
        let name = std::fs::read_to_string(process.path().join("comm")).ok()?;
        let name = locker(name.trim())?;
        let variables = std::fs::read(process.path().join("environ")).ok()?;
        display.is_of(&variables).then_some((name, pid))
    });
    found.collect()
}

/// The locker that a process's name means. What wraps one has its name with
/// something around it.
fn locker(name: &str) -> Option<&'static str> {
    let name = name.trim_start_matches('.');
    let name = name.split_once("-wrap").map_or(name, |(name, _)| name);
    LOCKERS.into_iter().find(|locker| *locker == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_process_is_one() {
        assert_eq!(locker("swaylock"), Some("swaylock"));
        assert_eq!(locker(".swaylock-wrapp"), Some("swaylock"));
        assert_eq!(locker("swaylock2"), None);
        assert_eq!(locker(""), None);
    }

    #[test]
    fn of_which_display() {
        let display = |wayland: Option<&str>, x11: Option<&str>| {
            Display::of(&Environment {
                wayland_display: wayland.map(str::to_owned),
                display: x11.map(str::to_owned),
                runtime_dir: Some(PathBuf::from("/run/user/1")),
                ..Environment::default()
            })
        };
        let one = b"A=1\0WAYLAND_DISPLAY=wayland-1\0XDG_RUNTIME_DIR=/run/user/1\0DISPLAY=:0.0\0";
        assert!(display(Some("wayland-1"), None).is_of(one));
        assert!(!display(Some("wayland-2"), Some(":0")).is_of(one));
        assert!(display(None, Some(":0")).is_of(one));
        assert!(!display(None, Some(":1")).is_of(one));
        assert!(!display(None, None).is_of(b""));
        assert!(!display(Some("wayland-1"), None).is_of(b"WAYLAND_DISPLAY=wayland-1"));
    }
}
