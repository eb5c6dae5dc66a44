//! Reading a password: from the terminal without showing it, or from
//! standard input.

use std::io::{self, BufRead, Read};

use presently_ipc::Secret;

use super::{Stop, terminal};

/// The longest password, in bytes.
const LONGEST: u64 = 4096;

/// Asks for the password of an account.
pub(super) async fn ask(user_id: &str) -> Result<Secret, Stop> {
    let line = terminal::read_hidden(&format!("Password for {user_id}: ")).await?;
    checked(line)
}

/// The first line of standard input.
pub(super) fn from_stdin() -> Result<Secret, Stop> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .take(LONGEST)
        .read_line(&mut line)
        .map_err(|error| Stop::Failed(format!("cannot read the password: {error}")))?;
    checked(line)
}

fn checked(line: String) -> Result<Secret, Stop> {
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(Stop::Failed("no password was given".to_owned()));
    }
    Ok(Secret(password.to_owned()))
}
