//! A proxy on the loopback in front of a homeserver. It counts the traffic and
//! simulates network faults.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use socket2::{SockFilter, SockRef};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::within;

mod rules;
pub use rules::Rule;
use rules::Rules;

/// The traffic since the proxy was created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests that were started.
    pub requests: u64,
    /// Bytes of requests and answers together.
    pub bytes: u64,
    /// Connections, including those that were closed at once.
    pub connections: u64,
}

/// The state of the connection to the homeserver. A change closes every
/// connection, except a change to `Lost`.
#[derive(Clone, Debug, Default)]
pub enum Line {
    /// Everything passes.
    #[default]
    Open,
    /// Existing connections are closed, and new ones at once.
    Cut,
    /// Received packets are dropped silently, as with a pulled cable or a
    /// router that has lost its state. Connections of that time stay dead.
    Lost,
    /// Answers are delayed by this time.
    Slow(Duration),
    /// Answers end too early.
    Truncated,
    /// Every request gets this answer, as from a captive portal.
    Answered(Arc<[u8]>),
}

impl Line {
    /// The state [`Line::Answered`] with this answer.
    pub fn answered(answer: impl Into<Vec<u8>>) -> Self {
        Self::Answered(answer.into().into())
    }
}

#[derive(Debug, Default)]
struct Count {
    requests: AtomicU64,
    bytes: AtomicU64,
    connections: AtomicU64,
    rules: Rules,
}

/// A proxy, stopped when dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    count: Arc<Count>,
    line: watch::Sender<Line>,
    accepting: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Proxy {
    /// Listens on a free port and forwards to `port`.
    pub async fn before(port: u16) -> Result<Self> {
        Self::on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?, port)
    }

    /// The same on an existing listener.
    pub fn on(listener: TcpListener, port: u16) -> Result<Self> {
        let own_port = listener.local_addr()?.port();
        let count = Arc::new(Count::default());
        let (line, on_line) = watch::channel(Line::Open);
        let accepting = tokio::spawn(accept(listener, port, count.clone(), on_line));
        Ok(Self { port: own_port, count, line, accepting })
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The base URL of the homeserver through the proxy.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Changes the state of the connection.
    pub fn set(&self, line: Line) {
        self.line.send_replace(line);
    }

    /// Closes every connection; new ones are closed at once.
    pub fn cut(&self) {
        self.set(Line::Cut);
    }

    /// Forwards new connections again.
    pub fn mend(&self) {
        self.set(Line::Open);
    }

    /// Answers some requests in place of the homeserver, in the state `Open`.
    pub fn answer(&self, rule: Rule) {
        self.count.rules.add(rule);
    }

    /// Replaces a text in the first line of requests.
    pub fn rewrite(&self, from: &str, to: &str) {
        self.count.rules.rewrite(from, to);
    }

    /// Removes the rules for answers.
    pub fn lift(&self) {
        self.count.rules.lift();
    }

    /// The requests so far, such as `PUT /_matrix/client/v3/presence/...`.
    pub fn asked(&self) -> Vec<String> {
        self.count.rules.asked().borrow().clone()
    }

    /// Waits for a request after the first `known` ones that satisfies `wanted`.
    pub async fn is_asked(
        &self,
        known: usize,
        wanted: impl Fn(&str) -> bool,
        deadline: Duration,
    ) -> Result<()> {
        let mut asked = self.count.rules.asked();
        let found = within(deadline, "a request", async {
            asked.wait_for(|all| all.iter().skip(known).any(|one| wanted(one))).await?;
            Ok(())
        });
        found.await.with_context(|| format!("{:#?}", self.asked().split_off(known)))
    }

    /// The traffic so far.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.count.requests.load(Ordering::Relaxed),
            bytes: self.count.bytes.load(Ordering::Relaxed),
            connections: self.count.connections.load(Ordering::Relaxed),
        }
    }
}

/// A packet filter that drops every packet before it is acknowledged: BPF's
/// `ret #0`.
const NOTHING: [SockFilter; 1] = [SockFilter::new(0x06, 0, 0, 0)];

async fn accept(
    listener: TcpListener,
    port: u16,
    count: Arc<Count>,
    mut line: watch::Receiver<Line>,
) {
    let mut lost = false;
    loop {
        let is_lost = matches!(*line.borrow_and_update(), Line::Lost);
        if lost != is_lost {
            let socket = SockRef::from(&listener);
            let _ = if is_lost { socket.attach_filter(&NOTHING) } else { socket.detach_filter() };
            lost = is_lost;
        }
        tokio::select! {
            changed = line.changed() => if changed.is_err() {
                return;
            },
            accepted = listener.accept() => {
                let Ok((near, _)) = accepted else { return };
                count.connections.fetch_add(1, Ordering::Relaxed);
                // Otherwise the kernel's buffering would distort measured delays.
                let _ = near.set_nodelay(true);
                tokio::spawn(serve(near, port, count.clone(), line.clone()));
            }
        }
    }
}

async fn serve(mut near: TcpStream, port: u16, count: Arc<Count>, mut line: watch::Receiver<Line>) {
    let now = line.borrow_and_update().clone();
    let faults = match now {
        Line::Open => Faults::default(),
        Line::Lost => {
            // It was made just before the line was lost.
            let _ = SockRef::from(&near).attach_filter(&NOTHING);
            return std::future::pending().await;
        }
        Line::Cut => return,
        Line::Slow(delay) => Faults { delay, ..Faults::default() },
        Line::Truncated => Faults { truncated: true, ..Faults::default() },
        Line::Answered(answer) => {
            tokio::select! {
                _ = answered(near, Vec::new(), &answer, &count) => {}
                _ = line.changed() => {}
            }
            return;
        }
    };
    let Ok(mut far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
    let _ = far.set_nodelay(true);
    let own = {
        let (near_read, near_write) = near.split();
        let (far_read, far_write) = far.split();
        tokio::select! {
            own = requests(near_read, far_write, &count) => own.unwrap_or_default(),
            _ = answers(far_read, near_write, &count, faults) => None,
            _ = line.changed() => None,
        }
    };
    if let Some(OwnAnswer { request, answer }) = own {
        let _ = answered(near, request, &answer, &count).await;
        return;
    }
    if matches!(*line.borrow(), Line::Lost) {
        // The connection stays open at both ends.
        let _ = SockRef::from(&near).attach_filter(&NOTHING);
        std::future::pending::<()>().await;
    }
}

/// The faults applied to answers.
#[derive(Clone, Copy, Default)]
struct Faults {
    delay: Duration,
    truncated: bool,
}

/// A request that the proxy answers itself, as far as it was read.
struct OwnAnswer {
    request: Vec<u8>,
    answer: Vec<u8>,
}

async fn requests(
    mut near: impl AsyncReadExt + Unpin,
    mut far: impl AsyncWriteExt + Unpin,
    count: &Count,
) -> std::io::Result<Option<OwnAnswer>> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let n = near.read(&mut buffer).await?;
        if n == 0 {
            far.shutdown().await?;
            return Ok(None);
        }
        if !count.count_request(&buffer[..n]) {
            far.write_all(&buffer[..n]).await?;
        } else if let Some(answer) = count.rules.own_answer(&buffer[..n]) {
            return Ok(Some(OwnAnswer { request: buffer[..n].to_vec(), answer }));
        } else {
            far.write_all(&count.rules.rewritten(&buffer[..n])).await?;
        }
    }
}

async fn answers(
    mut far: impl AsyncReadExt + Unpin,
    mut near: impl AsyncWriteExt + Unpin,
    count: &Count,
    faults: Faults,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let n = far.read(&mut buffer).await?;
        if n == 0 {
            return near.shutdown().await;
        }
        tokio::time::sleep(faults.delay).await;
        count.bytes.fetch_add(n as u64, Ordering::Relaxed);
        if faults.truncated {
            near.write_all(&buffer[..n - n.min(9)]).await?;
            return near.shutdown().await;
        }
        near.write_all(&buffer[..n]).await?;
    }
}

/// Reads the rest of a request and answers it.
async fn answered(
    mut near: TcpStream,
    mut request: Vec<u8>,
    answer: &[u8],
    count: &Count,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    while !request.ends_with(b"\r\n\r\n") && !request.ends_with(b"}") {
        let n = near.read(&mut buffer).await?;
        if n == 0 {
            return Ok(());
        }
        count.count_request(&buffer[..n]);
        request.extend_from_slice(&buffer[..n]);
    }
    near.write_all(answer).await?;
    near.shutdown().await?;
    // Closing with unread data would reset the connection and discard the answer.
    while near.read(&mut buffer).await? > 0 {}
    Ok(())
}

impl Count {
    /// Counts a part of a request and returns whether it begins one. A client
    /// that does not pipeline begins each request in a new read.
    fn count_request(&self, bytes: &[u8]) -> bool {
        let begins =
            [&b"GET "[..], b"PUT ", b"POST ", b"DELETE "].iter().any(|v| bytes.starts_with(v));
        self.requests.fetch_add(u64::from(begins), Ordering::Relaxed);
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        begins
    }
}
