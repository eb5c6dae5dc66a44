//! Faults of the network between the agent and its homeserver: others never see
//! a wrong presence, the person is told, the server is not flooded with
//! requests, and the agent recovers soon.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_world::client::BUSY;
use presently_world::proxy::{Line, Proxy, Traffic};
use presently_world::{Synapse, User, secs};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::scene::{SOON, Scene};

/// The time limit for recovery after the fault has ended.
const MENDED: Duration = secs(15);

/// A person behind a proxy that the test controls.
struct Connected {
    scene: Scene,
    proxy: Proxy,
}

impl Connected {
    async fn new() -> Result<Self> {
        let synapse = Synapse::busy().await?;
        let proxy = Proxy::before(synapse.port()).await?;
        let (person, colleague) = synapse.person_and_colleague().await?;
        let person = User { homeserver: proxy.url(), ..person };
        let scene = Scene::of(person, colleague, "5m").await?;
        let seen = |a: &Value| a["seen_by_others"] == "online";
        scene.account_when("online read back", seen, SOON).await?;
        Ok(Self { scene, proxy })
    }

    /// Applies a fault for a while, makes a choice meanwhile, and checks the
    /// recovery.
    async fn suffers(&self, line: Line, told: &[&str], time: Duration) -> Result<()> {
        let (scene, mark) = (&self.scene, self.scene.colleague.mark());
        let before = self.proxy.traffic();
        self.proxy.set(line);
        let began = Instant::now();
        scene.say(&["busy", "--message", "Writing"]).await?;
        ensure!(began.elapsed() < secs(5), "the command waited for the server");
        // That the connection broke off may be said first. Far more time than
        // it takes to find out where nobody says anything.
        let clear = |a: &Value| {
            let problem = a["problem"].as_str().unwrap_or_default();
            a["connection"] == "retrying" && told.iter().any(|words| problem.contains(words))
        };
        let account = scene.account_when("the trouble is told", clear, secs(50)).await?;
        ensure!(account["seen_by_others"].is_null(), "it cannot know that: {account}");
        let problem = account["problem"].as_str().context("a problem")?;
        ensure!(problem.lines().count() == 1 && problem.starts_with("127.0.0.1"), "{problem}");
        tokio::time::sleep(time.saturating_sub(began.elapsed())).await;
        self.quiet_since(before, began.elapsed())?;

        self.proxy.mend();
        let back = Instant::now();
        scene.sees_with(BUSY, Some("Writing")).await?;
        ensure!(back.elapsed() < MENDED, "it took {:?}", back.elapsed());
        let right = |a: &Value| {
            a["connection"] == "syncing" && a["seen_by_others"] == "busy" && a["problem"].is_null()
        };
        scene.account_when("read back", right, SOON).await?;
        // Gone is what others may see of somebody who cannot be reached, and
        // away stands for busy until the other devices are known.
        for sighting in scene.colleague.since(mark) {
            let seen = sighting.seen;
            let fine = [BUSY, "unavailable", "offline"];
            ensure!(fine.iter().any(|p| seen.is(p)), "they saw {seen}");
        }
        Ok(())
    }

    /// Checks that retries back off.
    fn quiet_since(&self, before: Traffic, time: Duration) -> Result<()> {
        let now = self.proxy.traffic();
        let requests = now.requests - before.requests;
        let connections = now.connections - before.connections;
        let most = 12 + time.as_secs() / 3;
        presently_world::note(&format!("{requests} requests, {connections} connections, {time:?}"));
        ensure!(requests.max(connections) <= most, "{requests}, {connections} in {time:?}");
        Ok(())
    }
}

fn http(status: &str, kind: &str, body: &str) -> Line {
    let length = body.len();
    Line::answered(format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    ))
}

#[tokio::test]
async fn a_cut_line() -> Result<()> {
    Connected::new().await?.suffers(Line::Cut, &["the connection broke off"], secs(12)).await
}

/// Packets are dropped silently, as with a pulled cable.
#[tokio::test]
async fn a_lost_line() -> Result<()> {
    let told = ["no answer in time", "the connection broke off"];
    Connected::new().await?.suffers(Line::Lost, &told, secs(20)).await
}

/// The network returns before the loss was noticed; open connections stay dead.
#[tokio::test]
async fn a_line_that_was_lost_for_a_moment() -> Result<()> {
    let Connected { scene, proxy } = Connected::new().await?;
    proxy.set(Line::Lost);
    scene.say(&["busy", "--message", "Writing"]).await?;
    tokio::time::sleep(secs(3)).await;
    proxy.mend();
    let back = Instant::now();
    scene.sees_with(BUSY, Some("Writing")).await?;
    ensure!(back.elapsed() < MENDED, "it took {:?}", back.elapsed());
    Ok(())
}

#[tokio::test]
async fn slow_answers() -> Result<()> {
    let Connected { scene, proxy } = Connected::new().await?;
    let mark = scene.colleague.mark();
    let before = proxy.traffic();
    proxy.set(Line::Slow(secs(4)));
    let began = Instant::now();
    scene.say(&["busy", "--message", "Writing"]).await?;
    scene.sees_with(BUSY, Some("Writing")).await?;
    ensure!(began.elapsed() < MENDED, "it took {:?}", began.elapsed());
    let right = |a: &Value| a["connection"] == "syncing" && a["seen_by_others"] == "busy";
    scene.account_when("busy read back", right, secs(30)).await?;
    scene.say(&["available"]).await?;
    scene.sees("online").await?;
    let right = |a: &Value| a["connection"] == "syncing" && a["seen_by_others"] == "online";
    scene.account_when("online read back", right, secs(30)).await?;
    proxy.mend();
    scene.say(&["away"]).await?;
    scene.sees("unavailable").await?;
    let seen: Vec<_> = scene.colleague.since(mark).into_iter().map(|s| s.seen.presence).collect();
    // Away stands for busy until the other devices are known.
    let seen: Vec<_> = seen.iter().skip_while(|p| *p == "unavailable").collect();
    ensure!(seen == [BUSY, "online", "unavailable"], "{seen:?}");
    let requests = proxy.traffic().requests - before.requests;
    ensure!(requests < 60, "{requests} requests");
    Ok(())
}

#[tokio::test]
async fn truncated_answers() -> Result<()> {
    let told = ["the connection broke off", "does not answer like a Matrix server"];
    Connected::new().await?.suffers(Line::Truncated, &told, secs(12)).await
}

#[tokio::test]
async fn nonsense_in_place_of_answers() -> Result<()> {
    let person = Connected::new().await?;
    for (kind, body) in [
        ("application/json", r#"{"next_batch": 7, "presence": ["#),
        ("application/json", r#"{"next_batch": {"a": []}, "presence": {"events": 1}}"#),
        ("text/html", "<html>Welcome to the hotel</html>"),
        ("application/json", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
    ] {
        let line = http("200 OK", kind, body);
        let told = ["does not answer like a Matrix server"];
        person.suffers(line, &told, secs(6)).await.with_context(|| body.to_owned())?;
        person.scene.say(&["auto"]).await?;
        person.scene.sees("online").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_storm_of_refusals() -> Result<()> {
    let body = r#"{"errcode": "M_LIMIT_EXCEEDED", "error": "Slow down", "retry_after_ms": 3000}"#;
    let line = http("429 Too Many Requests", "application/json", body);
    Connected::new().await?.suffers(line, &["wants fewer requests"], secs(12)).await
}

#[tokio::test]
async fn a_server_with_a_fault_of_its_own() -> Result<()> {
    let line = http("502 Bad Gateway", "text/html", "<html>Bad gateway</html>");
    Connected::new().await?.suffers(line, &["HTTP 502"], secs(12)).await
}

/// An endless answer is aborted before it exhausts the memory.
#[tokio::test]
async fn an_answer_without_an_end() -> Result<()> {
    let body = " ".repeat(64 << 20);
    let person = Connected::new().await?;
    let line = http("200 OK", "application/json", &body);
    person.suffers(line, &["answers without end"], secs(8)).await
}

/// A captive portal redirects every request. The redirect must not receive the
/// token, nor be taken for an answer of the homeserver.
#[tokio::test]
async fn a_redirect_to_elsewhere() -> Result<()> {
    let person = Connected::new().await?;
    let elsewhere = TcpListener::bind("127.0.0.1:0").await?;
    let port = elsewhere.local_addr()?.port();
    let (heard, mut hears) = tokio::sync::mpsc::unbounded_channel::<String>();
    let listening = tokio::spawn(async move {
        // It looks like a homeserver, and says that the session has ended.
        let body = r#"{"errcode": "M_UNKNOWN_TOKEN", "error": "x"}"#;
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        while let Ok((mut client, _)) = elsewhere.accept().await {
            let mut request = vec![0; 16 * 1024];
            let n = client.read(&mut request).await.unwrap_or(0);
            let _ = heard.send(String::from_utf8_lossy(&request[..n]).into_owned());
            let _ = client.write_all(answer.as_bytes()).await;
        }
    });
    let line = Line::answered(format!(
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:{port}/portal\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    ));
    let told = ["does not answer like a Matrix server"];
    let suffered = person.suffers(line, &told, secs(8)).await;
    listening.abort();
    hears.close();
    while let Some(request) = hears.recv().await {
        ensure!(!request.contains("syt_"), "somebody else has the token");
    }
    suffered
}
