//! The kernel's limits for inotify, and how an exhausted limit is reported.

use std::io;

use inotify::Inotify;
use presently_core::Code;
use rustix::io::Errno;

/// Checks that an inotify instance can be created. Without one, changes are
/// noticed late or not at all.
///
/// # Errors
///
/// The exhausted limit, or the kernel's error.
pub fn check() -> Result<(), Code> {
    Inotify::init().map(drop).map_err(|e| explained(&e))
}

/// The code for a refused watch. It names the limit if one is exhausted.
pub(crate) fn explained(refusal: &io::Error) -> Code {
    let limit = match refusal.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::MFILE) => "max_user_instances",
        Some(Errno::NOSPC) => "max_user_watches",
        _ => return Code::plain(refusal.to_string()),
    };
    let path = format!("/proc/sys/fs/inotify/{limit}");
    match std::fs::read_to_string(path) {
        Ok(now) => Code::new("limit-used-up").with("limit", limit).with("value", now.trim()),
        Err(_) => Code::new("limit-used-up-unread").with("limit", limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_named() {
        for (errno, limit) in
            [(Errno::MFILE, "max_user_instances"), (Errno::NOSPC, "max_user_watches")]
        {
            let path = format!("/proc/sys/fs/inotify/{limit}");
            let now = std::fs::read_to_string(path).expect("the kernel has it");
            let wanted = Code::new("limit-used-up").with("limit", limit).with("value", now.trim());
            assert_eq!(explained(&errno.into()), wanted);
        }
        let refusal = io::Error::from(Errno::ACCESS);
        assert_eq!(explained(&refusal), Code::plain(refusal.to_string()));
    }
}
