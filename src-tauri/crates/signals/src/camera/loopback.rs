//! Virtual cameras: one program writes the picture (a telephone's, say) and
//! another one looks at it. Only who looks is seen by anybody.

use std::collections::BTreeMap;
use std::ops::BitOrAssign;

/// How a device is open, perhaps more than once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mode {
    /// For reading alone.
    reading: bool,
    /// For writing alone.
    writing: bool,
    /// For both, as most programs open every device.
    both: bool,
}

impl BitOrAssign for Mode {
    fn bitor_assign(&mut self, more: Self) {
        self.reading |= more.reading;
        self.writing |= more.writing;
        self.both |= more.both;
    }
}

impl Mode {
    /// Whether one can look through it.
    pub(super) fn reads(self) -> bool {
        self.reading || self.both
    }
}

/// How a file is open, by the text of its `/proc/PID/fdinfo`; for both where
/// that is not told.
pub(super) fn mode(info: &str) -> Mode {
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
    match flags.map(|flags| flags & 0o3) {
        Some(0) => Mode { reading: true, ..Mode::default() },
        Some(1) => Mode { writing: true, ..Mode::default() },
        _ => Mode { both: true, ..Mode::default() },
    }
}

/// Who writes into each loopback: of those who might, the first that had it
/// open.
#[derive(Debug, Default)]
pub(super) struct Writers(BTreeMap<u64, u32>);

impl Writers {
    /// Forgets those of other devices.
    pub(super) fn retain(&mut self, keep: impl Fn(&u64) -> bool) {
        self.0.retain(|device, _| keep(device));
    }

    /// Of the processes that hold a loopback those that look.
    pub(super) fn viewers(&mut self, device: u64, holders: &BTreeMap<u32, Mode>) -> Vec<u32> {
        self.viewers_by(device, holders, started)
    }

    fn viewers_by(
        &mut self,
        device: u64,
        holders: &BTreeMap<u32, Mode>,
        started: impl Fn(u32) -> u64,
    ) -> Vec<u32> {
        let of = |wanted: fn(Mode) -> bool| {
            holders.iter().filter(move |(_, mode)| wanted(**mode)).map(|(pid, _)| *pid)
        };
        let writer = if of(|mode| mode.writing).next().is_some() {
            None
        } else {
            let before = self.0.get(&device).copied();
            let might = || of(|mode| mode.both && !mode.reading);
            before
                .filter(|before| might().any(|pid| pid == *before))
                .or_else(|| might().min_by_key(|pid| (started(*pid), *pid)))
        };
        match writer {
            Some(pid) => self.0.insert(device, pid),
            None => self.0.remove(&device),
        };
        of(Mode::reads).filter(|pid| Some(*pid) != writer).collect()
    }
}

/// When a process was started, in the kernel's ticks.
fn started(pid: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    start(&stat).unwrap_or(u64::MAX)
}

/// The 22nd field; the second one is a name in brackets, which may have
/// anything in it.
fn start(stat: &str) -> Option<u64> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const R: &str = "pos:\t0\nflags:\t0100000\n";
    const W: &str = "pos:\t0\nflags:\t0100001\n";
    const RW: &str = "pos:\t0\nflags:\t02100002\n";

    #[test]
    fn who_looks_and_who_writes() {
        let mut writers = Writers::default();
        // The higher the number, the earlier it was started.
        for (what, holders, viewers) in [
            ("a reader", &[(1, R)][..], &[1][..]),
            ("a writer", &[(1, W)], &[]),
            ("both, and each says which", &[(1, W), (2, RW)], &[2]),
            ("the first", &[(5, RW)], &[]),
            ("it stays the writer, whoever comes", &[(5, RW), (9, RW), (1, R)], &[1, 9]),
            ("it goes, and another one writes", &[(8, RW), (9, RW)], &[8]),
            ("both at once", &[(3, RW), (4, RW)], &[3]),
            ("nobody", &[], &[]),
        ] {
            let holders = holders.iter().map(|(pid, info)| (*pid, mode(info))).collect();
            let started = |pid: u32| u64::from(100 - pid);
            assert_eq!(writers.viewers_by(81, &holders, started), viewers, "{what}");
        }
    }

    #[test]
    fn how_a_file_is_open() {
        let mut twice = mode(W);
        assert!(!twice.reads());
        twice |= mode(R);
        assert!(twice.reads());
        assert!(mode("").reads() && mode("flags:\tx\n").reads(), "not told");
    }

    #[test]
    fn when_a_process_was_started() {
        let stat = format!("7 (a) b) S {}4321 9", "0 ".repeat(18));
        assert_eq!(start(&stat), Some(4321));
        assert_eq!(start(""), None);
    }
}
