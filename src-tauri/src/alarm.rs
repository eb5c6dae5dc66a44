//! An alarm for a time of day.

#[cfg(target_os = "linux")]
#[path = "alarm/timerfd.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "alarm/polled.rs"]
mod system;

pub use system::Alarm;
