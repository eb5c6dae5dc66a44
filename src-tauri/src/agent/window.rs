//! Opening the window: a program of its own, gone when it is closed. A
//! second one brings the first to the front and ends.

use std::process::Stdio;

use presently_ipc::{Failure, Paths};
use tokio::process::Command;

/// Starts the window's program.
pub(super) fn open(paths: &Paths) -> Result<(), Failure> {
    let mut command = Command::new(&paths.window);
    // It outlives us if we end: it says then that no agent runs.
    command.stdin(Stdio::null()).stdout(Stdio::null());
    match command.spawn() {
        Ok(mut child) => {
            // Waited for, so that nothing of it stays behind.
            tokio::spawn(async move { child.wait().await });
            Ok(())
        }
        Err(error) => Err(Failure::new(format!(
            "the window cannot be opened: {} ({error}); the command line can do everything it can",
            paths.window.display()
        ))),
    }
}
