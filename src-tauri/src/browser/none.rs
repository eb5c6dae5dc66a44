//! Systems on which opening a page is not implemented.

use std::io;

pub(super) fn open(_url: &str) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "it is not known how to open a page here"))
}
