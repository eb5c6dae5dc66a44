//! Child processes that never outlive this process.
//!
//! The kernel's parent-death signal belongs to the thread that started the
//! child. So each child has a thread that starts it and waits for it, and the
//! child is killed however this process ends.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
pub use rustix::process::Signal;
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};
use tokio::sync::{oneshot, watch};

use crate::scratch::Scratch;
use crate::within;

/// A command whose environment contains only the search path. It is killed when
/// this process ends. Add variables with [`Command::env`].
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("setpriv");
    // Ctrl-C on the terminal must reach only this process.
    command.process_group(0);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()));
    command.env("LANG", "C.UTF-8");
    command
}

/// The folder of the output of child processes, and whether the output is
/// printed when they end. The test runner shows it only for failed tests.
#[derive(Clone, Debug)]
pub struct Logs {
    folder: Arc<Scratch>,
    show: bool,
}

impl Logs {
    /// Stores the output in `folder`.
    pub fn new(folder: Arc<Scratch>, show: bool) -> Self {
        Self { folder, show }
    }
}

/// A running child process. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: u32,
    handle: OwnedFd,
    exit: watch::Receiver<Option<ExitStatus>>,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    waiter: Option<JoinHandle<()>>,
    log: PathBuf,
    logs: Logs,
}

struct Started {
    pid: u32,
    handle: OwnedFd,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
}

impl Process {
    /// Starts a command made by [`command`]. Its standard error goes to a log,
    /// and so does its standard output unless the command redirects it.
    pub async fn start(name: &str, mut command: Command, logs: &Logs) -> Result<Self> {
        let log = logs.folder.unique(name, "log");
        let file = File::create(&log).context("cannot make a log file")?;
        command.stderr(file);
        let (started, on_start) = oneshot::channel();
        let (exited, exit) = watch::channel(None);
        let waiter = std::thread::Builder::new()
            .name(format!("child {name}"))
            .spawn(move || {
                let child = command.spawn().and_then(|mut child| {
                    let handle = pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?;
                    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
                    Ok((Started { pid: child.id(), handle, stdin, stdout }, child))
                });
                // The command holds our ends of the pipes open.
                drop(command);
                match child {
                    Ok((is, mut child)) => {
                        let _ = started.send(Ok(is));
                        let _ = exited.send(child.wait().ok());
                    }
                    Err(error) => drop(started.send(Err(error))),
                }
            })
            .context("cannot start a thread")?;
        let started = on_start.await?.with_context(|| format!("cannot start {name}"))?;
        let Started { pid, handle, stdin, stdout } = started;
        let (waiter, logs) = (Some(waiter), logs.clone());
        Ok(Self { name: name.to_owned(), pid, handle, exit, stdin, stdout, waiter, log, logs })
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends a signal. Does nothing if the process has ended.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        match pidfd_send_signal(&self.handle, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot signal {}", self.name)),
        }
    }

    /// The exit status, if the process has ended.
    pub fn ended(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Waits for the end of the process.
    pub async fn wait(&self, deadline: Duration) -> Result<ExitStatus> {
        let mut exit = self.exit.clone();
        let what = format!("the end of {}", self.name);
        let ended = within(deadline, &what, async {
            exit.wait_for(Option::is_some).await?.ok_or_else(|| anyhow!("no exit status"))
        });
        ended.await.with_context(|| self.what_it_said())
    }

    /// Kills the process and waits for its end.
    pub async fn kill(&self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.wait(Duration::from_secs(10)).await.map(drop)
    }

    /// The first line of the standard output, which must be piped.
    pub async fn first_line(&mut self, deadline: Duration) -> Result<String> {
        let stdout = self.stdout.take().context("its output was not piped")?;
        let reader = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).map(|_| line.trim_end().to_owned())
        });
        let what = format!("the first line of {}", self.name);
        let line = within(deadline, &what, async { Ok(reader.await??) });
        match line.await {
            Ok(line) if !line.is_empty() => Ok(line),
            Ok(_) => bail!("{} said nothing; {}", self.name, self.what_it_said()),
            Err(error) => Err(error.context(self.what_it_said())),
        }
    }

    /// The standard output, to be read as it arrives.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// The standard input, to be written over time.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.stdin.take()
    }

    /// Writes to the standard input, which must be piped, and closes it.
    pub fn tell(&mut self, text: &[u8]) -> Result<()> {
        let mut stdin = self.stdin.take().context("its input was not piped")?;
        stdin.write_all(text).with_context(|| format!("{} does not listen", self.name))
    }

    /// The standard error so far.
    pub fn stderr(&self) -> String {
        read_lossy(&self.log)
    }

    fn what_it_said(&self) -> String {
        let (said, state) = (self.stderr(), self.ended());
        let said = tail(&said, 40);
        match state {
            Some(status) => format!("{} has ended ({status}); it said:\n{said}", self.name),
            None => format!("{} runs; it said:\n{said}", self.name),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.signal(Signal::KILL);
        if let Some(waiter) = self.waiter.take() {
            let _ = waiter.join();
        }
        if self.logs.show {
            let said = self.stderr();
            if !said.is_empty() {
                crate::note(&format!("--- {} said:\n{}", self.name, tail(&said, 60)));
            }
        }
    }
}

/// The result of a command that has ended.
#[derive(Clone, Debug)]
pub struct Output {
    /// The exit status; `None` if a signal ended the process.
    pub status: Option<i32>,
    /// The standard output.
    pub stdout: String,
    /// The standard error.
    pub stderr: String,
}

impl Output {
    /// Returns an error unless the command succeeded.
    pub fn success(self) -> Result<Self> {
        if self.status == Some(0) {
            return Ok(self);
        }
        bail!("it failed with status {:?}\n{}{}", self.status, self.stdout, self.stderr)
    }
}

/// Runs a command made by [`command`] to its end, with `input` on its standard
/// input.
pub async fn run(command: Command, input: &[u8], deadline: Duration) -> Result<Output> {
    let name = format!("{command:?}");
    let mut command = tokio::process::Command::from(command);
    command.kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {name}"))?;
    let stdin = child.stdin.take();
    within(deadline, &format!("the end of {name}"), async {
        if let Some(mut stdin) = stdin {
            use tokio::io::AsyncWriteExt;
            // A command that does not read its input may have ended already.
            let _ = stdin.write_all(input).await;
        }
        let output = child.wait_with_output().await?;
        Ok(Output {
            status: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    })
    .await
}

fn read_lossy(path: &Path) -> String {
    std::fs::read(path).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default()
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
