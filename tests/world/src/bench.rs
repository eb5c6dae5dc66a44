//! Measurements for the benchmarks: readings of /proc, and times.

use std::fs::read_to_string;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

/// The resources that a process has used, as the kernel counts them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Proportional set size, in bytes.
    pub pss: u64,
    /// Resident set size, in bytes.
    pub rss: u64,
    /// Voluntary context switches of all its threads.
    pub switches: u64,
    /// Processor time.
    pub cpu: Duration,
}

impl Usage {
    /// Reads the figures of a process.
    pub fn of(pid: u32) -> Result<Self> {
        let proc = Path::new("/proc").join(pid.to_string());
        let smaps = read_to_string(proc.join("smaps_rollup"))?;
        let kib = |name: &str| field(&smaps, name).map(|n| n * 1024);
        let mut switches = 0;
        for task in std::fs::read_dir(proc.join("task"))? {
            // The thread has just ended.
            let Ok(status) = read_to_string(task?.path().join("status")) else { continue };
            switches += field(&status, "voluntary_ctxt_switches:")?;
        }
        // proc(5): utime and stime are fields 14 and 15, in hundredths of a
        // second. Field 2 may contain blanks and ends with a parenthesis.
        let stat = read_to_string(proc.join("stat"))?;
        let after = stat.rsplit_once(')').context("no command")?.1;
        let times = after.split_whitespace().skip(11).take(2);
        let ticks: u64 = times.map(|t| t.parse().unwrap_or(0)).sum();
        let cpu = Duration::from_millis(ticks * 10);
        Ok(Self { pss: kib("Pss:")?, rss: kib("Rss:")?, switches, cpu })
    }
}

fn field(text: &str, name: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let value = line.and_then(|rest| rest.split_whitespace().next());
    value.and_then(|v| v.parse().ok()).with_context(|| format!("no {name}"))
}

/// The median and the maximum of the times, in milliseconds.
pub fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let ms = |d: Option<&Duration>| d.map_or(f64::NAN, |d| d.as_secs_f64() * 1e3);
    let (median, last) = (ms(times.get(times.len() / 2)), ms(times.last()));
    format!("median {median:.1} ms, longest {last:.1} ms, of {}", times.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() -> Result<()> {
        let usage = Usage::of(std::process::id())?;
        assert!(usage.pss > 100_000 && usage.rss >= usage.pss, "{usage:?}");
        Ok(())
    }

    #[test]
    fn times_are_summed_up() {
        let mut times = [30, 10, 20].map(Duration::from_millis);
        assert_eq!(spread(&mut times), "median 20.0 ms, longest 30.0 ms, of 3");
    }
}
