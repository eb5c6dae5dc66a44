//! One inotify instance for every socket that the process waits for: the
//! kernel gives each user 128 of them (`max_user_instances`).
//!
//! A thread reads it, because it outlives any async runtime. It sleeps in the
//! kernel while nothing happens.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use inotify::{EventMask, Inotify, WatchDescriptor, WatchMask, Watches};
use tokio::sync::Notify;

/// The instance that is in use, if there is one.
static FOLDERS: Mutex<Option<Arc<Folders>>> = Mutex::new(None);

/// The names that one caller waits for.
pub(super) struct Subscription {
    folders: Arc<Folders>,
    names: Arc<Names>,
}

struct Folders {
    watches: Mutex<Watches>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    subscribers: Vec<Weak<Names>>,
    /// The error that ended the reading.
    failed: Option<io::ErrorKind>,
}

#[derive(Default)]
struct Names {
    /// The names, each with the folder in which it is expected.
    wanted: Mutex<Vec<(WatchDescriptor, OsString)>>,
    appeared: Notify,
}

impl Subscription {
    /// A subscription to the shared instance, without names.
    ///
    /// # Errors
    ///
    /// The kernel gives no inotify instance or no thread.
    pub(super) fn new() -> io::Result<Self> {
        let folders = running()?;
        let names = Arc::default();
        let mut state = lock(&folders.state);
        state.subscribers.retain(|names| names.strong_count() > 0);
        state.subscribers.push(Arc::downgrade(&names));
        drop(state);
        Ok(Self { folders, names })
    }

    /// Adds a name in a folder.
    ///
    /// # Errors
    ///
    /// The folder cannot be watched, because it does not exist, for instance.
    pub(super) fn add(&self, folder: &Path, name: &OsStr) -> io::Result<()> {
        let mask = WatchMask::CREATE | WatchMask::MOVED_TO;
        // The lock spans both steps, so that no event is matched in between.
        let mut wanted = lock(&self.names.wanted);
        let descriptor = lock(&self.folders.watches).add(folder, mask)?;
        wanted.push((descriptor, name.to_owned()));
        Ok(())
    }

    /// Waits until one of the names appears.
    pub(super) async fn appeared(&self) -> io::Result<()> {
        self.names.appeared.notified().await;
        lock(&self.folders.state).failed.map_or(Ok(()), |why| Err(why.into()))
    }
}

/// The shared instance. The first caller starts it with its thread.
fn running() -> io::Result<Arc<Folders>> {
    let mut running = lock(&FOLDERS);
    if let Some(folders) = &*running
        && lock(&folders.state).failed.is_none()
    {
        return Ok(Arc::clone(folders));
    }
    let inotify = Inotify::init()?;
    let folders =
        Arc::new(Folders { watches: Mutex::new(inotify.watches()), state: Mutex::default() });
    let read = Arc::clone(&folders);
    std::thread::Builder::new().name("inotify".to_owned()).spawn(move || read.read(inotify))?;
    Ok(Arc::clone(running.insert(folders)))
}

impl Folders {
    /// Passes on what the kernel reports, for as long as it can be read.
    fn read(&self, mut inotify: Inotify) {
        let mut buffer = [0; 1024];
        loop {
            match inotify.read_events_blocking(&mut buffer) {
                Ok(events) => {
                    for event in events {
                        // Where events were lost, any name may have appeared.
                        let lost = event.mask.contains(EventMask::Q_OVERFLOW);
                        self.notify(|wanted| {
                            lost || wanted.iter().any(|(folder, name)| {
                                *folder == event.wd && event.name == Some(name.as_os_str())
                            })
                        });
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    lock(&self.state).failed = Some(e.kind());
                    self.notify(|_| true);
                    return;
                }
            }
        }
    }

    fn notify(&self, concerns: impl Fn(&[(WatchDescriptor, OsString)]) -> bool) {
        for names in lock(&self.state).subscribers.iter().filter_map(Weak::upgrade) {
            if concerns(&lock(&names.wanted)) {
                names.appeared.notify_one();
            }
        }
    }
}

/// The locked data is consistent after each statement, so a poisoned lock is
/// still usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn all_share_one_instance_and_each_hears_of_its_own_folder_alone() {
        let [first, second] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let [one, other] = [(); 2].map(|()| Subscription::new().expect("inotify"));
        assert!(Arc::ptr_eq(&one.folders, &other.folders));
        one.add(first.path(), OsStr::new("bus")).expect("a watch");
        other.add(second.path(), OsStr::new("bus")).expect("a watch");
        std::fs::write(first.path().join("bus"), "").expect("a file");
        timeout(Duration::from_secs(5), one.appeared()).await.expect("it came").expect("readable");
        // An event reaches all its subscribers together.
        assert!(timeout(Duration::ZERO, other.appeared()).await.is_err(), "another folder");
    }
}
