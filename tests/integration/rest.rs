//! What each thread of a process waits for, as the kernel tells it: one that
//! is at rest has no end to wait for, so it cannot wake up by itself, however
//! long it is watched.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use presently_world::within;

use crate::scene::SOON;

/// Where in a system call its time-out is.
#[derive(Clone, Copy)]
enum TimeOut {
    /// It has none.
    Never,
    /// Milliseconds in this argument, of which -1 are for ever.
    Milliseconds(usize),
    /// A pointer in this argument, of which null is for ever.
    Pointer(usize),
}

/// The system calls that wait for something: read, recvmsg, recvfrom, poll,
/// ppoll, epoll_wait, epoll_pwait, epoll_pwait2, futex. Each is the number on
/// x86-64 and on 64-bit ARM, which lacks two.
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

/// Waits until no thread of a process will wake up by itself.
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

/// What of a process is awake, or will be by itself.
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

/// The system call that a thread is in, as the kernel writes it: its number
/// and its arguments, or `running`.
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

/// What the kernel tells of a thread; nothing of one that has just ended.
fn read(thread: &Path, file: &str) -> Result<String> {
    match std::fs::read_to_string(thread.join(file)) {
        Ok(text) => Ok(text),
        Err(e) if !thread.exists() => Ok(e.to_string()),
        Err(e) => Err(e.into()),
    }
}
