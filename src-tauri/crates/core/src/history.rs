//! The history of what was shown, when, and by which source. It stays on this
//! machine. It holds the decisions about all accounts, and no program, message,
//! device or account.
//!
//! Times are whole seconds. A span that ends within the second in which it
//! began is not kept. While the agent does not run, there is no span.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Presence, Source};

/// For how long a span is kept after its end.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many spans are kept at most. The oldest are dropped first.
pub const MOST_SPANS: usize = 20_000;

/// One presence of one source, from its start to its end. It is serialised as
/// an array of its four fields, because a history has many spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Form", into = "Form")]
pub struct Span {
    /// When it began, in whole seconds.
    pub start: Timestamp,
    /// When it ended: the first second after it.
    pub end: Timestamp,
    /// What was shown, or `None` where nothing was claimed.
    pub presence: Option<Presence>,
    /// The source of the winning claim.
    pub source: Source,
}

/// The serialised form of a span. Start and end are seconds of Unix time.
#[derive(Serialize, Deserialize)]
struct Form(i64, i64, Option<Presence>, Source);

impl From<Span> for Form {
    fn from(span: Span) -> Self {
        Self(span.start.as_second(), span.end.as_second(), span.presence, span.source)
    }
}

impl From<Form> for Span {
    fn from(Form(start, end, presence, source): Form) -> Self {
        // A second that is out of range becomes the last possible moment. The
        // span is then empty, or ends at that moment.
        let at = |second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        Self { start: at(start), end: at(end), presence, source }
    }
}

impl Span {
    /// Its length in seconds; zero where its end is before its start.
    pub fn seconds(&self) -> u64 {
        u64::try_from(self.end.as_second() - self.start.as_second()).unwrap_or(0)
    }

    /// The part between two moments, if there is any.
    fn within(self, from: Timestamp, to: Timestamp) -> Option<Self> {
        let part = Self { start: self.start.max(from), end: self.end.min(to), ..self };
        (part.start < part.end).then_some(part)
    }

    fn same_state(&self, other: &Self) -> bool {
        (self.presence, self.source) == (other.presence, other.source)
    }
}

/// What was shown. The spans are in order and do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// The spans that have ended.
    ended: VecDeque<Span>,
    /// The span that has not ended yet. Its end is the last moment at which it
    /// was known to go on.
    open: Option<Span>,
}

impl History {
    /// Makes a history of stored spans, all of which have ended.
    pub fn from_spans(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut history = Self::default();
        spans.into_iter().for_each(|span| history.insert(span));
        history
    }

    /// Records that this is shown from `at` on. Returns whether a new span
    /// began; a span with the same presence and source goes on.
    pub fn record(&mut self, at: Timestamp, presence: Option<Presence>, source: Source) -> bool {
        let next = Span { start: second(at), end: second(at), presence, source };
        match &mut self.open {
            // The clock was set back to before the span's start. The span keeps
            // its end, and a new one begins.
            Some(open) if next.start < open.start => {}
            Some(open) if open.same_state(&next) => {
                open.end = next.end;
                return false;
            }
            Some(open) => open.end = next.end,
            None => {}
        }
        self.close();
        self.open = Some(next);
        true
    }

    /// Ends the open span at `at`, because nothing is shown or recorded any
    /// more.
    pub fn stop(&mut self, at: Timestamp) {
        if let Some(Span { presence, source, .. }) = self.open {
            self.record(at, presence, source);
        }
        self.close();
    }

    /// Ends the open span at the last moment at which it was known to go on.
    fn close(&mut self) {
        if let Some(open) = self.open.take() {
            self.insert(open);
        }
    }

    /// Adds a span and replaces what it overlaps. Spans overlap only if the
    /// clock was set back.
    fn insert(&mut self, new: Span) {
        if new.start >= new.end {
            return;
        }
        match self.ended.back_mut() {
            Some(last) if last.end == new.start && last.same_state(&new) => last.end = new.end,
            Some(last) if last.end > new.start => self.replace(new),
            _ => self.ended.push_back(new),
        }
        while self.ended.len() > MOST_SPANS {
            self.ended.pop_front();
        }
    }

    fn replace(&mut self, new: Span) {
        let around = |old: &Span| {
            let before = old.within(Timestamp::MIN, new.start);
            [before, old.within(new.end, Timestamp::MAX)].into_iter().flatten().collect::<Vec<_>>()
        };
        let mut spans: Vec<Span> = self.ended.iter().flat_map(around).chain([new]).collect();
        spans.sort_by_key(|span| span.start);
        self.ended.clear();
        for span in spans {
            match self.ended.back_mut() {
                Some(last) if last.end == span.start && last.same_state(&span) => {
                    last.end = span.end
                }
                _ => self.ended.push_back(span),
            }
        }
    }

    /// Drops the spans that ended before `moment`, or at it. Returns whether
    /// there were any.
    pub fn forget_before(&mut self, moment: Timestamp) -> bool {
        let before = self.ended.len();
        self.ended.retain(|span| span.end > moment);
        self.ended.len() != before
    }

    /// Drops everything. What is shown goes on, from `at`.
    pub fn erase(&mut self, at: Timestamp) {
        let open = self.open.take();
        *self = Self::default();
        if let Some(Span { presence, source, .. }) = open {
            self.record(at, presence, source);
        }
    }

    /// Adds the spans of a stored history. Where both cover the same time, the
    /// spans of this one are kept.
    pub fn merge_stored(&mut self, stored: Self) {
        let own = std::mem::replace(&mut self.ended, stored.ended);
        own.into_iter().for_each(|span| self.insert(span));
    }

    /// All spans, in order, as they are to be stored. The open span ends at its
    /// last known moment.
    pub fn spans(&self) -> Vec<Span> {
        self.between(Timestamp::MIN, Timestamp::MAX)
    }

    /// The spans between two moments, clipped to them.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Vec<Span> {
        let mut whole = self.clone();
        whole.close();
        whole.ended.into_iter().filter_map(|span| span.within(from, to)).collect()
    }

    /// The open span, if there is one. Its end is the last moment at which it
    /// was known to go on.
    pub fn open(&self) -> Option<Span> {
        self.open
    }
}

/// How long each presence was shown, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Available.
    pub available: u64,
    /// Busy, for whatever reason.
    pub busy: u64,
    /// The time in which a call was the source. It is contained in the other
    /// totals, most often in `busy`.
    pub calls: u64,
    /// Away.
    pub away: u64,
    /// Invisible.
    pub invisible: u64,
}

impl Totals {
    /// Adds up the spans by presence.
    pub fn of(spans: &[Span]) -> Self {
        let mut totals = Self::default();
        for span in spans {
            let shown = match span.presence {
                Some(Presence::Online) => &mut totals.available,
                Some(Presence::Busy) => &mut totals.busy,
                Some(Presence::Unavailable) => &mut totals.away,
                Some(Presence::Offline) => &mut totals.invisible,
                None => continue,
            };
            *shown += span.seconds();
            if span.source == Source::Call {
                totals.calls += span.seconds();
            }
        }
        totals
    }
}

/// Rounds a moment down to the whole second.
fn second(at: Timestamp) -> Timestamp {
    let whole = at.as_second() - i64::from(at.subsec_nanosecond() < 0);
    Timestamp::from_second(whole).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
