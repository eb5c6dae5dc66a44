//! A proxy on the loopback before a homeserver: it counts what passes, and
//! can cut the line.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What has passed since the proxy was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests that were begun.
    pub requests: u64,
    /// Bytes of requests and answers together.
    pub bytes: u64,
}

#[derive(Debug, Default)]
struct Count {
    requests: AtomicU64,
    bytes: AtomicU64,
}

/// A proxy, closed when dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    count: Arc<Count>,
    open: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Proxy {
    /// Listens on a port of its own and passes everything to `port`.
    pub async fn before(port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let own_port = listener.local_addr()?.port();
        let count = Arc::new(Count::default());
        let (open, is_open) = watch::channel(true);
        let accepting = tokio::spawn(accept(listener, port, count.clone(), is_open));
        Ok(Self { port: own_port, count, open, accepting })
    }

    /// The base URL of the homeserver behind it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Ends every connection; new ones are closed at once.
    pub fn cut(&self) {
        self.open.send_replace(false);
    }

    /// Lets new connections through again.
    pub fn mend(&self) {
        self.open.send_replace(true);
    }

    /// What has passed.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.count.requests.load(Ordering::Relaxed),
            bytes: self.count.bytes.load(Ordering::Relaxed),
        }
    }
}

async fn accept(listener: TcpListener, port: u16, count: Arc<Count>, open: watch::Receiver<bool>) {
    while let Ok((near, _)) = listener.accept().await {
        let (count, mut open) = (count.clone(), open.clone());
        tokio::spawn(async move {
            if !*open.borrow() {
                return;
            }
            let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else { return };
            // Or the delays that are measured are those of the kernel.
            let _ = (near.set_nodelay(true), far.set_nodelay(true));
            let (near_read, near_write) = near.into_split();
            let (far_read, far_write) = far.into_split();
            tokio::select! {
                _ = pass(near_read, far_write, &count, true) => {}
                _ = pass(far_read, near_write, &count, false) => {}
                _ = open.wait_for(|open| !*open) => {}
            }
        });
    }
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    count: &Count,
    requests: bool,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let n = from.read(&mut buffer).await?;
        if n == 0 {
            return to.shutdown().await;
        }
        // A client that does not pipeline begins each request in a new read.
        if requests && is_request(&buffer[..n]) {
            count.requests.fetch_add(1, Ordering::Relaxed);
        }
        count.bytes.fetch_add(n as u64, Ordering::Relaxed);
        to.write_all(&buffer[..n]).await?;
    }
}

fn is_request(bytes: &[u8]) -> bool {
    [&b"GET "[..], b"PUT ", b"POST ", b"DELETE "].iter().any(|verb| bytes.starts_with(verb))
}
