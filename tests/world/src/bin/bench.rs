//! Figures of the agent, measured from outside: no pass, no fail.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use presently_world::bench::{Usage, spread};
use presently_world::client::BUSY;
use presently_world::desk::say;
use presently_world::process::{command, run};
use presently_world::proxy::Proxy;
use presently_world::world::programs;
use presently_world::{Agent, Client, Colleague, Options, Seen, Synapse, User, World, secs};
use serde_json::{Value, json};

/// Until the first long poll is over and the filter is stored.
const SETTLE: Duration = secs(70);
/// Longer than the longest poll.
const REST: u64 = 260;
const ROUNDS: usize = 15;
const PATIENCE: Duration = secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let rest = match std::env::args().nth(1) {
        Some(seconds) => secs(seconds.parse().context("Usage: presently-bench [SECONDS]")?),
        None => secs(REST),
    };
    say(&format!("Programs in {}", programs()?.display()))?;
    for program in ["presently", "presently-window"] {
        if let Ok(file) = std::fs::metadata(programs()?.join(program)) {
            say(&format!("  {program:<18} {:.1} MB", file.len() as f64 / 1e6))?;
        }
    }
    let synapse = Synapse::start(Options::default()).await?;
    reaction(&synapse).await?;
    for accounts in [1, 10, 100] {
        at_rest(&synapse, accounts, "30m", "active", rest).await?;
    }
    at_rest(&synapse, 1, "1s", "away", rest).await?;
    over_tls(rest).await
}

/// A desk at which the agent runs.
async fn desk(idle: &str) -> Result<World> {
    let mut world = World::quiet()?;
    world.add_display().await?;
    world.add_bus().await?;
    world.write_settings(&format!("secrets = \"file\"\n[idle]\nafter = \"{idle}\"\n"))?;
    Ok(world)
}

async fn wait_synced(world: &World, accounts: usize, seen: &str) -> Result<()> {
    let synced = |s: &Value| {
        let all = s["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
        all.len() == accounts && all.iter().all(|a| a["seen_by_others"] == seen)
    };
    world.status_when(&format!("{accounts} accounts {seen}"), synced, PATIENCE).await.map(drop)
}

/// What it costs to have it running, signed in, with nothing to do.
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
    // As it is from login on, not as it is after signing in.
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

/// How soon others see it.
async fn reaction(synapse: &Synapse) -> Result<()> {
    say("\nUntil the colleague's /sync has it")?;
    let (person, colleague) = synapse.person_and_colleague().await?;
    let device = Client::login(&person).await?;
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let presence = if round % 2 == 0 { "online" } else { "unavailable" };
        times
            .push(timed(&colleague, &person, presence, device.put_presence(presence, None)).await?);
    }
    say(&format!("  a bare PUT                        {}", spread(&mut times)))?;

    let token = device.token().to_owned();
    let url = format!("{}/_matrix/client/v3/presence/{}/status", synapse.url(), person.user_id);
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let presence = if round % 2 == 0 { "unavailable" } else { "online" };
        let mut curl = command("curl");
        curl.args(["-sS", "-f", "-X", "PUT", "-H", &format!("Authorization: Bearer {token}")]);
        curl.args(["-d", &json!({"presence": presence}).to_string(), &url]);
        let put = async { run(curl, b"", secs(20)).await?.success().map(drop) };
        times.push(timed(&colleague, &person, presence, put).await?);
    }
    say(&format!("  a bare PUT by curl                {}", spread(&mut times)))?;
    device.put_presence("offline", None).await?;
    device.logout().await?;

    let world = desk("1s").await?;
    let agent = world.agent().await?;
    world.sign_in(&person).await?;
    let display = world.display()?;
    let mut keyboard = display.keyboard().await?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let idle = |s: &Value| s["accounts"][0]["seen_by_others"] == "unavailable";
        world.status_when("away", idle, PATIENCE).await?;
        let press = async { keyboard.press_key() };
        times.push(timed(&colleague, &person, "online", press).await?);
    }
    say(&format!("  a key press after idle            {}", spread(&mut times)))?;

    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let (word, presence) =
            if round % 2 == 0 { ("busy", BUSY) } else { ("available", "online") };
        let say = async { world.presently(&[word]).await.map(drop) };
        times.push(timed(&colleague, &person, presence, say).await?);
    }
    say(&format!("  presently busy, or available      {}", spread(&mut times)))?;

    world.presently(&["auto"]).await?;
    let mut times = Vec::new();
    let mut agent = agent;
    for _ in 0..5 {
        agent.terminate().await?;
        let offline = |s: &Seen| s.is("offline");
        colleague.wait_for(&person.user_id, offline, PATIENCE).await?;
        let mark = colleague.mark();
        display.press_key().await?;
        let began = Instant::now();
        agent = world.start_agent(&["run"]).await?;
        let there = |s: &Seen| !s.is("offline");
        let sighting = colleague.wait_since(mark, &person.user_id, there, PATIENCE).await?;
        times.push(sighting.at.saturating_duration_since(began));
    }
    say(&format!("  the start of the agent            {}", spread(&mut times)))
}

/// How long after `act` began the colleague saw `presence`.
async fn timed(
    colleague: &Colleague,
    person: &User,
    presence: &str,
    act: impl Future<Output = Result<()>>,
) -> Result<Duration> {
    let mark = colleague.mark();
    let began = Instant::now();
    act.await?;
    let wanted = |s: &Seen| s.is(presence);
    let sighting = colleague.wait_since(mark, &person.user_id, wanted, PATIENCE).await?;
    Ok(sighting.at.saturating_duration_since(began))
}

/// Its memory when the homeserver is spoken to by https, with the system's
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

/// The plain client here speaks no TLS.
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
