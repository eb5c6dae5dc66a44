//! The screen on Linux: what PipeWire's registry tells of the links between
//! programs.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::try_unfold;
use presently_core::call::Use;
use tokio::sync::watch;
use tokio::time::timeout;

use super::graph::Graph;
use super::wire::{self, Event, PipeWire};
use crate::probe::{Backend, Opening, Refusal, follow};
use crate::{Environment, Status};

/// How long PipeWire may take to tell what there is.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why the screen's use cannot be seen.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("XDG_RUNTIME_DIR is not set, so PipeWire cannot be found")]
    NoPlace,
    #[error("PipeWire does not run ({0} is not there)")]
    NotThere(PathBuf),
    #[error("PipeWire at {socket} {source}")]
    PipeWire { socket: PathBuf, source: wire::Error },
    #[error("PipeWire at {0} does not answer")]
    Silent(PathBuf),
}

impl Refusal for Error {
    fn is_absence(&self) -> bool {
        matches!(self, Self::NoPlace | Self::NotThere(_))
    }
}

/// Watches the screen.
pub(super) async fn run(environment: Environment, out: watch::Sender<Status<Vec<Use>>>) {
    let backends: [Box<dyn Backend<_, _>>; 1] = [Box::new(Registry(environment))];
    tokio::select! {
        () = out.closed() => (),
        () = follow("The sharing of the screen cannot be seen", &backends, &out) => (),
    }
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
                pipewire.map_err(|source| Error::PipeWire { socket: socket.clone(), source })?;
            let looking = Looking { pipewire, socket, graph: Graph::default(), before: None };
            let readings = try_unfold(looking, |mut looking| async move {
                Ok(Some((looking.next().await?, looking)))
            });
            Ok(readings.boxed())
        })
    }
}

struct Looking {
    pipewire: PipeWire,
    socket: PathBuf,
    graph: Graph,
    before: Option<Vec<Use>>,
}

impl Looking {
    /// The next change of who takes a picture, at first who does.
    async fn next(&mut self) -> Result<Vec<Use>, Error> {
        if self.before.is_none() {
            let told = timeout(PATIENCE, self.settle()).await;
            told.map_err(|_| Error::Silent(self.socket.clone()))??;
            return Ok(self.before.insert(self.graph.uses()).clone());
        }
        loop {
            let event = self.event().await?;
            if !self.take(event) {
                continue;
            }
            let now = self.graph.uses();
            if self.before.as_ref() != Some(&now) {
                return Ok(self.before.insert(now).clone());
            }
        }
    }

    /// Takes in what there is.
    async fn settle(&mut self) -> Result<(), Error> {
        loop {
            match self.event().await? {
                Event::Done => return Ok(()),
                event => {
                    self.take(event);
                }
            }
        }
    }

    async fn event(&mut self) -> Result<Event, Error> {
        let failed = |source| Error::PipeWire { socket: self.socket.clone(), source };
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
