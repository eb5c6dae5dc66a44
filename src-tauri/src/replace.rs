//! Giving way to a newer version of this program, which has been installed in
//! its place.

use presently_core::Code;

/// Runs what is now installed where this program was, as an agent, in this
/// process. Comes back only where that fails, and says why.
#[cfg(unix)]
pub(crate) fn by_the_newer(tray: bool) -> Code {
    use std::os::unix::process::CommandExt as _;

    let failed = |why: std::io::Error| Code::new("upgrade-failed").with("why", why.to_string());
    let program = match std::env::current_exe() {
        Ok(program) => crate::autostart::undeleted(&program),
        Err(why) => return failed(why),
    };
    let mut newer = std::process::Command::new(program);
    newer.arg("run");
    if !tray {
        newer.arg("--no-tray");
    }
    failed(newer.exec())
}

/// Nothing asks for it here.
#[cfg(not(unix))]
pub(crate) fn by_the_newer(_tray: bool) -> Code {
    Code::new("upgrade-failed").with("why", "this system has no such signal")
}
