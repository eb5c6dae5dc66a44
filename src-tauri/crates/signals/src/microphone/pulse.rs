//! The microphone on Linux: what the sound server tells of the streams that
//! record, each time one comes, goes or changes.

use std::path::PathBuf;
use std::time::Duration;

use presently_core::call::{CallDevice, Use};
use presently_core::{Code, Coded, coded_error};
use pulseaudio::protocol::{
    ClientInfoList, Command, Props, ServerInfo, SinkFlags, SinkInfoList, SourceInfoList,
    SourceOutputInfo, SourceOutputInfoList,
};
use tokio::sync::watch;
use tokio::time::timeout;

use super::rule::{Properties, Source, Stream};
use super::wire::{self, Server};
use crate::observe::{Observed, readings};
use crate::probe::{Backend, Opening, Refusal, follow};
use crate::{Environment, Status};

/// How long the server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Why the microphone cannot be seen.
#[derive(Debug)]
pub(super) enum Error {
    /// Nobody says where the sound server is.
    NoPlace,
    /// The person's own sound server is not there.
    NoServer(PathBuf),
    /// The sound server of all users is not there.
    NoneForAll(PathBuf),
    /// The sound server at this socket is of no use.
    Server { socket: PathBuf, why: wire::Error },
    /// The sound server at this socket does not answer.
    Silent(PathBuf),
}

impl Coded for Error {
    fn code(&self) -> Code {
        let text = |socket: &PathBuf| socket.display().to_string();
        match self {
            Self::NoPlace => Code::new("sound-no-place"),
            Self::NoServer(socket) => Code::new("sound-no-server").with("socket", text(socket)),
            Self::NoneForAll(socket) => {
                Code::new("sound-none-for-all").with("socket", text(socket))
            }
            Self::Server { socket, why } => why.of(socket),
            Self::Silent(socket) => Code::new("sound-silent").with("socket", text(socket)),
        }
    }
}

coded_error!(Error);

impl Refusal for Error {
    fn is_absence(&self) -> bool {
        matches!(self, Self::NoPlace | Self::NoServer(_) | Self::NoneForAll(_))
    }
}

/// Watches the microphone.
pub(super) async fn run(environment: Environment, out: watch::Sender<Status<Vec<Use>>>) {
    let all = environment.system_sound_socket.is_some();
    let own = Pulse { of: Of::Person, environment: environment.clone() };
    let mut backends: Vec<Box<dyn Backend<_, _>>> = vec![Box::new(own)];
    if all {
        backends.push(Box::new(Pulse { of: Of::All, environment }));
    }
    follow(|why| Code::new("microphone-unseen").with("why", why), &backends, &out).await;
}

/// Whose sound server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Person,
    All,
}

struct Pulse {
    of: Of,
    environment: Environment,
}

impl Backend<Vec<Use>, Error> for Pulse {
    fn name(&self) -> &'static str {
        match self.of {
            Of::Person => "pulseaudio",
            Of::All => "pulseaudio-system",
        }
    }

    fn socket(&self) -> Option<PathBuf> {
        match self.of {
            Of::Person => self.environment.sound_socket.clone(),
            Of::All => self.environment.system_sound_socket.clone(),
        }
    }

    fn open(&self) -> Opening<'_, Vec<Use>, Error> {
        Box::pin(async {
            let socket = self.socket().ok_or(Error::NoPlace)?;
            if !socket.exists() {
                return Err(match self.of {
                    Of::Person => Error::NoServer(socket),
                    Of::All => Error::NoneForAll(socket),
                });
            }
            let cookie = self.environment.sound_cookie.as_deref();
            let server = Server::connect(&socket, cookie).await;
            let server = server.map_err(|why| Error::Server { socket: socket.clone(), why })?;
            Ok(readings(Streams { server, socket }))
        })
    }
}

/// The streams of a sound server.
struct Streams {
    server: Server,
    socket: PathBuf,
}

impl Observed for Streams {
    type Reading = Vec<Use>;
    type Error = Error;

    async fn read(&mut self) -> Result<Vec<Use>, Error> {
        match timeout(TIMEOUT, uses(&mut self.server)).await {
            Ok(uses) => uses.map_err(|why| Error::Server { socket: self.socket.clone(), why }),
            Err(_) => Err(Error::Silent(self.socket.clone())),
        }
    }

    async fn event(&mut self) -> Result<(), Error> {
        let events = self.server.changes().await;
        events.map_err(|why| Error::Server { socket: self.socket.clone(), why })
    }
}

/// What a monitor that the person has made their microphone belongs to: the
/// sink whose sound is made by programs (a filter, a telephone) and heard
/// nowhere. What is played to people, by hardware, is no microphone.
async fn stand_in(
    server: &mut Server,
    sources: &SourceInfoList,
) -> Result<Option<u32>, wire::Error> {
    let info: ServerInfo = server.ask(&Command::GetServerInfo).await?;
    let default =
        sources.iter().find(|source| Some(&source.name) == info.default_source_name.as_ref());
    let Some((source, sink)) = default.and_then(|s| Some((s.index, s.monitor_of_sink_index?)))
    else {
        return Ok(None);
    };
    let sinks: SinkInfoList = server.ask(&Command::GetSinkInfoList).await?;
    let sink = sinks.iter().find(|it| it.index == sink);
    let heard = sink.is_none_or(|sink| sink.flags.contains(SinkFlags::HARDWARE));
    Ok((!heard).then_some(source))
}

/// Who listens now, each program once, in order.
async fn uses(server: &mut Server) -> Result<Vec<Use>, wire::Error> {
    let outputs: SourceOutputInfoList = server.ask(&Command::GetSourceOutputInfoList).await?;
    if outputs.is_empty() {
        return Ok(Vec::new());
    }
    let sources: SourceInfoList = server.ask(&Command::GetSourceInfoList).await?;
    let clients: ClientInfoList = server.ask(&Command::GetClientInfoList).await?;
    let of_monitor = |output: &SourceOutputInfo| {
        let source = sources.iter().find(|source| source.index == output.source_index);
        source.is_some_and(|source| source.monitor_of_sink_index.is_some())
    };
    let stand_in =
        if outputs.iter().any(of_monitor) { stand_in(server, &sources).await? } else { None };
    let mut uses: Vec<Use> = outputs
        .iter()
        .map(|output| stream(output, &sources, &clients, stand_in))
        .filter(Stream::listens)
        .map(|stream| Use { device: CallDevice::Microphone, program: stream.program() })
        .collect();
    uses.sort();
    uses.dedup();
    Ok(uses)
}

fn stream(
    output: &SourceOutputInfo,
    sources: &SourceInfoList,
    clients: &ClientInfoList,
    stand_in: Option<u32>,
) -> Stream {
    let source = sources.iter().find(|source| source.index == output.source_index);
    let client =
        output.client_index.and_then(|index| clients.iter().find(|client| client.index == index));
    Stream {
        client: client.map(|client| properties(&client.props)),
        corked: output.corked,
        source: source.map(|source| match source.monitor_of_sink_index {
            Some(_) if Some(source.index) == stand_in => Source::StandIn,
            Some(_) => Source::Monitor,
            None => Source::Microphone,
        }),
        resample_method: output
            .resample_method
            .as_ref()
            .map(|method| method.to_string_lossy().into_owned()),
        rate: output.sample_spec.sample_rate,
        properties: properties(&output.props),
    }
}

/// The properties that are text.
fn properties(props: &Props) -> Properties {
    let text = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes).ok()?;
        Some(text.trim_end_matches('\0').to_owned())
    };
    let pairs = props
        .iter()
        .filter_map(|(name, value)| Some((name.to_str().ok()?.to_owned(), text(value)?)));
    Properties(pairs.collect())
}
