//! Opens a page with xdg-open, which supports every desktop.

use std::io;
use std::process::Stdio;

use presently_ipc::activation::ACTIVATION_VARIABLES;
use tokio::process::Command;

pub(super) fn open(url: &str) -> io::Result<()> {
    let shown = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !shown("DISPLAY") && !shown("WAYLAND_DISPLAY") {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "there is no display"));
    }
    let mut command = Command::new("xdg-open");
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // The agent's own start was what a token in its environment stood for.
    for name in ACTIVATION_VARIABLES {
        command.env_remove(name);
    }
    // Its own process group, so that Ctrl-C here does not end the browser.
    command.process_group(0);
    let mut opener = command.spawn()?;
    // Waits for the process, so that no zombie remains.
    tokio::spawn(async move { opener.wait().await });
    Ok(())
}
