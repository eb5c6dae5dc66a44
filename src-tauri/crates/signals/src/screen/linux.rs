//! The screen on Linux: what PipeWire's registry tells of the links between
//! programs.

use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::try_unfold;
use presently_core::call::Use;
use presently_core::{Code, Coded, coded_error};
use tokio::sync::watch;
use tokio::time::timeout;

use super::graph::Graph;
use super::wire::{self, Event, PipeWire};
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
    tokio::select! {
        () = out.closed() => (),
        () = follow(|why| Code::new("screen-unseen").with("why", why), &backends, &out) => (),
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
                pipewire.map_err(|why| Error::PipeWire { socket: socket.clone(), why })?;
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
            let told = timeout(TIMEOUT, self.settle()).await;
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
