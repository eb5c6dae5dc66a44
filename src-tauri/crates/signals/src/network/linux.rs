//! Networks on Linux: the kernel tells that something changed (netlink), and
//! is asked what there is then.

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

/// How long to wait for more of what belongs together: a link, its addresses
/// and its routes come one after the other.
const TOGETHER: Duration = Duration::from_millis(300);
/// Between two changes that are told lies this time at least: a link that
/// comes and goes must not bring a request each time.
const APART: Duration = Duration::from_secs(1);
/// As much as the kernel gives in one read.
const LONGEST: usize = 32 * 1024;

/// Why networks cannot be seen.
#[derive(Debug)]
pub(super) enum Error {
    /// The kernel does not let this program ask.
    Refused(io::Error),
    /// The kernel tells nothing any more.
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
    /// What a sandbox forbids, it forbids for good.
    fn is_absence(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// Watches the networks.
pub(super) async fn run(out: watch::Sender<Status<Network>>) {
    let backends: [Box<dyn Backend<_, _>>; 1] = [Box::new(Kernel)];
    tokio::select! {
        () = out.closed() => (),
        () = follow(|why| Code::new("network-unseen").with("why", why), &backends, &out) => (),
    }
}

struct Kernel;

impl Backend<Network, Error> for Kernel {
    fn name(&self) -> &'static str {
        "netlink"
    }

    fn open(&self) -> Opening<'_, Network, Error> {
        Box::pin(async {
            // Listening from before it is asked, so that nothing is missed.
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
    /// The networks at first, then at each change.
    async fn next(&mut self) -> io::Result<Network> {
        loop {
            if let Some(now) = self.next.take().filter(|now| self.before.as_ref() != Some(now)) {
                // What is there at first is no change.
                self.told = self.before.replace(now.clone()).map(|_| Instant::now());
                return Ok(now);
            }
            self.events.come().await?;
            if let Some(told) = self.told {
                sleep_until(told + APART).await;
            }
            sleep(TOGETHER).await;
            self.events.drain()?;
            self.next = Some(read_state()?);
        }
    }
}

/// That something changed. What is told is looked up anew: it is much
/// simpler than to keep account of it, and nothing can be missed.
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

    /// Waits for one.
    async fn come(&self) -> io::Result<()> {
        while !self.drain()? {
            self.readiness.wait().await?;
        }
        Ok(())
    }

    /// Takes in all that wait; whether there were any.
    fn drain(&self) -> io::Result<bool> {
        let mut any = false;
        loop {
            match recv(&self.socket, &mut [0u8; 16], RecvFlags::empty()) {
                // So many that some were dropped are some, too.
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
    // No protocol is the first one: NETLINK_ROUTE.
    Ok(socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?)
}

/// Asks for what there is. The kernel answers within the calls, so nothing
/// is waited for.
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

    /// What the kernel says of its routes in another way.
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
