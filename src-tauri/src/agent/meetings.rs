//! The meetings of the person's calendars, as claims of the agent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use presently_core::meeting::{AtDesk, Meaning, Meetings, Occurrence};
use presently_core::settings::MeetingSettings;
use presently_core::{Claim, Code, Source};
use presently_ipc::snapshot::{Check, CheckState, MeetingView};

use super::doctor::{check, english};
use super::{Agent, desk};
use crate::calendars::Calendars;

/// The calendars, and what follows from them.
pub(super) struct Agenda {
    calendars: Calendars,
    meetings: Meetings,
    /// The occurrences that the person is not in, with their ends.
    skipped: BTreeMap<(String, Timestamp), Timestamp>,
    /// The renewal that was asked for last, so that none is asked for twice.
    renewed: Option<Timestamp>,
}

impl Agenda {
    /// Starts to read the calendars. Must be called within a tokio runtime.
    pub(super) fn start(settings: &MeetingSettings) -> Self {
        Self {
            calendars: Calendars::start(settings),
            meetings: Meetings::default(),
            skipped: BTreeMap::new(),
            renewed: None,
        }
    }

    /// Returns when the calendars hold something else.
    pub(super) async fn changed(&mut self) {
        self.calendars.changed().await;
    }

    /// Reads the calendars again, because they may be reached again.
    pub(super) fn renew(&self) {
        self.calendars.renew();
    }

    /// Applies settings, and what the calendars hold now.
    pub(super) fn update(&mut self, settings: &MeetingSettings) {
        self.calendars.settings(settings);
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

    /// When to evaluate again although no calendar has changed. Reads the
    /// calendars again if that is due.
    pub(super) fn next(&mut self, now: Timestamp) -> Option<Timestamp> {
        let renewal = self.calendars.agenda().renewal;
        let is_asked = renewal == self.renewed;
        if !is_asked && renewal.is_some_and(|at| at <= now) {
            self.calendars.renew();
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
        self.update(settings);
        is_new
    }

    /// What is wrong with the calendars.
    pub(super) fn troubles(&self) -> Vec<Code> {
        self.calendars.agenda().calendars.iter().filter_map(|it| it.trouble.clone()).collect()
    }

    /// For `presently doctor`. `None` if there is no calendar. Their names are
    /// shown only if `full`.
    pub(super) fn check(&self, full: bool) -> Option<Check> {
        let agenda = self.calendars.agenda();
        let state = match agenda.calendars.iter().any(|calendar| calendar.trouble.is_some()) {
            true => CheckState::Bad,
            false => CheckState::Good,
        };
        let events: usize = agenda.calendars.iter().map(|calendar| calendar.events).sum();
        let troubles = self.troubles();
        let summary = match troubles.len() {
            0 => format!("{}, events: {events}", agenda.calendars.len()),
            bad => format!(
                "{}, not all of {bad} can be read, events: {events}",
                agenda.calendars.len()
            ),
        };
        let details = troubles.iter().filter(|_| full).map(english).collect();
        let found = Check { details, ..check("calendars", state, summary) };
        (!agenda.calendars.is_empty()).then_some(found)
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
