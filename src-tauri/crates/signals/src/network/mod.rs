//! The networks that this computer is on, as far as connections depend on
//! them: told when they change, never asked again and again.

use std::collections::BTreeSet;
use std::net::IpAddr;

use tokio::sync::watch;

use crate::Status;

#[cfg_attr(not(target_os = "linux"), path = "connections_elsewhere.rs")]
mod connections;
#[cfg(target_os = "linux")]
mod linux;
// Nothing is read by it elsewhere, but it is tested there.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
mod rtnetlink;

pub use connections::close_connections;
#[cfg(target_os = "linux")]
use linux::run;

/// What connections depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// This computer's addresses on links that carry something, but for
    /// those that lead no further than the next cable.
    pub addresses: BTreeSet<IpAddr>,
    /// The default routes.
    pub default_routes: BTreeSet<DefaultRoute>,
}

/// A default route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DefaultRoute {
    /// The link that it takes, by its number.
    pub link: u32,
    /// The routing table that it is in: a tunnel may have its own.
    pub table: u32,
    /// The next router, where there is one.
    pub gateway: Option<IpAddr>,
}

/// What is different from before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Addresses that are no more. A connection from one of them is dead and
    /// will not tell.
    pub gone: BTreeSet<IpAddr>,
    /// There are addresses that there were not: what was out of reach may
    /// not be so any more.
    pub came: bool,
    /// The default route changed: nothing is known of any connection.
    pub rerouted: bool,
}

impl Network {
    /// What is different from `before`; `None` where nothing is that matters.
    pub fn change(&self, before: &Self) -> Option<Change> {
        (self != before).then(|| Change {
            gone: &before.addresses - &self.addresses,
            came: !self.addresses.is_subset(&before.addresses),
            rerouted: self.default_routes != before.default_routes,
        })
    }
}

/// Watches the networks. Must be called within a tokio runtime; the task ends
/// when the last receiver is dropped.
pub fn watch() -> watch::Receiver<Status<Network>> {
    let (out, watched) = watch::channel(Status::looking());
    tokio::spawn(run(out));
    watched
}

#[cfg(not(target_os = "linux"))]
async fn run(out: watch::Sender<Status<Network>>) {
    crate::elsewhere::run(crate::Environment::default(), out).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(addresses: &[&str], gateways: &[&str]) -> Network {
        let ip = |text: &&str| text.parse::<IpAddr>().expect("an address");
        let default_route = |text| DefaultRoute { link: 2, table: 254, gateway: Some(ip(text)) };
        Network {
            addresses: addresses.iter().map(ip).collect(),
            default_routes: gateways.iter().map(default_route).collect(),
        }
    }

    #[test]
    fn a_change_says_what_it_means_for_connections() {
        let home = network(&["192.168.1.5", "2001:db8::5"], &["192.168.1.1"]);
        assert_eq!(home.change(&home.clone()), None);
        let gone = |ips: &[&str]| network(ips, &[]).addresses;
        for (name, after, wanted) in [
            (
                "the cable is pulled",
                network(&[], &[]),
                Change { gone: home.addresses.clone(), came: false, rerouted: true },
            ),
            (
                "another network",
                network(&["10.0.0.7"], &["10.0.0.1"]),
                Change { gone: home.addresses.clone(), came: true, rerouted: true },
            ),
            (
                "a bridge for containers",
                network(&["192.168.1.5", "2001:db8::5", "172.17.0.1"], &["192.168.1.1"]),
                Change { came: true, ..Change::default() },
            ),
            (
                "a temporary address has had its time",
                network(&["192.168.1.5"], &["192.168.1.1"]),
                Change { gone: gone(&["2001:db8::5"]), ..Change::default() },
            ),
        ] {
            assert_eq!(after.change(&home), Some(wanted), "{name}");
        }
    }
}
