//! Estimates a server's clock. Ours may be wrong by minutes or years (a dead
//! battery, a machine that has just woken up), and the times that a server
//! sends are by its own clock.

use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use jiff::{SignedDuration, Timestamp};
use matrix_sdk::reqwest::header::{DATE, HeaderMap};
use matrix_sdk::ruma::http_headers::http_date_to_system_time;

/// The resolution of a `Date` header.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// How far a server's clock is ahead of ours, judged by its answers. It is zero
/// until the first one.
#[derive(Debug, Default)]
pub(crate) struct ServerClock(Mutex<SignedDuration>);

impl ServerClock {
    /// Reads the `Date` of an answer. The request was `sent` and the answer
    /// `came` at these times by our clock.
    ///
    /// A server may take the date when it starts to work on a request (Synapse
    /// does), and a poll is answered much later. So a date only bounds the
    /// difference. The earlier estimate is changed no more than the bounds
    /// require.
    pub(crate) fn record(&self, headers: &HeaderMap, sent: Timestamp, came: Timestamp) {
        let Some(date) = date(headers).and_then(|date| Timestamp::try_from(date).ok()) else {
            return;
        };
        let least = date.duration_since(came);
        let most = date.duration_since(sent) + SECOND;
        // Otherwise our clock was set between the request and the answer.
        if least <= most {
            let mut ahead = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            *ahead = (*ahead).clamp(least, most);
        }
    }

    /// The server's time when ours is `ours`.
    pub(crate) fn at(&self, ours: Timestamp) -> Timestamp {
        let ahead = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ours.checked_add(ahead).unwrap_or(ours)
    }
}

/// The `Date` of an answer (RFC 9110 section 6.6.1).
pub(crate) fn date(headers: &HeaderMap) -> Option<SystemTime> {
    http_date_to_system_time(headers.get(DATE)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dated(date: &str) -> HeaderMap {
        HeaderMap::from_iter([(DATE, date.parse().expect("a header"))])
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-11-22T{time}Z").parse().expect("a time")
    }

    #[test]
    fn a_date_tells_how_far_the_server_is_ahead() {
        let clock = ServerClock::default();
        assert_eq!(clock.at(at("10:00:00")), at("10:00:00"));
        // This date does not contradict our clock.
        clock.record(&dated("Sun, 22 Nov 2026 10:00:00 GMT"), at("10:00:00.2"), at("10:00:00.4"));
        assert_eq!(clock.at(at("10:00:00")), at("10:00:00"));
        // The server is half an hour ahead, to the second.
        clock.record(&dated("Sun, 22 Nov 2026 10:30:05 GMT"), at("10:00:05"), at("10:00:05"));
        assert_eq!(clock.at(at("10:00:10")), at("10:30:10"));
        // The server is an hour behind. A missing or malformed date changes
        // nothing.
        clock.record(&dated("Sun, 22 Nov 2026 09:00:20 GMT"), at("10:00:20"), at("10:00:20"));
        for odd in [HeaderMap::new(), dated("yesterday"), dated("")] {
            clock.record(&odd, at("10:00:21"), at("10:00:21"));
        }
        assert_eq!(clock.at(at("10:00:30")), at("09:00:31"));
    }

    #[test]
    fn a_poll_that_was_dated_when_it_began_sets_no_clock_back() {
        let clock = ServerClock::default();
        clock.record(&dated("Sun, 22 Nov 2026 10:00:00 GMT"), at("10:00:00"), at("10:01:00"));
        assert_eq!(clock.at(at("10:01:00")), at("10:01:00"));
        clock.record(&dated("Sun, 22 Nov 2026 11:00:00 GMT"), at("10:01:00"), at("10:01:00"));
        clock.record(&dated("Sun, 22 Nov 2026 11:00:00 GMT"), at("10:01:00"), at("10:02:00"));
        assert_eq!(clock.at(at("10:02:00")), at("11:01:00"));
    }

    #[test]
    fn a_clock_that_is_set_or_dates_out_of_reach_break_nothing() {
        let clock = ServerClock::default();
        clock.record(&dated("Sun, 22 Nov 2026 10:00:00 GMT"), at("10:30:00"), at("10:00:00"));
        assert_eq!(clock.at(at("10:00:00")), at("10:00:00"));
        clock.record(&dated("Fri, 31 Dec 9999 23:59:59 GMT"), at("10:00:00"), at("10:00:00"));
        assert_eq!(clock.at(at("10:10:00")), at("10:10:00"), "there is no such time");
    }
}
