//! What was shown, between two moments.

use jiff::Timestamp;
use presently_core::history::{self, History};
use presently_core::{Presence, Source};
use serde::{Deserialize, Serialize};

/// What was shown between two moments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct HistoryView {
    /// Whether the settings have it recorded.
    pub recording: bool,
    /// In order, without overlap, clipped to the two moments. In a gap the
    /// agent did not run or did not record.
    pub spans: Vec<SpanView>,
    /// How long each presence was shown.
    pub totals: TotalsView,
}

/// One presence of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SpanView {
    /// When it began.
    #[cfg_attr(test, ts(type = "string"))]
    pub start: Timestamp,
    /// When it ended. If it goes on, when the history was requested.
    #[cfg_attr(test, ts(type = "string"))]
    pub end: Timestamp,
    /// What was shown; null where nothing was claimed.
    #[cfg_attr(test, ts(type = "Presence | null"))]
    pub presence: Option<Presence>,
    /// The source of the winning claim.
    #[cfg_attr(test, ts(type = "Source"))]
    pub source: Source,
    /// Whether it goes on.
    pub ongoing: bool,
}

/// How long each presence was shown, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TotalsView {
    /// Available.
    #[cfg_attr(test, ts(type = "number"))]
    pub available: u64,
    /// Busy, for whatever reason.
    #[cfg_attr(test, ts(type = "number"))]
    pub busy: u64,
    /// The time in which a call was the source. The other totals contain it.
    #[cfg_attr(test, ts(type = "number"))]
    pub calls: u64,
    /// Away.
    #[cfg_attr(test, ts(type = "number"))]
    pub away: u64,
    /// Invisible.
    #[cfg_attr(test, ts(type = "number"))]
    pub invisible: u64,
}

impl HistoryView {
    /// The spans and totals of a history between two moments.
    pub fn of(history: &History, recording: bool, from: Timestamp, to: Timestamp) -> Self {
        let spans = history.between(from, to);
        let history::Totals { available, busy, calls, away, invisible } =
            history::Totals::of(&spans);
        // An open span that began within this second is not among the spans
        // yet.
        let open = history.open().filter(|open| open.seconds() > 0).map(|open| open.end);
        let view = |span: &history::Span| SpanView {
            start: span.start,
            end: span.end,
            presence: span.presence,
            source: span.source,
            ongoing: open == Some(span.end),
        };
        Self {
            recording,
            spans: spans.iter().map(view).collect(),
            totals: TotalsView { available, busy, calls, away, invisible },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_ended_does_not_go_on_when_the_next_has_just_begun() {
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).expect("a time");
        let mut history = History::default();
        history.record(at(0), Some(Presence::Online), Source::Active);
        history.record(at(10), Some(Presence::Busy), Source::Manual);
        let goes_on = |history: &History| {
            let view = HistoryView::of(history, true, Timestamp::MIN, Timestamp::MAX);
            view.spans.iter().map(|span| span.ongoing).collect::<Vec<_>>()
        };
        assert_eq!(goes_on(&history), [false]);
        history.record(at(11), Some(Presence::Busy), Source::Manual);
        assert_eq!(goes_on(&history), [false, true]);
    }
}
