//! A proxy named by the environment.

use anyhow::{Result, ensure};
use presently_world::client::BUSY;
use presently_world::forward::{Forward, Rule};
use presently_world::synapse::free_port;
use presently_world::{Agent, User, World, secs};
use serde_json::Value;

use super::{Homeserver, OFFICE, login, refused, sees};
use crate::scene::SOON;

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
        (Rule::Closed, "", "does not connect Presently to the server"),
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

/// Hosts in `no_proxy` and those on this computer bypass the proxy, at which
/// nothing listens.
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
