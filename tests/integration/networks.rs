//! The networks that a computer is on: they go and come back, are others,
//! have a proxy, want a sign-in, or speak IPv6 only.

use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_world::authority::{Authority, Certificate};
use presently_world::bench::Usage;
use presently_world::cable::{Cable, ROUTER};
use presently_world::client::BUSY;
use presently_world::forward::{Forward, Rule};
use presently_world::process::{Output, Process, command};
use presently_world::proxy::{Line, Proxy};
use presently_world::synapse::free_port;
use presently_world::world::programs;
use presently_world::{Agent, Colleague, Options, Seen, Synapse, User, World, note, secs};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::OnceCell;

use crate::scene::{SOON, settings};

/// Nobody knows this name but the proxy.
const OFFICE: &str = "matrix.office.example";

/// Somebody with two addresses, one of which leads nowhere.
const TWO: &str = "two.example";

/// A homeserver with more doors than one.
struct Homeserver {
    synapse: Synapse,
    authority: Authority,
    /// Encrypted, on 127.0.0.1.
    tls: u16,
    /// On ::1 only.
    six: u16,
}

impl Homeserver {
    /// The one that the tests here share.
    async fn shared() -> Result<&'static Self> {
        static SHARED: OnceCell<Homeserver> = OnceCell::const_new();
        SHARED.get_or_try_init(Self::start).await
    }

    async fn start() -> Result<Self> {
        let authority = Authority::new().await?;
        let names = format!("IP:127.0.0.1,IP:{ROUTER},DNS:{OFFICE},DNS:{TWO}");
        let Certificate { certificate, key, .. } = authority.certify(&names).await?;
        let (tls, six) = (free_port()?, free_port()?);
        let options = Options {
            doors: vec![
                json!({"port": tls, "tls": true}),
                json!({"port": six, "bind_addresses": ["::1"]}),
            ],
            more: json!({"tls_certificate_path": certificate, "tls_private_key_path": key}),
            ..Options::default()
        };
        Ok(Self { synapse: Synapse::start(options).await?, authority, tls, six })
    }

    /// A person who knows it by another address, and a colleague.
    async fn person(&self, homeserver: String) -> Result<(User, Colleague)> {
        let (person, colleague) = self.synapse.person_and_colleague().await?;
        Ok((User { homeserver, ..person }, colleague))
    }

    /// A machine that trusts its authority.
    fn world(&self) -> Result<World> {
        let mut world = World::new()?;
        world.write_settings(&settings("5m"))?;
        let file = self.authority.file();
        world.set_env("SSL_CERT_FILE", file.to_str().context("a path that is text")?);
        world.set_env("PRESENTLY_LOG", "debug");
        Ok(world)
    }
}

/// A person whose computer is at the end of a cable.
struct Wired {
    agent: Process,
    world: World,
    proxy: Proxy,
    person: User,
    colleague: Colleague,
    cable: Cable,
}

impl Wired {
    /// Signed in, and seen as online because they say so.
    async fn new() -> Result<Option<Self>> {
        Self::to(&ROUTER.to_string()).await
    }

    /// The same with another name for the homeserver.
    async fn to(name: &str) -> Result<Option<Self>> {
        let homeserver = Homeserver::shared().await?;
        let world = homeserver.world()?;
        let Some(cable) = Cable::lay(world.logs()).await? else { return Ok(None) };
        let proxy = Proxy::on(TcpListener::from_std(cable.listen()?)?, homeserver.tls)?;
        let base = format!("https://{name}:{}", proxy.port());
        let (person, colleague) = homeserver.person(base).await?;
        // Nobody has the first of these addresses, and nobody says so.
        cable.ip(&["address", "add", "2001:db8::2/64", "dev", "eth0", "nodad"]).await?;
        let hosts = format!("2001:db8::1 {TWO}\n{ROUTER} {TWO}\n");
        let mut command = cable.command(&world, &hosts, programs()?.join("presently"))?;
        command.arg("run").stdin(Stdio::null());
        let agent = Process::start("presently", command, world.logs()).await?;
        world.wait_for_agent(&agent).await?;
        world.sign_in(&person).await?;
        let wired = Self { agent, world, proxy, person, colleague, cable };
        wired.say(&["available"]).await?;
        wired.sees("online", None).await?;
        let settled = |s: &Value| s["accounts"][0]["seen_by_others"] == "online";
        wired.world.status_when("online read back", settled, SOON).await?;
        Ok(Some(wired))
    }

    async fn say(&self, words: &[&str]) -> Result<String> {
        self.world.presently(words).await
    }

    async fn sees(&self, presence: &str, message: Option<&str>) -> Result<()> {
        let wanted = |seen: &Seen| seen.is(presence) && seen.message.as_deref() == message;
        match self.colleague.wait_for(&self.person.user_id, wanted, SOON).await {
            Ok(_) => Ok(()),
            Err(error) => Err(error.context(format!("{:#}", self.world.status().await?))),
        }
    }

    /// Waits until the account knows that it is cut off; how long that took.
    async fn is_told(&self) -> Result<Duration> {
        let began = Instant::now();
        let told = |s: &Value| {
            let account = &s["accounts"][0];
            account["connection"] == "retrying" && account["seen_by_others"].is_null()
        };
        let snapshot = self.world.status_when("the loss is told", told, SOON).await?;
        let problem = snapshot["accounts"][0]["problem"].as_str().context("a problem")?;
        ensure!(problem.lines().count() == 1, "{problem}");
        Ok(began.elapsed())
    }

    fn failures(&self) -> usize {
        self.agent.stderr().matches("request failed").count()
    }

    /// Waits until a try has just failed and the next one is six seconds off
    /// or more.
    async fn has_given_up_for_now(&self) -> Result<()> {
        let told = presently_world::within(secs(60), "five failures", async {
            while self.failures() < 5 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(())
        });
        told.await
    }
}

/// What it takes at most from the return of the network, on a machine that
/// may be busy: the back-off alone would be six seconds at that point.
const AT_ONCE: Duration = secs(2);

#[tokio::test]
async fn it_is_right_again_as_soon_as_the_network_is_back() -> Result<()> {
    let Some(wired) = Wired::new().await? else { return Ok(()) };
    wired.cable.ip(&["link", "set", "eth0", "down"]).await?;
    let told = wired.is_told().await?;
    ensure!(told < secs(3), "the loss was told after {told:?}");
    wired.say(&["busy", "--message", "Writing"]).await?;
    wired.has_given_up_for_now().await?;

    wired.cable.ip(&["link", "set", "eth0", "up"]).await?;
    let back = Instant::now();
    wired.sees(BUSY, Some("Writing")).await?;
    let took = back.elapsed();
    note(&format!("told after {told:?}; right {took:?} after the link was up"));
    ensure!(took < AT_ONCE, "it took {took:?}");
    Ok(())
}

/// The address stays, and nothing says that the open connections are dead.
#[tokio::test]
async fn a_cable_that_is_pulled_is_noticed() -> Result<()> {
    let Some(wired) = Wired::new().await? else { return Ok(()) };
    wired.cable.pull().await?;
    let told = wired.is_told().await?;
    wired.say(&["busy", "--message", "Writing"]).await?;
    wired.cable.plug().await?;
    let back = Instant::now();
    wired.sees(BUSY, Some("Writing")).await?;
    let took = back.elapsed();
    note(&format!("told after {told:?}; right {took:?} after it was plugged in"));
    ensure!(took < AT_ONCE, "it took {took:?}");
    Ok(())
}

/// From one network to the next, while a poll is open and a connection of the
/// pool lies idle: both are dead, and neither tells.
#[tokio::test]
async fn another_network_is_taken_at_once() -> Result<()> {
    let Some(wired) = Wired::new().await? else { return Ok(()) };
    let gateway = ROUTER.to_string();
    for (from, to, says, seen) in [
        ("198.18.0.2/24", "198.18.0.7/24", "busy", BUSY),
        ("198.18.0.7/24", "198.18.0.9/24", "available", "online"),
    ] {
        let connections = wired.proxy.traffic().connections;
        wired.cable.ip(&["address", "del", from, "dev", "eth0"]).await?;
        wired.cable.ip(&["address", "add", to, "dev", "eth0"]).await?;
        wired.cable.ip(&["route", "add", "default", "via", &gateway]).await?;
        let there = Instant::now();
        wired.say(&[says, "--message", to]).await?;
        wired.sees(seen, Some(to)).await?;
        let took = there.elapsed();
        note(&format!("right {took:?} after the new address was there"));
        ensure!(took < AT_ONCE, "it took {took:?}");
        let made = wired.proxy.traffic().connections - connections;
        ensure!((1..=4).contains(&made), "{made} connections");
    }
    Ok(())
}

/// What routers repeat every few minutes is no change.
#[tokio::test]
async fn what_changes_nothing_costs_no_request() -> Result<()> {
    let Some(wired) = Wired::new().await? else { return Ok(()) };
    let doctor: Value = serde_json::from_str(&wired.say(&["doctor", "--json"]).await?)?;
    let checks = doctor["checks"].as_array().context("checks")?;
    let check = checks.iter().find(|c| c["part"] == "network").context("no network")?;
    ensure!(check["state"] == "good" && check["summary"] == "netlink: on a network", "{check}");

    let gateway = ROUTER.to_string();
    // What was said a moment ago has its answers, and the poll is open that
    // waited for the server's pace.
    tokio::time::sleep(secs(13)).await;
    let (before, used) = (wired.proxy.traffic(), Usage::of(wired.agent.pid())?);
    tokio::time::sleep(secs(5)).await;
    let rest = Usage::of(wired.agent.pid())?.switches - used.switches;
    for lifetime in 0..5u32 {
        let lifetime = (3600 - lifetime).to_string();
        let lifetimes = ["valid_lft", &lifetime, "preferred_lft", &lifetime];
        let same = ["address", "replace", "198.18.0.2/24", "dev", "eth0"];
        wired.cable.ip(&[&same[..], &lifetimes].concat()).await?;
        wired.cable.ip(&["route", "replace", "198.51.100.0/24", "via", &gateway]).await?;
        wired.cable.ip(&["route", "replace", "default", "via", &gateway]).await?;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    tokio::time::sleep(secs(2)).await;
    let switches = Usage::of(wired.agent.pid())?.switches - used.switches - rest;
    let after = wired.proxy.traffic();
    note(&format!("5 s of rest: {rest} context switches; 15 repeated words: {switches} more"));
    ensure!(after == before, "{before:?}, then {after:?}");
    ensure!(rest <= 2, "{rest} context switches at rest");
    Ok(())
}

/// A sandbox that knows nothing of netlink: the rest is as ever.
#[tokio::test]
async fn where_networks_cannot_be_watched_all_else_works() -> Result<()> {
    let homeserver = Homeserver::shared().await?;
    let world = homeserver.world()?;
    // No socket of that family (16): a filter for system calls (seccomp(2)).
    let sandbox = r"
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
LOAD, EQUAL, RETURN, ALLOW, ERRNO = 0x20, 0x15, 0x06, 0x7FFF0000, 0x50000
socket = {'x86_64': 41, 'aarch64': 198}[os.uname().machine]
rules = [(LOAD, 0, 0, 0), (EQUAL, 0, 3, socket), (LOAD, 0, 0, 16), (EQUAL, 0, 1, 16),
         (RETURN, 0, 0, ERRNO | 97), (RETURN, 0, 0, ALLOW)]
code = ctypes.create_string_buffer(b''.join(struct.pack('HBBI', *rule) for rule in rules))
filter = ctypes.create_string_buffer(struct.pack('HxxxxxxP', len(rules), ctypes.addressof(code)))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, filter) == 0
os.execv(sys.argv[1], sys.argv[1:])
";
    let mut command = world.command("python3");
    command.args(["-c", sandbox]).arg(programs()?.join("presently")).arg("run");
    command.stdin(Stdio::null());
    let agent = Process::start("presently", command, world.logs()).await?;
    world.wait_for_agent(&agent).await?;
    let (person, colleague) = homeserver.person(homeserver.synapse.url()).await?;
    world.sign_in(&person).await?;
    world.presently(&["busy"]).await?;
    sees(&colleague, &person, BUSY).await?;
    let doctor: Value = serde_json::from_str(&world.presently(&["doctor", "--json"]).await?)?;
    let checks = doctor["checks"].as_array().context("checks")?;
    let check = checks.iter().find(|c| c["part"] == "network").context("no network")?;
    let summary = check["summary"].as_str().context("a summary")?;
    ensure!(check["state"] == "unsure", "{check}");
    ensure!(summary.starts_with("Changes of the network cannot be seen: "), "{summary}");
    Ok(())
}

/// Refused, with one line.
fn refused(output: &Output) -> Result<String> {
    ensure!(output.status == Some(1), "status {:?}: {}", output.status, output.stderr);
    let line = output.stderr.trim_end();
    ensure!(!line.is_empty() && line.lines().count() == 1, "not one line:\n{}", output.stderr);
    Ok(line.to_owned())
}

async fn login(world: &World, person: &User) -> Result<Output> {
    let args = ["login", &person.user_id, "--homeserver", &person.homeserver, "--password-stdin"];
    world.presently_with(&args, &format!("{}\n", person.password)).await
}

async fn sees(colleague: &Colleague, person: &User, presence: &str) -> Result<()> {
    colleague.wait_for(&person.user_id, |s| s.is(presence), SOON).await.map(drop)
}

/// An agent behind this proxy.
async fn behind(world: &mut World, variable: &str, proxy: &str) -> Result<Agent> {
    world.set_env(variable, proxy);
    world.agent().await
}

#[tokio::test]
async fn all_goes_by_the_proxy_of_the_environment() -> Result<()> {
    let homeserver = Homeserver::shared().await?;
    // The name and the password, in Base64.
    let rule = Rule::Password("Basic bWU6aHVzaC1odXNo".to_owned());
    let proxy = Forward::to(homeserver.tls, rule.clone()).await?;
    let (person, colleague) = homeserver.person(format!("https://{OFFICE}")).await?;
    let mut world = homeserver.world()?;
    let address = format!("http://me:hush-hush@{}", proxy.address());
    let agent = behind(&mut world, "https_proxy", &address).await?;
    world.sign_in(&person).await?;
    world.presently(&["busy"]).await?;
    sees(&colleague, &person, BUSY).await?;
    let asked = proxy.asked();
    let tunnel = format!("CONNECT {OFFICE}:443 HTTP/1.1");
    ensure!(!asked.is_empty() && asked.iter().all(|line| *line == tunnel), "{asked:?}");
    ensure!(!agent.stderr().contains("hush-hush"), "the log has the proxy's password");
    ensure!(!agent.stderr().contains("bWU6aHVzaC1odXNo"), "the log has the proxy's password");
    world.presently(&["quit"]).await?;
    agent.process().wait(secs(10)).await?;

    // The proxy is gone: the account says so, and keeps its session.
    let gone = free_port()?;
    let agent =
        behind(&mut world, "https_proxy", &format!("http://x:hush@127.0.0.1:{gone}")).await?;
    let told = |s: &Value| s["accounts"][0]["connection"] == "retrying";
    let snapshot = world.status_when("the proxy is gone", told, SOON).await?;
    let expected = format!(
        "The proxy http://127.0.0.1:{gone} cannot be reached: nobody listens there; it is set in \
         https_proxy"
    );
    assert_eq!(snapshot["accounts"][0]["problem"], expected);
    world.presently(&["quit"]).await?;
    agent.process().wait(secs(10)).await?;

    // And back.
    let _agent = behind(&mut world, "https_proxy", &address).await?;
    sees(&colleague, &person, BUSY).await
}

#[tokio::test]
async fn a_proxy_that_says_no_is_named() -> Result<()> {
    let homeserver = Homeserver::shared().await?;
    let person = User {
        user_id: "@alex:busy.example".to_owned(),
        password: "secret".to_owned(),
        homeserver: format!("https://{OFFICE}"),
    };
    let wants = Rule::Password("Basic bWU6aHVzaC1odXNo".to_owned());
    for (rule, credentials, words) in [
        (wants.clone(), "", "wants a name and a password: set all_proxy to http://NAME:PASSWORD@"),
        (wants, "me:wrong@", "does not take the name and the password in all_proxy"),
        (Rule::Closed, "", "does not let Presently through"),
    ] {
        let proxy = Forward::to(homeserver.tls, rule).await?;
        let mut world = homeserver.world()?;
        let address = format!("http://{credentials}{}", proxy.address());
        let _agent = behind(&mut world, "all_proxy", &address).await?;
        let line = refused(&login(&world, &person).await?)?;
        let begins = format!("The proxy http://{} {words}", proxy.address());
        ensure!(line.contains(&begins) && !line.contains("wrong"), "{line}");
    }
    Ok(())
}

#[tokio::test]
async fn a_proxy_that_makes_no_sense_is_told_at_the_start() -> Result<()> {
    let mut world = World::new()?;
    for value in ["http://me:hush@:80", "socks5://127.0.0.1:1080", "not a proxy"] {
        world.set_env("HTTPS_PROXY", value);
        let line = refused(&world.try_presently(&["run"]).await?)?;
        ensure!(line.contains("HTTPS_PROXY") && !line.contains("hush"), "{line}");
    }
    Ok(())
}

/// Nor does what `no_proxy` names. Nobody listens at this proxy.
#[tokio::test]
async fn what_stays_on_this_computer_takes_no_proxy() -> Result<()> {
    let homeserver = Homeserver::shared().await?;
    let proxy = Forward::to(homeserver.tls, Rule::Closed).await?;
    let mut world = homeserver.world()?;
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"] {
        world.set_env(name, format!("http://{}", proxy.address()));
    }
    world.set_env("no_proxy", "nowhere.invalid, office.invalid");
    let _agent = world.agent().await?;
    for base in [
        homeserver.synapse.url(),
        format!("https://127.0.0.1:{}", homeserver.tls),
        format!("http://[::1]:{}", homeserver.six),
        format!("http://localhost:{}", homeserver.synapse.port()),
    ] {
        let (person, colleague) = homeserver.person(base).await?;
        world.sign_in(&person).await?;
        world.presently(&["busy", "--account", &person.user_id]).await?;
        sees(&colleague, &person, BUSY).await?;
    }
    let person = User {
        user_id: "@alex:busy.example".to_owned(),
        password: "secret".to_owned(),
        homeserver: "https://matrix.office.invalid".to_owned(),
    };
    let line = refused(&login(&world, &person).await?)?;
    ensure!(line.contains("matrix.office.invalid") && !line.contains("proxy"), "{line}");
    ensure!(proxy.asked().is_empty(), "{:?}", proxy.asked());
    Ok(())
}

/// A name has two addresses, and what is sent to the first one is lost.
#[tokio::test]
async fn half_a_network_is_enough() -> Result<()> {
    let began = Instant::now();
    let Some(wired) = Wired::to(TWO).await? else { return Ok(()) };
    note(&format!("signed in and seen within {:?}", began.elapsed()));
    wired.say(&["busy"]).await?;
    let said = Instant::now();
    wired.sees(BUSY, None).await?;
    ensure!(said.elapsed() < AT_ONCE, "it took {:?}", said.elapsed());
    Ok(())
}

#[tokio::test]
async fn ipv6_alone_is_enough() -> Result<()> {
    let homeserver = Homeserver::shared().await?;
    let world = homeserver.world()?;
    let _agent = world.agent().await?;
    let (person, colleague) = homeserver.person(format!("http://[::1]:{}", homeserver.six)).await?;
    world.sign_in(&person).await?;
    world.presently(&["busy"]).await?;
    sees(&colleague, &person, BUSY).await
}

/// A server that does nothing but TLS.
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

/// A portal that answers for every name has no certificate for it.
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

/// A hotel's page in place of the homeserver, in each way that they do it.
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
    let elsewhere = Arc::new(Forward::to(synapse.port(), Rule::Closed).await?);
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
