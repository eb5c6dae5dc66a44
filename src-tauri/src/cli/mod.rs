//! The command line: how a person or a script controls a running agent, and how
//! an agent is started.
//!
//! Exit status: 0 for success; 1 for a refusal or failure, with one line on
//! standard error that gives the reason and the remedy; 2 for wrong usage.

use std::process::ExitCode;
use std::sync::OnceLock;

use clap::Parser;
use presently_core::{Code, Coded, settings};
use presently_ipc::Paths;
use presently_text::{Locale, Texts};

use crate::localize;
use crate::memory;

mod account;
mod agenda;
mod args;
mod calendar;
mod client;
mod columns;
mod commands;
mod doctor;
mod history;
mod logging;
mod login;
mod look;
mod output;
mod parts;
mod password;
mod recent;
mod recording;
#[cfg(test)]
mod samples;
mod signals;
mod simulate;
mod status;
mod wait;
pub mod when;

// Terminal functions that depend on the system.
#[cfg(unix)]
#[path = "terminal/unix.rs"]
mod terminal;

pub use args::Arguments;

/// Why a command did not complete.
#[derive(Debug)]
enum Stop {
    /// A failure, with its reason and remedy.
    Failed(Code),
    /// Standard output was closed by its reader.
    Unread,
}

impl<E: Coded> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.code())
    }
}

/// The texts in the language of whoever runs this.
fn texts() -> &'static Texts {
    static TEXTS: OnceLock<Texts> = OnceLock::new();
    TEXTS.get_or_init(|| match Paths::from_env() {
        Ok(paths) => localize::texts(&paths.settings_file),
        Err(_) => Texts::new(Locale::from_env(settings::Language::Auto)),
    })
}

/// The program `presently`.
pub fn main() -> ExitCode {
    memory::use_one_arena();
    let arguments = Arguments::parse();
    logging::start();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let why = Code::new("start-no-runtime").with("why", error.to_string());
            return exit(Err(why.into()));
        }
    };
    let done = runtime.block_on(commands::run(arguments.command));
    // A thread that is blocked in the system must not delay the exit.
    runtime.shutdown_background();
    exit(done)
}

fn exit(done: Result<(), Stop>) -> ExitCode {
    match done {
        // A reader that closes the pipe is not a failure.
        Ok(()) | Err(Stop::Unread) => ExitCode::SUCCESS,
        Err(Stop::Failed(why)) => {
            output::failure(&texts().code(&why));
            ExitCode::FAILURE
        }
    }
}
