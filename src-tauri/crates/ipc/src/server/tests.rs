//! Tests of a server and its clients in one process, hostile clients included.
//! Other users and killed agents are tested with the real program.

use std::os::unix::fs::PermissionsExt;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

use super::*;
use crate::wire::snapshot;
use crate::{Client, ClientError};

struct World {
    paths: Paths,
    snapshots: watch::Sender<Arc<Snapshot>>,
    requests: mpsc::Receiver<PendingRequest>,
    server: JoinHandle<AgentLock>,
    _folder: tempfile::TempDir,
}

fn paths(folder: &tempfile::TempDir) -> Paths {
    let var = |_: &str| Some(folder.path().into());
    Paths::from_vars(var, std::path::Path::new("/usr/bin/presently")).expect("all is set")
}

fn start() -> World {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = paths(&folder);
    let server = Server::bind(&paths).expect("nobody else is there");
    let (snapshots, watched) = watch::channel(Arc::new(snapshot()));
    let (sender, requests) = mpsc::channel(4);
    let server = tokio::spawn(server.serve(sender, watched));
    World { paths, snapshots, requests, server, _folder: folder }
}

impl World {
    async fn client(&self) -> Client {
        Client::connect(&self.paths).await.expect("the server listens")
    }

    async fn raw(&self, line: &[u8]) -> String {
        let mut stream = UnixStream::connect(&self.paths.socket).await.expect("connects");
        // The server may close the connection before it has read everything.
        let _ = stream.write_all(line).await;
        let mut answer = String::new();
        let _ = BufReader::new(stream).read_line(&mut answer).await;
        answer
    }
}

#[tokio::test]
async fn status_comes_from_the_watch() {
    let world = start();
    let got = world.client().await.status().await.expect("answered");
    assert_eq!(*got, snapshot());
}

#[tokio::test]
async fn a_follower_sees_each_change_and_the_end() {
    let world = start();
    let mut follow = world.client().await.follow().await.expect("connected");
    assert_eq!(follow.next().await.expect("answered").expect("first").revision, 12);
    world.snapshots.send_modify(|s| Arc::make_mut(s).revision = 13);
    assert_eq!(follow.next().await.expect("answered").expect("second").revision, 13);

    drop(world.requests);
    let _lock = world.server.await.expect("no panic");
    assert_eq!(follow.next().await.expect("a clean end"), None);
    assert!(!world.paths.socket.exists());
    let error = Client::connect(&world.paths).await.expect_err("nobody listens");
    assert!(matches!(error, ClientError::NoAgent), "{error}");
}

/// A suspended client does not read. The agent closes its connection in the
/// end, in the middle of a line. When it wakes up, it gets the latest snapshot.
#[tokio::test(start_paused = true)]
async fn a_follower_that_was_suspended_hears_the_latest() {
    let world = start();
    let mut follow = world.client().await.follow().await.expect("connected");
    let mut last = 12;
    for _ in 0..200 {
        last += 1;
        world.snapshots.send_modify(|s| {
            let snapshot = Arc::make_mut(s);
            snapshot.revision = last;
            snapshot.reason = "ü".repeat(20_000);
        });
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(CLIENT_DEADLINE * 2).await;
    let mut heard = 0;
    while heard != last {
        let snapshot = follow.next().await.expect("no error").expect("the agent is there");
        assert!(snapshot.revision > heard, "{} after {heard}", snapshot.revision);
        heard = snapshot.revision;
    }
    // It gets each later change as well.
    world.snapshots.send_modify(|s| Arc::make_mut(s).revision = last + 1);
    let snapshot = follow.next().await.expect("no error").expect("the agent is there");
    assert_eq!(snapshot.revision, last + 1);
}

#[tokio::test]
async fn other_requests_reach_the_agent_and_the_last_answer_leaves() {
    let World { paths, mut requests, server, _folder, snapshots: _snapshots } = start();
    let asked = tokio::spawn(async move {
        Client::connect(&paths).await.expect("connects").request(Request::Quit).await
    });
    let PendingRequest { request, answer } = requests.recv().await.expect("a request");
    assert_eq!(request, Request::Quit);
    drop(requests);
    answer.send(Reply::Done { revision: 1 }).expect("the server waits for it");
    let _lock = server.await.expect("no panic");
    let reply = asked.await.expect("no panic").expect("answered");
    assert_eq!(reply, Reply::Done { revision: 1 });
}

#[tokio::test]
async fn an_agent_that_drops_a_request_is_ending() {
    let mut world = start();
    let client = world.client().await;
    let asked = tokio::spawn(client.request(Request::Window { view: None, activation: None }));
    drop(world.requests.recv().await);
    let error = asked.await.expect("no panic").expect_err("dropped");
    assert_eq!(error.to_string(), "agent-ending");
}

#[tokio::test]
async fn there_is_one_agent_and_its_files_are_its_own() {
    let world = start();
    let second = Server::bind(&world.paths).expect_err("locked");
    assert!(matches!(second, BindError::AlreadyRunning), "{second}");
    let mode = |path| std::fs::metadata(path).expect("exists").permissions().mode() & 0o777;
    assert_eq!(mode(&world.paths.runtime_dir), 0o700);
    assert_eq!(mode(&world.paths.socket), 0o600);
    assert_eq!(mode(&world.paths.lock), 0o600);
    assert!(world.client().await.status().await.is_ok(), "the first one is unharmed");
}

#[tokio::test]
async fn a_folder_that_others_may_enter_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = paths(&folder);
    std::fs::create_dir(&paths.runtime_dir).expect("made");
    let open = std::fs::Permissions::from_mode(0o777);
    std::fs::set_permissions(&paths.runtime_dir, open).expect("opened");
    let _server = Server::bind(&paths).expect("bound");
    let mode = std::fs::metadata(&paths.runtime_dir).expect("exists").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn a_link_in_the_folders_place_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = paths(&folder);
    std::os::unix::fs::symlink("/tmp", &paths.runtime_dir).expect("linked");
    let error = Server::bind(&paths).expect_err("refused");
    assert!(matches!(error, BindError::Folder { .. }), "{error}");
}

#[tokio::test]
async fn nonsense_is_answered_with_one_line() {
    let world = start();
    for (line, wanted) in [
        (&b"\n"[..], "that is not a request"),
        (b"GET / HTTP/1.1\r\n", "that is not a request"),
        (b"\xff\xfe\n", "that is not a request"),
        (b"[[[[[[[[\n", "that is not a request"),
        (b"{\"request\":\"dance\"}\n", "does not understand the request “dance”"),
        (b"{\"request\":\"da\\u001bnce\\n\"}\n", "does not understand the request “dance”"),
        (b"{\"request\":\"choose\",\"presence\":\"asleep\"}\n", "request “choose”"),
    ] {
        let answer = world.raw(line).await;
        let reply: Reply = serde_json::from_str(&answer).expect("one line of JSON");
        let Reply::Failed(failure) = reply else { panic!("{reply:?}") };
        assert!(failure.message.contains(wanted), "{line:?}: {}", failure.message);
        assert!(!failure.message.contains('\n'));
    }
    let secret =
        world.raw(b"{\"request\":\"login\",\"user_id\":1,\"password\":\"hunter2\"}\n").await;
    assert!(!secret.contains("hunter2"), "{secret}");
    assert!(world.client().await.status().await.is_ok());
}

#[tokio::test]
async fn a_line_without_end_is_cut_off() {
    let world = start();
    let answer = world.raw(&vec![b'['; LINE_BYTES * 4]).await;
    // The refusal may be lost when the server hangs up on unread bytes.
    assert!(answer.is_empty() || answer.contains("at most"), "{answer}");
    assert!(world.client().await.status().await.is_ok());
}

#[tokio::test]
async fn who_takes_all_places_is_refused_and_the_places_come_back() {
    let world = start();
    let mut idlers = Vec::new();
    for _ in 0..CONNECTIONS {
        idlers.push(world.client().await.follow().await.expect("connected"));
    }
    for idler in &mut idlers {
        assert!(idler.next().await.expect("answered").is_some());
    }
    let error = world.client().await.status().await.expect_err("refused");
    assert_eq!(error.to_string(), "agent-crowded");

    drop(idlers);
    // A slot is free again as soon as the server has seen its client go.
    while world.client().await.status().await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_sent_away() {
    let world = start();
    let mut silent = UnixStream::connect(&world.paths.socket).await.expect("connects");
    silent.write_all(b"{\"request\":").await.expect("half a line");
    let mut answer = String::new();
    silent.read_to_string(&mut answer).await.expect("the server hangs up");
    assert!(answer.contains("in time"), "{answer}");
}

#[tokio::test]
async fn a_socket_without_an_agent_is_taken_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = paths(&folder);
    std::fs::create_dir(&paths.runtime_dir).expect("made");
    drop(std::os::unix::net::UnixListener::bind(&paths.socket).expect("bound"));
    assert!(paths.socket.exists(), "left behind");
    let error = Client::connect(&paths).await.expect_err("nobody listens");
    assert!(matches!(error, ClientError::NoAgent), "{error}");
    let _server = Server::bind(&paths).expect("taken over");
    Client::connect(&paths).await.expect("it listens");
}

#[tokio::test]
async fn the_next_agent_starts_when_this_one_has_ended() {
    let world = start();
    drop(world.requests);
    let lock = world.server.await.expect("no panic");
    let paths = world.paths.clone();
    let mut next = tokio::task::spawn_blocking(move || Server::bind(&paths));
    // It waits for the lock, although no agent listens any more.
    let early = timeout(Duration::from_millis(100), &mut next).await;
    assert!(early.is_err(), "{early:?}");
    drop(lock);
    next.await.expect("no panic").expect("it starts");
}
