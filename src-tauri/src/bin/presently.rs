//! The agent of Presently and its command line.

use std::process::ExitCode;

fn main() -> ExitCode {
    presently::cli::main()
}
