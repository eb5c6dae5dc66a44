//! The screen on Linux: what PipeWire's registry tells of the links between
//! programs.

use std::path::PathBuf;
use std::time::Duration;

use presently_core::call::Use;
use presently_core::{Code, Coded, coded_error};
use tokio::sync::watch;
use tokio::time::timeout;

use super::graph::Graph;
use super::wire::{self, Event, PipeWire};
use crate::observe::{Observed, readings};
use crate::probe::{Backend, Opening, Refusal, follow};
use crate::{Environment, Status};

/// How long PipeWire may take to tell what there is.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Why the screen's use cannot be seen.
#[derive(Debug)]
pub(super) enum Error {
    /// Nobody says where PipeWire is.
    NoPlace,
    /// PipeWire does not run.
    NotThere(PathBuf),
    /// PipeWire at this socket is of no use.
    PipeWire { socket: PathBuf, why: wire::Error },
    /// PipeWire at this socket does not answer.
    Silent(PathBuf),
}

impl Coded for Error {
    fn code(&self) -> Code {
        let text = |socket: &PathBuf| socket.display().to_string();
        match self {
            Self::NoPlace => Code::new("pipewire-no-place"),
            Self::NotThere(socket) => Code::new("pipewire-not-there").with("socket", text(socket)),
            Self::PipeWire { socket, why } => why.of(socket),
            Self::Silent(socket) => Code::new("pipewire-silent").with("socket", text(socket)),
        }
    }
}

coded_error!(Error);

impl Refusal for Error {
    fn is_absence(&self) -> bool {
        matches!(self, Self::NoPlace | Self::NotThere(_))
    }
}

/// Watches the screen.
pub(super) async fn run(environment: Environment, out: watch::Sender<Status<Vec<Use>>>) {
    let backends: [Box<dyn Backend<_, _>>; 1] = [Box::new(Registry(environment))];
    follow(|why| Code::new("screen-unseen").with("why", why), &backends, &out).await;
}

struct Registry(Environment);

impl Backend<Vec<Use>, Error> for Registry {
    fn name(&self) -> &'static str {
        "pipewire"
    }

    fn socket(&self) -> Option<PathBuf> {
        self.0.video_socket.clone()
    }

    fn open(&self) -> Opening<'_, Vec<Use>, Error> {
        Box::pin(async {
            let socket = self.socket().ok_or(Error::NoPlace)?;
            if !socket.exists() {
                return Err(Error::NotThere(socket));
            }
            let pipewire = PipeWire::connect(&socket).await;
            let pipewire =
                pipewire.map_err(|why| Error::PipeWire { socket: socket.clone(), why })?;
            let mut links = Links { pipewire, socket, graph: Graph::default() };
            let told = timeout(TIMEOUT, links.settle()).await;
            told.map_err(|_| Error::Silent(links.socket.clone()))??;
            Ok(readings(links))
        })
    }
}

/// The links between programs that PipeWire has.
struct Links {
    pipewire: PipeWire,
    socket: PathBuf,
    graph: Graph,
}

impl Links {
    /// Takes in what there is.
    async fn settle(&mut self) -> Result<(), Error> {
        loop {
            match self.next().await? {
                Event::Done => return Ok(()),
                event => {
                    self.take(event);
                }
            }
        }
    }

    async fn next(&mut self) -> Result<Event, Error> {
        let failed = |why| Error::PipeWire { socket: self.socket.clone(), why };
        self.pipewire.next().await.map_err(failed)
    }

    /// Whether the event matters.
    fn take(&mut self, event: Event) -> bool {
        match event {
            Event::Done => false,
            Event::Object { id, kind, properties } => self.graph.add(id, &kind, properties),
            Event::Gone { id } => self.graph.remove(id),
        }
    }
}

impl Observed for Links {
    type Reading = Vec<Use>;
    type Error = Error;

    async fn read(&mut self) -> Result<Vec<Use>, Error> {
        Ok(self.graph.uses())
    }

    async fn event(&mut self) -> Result<(), Error> {
        loop {
            let event = self.next().await?;
            if self.take(event) {
                return Ok(());
            }
        }
    }
}
