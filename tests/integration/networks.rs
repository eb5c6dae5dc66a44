//! Changes of network: loss and return, another network, proxies, captive
//! portals, and IPv6 only.

use anyhow::{Context, Result, ensure};
use presently_world::authority::{Authority, Certificate};
use presently_world::cable::ROUTER;
use presently_world::client::BUSY;
use presently_world::process::Output;
use presently_world::synapse::free_port;
use presently_world::{Colleague, Options, Synapse, User, World};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::scene::{SOON, settings};

mod changes;
mod portals;
mod proxies;

/// A host name that only the proxy can resolve.
const OFFICE: &str = "matrix.office.example";

/// A host name with two addresses, one of which is unreachable.
const TWO: &str = "two.example";

/// A homeserver with several listeners.
struct Homeserver {
    synapse: Synapse,
    authority: Authority,
    /// The port of the TLS listener on 127.0.0.1.
    tls: u16,
    /// The port of the listener on ::1 only.
    six: u16,
}

impl Homeserver {
    /// The homeserver that these tests share.
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

    /// A person who reaches the homeserver at this address, and a colleague.
    async fn person(&self, homeserver: String) -> Result<(User, Colleague)> {
        let (person, colleague) = self.synapse.person_and_colleague().await?;
        Ok((User { homeserver, ..person }, colleague))
    }

    /// A machine that trusts the test's certificate authority.
    fn world(&self) -> Result<World> {
        let mut world = World::new()?;
        world.write_settings(&settings("5m"))?;
        let file = self.authority.file();
        world.set_env("SSL_CERT_FILE", file.to_str().context("a path that is text")?);
        world.set_env("PRESENTLY_LOG", "debug");
        Ok(world)
    }
}

/// Checks that a command failed with one line, and returns it.
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

/// The check of the network in `presently doctor`.
async fn doctor(world: &World) -> Result<(String, String)> {
    let doctor: Value = serde_json::from_str(&world.presently(&["doctor", "--json"]).await?)?;
    let checks = doctor["checks"].as_array().context("checks")?;
    let check = checks.iter().find(|c| c["part"] == "network").context("no network")?;
    let text = |name: &str| check[name].as_str().map(str::to_owned).context("text");
    Ok((text("state")?, text("summary")?))
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
