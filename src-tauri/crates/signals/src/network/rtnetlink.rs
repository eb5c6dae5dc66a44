//! Parser of the kernel's messages about links, addresses and routes
//! (rtnetlink(7)). Integers are in native byte order.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{DefaultRoute, Network};

const DONE: u16 = 3;
const ERROR: u16 = 2;
const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;

/// The dump requests for all links, all addresses and all routes.
pub(super) const QUESTIONS: [[u8; 20]; 3] = [question(18), question(22), question(26)];

/// The multicast groups for changes of links, addresses and routes.
pub(super) const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/// A dump request: an `nlmsghdr`, and an `rtgenmsg` with the family AF_UNSPEC.
const fn question(kind: u16) -> [u8; 20] {
    const REQUEST_DUMP: u16 = 0x1 | 0x300;
    let mut bytes = [0; 20];
    let (kind, flags) = (kind.to_ne_bytes(), REQUEST_DUMP.to_ne_bytes());
    let length = 20u32.to_ne_bytes();
    let mut n = 0;
    while n < 4 {
        bytes[n] = length[n];
        n += 1;
    }
    (bytes[4], bytes[5], bytes[6], bytes[7]) = (kind[0], kind[1], flags[0], flags[1]);
    bytes
}

/// The links, addresses and routes of a dump that were read so far.
#[derive(Debug, Default)]
pub(super) struct RouteDump {
    carrying: BTreeSet<u32>,
    addresses: Vec<(u32, IpAddr)>,
    default_routes: Vec<DefaultRoute>,
}

/// Whether more of the dump follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    All,
    /// The kernel refused with this errno.
    Refused(i32),
}

impl RouteDump {
    /// Reads the messages of one datagram.
    pub(super) fn read(&mut self, mut bytes: &[u8]) -> Progress {
        while let Some(length) = number(bytes, 0).map(|length| length as usize) {
            let Some(message) = bytes.get(..length).filter(|_| length >= 16) else { break };
            let kind = u16::from_ne_bytes([message[4], message[5]]);
            let body = &message[16..];
            match kind {
                DONE => return Progress::All,
                ERROR => {
                    let code = number(body, 0).unwrap_or_default().cast_signed();
                    return Progress::Refused(-code);
                }
                NEW_LINK => self.carrying.extend(carrying_link(body)),
                NEW_ADDRESS => self.addresses.extend(address(body)),
                NEW_ROUTE => self.default_routes.extend(default_route(body)),
                _ => {}
            }
            bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        Progress::More
    }

    /// The addresses and default routes of links that have a carrier.
    pub(super) fn network(self) -> Network {
        let Self { carrying, addresses, default_routes } = self;
        let carries = |link: &u32| carrying.contains(link);
        let addresses = addresses.into_iter().filter(|(link, _)| carries(link));
        Network {
            addresses: addresses.map(|(_, ip)| ip).collect(),
            // A route over several links has no link of its own.
            default_routes: default_routes
                .into_iter()
                .filter(|w| w.link == 0 || carries(&w.link))
                .collect(),
        }
    }
}

/// The index of a link (`ifinfomsg`), if it is up and has a carrier.
fn carrying_link(body: &[u8]) -> Option<u32> {
    const UP: u32 = 0x1;
    const LOWER_UP: u32 = 0x1_0000;
    let (index, flags) = (number(body, 4)?, number(body, 8)?);
    (flags & UP != 0 && flags & LOWER_UP != 0).then_some(index)
}

/// The link and the IP address of an `ifaddrmsg`, if it is usable and neither
/// link-local nor loopback.
fn address(body: &[u8]) -> Option<(u32, IpAddr)> {
    const ADDRESS: u16 = 1;
    const LOCAL: u16 = 2;
    const FLAGS: u16 = 8;
    // Scopes from 253 on are link and host. 200 is site, 0 is global.
    const SCOPE_LINK: u8 = 253;
    const OPTIMISTIC: u32 = 0x4;
    const DUPLICATE: u32 = 0x8;
    const TENTATIVE: u32 = 0x40;
    let [_, _, short_flags, scope, ..] = *body.first_chunk::<8>()?;
    let link = number(body, 4)?;
    let attributes = || attributes(body.get(8..).unwrap_or_default());
    let of = |kind| attributes().find(|(k, _)| *k == kind).map(|(_, value)| value);
    let flags = of(FLAGS).and_then(|value| number(value, 0)).unwrap_or(short_flags.into());
    let unfit = flags & DUPLICATE != 0 || flags & (TENTATIVE | OPTIMISTIC) == TENTATIVE;
    // On a point-to-point link IFA_ADDRESS is the peer's address.
    let ip = of(LOCAL).or(of(ADDRESS)).and_then(ip)?;
    (scope < SCOPE_LINK && !unfit && !ip.is_loopback()).then_some((link, ip))
}

/// A route (`rtmsg`), if it is a unicast default route.
fn default_route(body: &[u8]) -> Option<DefaultRoute> {
    const OUT: u16 = 4;
    const GATEWAY: u16 = 5;
    const TABLE: u16 = 15;
    const UNICAST: u8 = 1;
    const CLONED: u32 = 0x200;
    let [family, width, _, _, table, _, _, kind, ..] = *body.first_chunk::<12>()?;
    let is_internet = matches!(family, INET | INET6);
    if !is_internet || width != 0 || kind != UNICAST || number(body, 8)? & CLONED != 0 {
        return None;
    }
    let mut default_route = DefaultRoute { link: 0, table: table.into(), gateway: None };
    for (kind, value) in attributes(body.get(12..).unwrap_or_default()) {
        match kind {
            OUT => default_route.link = number(value, 0).unwrap_or_default(),
            GATEWAY => default_route.gateway = ip(value),
            TABLE => default_route.table = number(value, 0).unwrap_or(default_route.table),
            _ => {}
        }
    }
    Some(default_route)
}

const INET: u8 = 2;
const INET6: u8 = 10;

/// The attributes that follow a message body, as pairs of type and value.
fn attributes(mut bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let head = bytes.first_chunk::<4>()?;
        let length = usize::from(u16::from_ne_bytes([head[0], head[1]]));
        let kind = u16::from_ne_bytes([head[2], head[3]]);
        let value = bytes.get(4..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_ne_bytes)
}

fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(|b| Ipv4Addr::from(b).into());
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(|b| Ipv6Addr::from(b).into())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let length = 16 + u32::try_from(body.len()).expect("short");
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend(body);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = 4 + u16::try_from(value.len()).expect("short");
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn link(index: u32, flags: u32) -> Vec<u8> {
        let body = [[0; 4], index.to_ne_bytes(), flags.to_ne_bytes(), [0; 4]].concat();
        message(NEW_LINK, &body)
    }

    fn address(link: u32, scope: u8, flags: u32, ip: &str) -> Vec<u8> {
        let (family, value) = match ip.parse().expect("an address") {
            IpAddr::V4(ip) => (INET, ip.octets().to_vec()),
            IpAddr::V6(ip) => (INET6, ip.octets().to_vec()),
        };
        let mut body = vec![family, 24, 0, scope];
        body.extend(link.to_ne_bytes());
        body.extend(attribute(1, &value));
        body.extend(attribute(8, &flags.to_ne_bytes()));
        message(NEW_ADDRESS, &body)
    }

    fn route(link: u32, width: u8, kind: u8, gateway: [u8; 4]) -> Vec<u8> {
        let mut body = vec![INET, width, 0, 0, 254, 3, 0, kind, 0, 0, 0, 0];
        body.extend(attribute(5, &gateway));
        body.extend(attribute(4, &link.to_ne_bytes()));
        message(NEW_ROUTE, &body)
    }

    fn heard(messages: &[Vec<u8>]) -> Network {
        let mut dump = RouteDump::default();
        assert_eq!(dump.read(&messages.concat()), Progress::More);
        assert_eq!(dump.read(&message(DONE, &[0; 4])), Progress::All);
        dump.network()
    }

    #[test]
    fn what_leads_somewhere_counts() {
        let network = heard(&[
            link(1, 0x1_0049),
            link(2, 0x1_1043),
            // Up, but without a carrier.
            link(3, 0x1003),
            address(1, 254, 0x80, "127.0.0.1"),
            address(2, 0, 0x80, "192.168.1.5"),
            address(2, 253, 0x80, "fe80::1"),
            address(2, 0, 0x100, "2001:db8::5"),
            address(2, 0, 0x40, "2001:db8::6"),
            address(2, 0, 0x44, "2001:db8::7"),
            address(3, 0, 0x80, "10.0.0.5"),
            route(2, 0, 1, [192, 168, 1, 1]),
            route(2, 24, 1, [192, 168, 1, 2]),
            route(2, 0, 7, [192, 168, 1, 3]),
            route(3, 0, 1, [10, 0, 0, 1]),
        ]);
        let ips = ["192.168.1.5", "2001:db8::5", "2001:db8::7"];
        assert_eq!(network.addresses, ips.iter().map(|ip| ip.parse().expect("one")).collect());
        let gateway = Some("192.168.1.1".parse().expect("an address"));
        assert_eq!(network.default_routes, [DefaultRoute { link: 2, table: 254, gateway }].into());
    }

    #[test]
    fn a_no_is_told_and_what_breaks_off_is_left() {
        let refused = message(ERROR, &(-95i32).to_ne_bytes());
        assert_eq!(RouteDump::default().read(&refused), Progress::Refused(95));
        let whole = [link(2, 0x1_1043), address(2, 0, 0x80, "192.168.1.5")].concat();
        for length in 0..whole.len() {
            let mut dump = RouteDump::default();
            assert_eq!(dump.read(&whole[..length]), Progress::More);
            assert!(dump.network().addresses.is_empty());
        }
        for length in [0u32, 3, 15, u32::MAX] {
            let mut bytes = whole.clone();
            bytes[..4].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(RouteDump::default().read(&bytes), Progress::More);
        }
    }
}
