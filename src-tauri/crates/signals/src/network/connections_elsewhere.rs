//! Elsewhere nothing is known to be dead before it fails.

use std::io;
use std::net::IpAddr;

/// Ends nothing here.
pub fn close_connections(_dead: impl Fn(IpAddr) -> bool) -> io::Result<usize> {
    Ok(0)
}
