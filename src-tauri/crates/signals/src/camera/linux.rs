//! Cameras on Linux: the kernel tells when a video device is opened or
//! closed (inotify), and /proc tells by whom.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use inotify::{EventMask, EventStream, Inotify, WatchMask};
use presently_core::call::Use;
use presently_core::{Code, Coded, coded_error};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::holders::{Places, is_video, uses};
use super::loopback::Writers;
use crate::limits::explained;
use crate::observe::{Observed, readings};
use crate::probe::{Backend, Opening, Refusal, follow};
use crate::{Environment, Status};

/// How long to wait for more of what belongs together: a program opens
/// every camera in turn to ask what it can do.
const DEBOUNCE: Duration = Duration::from_millis(30);

/// Why cameras cannot be seen.
#[derive(Debug)]
pub(super) enum Error {
    /// The folder of devices cannot be watched.
    Watch(PathBuf, io::Error),
    /// Who uses them cannot be read.
    Look(io::Error),
    /// The kernel tells nothing any more.
    Lost,
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Watch(folder, why) => Code::new("camera-unwatched")
                .with("path", folder.display().to_string())
                .with("why", explained(why)),
            Self::Look(why) => Code::new("camera-users-unread").with("why", why.to_string()),
            Self::Lost => Code::new("camera-lost"),
        }
    }
}

coded_error!(Error);

impl Refusal for Error {
    fn is_absence(&self) -> bool {
        false
    }
}

/// Watches the cameras.
pub(super) async fn run(environment: Environment, out: watch::Sender<Status<Vec<Use>>>) {
    let places = Places {
        nodes: environment.devices.unwrap_or_else(|| PathBuf::from("/dev")),
        udev: environment.device_data.unwrap_or_else(|| PathBuf::from("/run/udev/data")),
    };
    let backends: [Box<dyn Backend<_, _>>; 1] = [Box::new(Nodes(places))];
    follow(|why| Code::new("camera-unseen").with("why", why), &backends, &out).await;
}

struct Nodes(Places);

impl Backend<Vec<Use>, Error> for Nodes {
    fn name(&self) -> &'static str {
        "v4l2"
    }

    fn open(&self) -> Opening<'_, Vec<Use>, Error> {
        Box::pin(async {
            let watching =
                Watching::begin(&self.0).map_err(|e| Error::Watch(self.0.nodes.clone(), e))?;
            Ok(readings(watching))
        })
    }
}

struct Watching {
    places: Places,
    writers: Writers,
    events: EventStream<[u8; 4096]>,
}

impl Watching {
    fn begin(places: &Places) -> io::Result<Self> {
        let inotify = Inotify::init()?;
        // The folder's other devices are opened all the time: of them only
        // coming, going and permissions are told. A new camera may be opened
        // by its person only some time after it came.
        let changes = WatchMask::CREATE | WatchMask::DELETE | WatchMask::ATTRIB;
        inotify.watches().add(&places.nodes, changes)?;
        let events = inotify.into_event_stream([0; 4096])?;
        let (places, writers) = (places.clone(), Writers::default());
        let mut watching = Self { places, writers, events };
        watching.watch_nodes()?;
        Ok(watching)
    }

    /// Watches every video device there is. One that is watched already
    /// stays so; one that may not be opened may not be watched.
    fn watch_nodes(&mut self) -> io::Result<()> {
        for node in std::fs::read_dir(&self.places.nodes)?.flatten() {
            if is_video(&node.file_name()) {
                let mask = WatchMask::OPEN | WatchMask::CLOSE;
                let _ = self.events.watches().add(node.path(), mask);
            }
        }
        Ok(())
    }

    /// Waits for an event of inotify; whether a video device is concerned.
    async fn next(&mut self) -> Result<bool, Error> {
        let event = self.events.next().await.and_then(Result::ok).ok_or(Error::Lost)?;
        match &event.name {
            // In the folder.
            Some(name) if is_video(name) => {
                self.watch_nodes().map_err(|e| Error::Watch(self.places.nodes.clone(), e))?;
                Ok(true)
            }
            Some(_) => Ok(false),
            // Of a device itself; that its watch has ended says nothing.
            None => Ok(!event.mask.contains(EventMask::IGNORED)),
        }
    }
}

impl Observed for Watching {
    type Reading = Vec<Use>;
    type Error = Error;

    async fn read(&mut self) -> Result<Vec<Use>, Error> {
        let (places, mut writers) = (self.places.clone(), std::mem::take(&mut self.writers));
        let look = spawn_blocking(move || uses(&places, &mut writers).map(|u| (u, writers)));
        let look = look.await.map_err(io::Error::other).and_then(|looked| looked);
        let (now, writers) = look.map_err(Error::Look)?;
        self.writers = writers;
        Ok(now)
    }

    /// Waits until a video device came, went, was opened or closed, and
    /// takes in all that belongs to it.
    async fn event(&mut self) -> Result<(), Error> {
        let mut of_interest = false;
        while !of_interest {
            of_interest = self.next().await?;
        }
        sleep(DEBOUNCE).await;
        while let Some(event) = self.next().now_or_never() {
            event?;
        }
        Ok(())
    }
}
