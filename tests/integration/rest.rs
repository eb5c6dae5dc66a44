//! The system calls in which the threads of a process wait, as /proc reports
//! them. A process is at rest if every thread waits without a time-out.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use presently_world::within;

use crate::scene::SOON;

/// Where the time-out of a system call is found.
#[derive(Clone, Copy)]
enum TimeOut {
    /// The call has no time-out.
    Never,
    /// In milliseconds in this argument; -1 means none.
    Milliseconds(usize),
    /// A pointer in this argument; null means none.
    Pointer(usize),
}

/// The system calls that wait: read, recvmsg, recvfrom, poll, ppoll,
/// epoll_wait, epoll_pwait, epoll_pwait2, futex. Each with its number on x86-64
/// and on 64-bit ARM, which lacks two.
const WAITS: [([Option<u32>; 2], TimeOut); 9] = [
    ([Some(0), Some(63)], TimeOut::Never),
    ([Some(47), Some(212)], TimeOut::Never),
    ([Some(45), Some(207)], TimeOut::Never),
    ([Some(7), None], TimeOut::Milliseconds(2)),
    ([Some(271), Some(73)], TimeOut::Pointer(2)),
    ([Some(232), None], TimeOut::Milliseconds(3)),
    ([Some(281), Some(22)], TimeOut::Milliseconds(3)),
    ([Some(441), Some(441)], TimeOut::Pointer(3)),
    ([Some(202), Some(98)], TimeOut::Pointer(3)),
];

/// Waits until no thread of a process has a pending time-out.
pub(crate) async fn reached(pid: u32) -> Result<()> {
    let mut awake = String::new();
    within(SOON, "rest", async {
        // Nobody tells of it.
        while let Some(what) = awaits(pid)? {
            awake = what;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    })
    .await
    .with_context(|| awake)
}

/// The names of a process's threads.
pub(crate) fn threads(pid: u32) -> Result<Vec<String>> {
    let name = |thread: PathBuf| Ok(read(&thread, "comm")?.trim_end().to_owned());
    within_folder(pid, "task")?.into_iter().map(name).collect()
}

/// A thread of the process that is running or has a time-out, if any.
fn awaits(pid: u32) -> Result<Option<String>> {
    for thread in within_folder(pid, "task")? {
        let call = read(&thread, "syscall")?;
        if !waits_for_ever(&call)? {
            return Ok(Some(format!("{}: {call}", read(&thread, "comm")?)));
        }
    }
    for file in within_folder(pid, "fdinfo")? {
        // A timer that is a file: zero is one that is not set.
        let info = std::fs::read_to_string(&file).unwrap_or_default();
        if info.lines().any(|l| l.starts_with("it_value:") && !l.ends_with("(0, 0)")) {
            return Ok(Some(format!("a timer: {info}")));
        }
    }
    Ok(None)
}

/// Whether a thread waits without a time-out. The text is the content of
/// /proc/PID/syscall: the number and arguments of the system call, or
/// `running`.
fn waits_for_ever(call: &str) -> Result<bool> {
    let machine = match std::env::consts::ARCH {
        "x86_64" => 0,
        "aarch64" => 1,
        other => bail!("the system calls of {other} are not known here"),
    };
    let mut words = call.split_whitespace();
    let Some(number) = words.next().and_then(|n| n.parse::<u32>().ok()) else { return Ok(false) };
    let arguments: Vec<u64> = words
        .map(|word| u64::from_str_radix(word.trim_start_matches("0x"), 16))
        .collect::<Result<_, _>>()?;
    let argument = |n: usize| arguments.get(n).copied().context("a shorter call");
    let Some((_, time_out)) = WAITS.iter().find(|(n, _)| n[machine] == Some(number)) else {
        return Ok(false);
    };
    Ok(match *time_out {
        TimeOut::Never => true,
        // The kernel takes the lower half of the register.
        TimeOut::Milliseconds(n) => argument(n)? & 0xffff_ffff == 0xffff_ffff,
        TimeOut::Pointer(n) => argument(n)? == 0,
    })
}

fn within_folder(pid: u32, folder: &str) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/{folder}"))?;
    Ok(entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?)
}

/// A file of a thread in /proc; empty if the thread has just ended.
fn read(thread: &Path, file: &str) -> Result<String> {
    match std::fs::read_to_string(thread.join(file)) {
        Ok(text) => Ok(text),
        Err(e) if !thread.exists() => Ok(e.to_string()),
        Err(e) => Err(e.into()),
    }
}
