//! The terminal and the pipe on Unix.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use presently_core::Code;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::oneshot;

use super::Stop;

/// Asks on the terminal and reads a line without showing what is typed. Must
/// be dropped when an interrupt comes, so that the terminal is as before.
pub(super) async fn read_hidden(question: &str) -> Result<String, Stop> {
    let terminal = open().map_err(|_| Code::new("password-no-terminal"))?;
    let read = read_line_hidden(terminal, question).await;
    read.map_err(|error| Code::new("password-unread").with("why", error.to_string()).into())
}

/// Asks on the terminal and reads a line.
pub(super) async fn read_shown(question: &str) -> Result<String, Stop> {
    let read = async { read_line(open()?, question).await };
    read.await.map_err(|error| Code::new("answer-unread").with("why", error.to_string()).into())
}

/// A person sits before it: what is asked is read and answered.
pub(super) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

fn open() -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open("/dev/tty")
}

async fn read_line_hidden(terminal: File, question: &str) -> io::Result<String> {
    let hidden = Hidden::new(terminal.try_clone()?)?;
    let read = read_line(terminal, question).await;
    drop(hidden);
    read
}

/// The question is followed by a space.
async fn read_line(mut terminal: File, question: &str) -> io::Result<String> {
    terminal.write_all(format!("{question} ").as_bytes())?;
    let (sender, line) = oneshot::channel();
    // A thread of its own: nothing can end a read from a terminal, and who
    // drops this must not wait for it.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(terminal).read_line(&mut line).map(|_| line);
        let _ = sender.send(read);
    });
    line.await.map_err(io::Error::other)?
}

/// The terminal does not show what is typed for as long as this lives.
struct Hidden {
    terminal: File,
    before: Termios,
}

impl Hidden {
    fn new(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // What was typed before the question is no password.
        tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        // The line's end was not shown either.
        let _ = self.terminal.write_all(b"\n");
    }
}

/// Returns when whoever read our standard output has gone: a status bar that
/// was restarted must not leave its old follower behind.
pub(super) async fn reader_gone() {
    let (sender, gone) = oneshot::channel();
    // A thread of its own that sleeps in the kernel: it asks for no event,
    // so that only the end of the other side wakes it.
    std::thread::spawn(move || {
        let stdout = io::stdout();
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        while poll(&mut watched, None) == Err(Errno::INTR) {}
        let _ = sender.send(());
    });
    let _ = gone.await;
}
