//! Receives the redirect of the browser after a sign-in, by a listener on this
//! computer at a path that cannot be guessed.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;

use crate::Secret;

/// A connection without a complete request is dropped after this time.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of request line and headers that are read.
const LONGEST_HEAD: usize = 16 * 1024;
/// The most connections at a time. Browsers open spare ones.
const MOST_CONNECTIONS: usize = 16;

/// Listens for the browser. Every request but the right one is answered 404
/// and ignored.
#[derive(Debug)]
pub(crate) struct Redirect {
    listener: TcpListener,
    /// Secret, because it authenticates the browser.
    path: Secret,
    port: u16,
}

impl Redirect {
    /// Listens on a port that the system chooses.
    pub(crate) async fn listen() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let mut secret = [0; 16];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        let path = Secret::new(format!("/{:032x}", u128::from_ne_bytes(secret)));
        Ok(Self { listener, path, port })
    }

    /// The redirect URL for the browser.
    pub(crate) fn url(&self) -> Url {
        let mut url = self.url_without_port();
        // A URL with a host accepts a port.
        let _ = url.set_port(Some(self.port));
        url
    }

    /// The redirect URL to register. For native applications any port is
    /// allowed (RFC 8252 section 7.3).
    #[expect(clippy::expect_used, reason = "nothing of it comes from outside")]
    pub(crate) fn url_without_port(&self) -> Url {
        let text = format!("http://127.0.0.1{}", self.path.reveal());
        Url::parse(&text).expect("an address and hexadecimal digits are a URL")
    }

    /// Waits for the browser and returns the query of its request. The query is
    /// secret, because it contains a code or a token.
    pub(crate) async fn answer(self) -> io::Result<Secret> {
        let Self { listener, path, .. } = self;
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => {
                    let (stream, _) = accepted?;
                    let path = path.clone();
                    connections.spawn(async move {
                        timeout(TIMEOUT, serve(stream, path.reveal())).await.ok().flatten()
                    });
                }
                Some(served) = connections.join_next() => {
                    if let Ok(Some(query)) = served {
                        return Ok(query);
                    }
                }
            }
        }
    }
}

/// Answers one request, and returns its query if the path is right.
async fn serve(mut stream: TcpStream, path: &str) -> Option<Secret> {
    let mut head = Vec::new();
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        let read = stream.read_buf(&mut head).await.ok()?;
        if read == 0 || head.len() > LONGEST_HEAD {
            return None;
        }
    }
    let query = wanted(&head, path);
    let answer = match query {
        Some(_) => page("200 OK", "Presently goes on from here. You may close this page."),
        None => page("404 Not Found", "There is nothing here."),
    };
    // The query counts even if the browser does not wait for the page.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    query
}

fn wanted(head: &[u8], path: &str) -> Option<Secret> {
    let line = std::str::from_utf8(head).ok()?.lines().next()?;
    let mut words = line.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (at, query) = target.split_once('?')?;
    (method == "GET" && at == path).then(|| Secret::new(query))
}

fn page(status: &str, words: &str) -> String {
    let body = format!(
        "<!doctype html><meta charset=utf-8><meta name=color-scheme content=\"light dark\">\
         <title>Presently</title><p>{words}</p>"
    );
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\n\
         content-length: {}\r\ncontent-security-policy: default-src 'none'\r\n\
         cache-control: no-store\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(url: &Url, target: &str) -> String {
        let address = (Ipv4Addr::LOCALHOST, url.port().expect("a port"));
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let request = format!("{target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        answer
    }

    #[tokio::test]
    async fn only_the_right_path_counts() {
        let redirect = Redirect::listen().await.expect("a port");
        let url = redirect.url();
        assert_eq!(url.path().len(), 33);
        assert_ne!(Redirect::listen().await.expect("a port").url().path(), url.path());
        let shown = format!("{redirect:?}");
        assert!(!shown.contains(&url.path()[1..]), "{shown}");
        let answer = tokio::spawn(redirect.answer());
        // A connection that sends nothing does not delay the others.
        let _idle = TcpStream::connect(("127.0.0.1", url.port().expect("a port"))).await;
        let path = url.path().to_owned();
        for wrong in [
            "GET /?loginToken=evil".to_owned(),
            format!("GET {}?loginToken=evil", &path[..32]),
            format!("POST {path}?loginToken=evil"),
            format!("GET {path}"),
        ] {
            assert!(get(&url, &wrong).await.starts_with("HTTP/1.1 404"), "{wrong}");
            assert!(!answer.is_finished());
        }
        let right = get(&url, &format!("GET {path}?loginToken=abc&x=y")).await;
        assert!(right.starts_with("HTTP/1.1 200"), "{right}");
        let query = answer.await.expect("no panic").expect("no error");
        assert!(!format!("{query:?}").contains("abc"), "{query:?}");
        assert_eq!(query.reveal(), "loginToken=abc&x=y");
    }
}
