//! A minimal homeserver for the tests of this crate.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A homeserver on this computer. It ends when this is dropped.
pub(crate) struct Stub {
    /// Its base URL.
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    task: JoinHandle<()>,
}

/// A request that it received.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The method and the path, such as `GET /path?query`.
    pub(crate) what: String,
    /// The headers, in lower case.
    pub(crate) headers: String,
    pub(crate) body: String,
}

/// An HTTP answer with this status, more headers (each with its line ending)
/// and a body.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\n{headers}\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

impl Stub {
    /// Starts a server that answers each request with what `says` returns.
    pub(crate) async fn start(says: impl Fn(&Asked) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let heard = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(asked) = read(&mut stream).await else { continue };
                let answer = says(&asked);
                heard.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        Self { url, asked, task }
    }

    /// The requests that begin with this text, in order.
    pub(crate) fn asked(&self, begins: &str) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.iter().filter(|asked| asked.what.starts_with(begins)).cloned().collect()
    }

    /// The tokens of all sessions that were signed out, in order.
    pub(crate) fn signed_out(&self) -> Vec<String> {
        let token = |asked: &Asked| {
            let (_, rest) = asked.headers.split_once("authorization: bearer ").expect("a token");
            rest.lines().next().unwrap_or_default().to_owned()
        };
        self.asked("POST /_matrix/client/v3/logout").iter().map(token).collect()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let (line, headers) = head.split_once("\r\n")?;
    let (what, headers) = (line.trim_end_matches(" HTTP/1.1"), headers.to_lowercase());
    let length = headers.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(Some(0), |length| length.parse().ok())?;
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[end..]).into_owned();
    Some(Asked { what: what.to_owned(), headers, body })
}
