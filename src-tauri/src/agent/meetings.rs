//! The meetings of the person's calendars, as claims of the agent.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_core::account::StandInTexts;
use presently_core::account::profile::Status;
use presently_core::hours::{self, AtWork};
use presently_core::manual::MESSAGE_BYTES;
use presently_core::meeting::{AtDesk, Attendance, Meaning, Meetings, Occurrence};
use presently_core::settings::{HoursSettings, MeetingSettings};
use presently_core::{Claim, Code, Message, Settings, Source};
use presently_ipc::Failure;
use presently_ipc::snapshot::{CalendarView, Check, CheckState, MeetingView};
use presently_matrix::SecretStores;
use presently_text::{Texts, text};

use super::doctor::{check, english};
use super::{Agent, desk};
use crate::calendars::{CalendarState, Calendars, Wanted};

/// The calendars, and what follows from them.
pub(super) struct Agenda {
    calendars: Calendars,
    /// The calendars of the days without working hours.
    holidays: Calendars,
    meetings: Meetings,
    /// The renewal that was asked for last, so that none is asked for twice.
    renewed: Option<Timestamp>,
}

/// What the meetings say at a moment.
pub(super) struct Evaluation {
    /// The claim of the meetings that are on.
    pub(super) claim: Option<Claim>,
    /// Those that are on, or else the next.
    pub(super) next: Option<MeetingView>,
    /// The title of the one that is on, if others may read it. Of several it is
    /// the one that began last.
    pub(super) title: Option<String>,
}

impl Agenda {
    /// Starts to read the calendars. Must be called within a tokio runtime.
    pub(super) fn start(settings: &Settings, secrets: SecretStores) -> Self {
        Self {
            calendars: Calendars::start(Wanted::meetings(&settings.meeting, secrets)),
            holidays: Calendars::start(Wanted::holidays(&settings.hours)),
            meetings: Meetings::default(),
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

    /// Reads the calendars again, because the person asks for it.
    pub(super) fn refresh(&self) {
        self.calendars.refresh();
        self.holidays.refresh();
    }

    /// Applies settings, and what the calendars hold now.
    pub(super) fn update(
        &mut self,
        settings: &Settings,
        attendance: &Attendance,
        secrets: SecretStores,
    ) {
        self.calendars.set(Wanted::meetings(&settings.meeting, secrets));
        self.holidays.set(Wanted::holidays(&settings.hours));
        self.list_meetings(&settings.meeting, attendance);
    }

    fn list_meetings(&mut self, settings: &MeetingSettings, attendance: &Attendance) {
        let agenda = self.calendars.agenda();
        self.meetings = Meetings::new(&agenda.occurrences, settings, attendance);
    }

    /// What the meetings say now. `claims` are those of the desk and of calls.
    pub(super) fn evaluate(
        &self,
        settings: &MeetingSettings,
        claims: &desk::Claims,
        now: Timestamp,
    ) -> Evaluation {
        let is_call = |claim: &Claim| claim.source == Source::Call;
        let in_call = match claims.live.iter().any(is_call) {
            true => Some(true),
            false => claims.at_desk.in_call,
        };
        let desk = AtDesk { in_call, ..claims.at_desk };
        let doubted = self.meetings.doubted(settings, desk, now);
        let next = doubted.or_else(|| self.meetings.next(now));
        let next = next.map(|(start, end)| MeetingView { start, end, doubted: doubted.is_some() });
        let agenda = self.calendars.agenda();
        let mut current = self.meetings.current(settings, desk, now);
        let title =
            current.find_map(|(uid, start)| agenda.titles.get(&(uid.to_owned(), start)).cloned());
        Evaluation { claim: self.meetings.claim(settings, desk, now), next, title }
    }

    /// What the working hours say now.
    pub(super) fn at_work(&self, settings: &HoursSettings, now: Timestamp) -> AtWork {
        let holidays = self.holidays.agenda();
        let zone = zone(settings).unwrap_or_else(|_| TimeZone::system());
        hours::at_work(settings, &holidays.occurrences, &zone, now)
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

    /// The occurrences that are on and count as meetings.
    fn on(&self, settings: &MeetingSettings, now: Timestamp) -> Vec<Occurrence> {
        let is_on = |it: &&Occurrence| {
            it.start <= now && now < it.end && it.meaning(settings) == Ok(Meaning::Meeting)
        };
        self.calendars.agenda().occurrences.iter().filter(is_on).cloned().collect()
    }

    /// What is wrong with the calendars, and with the zone of the hours.
    pub(super) fn troubles(&self, settings: &HoursSettings) -> Vec<Code> {
        let zone = zone(settings).err();
        self.calendar_troubles().into_iter().chain(zone).collect()
    }

    fn calendar_troubles(&self) -> Vec<Code> {
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
        let troubles = self.calendar_troubles();
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

/// A title that fits into a message.
fn shortened(title: String) -> String {
    let words = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.len() <= MESSAGE_BYTES {
        return words;
    }
    let end = words.floor_char_boundary(MESSAGE_BYTES - "…".len());
    format!("{}…", words.get(..end).unwrap_or_default())
}

/// The time zone of the working hours.
fn zone(settings: &HoursSettings) -> Result<TimeZone, Code> {
    match settings.zone.as_str() {
        "" => Ok(TimeZone::system()),
        name => TimeZone::get(name).map_err(|_| Code::new("hours-zone").with("name", name)),
    }
}

/// The name of the time zone, if the person wants others to know it and it has
/// one.
pub(super) fn published_zone(settings: &HoursSettings) -> Option<String> {
    let zone = settings.publish_zone.then(|| zone(settings).ok()).flatten()?;
    zone.iana_name().map(str::to_owned)
}

/// The messages that others read where the person set none. `title` is that
/// of the meeting that is on, if others may read it.
pub(super) fn stand_ins(
    settings: &MeetingSettings,
    title: Option<String>,
    texts: &Texts,
) -> StandInTexts {
    let status = |text: String, emoji: &str| {
        let message = Message::new(&text, Some(emoji), None).ok()?;
        Some(Status { text: message.text, emoji: emoji.to_owned() })
    };
    StandInTexts {
        in_call: status(text!(texts, "in-a-call"), "📞"),
        in_meeting: settings
            .message
            .then(|| title.map(shortened).unwrap_or_else(|| text!(texts, "reason-meeting")))
            .and_then(|text| status(text, "📅")),
        out_of_office: status(settings.out_of_office.clone(), "🌴"),
    }
}

impl Agent {
    /// Applies the settings, and what the calendars hold now.
    pub(super) fn update_agenda(&mut self) {
        let secrets = self.secrets();
        self.agenda.update(self.settings.get(), &self.state.get().attendance, secrets);
    }

    /// The person is, or is not, in the meetings that are on.
    ///
    /// # Errors
    ///
    /// None is on, or it could not be saved.
    pub(super) async fn say_attendance(&mut self, attends: bool) -> Result<(), Failure> {
        let now = Timestamp::now();
        let settings = &self.settings.get().meeting;
        let on = self.agenda.on(settings, now);
        let is_new = |it: &Occurrence| self.state.get().attendance.of(it) != Some(attends);
        if !on.iter().any(is_new) {
            return Err(Failure::new(&Code::new("no-meeting")));
        }
        self.keep_state(|state| state.attendance.say(&on, attends, now)).await?;
        self.agenda.list_meetings(&self.settings.get().meeting, &self.state.get().attendance);
        Ok(())
    }
}
