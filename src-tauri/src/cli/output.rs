//! Standard output and error.

use std::io::{self, Write};

use serde::Serialize;

use presently_core::Code;

use super::Stop;

/// Prints text for people, and a line's end.
pub(super) fn people(text: &str) -> Result<(), Stop> {
    write(&plain(text))
}

/// Prints one JSON value on one line.
pub(super) fn json_line(value: &impl Serialize) -> Result<(), Stop> {
    write(&serde_json::to_string(value).map_err(|error| unwritten(&error))?)
}

/// Prints one JSON value, laid out to be read.
pub(super) fn json(value: &impl Serialize) -> Result<(), Stop> {
    write(&serde_json::to_string_pretty(value).map_err(|error| unwritten(&error))?)
}

/// Prints why a command was not done, on one line.
pub(super) fn failure(line: &str) {
    let line = plain(line).replace('\n', " ");
    // Where even this cannot be written, the exit status is left.
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

/// Without control characters: what servers and programs call themselves
/// must not steer the terminal.
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
