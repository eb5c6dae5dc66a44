//! Calendars at addresses on the web.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use presently_matrix::download::{Download, Downloader, Version};
use presently_world::authority::Authority;
use presently_world::client::BUSY;
use presently_world::process::Process;
use presently_world::synapse::free_port;
use presently_world::{Synapse, World, secs, within};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::meetings::calendar;
use crate::scene::{SOON, Scene, english, settings};

/// A server of documents that a test determines. It records the requests.
struct Server {
    port: u16,
    /// The whole answers, by path.
    answers: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let answers = Arc::new(Mutex::new(HashMap::new()));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let server = Self { port, answers: Arc::clone(&answers), requests: Arc::clone(&requests) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, requests) = (Arc::clone(&answers), Arc::clone(&requests));
                tokio::spawn(async move { serve(stream, &answers, &requests).await });
            }
        });
        Ok(server)
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn answer(&self, path: &str, head: &str, body: &str) {
        let length = body.len();
        let answer = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{body}");
        self.answer_raw(path, answer);
    }

    fn answer_raw(&self, path: &str, answer: String) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(path.to_owned(), answer.into_bytes());
    }

    fn last_request(&self) -> String {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.last().cloned().unwrap_or_default().to_lowercase()
    }
}

async fn serve(
    mut stream: TcpStream,
    answers: &Mutex<HashMap<String, Vec<u8>>>,
    requests: &Mutex<Vec<String>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut head).await, Ok(1..)) {
            return;
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    requests.lock().unwrap_or_else(PoisonError::into_inner).push(head);
    let answer = answers.lock().unwrap_or_else(PoisonError::into_inner).get(&path).cloned();
    let none = || b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec();
    let answer = answer.unwrap_or_else(none);
    // Every request has a connection of its own. The client must know, or it
    // may send the next one while this one closes.
    let end = answer.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let (status, rest) = answer.split_at(end);
    for part in [status, b"connection: close\r\n", rest] {
        if stream.write_all(part).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn an_unchanged_document_is_not_sent_again() -> Result<()> {
    let server = Server::start().await?;
    let downloader = Downloader::new()?;
    let get = async |path: &str, version: &Version| {
        downloader.get(&server.url(path), version, 30_000_000).await
    };
    server.answer(
        "/a",
        "200 OK\r\netag: \"one\"\r\nlast-modified: Sat, 28 Nov 2026 08:00:00 GMT",
        "x",
    );
    let Ok(Download::New(content, version)) = get("/a", &Version::default()).await else {
        bail!("it was not sent");
    };
    ensure!(content == b"x" && !server.last_request().contains("if-none-match"));
    server.answer_raw("/a", "HTTP/1.1 304 Not Modified\r\netag: \"one\"\r\n\r\n".to_owned());
    ensure!(get("/a", &version).await == Ok(Download::Unchanged));
    let request = server.last_request();
    ensure!(request.contains("if-none-match: \"one\""), "{request}");
    ensure!(request.contains("if-modified-since: sat, 28 nov 2026"), "{request}");

    // Another server may have it now.
    let other = Server::start().await?;
    other.answer("/b", "200 OK", "y");
    server.answer("/a", &format!("302 Found\r\nlocation: {}", other.url("/b")), "");
    let moved = get("/a", &Version::default()).await;
    ensure!(matches!(&moved, Ok(Download::New(content, _)) if content == b"y"), "{moved:?}");

    let large = "x".repeat(20_000_000);
    server.answer("/large", "200 OK", &large);
    let sent = get("/large", &Version::default()).await;
    ensure!(matches!(sent, Ok(Download::New(content, _)) if content.len() == large.len()));

    server.answer("/large", "200 OK", &large.repeat(2));
    let loop_to = format!("302 Found\r\nlocation: {}", server.url("/loop"));
    server.answer("/loop", &loop_to, "");
    server.answer("/away", "302 Found\r\nlocation: http://example.org/", "");
    server.answer("/slow-down", "429 Too Many Requests\r\nretry-after: 120", "");
    server.answer_raw("/cut", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nBEGIN".to_owned());
    for (path, words, retry_after) in [
        ("/large", "more than 30 MB", None),
        ("/loop", "sends the request on", None),
        ("/away", "sends the request on", None),
        ("/slow-down", "answers 429", Some(120)),
        ("/missing", "answers 404", None),
        ("/cut", "127.0.0.1", None),
    ] {
        let Err(error) = get(path, &Version::default()).await else { bail!("{path} was taken") };
        let said = english(&error.why);
        ensure!(said.contains(words), "{path}: {said}");
        ensure!(!said.contains(path), "the address is told: {said}");
        ensure!(error.retry_after == retry_after.map(Duration::from_secs), "{path}");
    }
    Ok(())
}

/// A server with a certificate, which sends the files of a folder.
const SERVER: &str = r#"
import functools, http.server, ssl, sys
folder, port, certificate, key = sys.argv[1:]
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("ready", flush=True)
server.serve_forever()
"#;

async fn https_server(world: &World, authority: &Authority, port: u16) -> Result<Process> {
    let certificate = authority.certify("IP:127.0.0.1").await?;
    let mut python = Command::new("/usr/bin/python3");
    python.args(["-c", SERVER]).arg(world.path().join("www")).arg(port.to_string());
    python.arg(&certificate.certificate).arg(&certificate.key);
    python.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut server = Process::start("https server", python, world.logs()).await?;
    ensure!(server.first_line(secs(20)).await? == "ready");
    Ok(server)
}

#[tokio::test]
async fn a_calendar_on_the_web_is_read_by_https_and_its_address_kept_secret() -> Result<()> {
    let authority = Authority::new().await?;
    let (person, colleague) = Synapse::busy().await?.person_and_colleague().await?;
    let mut world = World::new()?;
    world.add_display().await?;
    world.write_settings(&settings("5m"))?;
    let file = authority.file();
    world.set_env("SSL_CERT_FILE", file.to_str().context("a path that is text")?);
    world.set_env("PRESENTLY_LOG", "debug");
    let folder = world.path().join("www/private-8c1f");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("basic.ics"), calendar(&[(-60, 600, "")]))?;
    let port = free_port()?;
    let server = https_server(&world, &authority, port).await?;
    let scene = Scene::in_world(world, person, colleague).await?;

    let address = format!("https://127.0.0.1:{port}/private-8c1f/basic.ics");
    let plain = address.replace("https://127.0.0.1", "http://example.org");
    let refused = scene.world.try_presently(&["calendar", "add", &plain]).await?;
    ensure!(refused.status == Some(1) && refused.stderr.contains("https://"), "{refused:?}");
    let added = scene.say(&["calendar", "add", &address.replace("https", "webcal")]).await?;
    ensure!(added.contains("1 event"), "{added}");
    scene.sees(BUSY).await?;
    let agenda = scene.say(&["agenda"]).await?;
    ensure!(agenda.contains("busy"), "{agenda}");

    // The server is gone: what it said counts, and that it is gone is said.
    server.kill().await?;
    scene.say(&["settings", "set", "meeting.addresses", "[\"me@example.org\"]"]).await?;
    let trouble = |status: &Value| status["troubles"].to_string().contains("counts for a day");
    let status = scene.world.status_when("the trouble", trouble, SOON).await?;
    ensure!(status["source"] == "meeting", "{status:#}");
    ensure!(status["troubles"].to_string().contains(&format!("127.0.0.1:{port}")), "{status:#}");

    let doctor = scene.say(&["doctor", "--full"]).await?;
    let agent = scene.agent.process().stderr();
    for (place, text) in [("status", status.to_string()), ("doctor", doctor), ("log", agent)] {
        ensure!(!text.contains("private-8c1f"), "the address is in the {place}: {text}");
    }
    let address = format!("webcal://127.0.0.1:{port}/private-8c1f/basic.ics");
    scene.say(&["calendar", "remove", &address]).await?;
    within(SOON, "online", scene.sees("online")).await
}
