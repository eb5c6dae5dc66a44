//! The meetings of the person's calendars, as claims of the agent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_core::hours::{self, AtWork};
use presently_core::meeting::{AtDesk, Meaning, Meetings, Occurrence};
use presently_core::settings::{HoursSettings, MeetingSettings};
use presently_core::{Claim, Code, Settings, Source};
use presently_ipc::snapshot::{CalendarView, Check, CheckState, MeetingView};

use super::doctor::{check, english};
use super::{Agent, desk};
use crate::calendars::{CalendarState, Calendars, Wanted};

/// The calendars, and what follows from them.
pub(super) struct Agenda {
    calendars: Calendars,
    /// The calendars of the days without working hours.
    holidays: Calendars,
    meetings: Meetings,
    /// The occurrences that the person is not in, with their ends.
    skipped: BTreeMap<(String, Timestamp), Timestamp>,
    /// The renewal that was asked for last, so that none is asked for twice.
    renewed: Option<Timestamp>,
}

impl Agenda {
    /// Starts to read the calendars. Must be called within a tokio runtime.
    pub(super) fn start(settings: &Settings) -> Self {
        Self {
            calendars: Calendars::start(Wanted::from(&settings.meeting)),
            holidays: Calendars::start(Wanted::holidays(&settings.hours)),
            meetings: Meetings::default(),
            skipped: BTreeMap::new(),
            renewed: None,
        }
    }

    /// Returns when the calendars hold something else.
    pub(super) async fn changed(&mut self) {
        tokio::select! {
            () = self.calendars.changed() => {}
            () = self.holidays.changed() => {}
        }
    }

    /// Reads the calendars again, because they may be reached again.
    pub(super) fn renew(&self) {
        self.calendars.renew();
        self.holidays.renew();
    }

    /// Applies settings, and what the calendars hold now.
    pub(super) fn update(&mut self, settings: &Settings) {
        self.calendars.set(Wanted::from(&settings.meeting));
        self.holidays.set(Wanted::holidays(&settings.hours));
        self.list_meetings(&settings.meeting);
    }

    fn list_meetings(&mut self, settings: &MeetingSettings) {
        let agenda = self.calendars.agenda();
        let is_in = |it: &&Occurrence| !self.skipped.contains_key(&(it.uid.clone(), it.start));
        self.meetings = Meetings::new(agenda.occurrences.iter().filter(is_in), settings);
    }

    /// The claim of a meeting now. `claims` are those of the desk and of calls.
    pub(super) fn claim(
        &self,
        settings: &MeetingSettings,
        claims: &desk::Claims,
        now: Timestamp,
    ) -> Option<Claim> {
        let is_call = |claim: &Claim| claim.source == Source::Call;
        let in_call = match claims.live.iter().any(is_call) {
            true => Some(true),
            false => claims.at_desk.in_call,
        };
        self.meetings.claim(settings, AtDesk { in_call, ..claims.at_desk }, now)
    }

    /// What the working hours say now.
    pub(super) fn at_work(&self, settings: &HoursSettings, now: Timestamp) -> AtWork {
        let holidays = self.holidays.agenda();
        hours::at_work(settings, &holidays.occurrences, &TimeZone::system(), now)
    }

    /// When to evaluate again although no calendar has changed. Reads the
    /// calendars again if that is due.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Timestamp> {
        let renewals = [self.calendars.agenda().renewal, self.holidays.agenda().renewal];
        let renewal = renewals.into_iter().flatten().min();
        let is_asked = renewal == self.renewed;
        if !is_asked && renewal.is_some_and(|at| at <= now) {
            self.renew();
            self.renewed = renewal;
        }
        let renewal = renewal.filter(|at| *at > now);
        self.meetings.next_change(now).into_iter().chain(renewal).min()
    }

    /// The meeting that is on, or else the next one.
    pub(super) fn next_meeting(&self, now: Timestamp) -> Option<MeetingView> {
        self.meetings.next(now).map(|(start, end)| MeetingView { start, end })
    }

    /// The person is not in the meetings that are on. Returns whether there is
    /// one.
    pub(super) fn skip(&mut self, settings: &MeetingSettings, now: Timestamp) -> bool {
        self.skipped.retain(|_, end| *end > now);
        let agenda = self.calendars.agenda();
        let is_on = |it: &&Occurrence| {
            it.start <= now && now < it.end && it.meaning(settings) == Ok(Meaning::Meeting)
        };
        let on = agenda.occurrences.iter().filter(is_on);
        let before = self.skipped.len();
        self.skipped.extend(on.map(|it| ((it.uid.clone(), it.start), it.end)));
        let is_new = self.skipped.len() > before;
        self.list_meetings(settings);
        is_new
    }

    /// What is wrong with the calendars.
    pub(super) fn troubles(&self) -> Vec<Code> {
        self.all().into_iter().filter_map(|calendar| calendar.trouble).collect()
    }

    /// The calendars of meetings.
    pub(super) fn calendars(&self) -> Vec<CalendarView> {
        let view = |calendar: CalendarState| CalendarView {
            name: calendar.name,
            place: calendar.place,
            uid: calendar.uid,
            counts: calendar.counts,
            events: calendar.events,
            trouble: calendar.trouble.as_ref().map(english),
            trouble_code: calendar.trouble,
        };
        self.calendars.agenda().calendars.iter().cloned().map(view).collect()
    }

    /// The calendars that count, those of holidays last.
    fn all(&self) -> Vec<CalendarState> {
        let agendas = [self.calendars.agenda(), self.holidays.agenda()];
        let all = agendas.iter().flat_map(|agenda| agenda.calendars.clone());
        all.filter(|calendar| calendar.counts).collect()
    }

    /// For `presently doctor`. `None` if there is no calendar. Their names are
    /// shown only if `full`.
    pub(super) fn check(&self, full: bool) -> Option<Check> {
        let all = self.all();
        let events: usize = all.iter().map(|calendar| calendar.events).sum();
        let troubles = self.troubles();
        let state = if troubles.is_empty() { CheckState::Good } else { CheckState::Bad };
        let summary = match troubles.len() {
            0 => format!("{}, events: {events}", all.len()),
            bad => format!("{}, not all of {bad} can be read, events: {events}", all.len()),
        };
        let details = troubles.iter().filter(|_| full).map(english).collect();
        let found = Check { details, ..check("calendars", state, summary) };
        (!all.is_empty()).then_some(found)
    }
}

impl Agent {
    /// The person is not in the meeting that is on.
    ///
    /// # Errors
    ///
    /// None is on.
    pub(super) fn skip_meeting(&mut self) -> Result<(), Code> {
        let settings = &self.settings.get().meeting;
        match self.agenda.skip(settings, Timestamp::now()) {
            true => Ok(()),
            false => Err(Code::new("no-meeting")),
        }
    }
}
