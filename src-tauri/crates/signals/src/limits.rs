//! What the kernel lets one user watch, and what to do where that is used up.

use std::io;

use inotify::Inotify;
use rustix::io::Errno;

/// That files can be watched: without it what comes later is seen late, or
/// not at all.
///
/// # Errors
///
/// Why not, and what to do.
pub fn check() -> Result<(), String> {
    Inotify::init().map(drop).map_err(|e| explained(&e))
}

/// A refusal to watch, with the limit that it comes from where it comes from
/// one.
pub(crate) fn explained(refusal: &io::Error) -> String {
    let limit = match refusal.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::MFILE) => "max_user_instances",
        Some(Errno::NOSPC) => "max_user_watches",
        _ => return refusal.to_string(),
    };
    let path = format!("/proc/sys/fs/inotify/{limit}");
    let now = std::fs::read_to_string(path).map(|text| format!(" = {}", text.trim()));
    format!(
        "programs of yours have used up fs.inotify.{limit}{}; end one of them, or raise it with \
         sysctl",
        now.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_named() {
        let explained = |errno: Errno| explained(&errno.into());
        assert!(explained(Errno::MFILE).contains("fs.inotify.max_user_instances"));
        assert!(explained(Errno::NOSPC).contains("fs.inotify.max_user_watches"));
        assert!(!explained(Errno::ACCESS).contains("inotify"));
    }
}
