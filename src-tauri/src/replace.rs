//! Replacing this process by a newer version of the program that was installed
//! at the same path.

use presently_core::Code;

/// Executes the installed program as an agent in this process. Returns only on
/// failure, with the reason.
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

/// No request for an upgrade exists on this system.
#[cfg(not(unix))]
pub(crate) fn by_the_newer(_tray: bool) -> Code {
    Code::new("upgrade-failed").with("why", "this system has no such signal")
}
