//! Finds the first backend that answers and follows it until it is lost.

use std::collections::BTreeSet;
use std::future::pending;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use jiff::Timestamp;
use presently_core::{Code, Coded};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use crate::socket_watch::SocketWatch;
use crate::status::{Absorb, Reading, Status, Tried};

/// How long a backend may take to open before the next one is tried. A server
/// that hangs must not keep the others from being tried.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);

/// What a backend yields: the current state, then each change. An error or the
/// end of the stream means that the source is lost.
pub(crate) type Readings<R, E> = BoxStream<'static, Result<R, E>>;

/// The pending result of [`Backend::open`].
pub(crate) type Opening<'a, R, E> = BoxFuture<'a, Result<Readings<R, E>, E>>;

/// One source of a signal.
pub(crate) trait Backend<R, E>: Send + Sync {
    /// The name, such as `x11-xsync`.
    fn name(&self) -> &'static str;

    /// The socket that it needs, if its creation can be waited for.
    fn socket(&self) -> Option<PathBuf> {
        None
    }

    /// Opens the source. The error says why that is not possible here.
    fn open(&self) -> Opening<'_, R, E>;
}

/// Why a backend cannot be used.
pub(crate) trait Refusal: Coded {
    /// Whether the source does not exist here (it belongs to another desktop,
    /// for instance). Only a restart or the creation of its socket can change
    /// that, so the person need not be told.
    fn is_absence(&self) -> bool;
}

/// Back-off between two rounds of probing while no backend answers.
struct Backoff(Duration);

impl Backoff {
    const FIRST: Duration = Duration::from_millis(250);
    const LONGEST: Duration = Duration::from_secs(30);

    fn next(&mut self) -> Duration {
        let wait = self.0;
        self.0 = (wait * 2).min(Self::LONGEST);
        wait
    }

    /// The same; `None` once it would be the longest.
    fn next_short(&mut self) -> Option<Duration> {
        (self.0 < Self::LONGEST).then(|| self.next())
    }

    fn reset(&mut self) {
        self.0 = Self::FIRST;
    }
}

/// Opens the backends in order, follows the first that answers, and starts
/// again when it is lost. Returns when all receivers of `out` are dropped.
///
/// `unseen` makes the code for the unknown signal from the reason.
pub(crate) async fn follow<R, E, S>(
    unseen: fn(Code) -> Code,
    backends: &[Box<dyn Backend<R, E>>],
    out: &watch::Sender<S>,
) where
    E: Refusal,
    S: Absorb<R>,
{
    tokio::select! {
        () = out.closed() => (),
        () = follow_forever(unseen, backends, out) => (),
    }
}

async fn follow_forever<R, E, S>(
    unseen: fn(Code) -> Code,
    backends: &[Box<dyn Backend<R, E>>],
    out: &watch::Sender<S>,
) where
    E: Refusal,
    S: Absorb<R>,
{
    let mut backoff = Backoff(Backoff::FIRST);
    let mut last_event = None;
    // A better source has appeared that does not let us in yet: a sound server
    // creates its cookie after its socket.
    let mut better_tries: Option<Backoff> = None;
    loop {
        // The watch starts before the backends are opened, so that no socket is
        // missed.
        let mut socket_watch = SocketWatch::new(backends.iter().filter_map(|b| b.socket()));
        let (why, tried, all_absent) = match first(backends).await {
            Found::Source { rank, name, readings, tried } => {
                let opened = Instant::now();
                let mut better =
                    SocketWatch::new(backends[..rank].iter().filter_map(|b| b.socket()));
                better_tries = better_tries.filter(|_| rank > 0);
                let wait = better_tries.as_mut().and_then(Backoff::next_short);
                let again = async {
                    match wait {
                        Some(wait) => sleep(wait).await,
                        None => pending().await,
                    }
                };
                let why = tokio::select! {
                    why = drain(name, readings, &tried, &mut last_event, out) => why,
                    // A better source has appeared. A server creates its socket
                    // shortly before it answers.
                    () = better.appeared() => {
                        better_tries = Some(Backoff(Backoff::FIRST));
                        sleep(Backoff::FIRST).await;
                        continue;
                    }
                    () = again => continue,
                };
                if opened.elapsed() >= Backoff::LONGEST {
                    backoff.reset();
                }
                (why.clone(), vec![Tried { backend: name, why }], false)
            }
            Found::Nothing { why, tried, all_absent } => (why, tried, all_absent),
        };
        let reading = Reading::Unknown(unseen(why));
        publish(out, Status { backend: None, reading, tried, last_event, note: None });
        let again = async {
            // If no source exists, a retry is useless: the socket watch reports
            // one that appears.
            if all_absent { pending().await } else { sleep(backoff.next()).await }
        };
        tokio::select! {
            () = again => (),
            () = socket_watch.appeared() => {
                backoff.reset();
                sleep(backoff.next()).await;
            }
        }
    }
}

/// The result of one round of probing.
enum Found<R, E> {
    Source {
        rank: usize,
        name: &'static str,
        readings: Readings<R, E>,
        tried: Vec<Tried>,
    },
    /// No backend could be opened. With `all_absent`, none of the sources
    /// exists here.
    Nothing {
        why: Code,
        tried: Vec<Tried>,
        all_absent: bool,
    },
}

async fn first<R, E: Refusal>(backends: &[Box<dyn Backend<R, E>>]) -> Found<R, E> {
    let mut tried = Vec::new();
    let mut failures = Vec::new();
    for (rank, backend) in backends.iter().enumerate() {
        let name = backend.name();
        let (why, absent) = match timeout(OPEN_TIMEOUT, backend.open()).await {
            Ok(Ok(readings)) => return Found::Source { rank, name, readings, tried },
            Ok(Err(refusal)) => {
                let missing = backend.socket().is_some_and(|socket| !socket.exists());
                (refusal.code(), missing || refusal.is_absence())
            }
            Err(_) => {
                let seconds = OPEN_TIMEOUT.as_secs();
                (Code::new("backend-silent").with("backend", name).with("seconds", seconds), false)
            }
        };
        if !absent {
            failures.push(why.clone());
        }
        tried.push(Tried { backend: name, why });
    }
    let all_absent = failures.is_empty();
    // An absent source is reported only if no existing one failed.
    if all_absent {
        failures.extend(tried.iter().map(|t| t.why.clone()));
    }
    Found::Nothing { why: together(failures), tried, all_absent }
}

/// Several failures as one code, without duplicates.
fn together(failures: Vec<Code>) -> Code {
    let mut said = BTreeSet::new();
    let distinct = failures.into_iter().filter(|why| said.insert(why.clone()));
    // Callers pass at least one backend, so there is at least one failure.
    distinct.reduce(and_also).unwrap_or_else(Code::not_read_yet)
}

/// Two failures as one code.
pub(crate) fn and_also(first: Code, second: Code) -> Code {
    Code::new("and-also").with("first", first).with("second", second)
}

/// Publishes what a source yields until it is lost, and returns why it was.
async fn drain<R, E, S>(
    name: &'static str,
    mut readings: Readings<R, E>,
    tried: &[Tried],
    last_event: &mut Option<Timestamp>,
    out: &watch::Sender<S>,
) -> Code
where
    E: Coded,
    S: Absorb<R>,
{
    loop {
        match readings.next().await {
            Some(Ok(reading)) => {
                *last_event = Some(Timestamp::now());
                publish(
                    out,
                    Status {
                        backend: Some(name),
                        reading: Reading::Known(reading),
                        tried: tried.to_vec(),
                        last_event: *last_event,
                        note: None,
                    },
                );
            }
            Some(Err(lost)) => return lost.code(),
            None => return Code::new("backend-ended").with("backend", name),
        }
    }
}

fn publish<R, S: Absorb<R>>(out: &watch::Sender<S>, status: Status<R>) {
    out.send_if_modified(|kept| {
        let before = kept.clone();
        kept.absorb(status);
        *kept != before
    });
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream;

    use super::*;

    /// A source that lets nobody in before so many tries since its socket is
    /// there.
    struct Server {
        name: &'static str,
        socket: Option<PathBuf>,
        refuses: Arc<AtomicUsize>,
    }

    impl Refusal for Code {
        fn is_absence(&self) -> bool {
            false
        }
    }

    impl Backend<u8, Code> for Server {
        fn name(&self) -> &'static str {
            self.name
        }

        fn socket(&self) -> Option<PathBuf> {
            self.socket.clone()
        }

        fn open(&self) -> Opening<'_, u8, Code> {
            Box::pin(async {
                let is_there = self.socket.as_ref().is_none_or(|socket| socket.exists());
                let less = |count: usize| count.checked_sub(1);
                let refused = is_there
                    && self.refuses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok();
                match is_there && !refused {
                    true => Ok(stream::once(async { Ok(7) }).chain(stream::pending()).boxed()),
                    false => Err(Code::plain("no")),
                }
            })
        }
    }

    #[tokio::test]
    async fn a_better_source_is_tried_until_it_lets_us_in() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("native");
        let refuses = Arc::new(AtomicUsize::new(3));
        let own = Server { name: "own", socket: Some(socket.clone()), refuses };
        let all = Server { name: "all", socket: None, refuses: Arc::default() };
        let backends: Vec<Box<dyn Backend<u8, Code>>> = vec![Box::new(own), Box::new(all)];
        let (out, mut watched) = watch::channel(Status::<u8>::not_read_yet());
        let followed = async {
            watched.wait_for(|status| status.backend == Some("all")).await.expect("it is read");
            std::fs::write(&socket, "").expect("a file");
            watched.wait_for(|status| status.backend == Some("own")).await.expect("it is read");
        };
        tokio::select! {
            () = follow(|why| why, &backends, &out) => panic!("it ended"),
            done = timeout(Duration::from_secs(20), followed) => done.expect("the better one"),
        }
    }

    #[test]
    fn failures_are_named_in_their_order_and_each_once() {
        let code = |name: &'static str| Code::new("plain").with("text", name);
        let (one, two, three) = (code("1"), code("2"), code("3"));
        let all = vec![one.clone(), two.clone(), one.clone(), three.clone()];
        assert_eq!(together(vec![one.clone(), one.clone()]), one);
        assert_eq!(together(all), and_also(and_also(one, two), three));
    }
}
