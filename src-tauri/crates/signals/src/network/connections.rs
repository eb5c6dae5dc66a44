//! Closes TCP connections of this process. They are found by their file
//! descriptors, because the HTTP library's connection pool does not give access
//! to them.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;

use rustix::net::{Shutdown, SocketType, getsockname, shutdown, sockopt};
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

/// Shuts down this process's TCP connections whose local address is `dead`, and
/// returns their number. Their requests fail at once and do not wait for an
/// answer that cannot come. Loopback connections are never closed.
///
/// # Errors
///
/// `pidfd_open` or reading `/proc/self/fd` failed.
pub fn close_connections(dead: impl Fn(IpAddr) -> bool) -> io::Result<usize> {
    let this = pidfd_open(getpid(), PidfdFlags::empty())?;
    let mut ended = 0;
    for entry in fs::read_dir("/proc/self/fd")?.flatten() {
        let is_socket = fs::read_link(entry.path())
            .is_ok_and(|to| to.as_os_str().as_encoded_bytes().starts_with(b"socket:"));
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(number) = number.filter(|_| is_socket) else { continue };
        // A duplicate keeps referring to the socket that is checked, even if
        // the original is closed meanwhile and its number reused. A descriptor
        // that is already closed needs no shutdown.
        let Ok(socket) = pidfd_getfd(&this, number, PidfdGetfdFlags::empty()) else { continue };
        if local_address(&socket).is_some_and(|ip| !ip.is_loopback() && dead(ip)) {
            ended += usize::from(shutdown(&socket, Shutdown::Both).is_ok());
        }
    }
    Ok(ended)
}

/// The local address of a TCP connection that is open or being opened.
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
