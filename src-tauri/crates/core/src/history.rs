//! What was shown, when, and by which source: the history that stays on this
//! machine. It is the decision about all accounts, and knows no program,
//! message, device or account.
//!
//! Times are whole seconds. A span that ends within the second in which it
//! began is not kept. While the agent does not run there is no span: a gap.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Presence, Source};

/// For how long a span is kept after its end.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How many spans are kept at most. Where there are more, the oldest go.
pub const MOST_SPANS: usize = 20_000;

/// One presence of one source, from its start up to its end. It is written as
/// a list of these four, because there are many of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Form", into = "Form")]
pub struct Span {
    /// When it began.
    pub start: Timestamp,
    /// When it ended: the first second that does not belong to it.
    pub end: Timestamp,
    /// What was shown, or `None` where nothing was claimed.
    pub presence: Option<Presence>,
    /// Who decided it.
    pub source: Source,
}

/// As a span is written: start and end in seconds of Unix time.
#[derive(Serialize, Deserialize)]
struct Form(i64, i64, Option<Presence>, Source);

impl From<Span> for Form {
    fn from(span: Span) -> Self {
        Self(span.start.as_second(), span.end.as_second(), span.presence, span.source)
    }
}

impl From<Form> for Span {
    fn from(Form(start, end, presence, source): Form) -> Self {
        // A time that no calendar has makes a span that is empty, or ends
        // with the calendar.
        let at = |second| Timestamp::from_second(second).unwrap_or(Timestamp::MAX);
        Self { start: at(start), end: at(end), presence, source }
    }
}

impl Span {
    /// How long it is, in seconds.
    pub fn seconds(&self) -> u64 {
        u64::try_from(self.end.as_second() - self.start.as_second()).unwrap_or(0)
    }

    /// The part of it between two moments, if there is any.
    fn within(self, from: Timestamp, to: Timestamp) -> Option<Self> {
        let part = Self { start: self.start.max(from), end: self.end.min(to), ..self };
        (part.start < part.end).then_some(part)
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.presence, self.source) == (other.presence, other.source)
    }
}

/// What was shown. Its spans are in order and never overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Those that have ended.
    ended: VecDeque<Span>,
    /// The one that goes on, with the last moment at which that was known as
    /// its end.
    open: Option<Span>,
}

impl History {
    /// The history of these spans, which were kept. None of them goes on.
    pub fn of(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut history = Self::default();
        spans.into_iter().for_each(|span| history.insert(span));
        history
    }

    /// From `at` on this is shown. Returns whether that is new: what is shown
    /// already goes on.
    pub fn record(&mut self, at: Timestamp, presence: Option<Presence>, source: Source) -> bool {
        let next = Span { start: second(at), end: second(at), presence, source };
        match &mut self.open {
            // The clock was set back to before its start: what it measured
            // stands, and is measured anew from here on.
            Some(open) if next.start < open.start => {}
            Some(open) if open.is_like(&next) => {
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

    /// At `at` nothing is shown any more, or nothing is to be recorded.
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

    /// Adds a span. Where it overlaps others, which takes a clock that was
    /// set back, it replaces what they say of that time.
    fn insert(&mut self, new: Span) {
        if new.start >= new.end {
            return;
        }
        match self.ended.back_mut() {
            Some(last) if last.end == new.start && last.is_like(&new) => last.end = new.end,
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
                Some(last) if last.end == span.start && last.is_like(&span) => last.end = span.end,
                _ => self.ended.push_back(span),
            }
        }
    }

    /// Drops what had ended before `moment`. Returns whether anything had.
    pub fn forget_before(&mut self, moment: Timestamp) -> bool {
        let before = self.ended.len();
        self.ended.retain(|span| span.end > moment);
        self.ended.len() != before
    }

    /// Drops everything. What is shown goes on from `at`.
    pub fn erase(&mut self, at: Timestamp) {
        let open = self.open.take();
        *self = Self::default();
        if let Some(Span { presence, source, .. }) = open {
            self.record(at, presence, source);
        }
    }

    /// Takes in the spans of a history that was kept; what this one says of
    /// the same time holds.
    pub fn take_in(&mut self, kept: Self) {
        let own = std::mem::replace(&mut self.ended, kept.ended);
        own.into_iter().for_each(|span| self.insert(span));
    }

    /// All spans, in order; the one that goes on has its last known moment as
    /// its end. This is what is to be kept.
    pub fn spans(&self) -> Vec<Span> {
        self.between(Timestamp::MIN, Timestamp::MAX)
    }

    /// The spans between two moments, such as the start of a day and that of
    /// the next, clipped to them.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> Vec<Span> {
        let mut whole = self.clone();
        whole.close();
        whole.ended.into_iter().filter_map(|span| span.within(from, to)).collect()
    }

    /// The span that goes on, with its last known moment as its end.
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
    /// The part of the other times, most often of busy, that calls decided.
    pub calls: u64,
    /// Away.
    pub away: u64,
    /// Invisible.
    pub invisible: u64,
}

impl Totals {
    /// Those of these spans.
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

/// The second that a moment lies in.
fn second(at: Timestamp) -> Timestamp {
    let whole = at.as_second() - i64::from(at.subsec_nanosecond() < 0);
    Timestamp::from_second(whole).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
