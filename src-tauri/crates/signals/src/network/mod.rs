//! The addresses and default routes of this computer. The system reports
//! changes, and nothing is polled.

use std::collections::BTreeSet;
use std::net::IpAddr;

use tokio::sync::watch;

use crate::Status;

#[cfg_attr(not(target_os = "linux"), path = "connections_elsewhere.rs")]
mod connections;
#[cfg(target_os = "linux")]
mod linux;
// Other systems do not use the parser but run its tests.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
mod rtnetlink;

pub use connections::close_connections;
#[cfg(target_os = "linux")]
use linux::run;

/// The network state that connections depend on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The addresses on links that have a carrier, without loopback and
    /// link-local addresses.
    pub addresses: BTreeSet<IpAddr>,
    /// The default routes.
    pub default_routes: BTreeSet<DefaultRoute>,
}

/// A default route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DefaultRoute {
    /// The interface index of its link. 0 for a route over several links.
    pub link: u32,
    /// The number of its routing table. A VPN may have its own.
    pub table: u32,
    /// The next hop, if there is one.
    pub gateway: Option<IpAddr>,
}

/// The difference between two network states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Addresses that were removed. A connection from one of them is dead but
    /// reports no error.
    pub gone: BTreeSet<IpAddr>,
    /// Addresses were added, so a server that was unreachable may be reachable.
    pub came: bool,
    /// The default routes changed, so any connection may be dead.
    pub rerouted: bool,
}

impl Network {
    /// The difference from `before`. `None` if the states are equal.
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
    let (out, watched) = watch::channel(Status::not_read_yet());
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
