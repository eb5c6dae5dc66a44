//! By xdg-open, which knows what each desktop wants.

use std::io;
use std::process::Stdio;

use tokio::process::Command;

pub(super) fn open(url: &str) -> io::Result<()> {
    let shown = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !shown("DISPLAY") && !shown("WAYLAND_DISPLAY") {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "there is no display"));
    }
    let mut command = Command::new("xdg-open");
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Its own, so that Ctrl-C here does not close what it has started.
    command.process_group(0);
    let mut opener = command.spawn()?;
    // Waited for, so that nothing of it stays behind.
    tokio::spawn(async move { opener.wait().await });
    Ok(())
}
