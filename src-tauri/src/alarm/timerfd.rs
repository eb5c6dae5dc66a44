//! Linux: a timer on the wall clock. It fires on time after sleep and when the
//! clock is set, and causes no periodic wake-ups.

use std::io;
use std::os::fd::OwnedFd;

use jiff::Timestamp;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// An alarm at a time of day.
#[derive(Debug)]
pub struct Alarm {
    timer: AsyncFd<OwnedFd>,
    at: Option<Timestamp>,
}

impl Alarm {
    /// An alarm that is not set. Must be called within a tokio runtime.
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Realtime, flags)?;
        // SAFETY: an `OwnedFd` names the same open descriptor for as long as
        // it lives, and nothing takes it out of the `AsyncFd`.
        #[allow(unsafe_code)]
        let timer = unsafe { AsyncFd::register(timer) }.map_err(io::Error::from)?;
        Ok(Self { timer, at: None })
    }

    /// Sets the alarm, or clears it with `None`. A time in the past fires at
    /// once.
    pub fn set(&mut self, at: Option<Timestamp>) {
        if at == self.at {
            return;
        }
        let value = at.map_or(Timespec::default(), |at| Timespec {
            // A value of zero would disarm the timer.
            tv_sec: at.as_second().max(1),
            tv_nsec: i64::from(at.subsec_nanosecond().max(0)),
        });
        let spec = Itimerspec { it_interval: Timespec::default(), it_value: value };
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        match timerfd_settime(self.timer.get_ref(), flags, &spec) {
            Ok(_) => self.at = at,
            Err(error) => tracing::warn!(%error, "the alarm cannot be set"),
        }
    }

    /// Returns when the alarm fires or the clock was set.
    pub async fn fired(&mut self) {
        loop {
            let Ok(mut ready) = self.timer.readable().await else {
                return std::future::pending().await;
            };
            let read = ready.try_io(|fd| {
                // ECANCELED means that the clock was set.
                match rustix::io::read(fd.get_ref(), &mut [0u8; 8]) {
                    Ok(_) | Err(rustix::io::Errno::CANCELED) => Ok(()),
                    Err(e) => Err(e.into()),
                }
            });
            if let Ok(result) = read {
                self.at = None;
                if let Err(error) = result {
                    tracing::warn!(%error, "the alarm cannot be read");
                }
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test(flavor = "current_thread")]
    async fn it_rings_when_due_and_not_when_put_off() {
        let mut alarm = Alarm::new().expect("timers");
        alarm.set(Some(Timestamp::now()));
        alarm.fired().await;
        alarm.set(Some(Timestamp::now() + Duration::from_millis(30)));
        alarm.fired().await;
        alarm.set(Some(Timestamp::now() + Duration::from_secs(3600)));
        alarm.set(None);
        let fired = tokio::time::timeout(Duration::from_millis(50), alarm.fired()).await;
        assert!(fired.is_err());
    }

    /// A test cannot set the clock. It checks by /proc that the kernel cancels
    /// the timer when the clock is set.
    #[tokio::test(flavor = "current_thread")]
    async fn it_hears_of_a_clock_that_is_set() {
        use std::os::fd::AsRawFd as _;
        let mut alarm = Alarm::new().expect("timers");
        alarm.set(Some(Timestamp::now() + Duration::from_secs(3600)));
        let path = format!("/proc/self/fdinfo/{}", alarm.timer.get_ref().as_raw_fd());
        let said = std::fs::read_to_string(path).expect("/proc");
        let is = |name: &str, wanted: &str| {
            let value = said.lines().find_map(|line| line.strip_prefix(name));
            assert_eq!(value.map(str::trim), Some(wanted), "{said}");
        };
        // CLOCK_REALTIME; TFD_TIMER_ABSTIME and TFD_TIMER_CANCEL_ON_SET.
        is("clockid:", "0");
        is("settime flags:", "03");
    }
}
