//! Networks that disappear, return or change.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_world::bench::Usage;
use presently_world::cable::{Cable, ROUTER};
use presently_world::client::BUSY;
use presently_world::process::Process;
use presently_world::proxy::{Line, Proxy};
use presently_world::world::programs;
use presently_world::{Colleague, Seen, User, World, note, secs};
use serde_json::Value;
use tokio::net::TcpListener;

use super::{Homeserver, TWO, doctor, sees};
use crate::scene::SOON;
use crate::signals_logind::Logind;

/// A person whose computer has a cable of its own.
struct Wired {
    agent: Process,
    world: World,
    proxy: Proxy,
    person: User,
    colleague: Colleague,
    cable: Cable,
}

impl Wired {
    /// The person is signed in and seen as online by choice.
    async fn new() -> Result<Option<Self>> {
        Self::to(&ROUTER.to_string()).await
    }

    /// The same with another host name of the homeserver.
    async fn to(name: &str) -> Result<Option<Self>> {
        Self::on(Homeserver::shared().await?.world()?, name).await
    }

    /// The same on an existing machine.
    async fn on(world: World, name: &str) -> Result<Option<Self>> {
        let homeserver = Homeserver::shared().await?;
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

    /// Waits until the account notices the loss of the network, and returns the
    /// time that took.
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

    /// Waits until a retry has failed and the next one is at least six seconds
    /// away.
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

/// The time limit after the return of the network. The back-off alone would be
/// six seconds at that point.
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

/// The address stays, and nothing reports that the open connections are dead.
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

/// The network changes while a poll is open and a pooled connection is idle.
/// Both are dead without an error.
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
        // Two changes, the address and the route. After each there may be one
        // connection for the poll, one for the choice and one for a read-back.
        ensure!((1..=6).contains(&made), "{made} connections");
    }
    Ok(())
}

/// During sleep a router forgets the connections, and no network event reports
/// it.
#[tokio::test]
async fn after_a_sleep_no_old_connection_is_used() -> Result<()> {
    let logind = Logind::start().await?;
    let session = logind.session().await?;
    let mut world = Homeserver::shared().await?.world()?;
    world.set_env("DBUS_SYSTEM_BUS_ADDRESS", logind.environment().system_bus.context("a bus")?);
    world.set_env("XDG_SESSION_ID", &session.id);
    let Some(wired) = Wired::on(world, &ROUTER.to_string()).await? else { return Ok(()) };
    logind.suspend().await?;
    logind.asleep().await?;
    wired.proxy.set(Line::Lost);
    wired.proxy.mend();
    logind.wake().await?;
    let awake = |status: &Value| status["signals"]["sleep"]["detail"] == "awake";
    wired.world.status_when("awake", awake, SOON).await?;
    let woken = Instant::now();
    wired.say(&["busy", "--message", "Awake"]).await?;
    wired.sees(BUSY, Some("Awake")).await?;
    let took = woken.elapsed();
    note(&format!("right {took:?} after waking"));
    ensure!(took < AT_ONCE, "it took {took:?}");
    Ok(())
}

/// Route updates that routers repeat every few minutes change nothing.
#[tokio::test]
async fn what_changes_nothing_costs_no_request() -> Result<()> {
    let Some(wired) = Wired::new().await? else { return Ok(()) };
    let (state, summary) = doctor(&wired.world).await?;
    ensure!(state == "good" && summary == "netlink: on a network", "{state}: {summary}");

    let gateway = ROUTER.to_string();
    // The poll that may not have counted is renewed 21 s after one that did;
    // after that the account is at rest.
    let rests = async {
        let mut last = (wired.proxy.traffic(), Instant::now());
        while last.1.elapsed() < secs(23) {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let traffic = wired.proxy.traffic();
            if traffic != last.0 {
                last = (traffic, Instant::now());
            }
        }
    };
    tokio::time::timeout(secs(120), rests).await.context("it is never at rest")?;
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

/// In a sandbox without netlink everything else works.
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
    let (state, summary) = doctor(&world).await?;
    ensure!(state == "unsure", "{state}: {summary}");
    ensure!(summary.starts_with("Changes of the network cannot be seen: "), "{summary}");
    Ok(())
}

/// A host name has two addresses, and packets to the first are lost.
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
