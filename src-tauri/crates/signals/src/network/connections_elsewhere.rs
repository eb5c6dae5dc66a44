//! On this system connections are not closed before they fail.

use std::io;
use std::net::IpAddr;

/// Closes nothing on this system and returns 0.
///
/// # Errors
///
/// None.
pub fn close_connections(_dead: impl Fn(IpAddr) -> bool) -> io::Result<usize> {
    Ok(0)
}
