//! The command line: what a person or a script says to a running agent, and
//! how an agent is started.
//!
//! Exit status: 0 done, 1 refused or failed, with one line on standard error
//! that says why and what to do, 2 wrong usage.

use std::process::ExitCode;

use clap::Parser;

mod account;
mod args;
mod commands;
mod doctor;
mod logging;
mod login;
mod look;
mod output;
mod parts;
mod password;
mod recording;
#[cfg(test)]
mod samples;
mod signals;
mod simulate;
mod status;
mod wait;
pub mod when;

// What only the system's terminal can do.
#[cfg(unix)]
#[path = "terminal/unix.rs"]
mod terminal;

pub use args::Arguments;

/// Why a command was not done.
#[derive(Debug)]
enum Stop {
    /// This happened, and this is to be done about it, in one line.
    Failed(String),
    /// Nobody reads our output any more.
    Unread,
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(one_line(&error.into()))
    }
}

/// An error with its causes. Many name their cause themselves, which is not
/// said twice.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

/// The program `presently`.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logging::start();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit(Err(Stop::Failed(format!("cannot start: {error}")))),
    };
    let done = runtime.block_on(commands::run(arguments.command));
    // A thread that still waits for the system must not hold the end back.
    runtime.shutdown_background();
    exit(done)
}

fn exit(done: Result<(), Stop>) -> ExitCode {
    match done {
        // A reader that has seen enough is no failure.
        Ok(()) | Err(Stop::Unread) => ExitCode::SUCCESS,
        Err(Stop::Failed(line)) => {
            output::failure(&line);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;
    use presently_ipc::ClientError;

    #[test]
    fn a_cause_is_said_once() {
        let broken = || ClientError::Io(std::io::Error::other("broken"));
        let line = super::one_line(&broken().into());
        assert_eq!(line, "cannot reach the agent: broken");
        let line = super::one_line(&Err::<(), _>(broken()).context("sorry").expect_err("is one"));
        assert_eq!(line, "sorry: cannot reach the agent: broken");
    }
}
