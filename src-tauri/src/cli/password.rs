//! Reading a password: from the terminal without showing it, or from
//! standard input.

use std::io::{self, BufRead, Read};

use presently_core::Code;
use presently_ipc::Secret;
use presently_text::text;

use super::{Stop, terminal, texts};

/// The maximum length of a password, in bytes.
const LONGEST: u64 = 4096;

/// Prompts for the password of an account.
pub(super) async fn ask(user_id: &str) -> Result<Secret, Stop> {
    let line = terminal::read_hidden(&text!(texts(), "password-for", user_id = user_id)).await?;
    checked(line)
}

/// Reads the first line of standard input.
pub(super) fn from_stdin() -> Result<Secret, Stop> {
    let mut line = String::new();
    io::stdin()
        .lock()
        .take(LONGEST)
        .read_line(&mut line)
        .map_err(|error| Code::new("password-unread").with("why", error.to_string()))?;
    checked(line)
}

fn checked(line: String) -> Result<Secret, Stop> {
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(Code::new("password-missing").into());
    }
    Ok(Secret::new(password))
}
