//! Child processes that never outlive us.
//!
//! The kernel's parent-death signal belongs to the thread that started the
//! child, so each child has a thread of its own, which starts it and waits
//! for it: when this process goes, however it goes, so does the child.

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

/// A command with an empty environment but for the search path, which is
/// killed when we are. Set what else it needs with [`Command::env`].
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("setpriv");
    // What a terminal sends for Ctrl-C is meant for us.
    command.process_group(0);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()));
    command.env("LANG", "C.UTF-8");
    command
}

/// Where the output of child processes is kept, and whether it is shown when
/// they end: the test runner shows it for failed tests only.
#[derive(Clone, Debug)]
pub struct Logs {
    folder: Arc<Scratch>,
    show: bool,
}

impl Logs {
    /// Keeps them in `folder`.
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
    /// Starts `command`, made by [`command`]. Its errors go to a log; its
    /// output too, unless the command names another place for it.
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
                // The command holds our ends of its pipes.
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

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Sends a signal. One that has ended already is left alone.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        match pidfd_send_signal(&self.handle, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot signal {}", self.name)),
        }
    }

    /// Its exit status, if it has ended.
    pub fn ended(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Waits for its end.
    pub async fn wait(&self, deadline: Duration) -> Result<ExitStatus> {
        let mut exit = self.exit.clone();
        let what = format!("the end of {}", self.name);
        let ended = within(deadline, &what, async {
            exit.wait_for(Option::is_some).await?.ok_or_else(|| anyhow!("no exit status"))
        });
        ended.await.with_context(|| self.what_it_said())
    }

    /// Kills it and waits until it is gone.
    pub async fn kill(&self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.wait(Duration::from_secs(10)).await.map(drop)
    }

    /// The first line of its output, which must have been piped.
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

    /// Its output, for one who reads it as it comes.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// Its input, for one who writes to it by and by.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.stdin.take()
    }

    /// Writes to its input, which must have been piped, and closes it.
    pub fn tell(&mut self, text: &[u8]) -> Result<()> {
        let mut stdin = self.stdin.take().context("its input was not piped")?;
        stdin.write_all(text).with_context(|| format!("{} does not listen", self.name))
    }

    /// What it wrote so far to its standard error.
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

/// What a command that ran to its end did.
#[derive(Clone, Debug)]
pub struct Output {
    /// Its exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Output {
    /// Itself if the command succeeded.
    pub fn success(self) -> Result<Self> {
        if self.status == Some(0) {
            return Ok(self);
        }
        bail!("it failed with status {:?}\n{}{}", self.status, self.stdout, self.stderr)
    }
}

/// Runs `command`, made by [`command`], to its end with `input`.
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
            // One that does not read its input may be gone already.
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
