//! Standard output and error.

use std::io::{self, Write};

use serde::Serialize;

use presently_core::Code;

use super::Stop;

/// Prints text and a line end.
pub(super) fn people(text: &str) -> Result<(), Stop> {
    write(&plain(text))
}

/// Prints one JSON value on one line.
pub(super) fn json_line(value: &impl Serialize) -> Result<(), Stop> {
    write(&serde_json::to_string(value).map_err(|error| unwritten(&error))?)
}

/// Prints one indented JSON value.
pub(super) fn json(value: &impl Serialize) -> Result<(), Stop> {
    write(&serde_json::to_string_pretty(value).map_err(|error| unwritten(&error))?)
}

/// Prints one line that says why a command failed.
pub(super) fn failure(line: &str) {
    let line = plain(line).replace('\n', " ");
    // If standard error fails too, only the exit status remains.
    let _ = writeln!(io::stderr().lock(), "presently: {line}");
}

fn write(text: &str) -> Result<(), Stop> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Stop::Unread),
        Err(error) => Err(unwritten(&error).into()),
        Ok(()) => Ok(()),
    }
}

fn unwritten(why: &impl ToString) -> Code {
    Code::new("output-unwritten").with("why", why.to_string())
}

/// Removes control characters, because names from servers and programs must not
/// control the terminal.
fn plain(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_name_steers_the_terminal() {
        assert_eq!(super::plain("a\u{1b}[31mb\u{9b}c\r\nd ☕"), "a[31mbc\nd ☕");
    }
}
