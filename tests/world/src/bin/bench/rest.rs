//! The cost of a running agent at rest.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result};
use presently_world::bench::Usage;
use presently_world::desk::say;
use presently_world::process::{command, run};
use presently_world::proxy::Proxy;
use presently_world::{Agent, Options, Synapse, User, World, secs};
use serde_json::{Value, json};

use crate::{TIMEOUT, desk};

/// The time until the first long poll has ended and the filter is stored.
const SETTLE: Duration = secs(70);

pub(crate) async fn all(synapse: &Synapse, time: Duration) -> Result<()> {
    for accounts in [1, 10, 100] {
        at_rest(synapse, accounts, "30m", "active", time).await?;
    }
    at_rest(synapse, 1, "1s", "away", time).await?;
    over_tls(time).await
}

async fn wait_synced(world: &World, accounts: usize, seen: &str) -> Result<()> {
    let synced = |s: &Value| {
        let all = s["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
        all.len() == accounts && all.iter().all(|a| a["seen_by_others"] == seen)
    };
    world.status_when(&format!("{accounts} accounts {seen}"), synced, TIMEOUT).await.map(drop)
}

/// The cost of a signed-in agent at rest.
async fn at_rest(
    synapse: &Synapse,
    accounts: usize,
    idle: &str,
    state: &str,
    time: Duration,
) -> Result<()> {
    let world = desk(idle).await?;
    let agent = world.agent().await?;
    let mut proxies = Vec::new();
    for _ in 0..accounts {
        let proxy = Proxy::before(synapse.port()).await?;
        let mut person = synapse.user("rest").await?;
        person.homeserver = proxy.url();
        world.sign_in(&person).await?;
        proxies.push(proxy);
    }
    // A restarted agent is in the state after a login, not in that after a
    // sign-in.
    agent.terminate().await?;
    let agent = world.agent().await?;
    world.display()?.press_key().await?;
    wait_synced(&world, accounts, if state == "away" { "unavailable" } else { "online" }).await?;
    say(&format!("\n{accounts} account(s) over plain HTTP, {state}, at rest"))?;
    rest(&agent, &proxies, time).await
}

async fn rest(agent: &Agent, proxies: &[Proxy], time: Duration) -> Result<()> {
    let pid = agent.process().pid();
    tokio::time::sleep(SETTLE).await;
    let traffic = || -> (u64, u64) {
        proxies.iter().map(Proxy::traffic).fold((0, 0), |(r, b), t| (r + t.requests, b + t.bytes))
    };
    let (before, (requests, bytes)) = (Usage::of(pid)?, traffic());
    tokio::time::sleep(time).await;
    let (after, (requests_after, bytes_after)) = (Usage::of(pid)?, traffic());
    let minutes = time.as_secs_f64() / 60.0;
    let a_minute = |n: u64| n as f64 / minutes;
    let mb = |n: u64| n as f64 / 1e6;
    say(&format!("  PSS {:.1} MB, RSS {:.1} MB", mb(after.pss), mb(after.rss)))?;
    let cpu = (after.cpu - before.cpu).as_secs_f64() * 1e3 / minutes;
    let switches = a_minute(after.switches - before.switches);
    say(&format!("  {switches:.1} voluntary context switches and {cpu:.0} ms CPU a minute"))?;
    if !proxies.is_empty() {
        let each = proxies.len() as f64;
        let requests = a_minute(requests_after - requests) / each;
        let bytes = a_minute(bytes_after - bytes) / each;
        say(&format!("  {requests:.2} requests and {bytes:.0} bytes a minute an account"))?;
    }
    Ok(())
}

/// The memory of the agent with a homeserver on https, with the system's
/// certificates and one more.
async fn over_tls(time: Duration) -> Result<()> {
    let mut world = desk("30m").await?;
    let (key, certificate) = (world.path().join("tls.key"), world.path().join("tls.crt"));
    let mut openssl = command("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(&key).arg("-out").arg(&certificate).stderr(Stdio::null());
    run(openssl, b"", secs(30)).await?.success()?;
    let port = presently_world::synapse::free_port()?;
    let more = json!({
        "tls_certificate_path": certificate, "tls_private_key_path": key,
        "listeners": [{
            "port": port, "type": "http", "tls": true, "bind_addresses": ["127.0.0.1"],
            "resources": [{"names": ["client"]}],
        }],
    });
    let synapse = Synapse::start(Options { more, ..Options::default() }).await?;
    let system = std::fs::read_to_string(Path::new("/etc/ssl/certs/ca-certificates.crt"))
        .context("there are no certificates")?;
    let own = std::fs::read_to_string(&certificate)?;
    let all = world.path().join("all.crt");
    std::fs::write(&all, format!("{system}{own}"))?;
    world.set_env("SSL_CERT_FILE", all.display().to_string());
    let agent = world.agent().await?;
    let person = User {
        user_id: format!("@rest:{}", synapse.name()),
        password: "correct horse battery staple".to_owned(),
        homeserver: format!("https://localhost:{port}"),
    };
    register_over_tls(&person, &certificate).await?;
    world.sign_in(&person).await?;
    agent.terminate().await?;
    let agent = world.agent().await?;
    world.display()?.press_key().await?;
    wait_synced(&world, 1, "online").await?;
    say("\n1 account(s) over https, active, at rest")?;
    rest(&agent, &[], time).await
}

/// Registers the person with curl, because the plain client has no TLS.
async fn register_over_tls(person: &User, certificate: &Path) -> Result<()> {
    let mut curl = command("curl");
    let body = json!({
        "username": "rest", "password": person.password, "inhibit_login": true,
        "auth": {"type": "m.login.dummy"},
    });
    curl.args(["-sS", "-f", "--cacert"]).arg(certificate).args(["-d", &body.to_string()]);
    curl.arg(format!("{}/_matrix/client/v3/register", person.homeserver));
    run(curl, b"", secs(20)).await?.success().map(drop)
}
