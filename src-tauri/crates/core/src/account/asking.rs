//! When a homeserver is asked what it can do: at start, daily, and when it
//! may have become another one.

use std::time::Duration;

/// What a homeserver said of what it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Everything that was asked.
    All,
    /// Not everything, or nothing that we understand.
    Part,
    /// It could not be asked, or it refused what it says it can do.
    Nothing,
}

/// It is asked again after this.
pub fn again(told: Told) -> Duration {
    match told {
        // Administrators turn presence on and off, and nobody tells.
        Told::All => Duration::from_secs(24 * 60 * 60),
        Told::Part => Duration::from_secs(60 * 60),
        Told::Nothing => Duration::from_secs(60),
    }
}

/// A line that was lost is back: what a server can do changes when it is
/// restarted, so it is asked at once, or as soon as this long has passed
/// since it was asked last, for a line that comes and goes.
pub fn on_return(since_asked: Duration) -> Duration {
    Duration::from_secs(10).saturating_sub(since_asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_asked_daily_and_after_each_return() {
        let (second, minute, hour) =
            (Duration::from_secs(1), Duration::from_secs(60), Duration::from_secs(3600));
        for (told, expected) in
            [(Told::All, 24 * hour), (Told::Part, hour), (Told::Nothing, minute)]
        {
            assert_eq!(again(told), expected, "{told:?}");
        }
        for (since, expected) in
            [(Duration::ZERO, 10 * second), (4 * second, 6 * second), (hour, Duration::ZERO)]
        {
            assert_eq!(on_return(since), expected, "{since:?}");
        }
    }
}
