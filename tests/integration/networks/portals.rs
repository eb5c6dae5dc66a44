//! Other hosts that answer in place of the homeserver: with invalid
//! certificates, or as captive portals.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use presently_world::authority::{Authority, Certificate};
use presently_world::client::BUSY;
use presently_world::forward::{Forward, Rule};
use presently_world::process::{Process, command};
use presently_world::proxy::{Line, Proxy};
use presently_world::synapse::free_port;
use presently_world::{Seen, Synapse, User, World, secs};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Homeserver, login, refused, sees};
use crate::scene::{SOON, settings};

/// A server that accepts TLS and nothing else.
async fn tls_server(world: &World, port: u16, certificate: &Certificate) -> Result<Process> {
    let mut server = command("openssl");
    server.args(["s_server", "-www", "-accept", &format!("127.0.0.1:{port}"), "-key"]);
    server.arg(&certificate.key).arg("-cert").arg(&certificate.certificate);
    server.stdin(Stdio::null()).stdout(Stdio::null());
    let server = Process::start("openssl", server, world.logs()).await?;
    presently_world::within(SOON, "a TLS server", async {
        // It tells nobody when it listens.
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    })
    .await?;
    Ok(server)
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said() -> Result<()> {
    let homeserver = Homeserver::shared().await?;
    let world = homeserver.world()?;
    let _agent = world.agent().await?;
    let person = |port| User {
        user_id: "@alex:busy.example".to_owned(),
        password: "secret".to_owned(),
        homeserver: format!("https://127.0.0.1:{port}"),
    };
    let ours = &homeserver.authority;
    for (certificate, words) in [
        (ours.certify_long_ago("IP:127.0.0.1").await?, "it has expired"),
        (ours.certify("DNS:elsewhere.example").await?, "it is for another name"),
        (
            Authority::new().await?.certify("IP:127.0.0.1").await?,
            "nobody that this computer trusts has signed it",
        ),
    ] {
        let port = free_port()?;
        let _server = tls_server(&world, port, &certificate).await?;
        let line = refused(&login(&world, &person(port)).await?)?;
        let expected = format!("127.0.0.1:{port} has no valid certificate: {words}");
        ensure!(line.contains(&expected), "{line}");
    }
    // What speaks plain http there, and what does not speak at all.
    let plain = TcpListener::bind("127.0.0.1:0").await?;
    let port = plain.local_addr()?.port();
    let answering = tokio::spawn(async move {
        while let Ok((mut client, _)) = plain.accept().await {
            let _ = client.read(&mut [0; 1024]).await;
            let _ = client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let line = refused(&login(&world, &person(port)).await?)?;
    answering.abort();
    ensure!(line.contains("what answers there is not encrypted: is the port right?"), "{line}");
    let port = free_port()?;
    let line = refused(&login(&world, &person(port)).await?)?;
    ensure!(line.contains(&format!("127.0.0.1:{port} cannot be reached: nobody listens there")));
    Ok(())
}

/// A captive portal answers for every host name without a valid certificate.
#[tokio::test]
async fn a_portal_that_swallows_tls_ends_no_session() -> Result<()> {
    let homeserver = Homeserver::shared().await?;
    let world = homeserver.world()?;
    let _agent = world.agent().await?;
    let proxy = Proxy::before(homeserver.tls).await?;
    let port = proxy.port();
    let (person, colleague) = homeserver.person(format!("https://127.0.0.1:{port}")).await?;
    world.sign_in(&person).await?;
    world.presently(&["busy"]).await?;
    sees(&colleague, &person, BUSY).await?;

    proxy.cut();
    drop(proxy);
    let portal = Authority::new().await?.certify("IP:127.0.0.1").await?;
    let server = tls_server(&world, port, &portal).await?;
    let told = |s: &Value| {
        let problem = s["accounts"][0]["problem"].as_str().unwrap_or_default();
        problem.contains("nobody that this computer trusts has signed it")
    };
    let snapshot = world.status_when("the portal's certificate is told", told, secs(30)).await?;
    let account = &snapshot["accounts"][0];
    ensure!(account["connection"] == "retrying", "{account}");
    ensure!(account["seen_by_others"].is_null(), "it cannot know that: {account}");
    world.presently(&["busy", "--message", "Writing"]).await?;
    server.kill().await?;

    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let _proxy = Proxy::on(listener, homeserver.tls)?;
    let wanted = |seen: &Seen| seen.is(BUSY) && seen.message.as_deref() == Some("Writing");
    colleague.wait_for(&person.user_id, wanted, SOON).await?;
    Ok(())
}

/// A captive portal answers in place of the homeserver, in each known way.
#[tokio::test]
async fn a_portal_ends_no_session() -> Result<()> {
    let synapse = Synapse::busy().await?;
    let proxy = Proxy::before(synapse.port()).await?;
    let (person, colleague) = synapse.person_and_colleague().await?;
    let person = User { homeserver: proxy.url(), ..person };
    let mut world = World::new()?;
    world.write_settings(&settings("5m"))?;
    world.set_env("PRESENTLY_LOG", "debug");
    let _agent = world.agent().await?;
    world.sign_in(&person).await?;
    world.presently(&["available"]).await?;
    sees(&colleague, &person, "online").await?;
    // Its page has what a portal would like to have.
    let elsewhere = Forward::to(synapse.port(), Rule::Closed).await?;
    let to = format!("Location: http://{}/login?from=matrix\r\n", elsewhere.address());
    let (like, wants) =
        ("does this network want you to sign in first", "This network wants you to sign in");
    for (n, (status, header, words)) in [
        ("200 OK", "", like),
        ("302 Found", &*to, like),
        ("401 Unauthorized", "", like),
        ("511 Network Authentication Required", "", wants),
    ]
    .into_iter()
    .enumerate()
    {
        let page = "<html><title>Hotel</title>Welcome</html>";
        let length = page.len();
        proxy.set(Line::answered(format!(
            "HTTP/1.1 {status}\r\n{header}Content-Type: text/html\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{page}"
        )));
        let told = |s: &Value| {
            let problem = s["accounts"][0]["problem"].as_str().unwrap_or_default();
            problem.contains(words) && problem.contains("in a browser")
        };
        let told = world.status_when("the portal is told", told, secs(30)).await;
        let snapshot = told.with_context(|| status.to_owned())?;
        let account = &snapshot["accounts"][0];
        let problem = account["problem"].as_str().context("a problem")?;
        ensure!(problem.lines().count() == 1, "{problem}");
        ensure!(account["connection"] == "retrying", "{status}: {account}");
        ensure!(account["seen_by_others"].is_null(), "it cannot know that: {account}");
        let message = format!("Behind the portal {n}");
        world.presently(&["busy", "--message", &message]).await?;
        proxy.mend();
        let wanted = |seen: &Seen| seen.is(BUSY) && seen.message.as_deref() == Some(&*message);
        let seen = colleague.wait_for(&person.user_id, wanted, SOON).await;
        seen.with_context(|| status.to_owned())?;
    }
    ensure!(elsewhere.asked().is_empty(), "the portal was asked: {:?}", elsewhere.asked());
    Ok(())
}
