//! The connections of this process, where it may not ask for them: they are
//! deep in a library's pool.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;

use rustix::net::{Shutdown, SocketType, getsockname, shutdown, sockopt};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

/// Ends this process's TCP connections from those of its addresses that are
/// `dead`; how many. Whoever uses one finds out at once, instead of waiting
/// for an answer that cannot come. What goes no further than this computer is
/// never ended.
pub fn close_connections(dead: impl Fn(IpAddr) -> bool) -> io::Result<usize> {
    let this = pidfd_open(getpid(), PidfdFlags::empty())?;
    let mut ended = 0;
    for entry in fs::read_dir("/proc/self/fd")?.flatten() {
        let is_socket = fs::read_link(entry.path())
            .is_ok_and(|to| to.as_os_str().as_encoded_bytes().starts_with(b"socket:"));
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(number) = number.filter(|_| is_socket) else { continue };
        // A second descriptor of our own: whatever becomes of the first
        // meanwhile, this one stays what was looked at. One that is closed by
        // now needs no end.
        let Ok(socket) = pidfd_getfd(&this, number, PidfdGetfdFlags::empty()) else { continue };
        if local_address(&socket).is_some_and(|ip| !ip.is_loopback() && dead(ip)) {
            ended += usize::from(shutdown(&socket, Shutdown::Both).is_ok());
        }
    }
    Ok(ended)
}

/// The address from which a TCP connection goes, or tries to.
fn local_address(socket: &OwnedFd) -> Option<IpAddr> {
    if sockopt::socket_type(socket).ok()? != SocketType::STREAM
        || sockopt::socket_acceptconn(socket).ok()?
    {
        return None;
    }
    let address = SocketAddr::try_from(getsockname(socket).ok()?).ok()?;
    Some(address.ip().to_canonical()).filter(|ip| !ip.is_unspecified())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn what_stays_on_this_computer_is_never_ended() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut near = TcpStream::connect(listener.local_addr().expect("it")).expect("it listens");
        let (mut far, _) = listener.accept().expect("it came");
        close_connections(|ip| ip.is_loopback()).expect("a list of its own descriptors");
        near.write_all(b"x").expect("it is open");
        let mut byte = [0];
        far.read_exact(&mut byte).expect("it is open");
        assert_eq!(
            local_address(&OwnedFd::from(near)),
            Some("127.0.0.1".parse().expect("an address"))
        );
        assert_eq!(local_address(&OwnedFd::from(listener)), None, "nobody is connected to it");
    }
}
