//! Networks on Linux. netlink reports that something changed, and the whole
//! state is then read.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::try_unfold;
use presently_core::{Code, Coded, coded_error};
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, send, socket_with,
};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use super::Network;
use super::rtnetlink::{GROUPS, Progress, QUESTIONS, RouteDump};
use crate::Status;
use crate::probe::{Backend, Opening, Refusal, follow};
use crate::readiness::Readiness;

/// A link, its addresses and its routes change one after the other.
const DEBOUNCE: Duration = Duration::from_millis(300);
/// The shortest time between two reported changes. A link that goes up and down
/// repeatedly must not cause a request each time.
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// The most bytes that the kernel returns in one read.
const LONGEST: usize = 32 * 1024;

/// Why networks cannot be watched.
#[derive(Debug)]
pub(super) enum Error {
    /// The kernel does not allow this program a netlink socket.
    Refused(io::Error),
    /// Reading from the netlink socket failed.
    Lost(io::Error),
}

impl Coded for Error {
    fn code(&self) -> Code {
        match self {
            Self::Refused(why) => Code::new("network-refused").with("why", why.to_string()),
            Self::Lost(why) => Code::new("network-lost").with("why", why.to_string()),
        }
    }
}

coded_error!(Error);

impl Refusal for Error {
    /// A refusal comes from a sandbox and is permanent.
    fn is_absence(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// Watches the networks.
pub(super) async fn run(out: watch::Sender<Status<Network>>) {
    let backends: [Box<dyn Backend<_, _>>; 1] = [Box::new(Kernel)];
    follow(|why| Code::new("network-unseen").with("why", why), &backends, &out).await;
}

struct Kernel;

impl Backend<Network, Error> for Kernel {
    fn name(&self) -> &'static str {
        "netlink"
    }

    fn open(&self) -> Opening<'_, Network, Error> {
        Box::pin(async {
            // The subscription starts before the first read, so that no change
            // is missed.
            let events = Events::listen().map_err(Error::Refused)?;
            let first = read_state().map_err(Error::Refused)?;
            let watching = Watching { events, before: None, next: Some(first), told: None };
            let readings = try_unfold(watching, |mut watching| async move {
                Ok(Some((watching.next().await.map_err(Error::Lost)?, watching)))
            });
            Ok(readings.boxed())
        })
    }
}

struct Watching {
    events: Events,
    before: Option<Network>,
    next: Option<Network>,
    told: Option<Instant>,
}

impl Watching {
    /// Waits for the first state, then for each change.
    async fn next(&mut self) -> io::Result<Network> {
        loop {
            if let Some(now) = self.next.take().filter(|now| self.before.as_ref() != Some(now)) {
                // The first state is no change, so it does not delay the next
                // report.
                self.told = self.before.replace(now.clone()).map(|_| Instant::now());
                return Ok(now);
            }
            self.events.come().await?;
            if let Some(told) = self.told {
                sleep_until(told + MIN_INTERVAL).await;
            }
            sleep(DEBOUNCE).await;
            self.events.drain()?;
            self.next = Some(read_state()?);
        }
    }
}

/// The notifications that something changed. Their content is ignored and the
/// state is read again, which is simpler than tracking the changes and misses
/// none.
struct Events {
    socket: OwnedFd,
    readiness: Readiness,
}

impl Events {
    fn listen() -> io::Result<Self> {
        let socket = socket()?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        let readiness = Readiness::of(&socket)?;
        Ok(Self { socket, readiness })
    }

    /// Waits for a notification.
    async fn come(&self) -> io::Result<()> {
        while !self.drain()? {
            self.readiness.wait().await?;
        }
        Ok(())
    }

    /// Takes all waiting notifications, and returns whether there were any.
    fn drain(&self) -> io::Result<bool> {
        let mut any = false;
        loop {
            match recv(&self.socket, &mut [0u8; 16], RecvFlags::empty()) {
                // ENOBUFS means that notifications were dropped, so there were
                // some.
                Ok(_) | Err(Errno::NOBUFS) => any = true,
                Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) => return Ok(any),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn socket() -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    // Without a protocol the kernel uses number 0, NETLINK_ROUTE.
    Ok(socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?)
}

/// Reads all links, addresses and routes. The kernel produces the answer within
/// the calls, so nothing is awaited.
fn read_state() -> io::Result<Network> {
    let socket = socket()?;
    let mut dump = RouteDump::default();
    let mut answer = vec![0; LONGEST];
    for question in QUESTIONS {
        send(&socket, &question, SendFlags::empty())?;
        loop {
            let (length, _) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
            match dump.read(&answer[..length]) {
                Progress::More => {}
                Progress::All => break,
                Progress::Refused(code) => return Err(io::Error::from_raw_os_error(code)),
            }
        }
    }
    Ok(dump.network())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::net::IpAddr;

    use super::*;

    /// Compares the result with /proc/net/route.
    #[test]
    fn the_kernel_answers() {
        let network = read_state().expect("netlink");
        let routes = std::fs::read_to_string("/proc/net/route").expect("/proc");
        let is_default = |line: &&str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            words.get(1) == Some(&"00000000") && words.get(7) == Some(&"00000000")
        };
        let is_four = |ip: &Option<IpAddr>| ip.is_none_or(|ip| ip.is_ipv4());
        let default_routes: BTreeSet<_> =
            network.default_routes.iter().filter(|w| is_four(&w.gateway)).collect();
        let wanted = routes.lines().skip(1).filter(is_default).count();
        assert!(default_routes.len() >= wanted, "{default_routes:?}\n{routes}");
        assert!(network.addresses.iter().all(|ip| !ip.is_loopback()));
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_networks_are_told_at_once() {
        let mut watched = super::super::watch();
        let known = watched.wait_for(|status| status.reading.known().is_some()).await;
        assert_eq!(known.expect("it goes on").backend, Some("netlink"));
    }
}
