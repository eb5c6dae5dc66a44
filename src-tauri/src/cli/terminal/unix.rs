//! Terminal and pipes on Unix.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Write};

use presently_core::Code;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::sync::oneshot;

use super::Stop;

/// Prompts on the terminal and reads a line without echo. Must be dropped on an
/// interrupt, so that the echo is restored.
pub(super) async fn read_hidden(question: &str) -> Result<String, Stop> {
    let terminal = open().map_err(|_| Code::new("password-no-terminal"))?;
    let read = read_line_hidden(terminal, question).await;
    read.map_err(|error| Code::new("password-unread").with("why", error.to_string()).into())
}

/// Prompts on the terminal and reads a line.
pub(super) async fn read_shown(question: &str) -> Result<String, Stop> {
    let read = async { read_line(open()?, question).await };
    read.await.map_err(|error| Code::new("answer-unread").with("why", error.to_string()).into())
}

/// Whether a person can be prompted, because input and output are terminals.
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

/// Prints the question, followed by a space, and reads a line.
async fn read_line(mut terminal: File, question: &str) -> io::Result<String> {
    terminal.write_all(format!("{question} ").as_bytes())?;
    let (sender, line) = oneshot::channel();
    // A separate thread, because a read from a terminal cannot be cancelled and
    // dropping this future must not wait for it.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(terminal).read_line(&mut line).map(|_| line);
        let _ = sender.send(read);
    });
    line.await.map_err(io::Error::other)?
}

/// Turns off the terminal's echo until it is dropped.
struct Hidden {
    terminal: File,
    before: Termios,
}

impl Hidden {
    fn new(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        // Discards input typed before the prompt.
        tcsetattr(&terminal, OptionalActions::Flush, &hidden)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.before);
        // The line end was not echoed either.
        let _ = self.terminal.write_all(b"\n");
    }
}

/// Returns when the reader of standard output has closed it. Otherwise a
/// restarted status bar would leave its old follower running.
pub(super) async fn reader_gone() {
    let (sender, gone) = oneshot::channel();
    // A separate thread that blocks in the kernel. It polls for no event, so
    // only the closing of the other end wakes it.
    std::thread::spawn(move || {
        let stdout = io::stdout();
        let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
        while poll(&mut watched, None) == Err(Errno::INTR) {}
        let _ = sender.send(());
    });
    let _ = gone.await;
}
