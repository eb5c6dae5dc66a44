//! Meetings: which events of a calendar count, and the claim that follows from
//! them and from the desk.

mod attendance;

use jiff::{SignedDuration, Timestamp};

pub use attendance::Attendance;

use crate::settings::{MeetingCheck, MeetingSettings};
use crate::{Claim, Presence, Reason, Scope, Source};

/// How far into a meeting with a conference link its person should be in the
/// call. Who types without a call after that is not in the meeting.
const JOINED_AFTER: SignedDuration = SignedDuration::from_mins(10);

/// One occurrence of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// The event's UID (RFC 5545, 3.8.4.7).
    pub uid: String,
    /// When it begins.
    pub start: Timestamp,
    /// When it ends: the first moment that is not part of it.
    pub end: Timestamp,
    /// Whether it is about whole days: its DTSTART is a date (RFC 5545, 3.3.4).
    pub all_day: bool,
    /// Whether it takes place.
    pub status: Status,
    /// What the person has answered; `None` if they were not asked, as in an
    /// event of their own.
    pub answer: Option<Answer>,
    /// How it fills the person's time.
    pub availability: Availability,
    /// Whether there is a link to join a conference.
    pub conference: bool,
}

/// Whether an event takes place (STATUS, RFC 5545, 3.8.1.11).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It does.
    #[default]
    Confirmed,
    /// It may.
    Tentative,
    /// It does not.
    Cancelled,
}

/// The person's answer to an invitation (PARTSTAT, RFC 5545, 3.2.12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// They will come.
    Accepted,
    /// They may come.
    Tentative,
    /// They will not come, or somebody else comes in their place.
    Declined,
    /// They have not answered.
    Missing,
}

/// How an event fills the time: TRANSP (RFC 5545, 3.8.2.7), or
/// X-MICROSOFT-CDO-BUSYSTATUS, which says more
/// (<https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcical/cd68eae7-ed65-4dd3-8ea7-ad585c76c736>).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Availability {
    /// Not at all: TRANSPARENT, FREE.
    Free,
    /// The person may be busy: TENTATIVE.
    Tentative,
    /// They are busy: OPAQUE, BUSY.
    #[default]
    Busy,
    /// They are away: OOF.
    OutOfOffice,
    /// They work at another place: WORKINGELSEWHERE.
    Elsewhere,
}

/// Why an occurrence does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Uncounted {
    /// It does not take place.
    Cancelled,
    /// The person has declined.
    Declined,
    /// Its time is free.
    Free,
    /// The person works at another place meanwhile.
    Elsewhere,
    /// It is about whole days and does not say that the person is away.
    AllDay,
    /// The person has not answered, and the settings do not count that.
    Unanswered,
    /// It is tentative, and the settings do not count that.
    Tentative,
    /// It is shorter than the settings count, or has no length.
    TooShort,
}

/// What an occurrence that counts means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Meaning {
    /// The person is in a meeting.
    Meeting,
    /// The person is out of office.
    OutOfOffice,
}

impl Occurrence {
    /// What it means for the person's presence.
    ///
    /// # Errors
    ///
    /// It does not count, and why.
    pub fn meaning(&self, settings: &MeetingSettings) -> Result<Meaning, Uncounted> {
        let is_away = self.availability == Availability::OutOfOffice;
        let length = self.end.duration_since(self.start);
        let minimum = SignedDuration::try_from(settings.minimum.0).unwrap_or(SignedDuration::MAX);
        let is_tentative = self.status == Status::Tentative
            || self.answer == Some(Answer::Tentative)
            || self.availability == Availability::Tentative;
        let rules = [
            (self.status == Status::Cancelled, Uncounted::Cancelled),
            (self.answer == Some(Answer::Declined), Uncounted::Declined),
            (self.availability == Availability::Free, Uncounted::Free),
            (self.availability == Availability::Elsewhere, Uncounted::Elsewhere),
            (self.all_day && !is_away, Uncounted::AllDay),
            (self.answer == Some(Answer::Missing) && !settings.unanswered, Uncounted::Unanswered),
            (is_tentative && !settings.tentative, Uncounted::Tentative),
            (length <= SignedDuration::ZERO || length < minimum, Uncounted::TooShort),
        ];
        match rules.into_iter().find(|(applies, _)| *applies) {
            Some((_, why)) => Err(why),
            None if is_away => Ok(Meaning::OutOfOffice),
            None => Ok(Meaning::Meeting),
        }
    }
}

/// What the meetings are checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtDesk {
    /// Whether a call is on. `None` if calls cannot be seen.
    pub in_call: Option<bool>,
    /// Whether there was input less than the threshold ago. `None` if input
    /// cannot be seen.
    pub active: Option<bool>,
    /// Whether the machine sleeps or is about to.
    pub asleep: bool,
}

/// The occurrences that count, in the order of their start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meetings {
    parts: Vec<Part>,
}

/// One occurrence that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    uid: String,
    start: Timestamp,
    end: Timestamp,
    meaning: Meaning,
    conference: bool,
    /// The person says that they are in it.
    is_attended: bool,
}

impl Meetings {
    /// Those of all calendars together, without those that the person says they
    /// are not in.
    pub fn new<'a>(
        occurrences: impl IntoIterator<Item = &'a Occurrence>,
        settings: &MeetingSettings,
        attendance: &Attendance,
    ) -> Self {
        let mut parts: Vec<Part> = occurrences
            .into_iter()
            .filter_map(|occurrence| {
                let meaning = occurrence.meaning(settings).ok()?;
                let attends = attendance.of(occurrence);
                let Occurrence { start, end, conference, .. } = *occurrence;
                let uid = occurrence.uid.clone();
                let is_attended = attends == Some(true);
                let part = Part { uid, start, end, meaning, conference, is_attended };
                (attends != Some(false)).then_some(part)
            })
            .collect();
        parts.sort_by_key(|part| (part.start, part.end, part.meaning));
        Self { parts }
    }

    /// The claim that holds at `now`. Meetings that touch or overlap are one
    /// claim. A meeting wins over being out of office.
    pub fn claim(&self, settings: &MeetingSettings, desk: AtDesk, now: Timestamp) -> Option<Claim> {
        [Meaning::Meeting, Meaning::OutOfOffice].into_iter().find_map(|meaning| {
            let counts = |part: &Part| {
                part.meaning == meaning && part.is_on(now) && part.is_likely(settings, desk, now)
            };
            if !self.parts.iter().any(counts) {
                return None;
            }
            let (since, until) = self.around(meaning, now)?;
            let (presence, reason) = match meaning {
                Meaning::Meeting => (Presence::Busy, Reason::Meeting),
                Meaning::OutOfOffice => (Presence::Unavailable, Reason::OutOfOffice),
            };
            let (source, scope) = (Source::Meeting, Scope::All);
            Some(Claim { source, scope, presence, reason, since, until: Some(until) })
        })
    }

    /// The UIDs and starts of the meetings behind [`Self::claim`], the one that
    /// began last first.
    pub fn current(
        &self,
        settings: &MeetingSettings,
        desk: AtDesk,
        now: Timestamp,
    ) -> impl Iterator<Item = (&str, Timestamp)> {
        let counts = move |part: &&Part| {
            let is_meeting = part.meaning == Meaning::Meeting && part.is_on(now);
            is_meeting && part.is_likely(settings, desk, now)
        };
        self.parts.iter().rev().filter(counts).map(|part| (part.uid.as_str(), part.start))
    }

    /// The start and the end of the meetings that are on and do not count, because
    /// the desk contradicts them.
    pub fn doubted(
        &self,
        settings: &MeetingSettings,
        desk: AtDesk,
        now: Timestamp,
    ) -> Option<(Timestamp, Timestamp)> {
        let is_on = |part: &&Part| part.meaning == Meaning::Meeting && part.is_on(now);
        let mut on = self.parts.iter().filter(is_on);
        let is_doubted = !desk.asleep && on.all(|part| !part.is_likely(settings, desk, now));
        is_doubted.then(|| self.around(Meaning::Meeting, now)).flatten()
    }

    /// The next moment after `now` at which [`Self::claim`] or [`Self::doubted`]
    /// may change although the desk does not. `None` if there is none.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let of_part = |part: &Part| {
            let joined = part.joined_by().filter(|_| part.conference);
            [Some(part.start), joined, Some(part.end)]
        };
        self.parts.iter().flat_map(of_part).flatten().filter(|at| *at > now).min()
    }

    /// The start and the end of the meetings that are on, or else of the next
    /// ones.
    pub fn next(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let mut meetings = self.parts.iter().filter(|part| part.meaning == Meaning::Meeting);
        let first = meetings.find(|part| part.end > now)?;
        self.around(Meaning::Meeting, now.max(first.start))
    }

    /// The first start and the last end of the parts of this meaning that touch
    /// each other and `now`.
    fn around(&self, meaning: Meaning, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let mut block: Option<(Timestamp, Timestamp)> = None;
        for part in self.parts.iter().filter(|part| part.meaning == meaning) {
            block = match block {
                Some((start, end)) if part.start <= end => Some((start, end.max(part.end))),
                Some((start, end)) if now < end => {
                    return (start <= now).then_some((start, end));
                }
                _ => Some((part.start, part.end)),
            };
        }
        block.filter(|(start, end)| *start <= now && now < *end)
    }
}

impl Part {
    fn is_on(&self, now: Timestamp) -> bool {
        self.start <= now && now < self.end
    }

    fn joined_by(&self) -> Option<Timestamp> {
        self.start.checked_add(JOINED_AFTER).ok()
    }

    /// Whether the desk does not contradict it. What cannot be seen contradicts
    /// nothing.
    fn is_likely(&self, settings: &MeetingSettings, desk: AtDesk, now: Timestamp) -> bool {
        if self.meaning == Meaning::OutOfOffice {
            return true;
        }
        // Nobody would end it during sleep: a server keeps busy for an hour after
        // the last sync (docs/protocol.md).
        if desk.asleep {
            return false;
        }
        if self.is_attended {
            return true;
        }
        match settings.check {
            MeetingCheck::Never => true,
            MeetingCheck::Call => desk.in_call != Some(false),
            MeetingCheck::Desk => {
                let should_have_joined = self.joined_by().is_some_and(|by| by <= now);
                let is_elsewhere = desk.in_call == Some(false) && desk.active == Some(true);
                !(self.conference && should_have_joined && is_elsewhere)
            }
        }
    }
}

#[cfg(test)]
mod tests;
