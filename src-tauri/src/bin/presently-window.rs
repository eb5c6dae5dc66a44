//! The window. It holds nothing: it shows the agent's snapshot, sends it what
//! the person chooses, and is gone when closed.

#![cfg_attr(windows, windows_subsystem = "windows")]

mod window;

fn main() -> std::process::ExitCode {
    window::run()
}
