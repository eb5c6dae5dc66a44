//! The status and the call in the person's profile (MSC4426 on MSC4133).
//! They work where presence is turned off. Neither expires on the server, so
//! what we wrote is ours to remove.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::record::{FIRST_RETRY, STRAY, doubled};
use super::{Marks, Said};
use crate::Mono;

/// `m.status`: both parts are required (MSC4426).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// At most 256 bytes.
    pub text: String,
    /// One emoji of at most 32 bytes.
    pub emoji: String,
}

impl Status {
    /// What stands in the field. What others wrote may lack a part; it is
    /// there all the same.
    pub fn read(value: &Value) -> Option<Self> {
        let part = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        value.is_object().then(|| Self { text: part("text"), emoji: part("emoji") })
    }
}

/// What the profile is to show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// What the person said, and nothing else.
    pub status: Option<Status>,
    /// Since when they are in a call (`call_joined_ts`, seconds since the
    /// epoch), where this account may tell.
    pub call: Option<i64>,
}

/// `call_joined_ts` is public to anyone, so it says no more than needed:
/// seconds, rounded down to five minutes.
pub fn call_joined(since: jiff::Timestamp) -> i64 {
    since.as_second().div_euclid(300) * 300
}

/// Which fields a server lets us write, by the names they have there.
/// `None` until asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// `m.status` or `org.matrix.msc4426.status`.
    pub status: Option<String>,
    /// `m.call` or `org.matrix.msc4426.call`.
    pub call: Option<String>,
}

/// What stands in a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Held<T> {
    /// Not read, or not since the connection was lost.
    #[default]
    Unknown,
    /// Read, or written by us.
    Is(Option<T>),
}

/// One of the two fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The status.
    Status,
    /// The call.
    Call,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// GET the status: one that was set elsewhere is shown, and not
    /// overwritten unless the person says something.
    ReadStatus,
    /// PUT the status.
    WriteStatus(Status),
    /// PUT the call.
    WriteCall(i64),
    /// DELETE a field.
    Remove(Field),
}

impl Step {
    fn field(&self) -> Field {
        match self {
            Step::ReadStatus | Step::WriteStatus(_) | Step::Remove(Field::Status) => Field::Status,
            Step::WriteCall(_) | Step::Remove(Field::Call) => Field::Call,
        }
    }

    /// The field that it changes.
    fn writes(&self) -> Option<Field> {
        (*self != Step::ReadStatus).then(|| self.field())
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileEvent {
    /// A step was begun.
    Started(Step),
    /// A read was answered.
    Read(Option<Status>),
    /// A write or a removal was accepted.
    Accepted,
    /// The server refuses this field.
    Refused,
    /// The rate limit.
    Limited(Duration),
    /// It failed otherwise.
    Failed,
    /// The connection was lost or the machine slept: read again.
    Returned,
    /// The server said what stands there, without being asked (MSC4429).
    Told(Option<Status>),
    /// The person has said something here, or that there is nothing to say.
    Spoken,
}

/// What is known of the profile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The status that others see.
    pub status: Held<Status>,
    /// The call that we wrote.
    pub call: Held<i64>,
    /// Statuses that we wrote and that may still stand there. Kept across
    /// restarts, written before the request.
    pub our_statuses: Vec<Status>,
    /// What became of the status that the person said here. Kept likewise.
    pub said: Said,
    /// We wrote the call and have not removed it. Kept likewise.
    pub call_mark: bool,
    open: Option<Step>,
    /// When the last write was accepted, and whether it took the status away.
    written: Option<(Mono, bool)>,
    /// When it was learnt what stands in the status.
    known: Mono,
    /// Of each field: a write that was given up may still arrive, until then.
    stray: [Option<Mono>; 2],
    /// One may have changed the status since it was read.
    strayed: bool,
    /// An earlier run may have left such writes, too.
    restarted: bool,
    refused: [bool; 2],
    not_before: Mono,
    /// The same by the server's own wish, which holds whatever comes back.
    limited: Mono,
    failures: u32,
}

/// The request to send now, and when to ask again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfilePlan {
    /// Send this; one at a time.
    pub step: Option<Step>,
    /// Ask again at this time if nothing happens before.
    pub look: Option<Mono>,
    /// What is shown is what was meant.
    pub settled: bool,
}

const RETRY_CAP: Duration = Duration::from_secs(60);
/// For so long after a write, what the server tells may be what was there
/// before it.
const LATE: Duration = Duration::from_secs(5);
/// A status is taken away only if it was read so lately that it is ours:
/// where the server does not tell, another may have been set since.
const FRESH: Duration = Duration::from_secs(5);
/// As with the presence's messages: while answers are lost, at most so many.
const OUR_STATUSES: usize = 8;

/// What is due at `now`.
pub fn plan_profile(wish: &Wish, fields: &Fields, profile: &Profile, now: Mono) -> ProfilePlan {
    let step = next_step(wish, fields, profile, now);
    let settled = step.is_none() && profile.open.is_none();
    if profile.open.is_some() {
        return ProfilePlan::default();
    }
    if step.is_some() && profile.not_before > now {
        return ProfilePlan { step: None, look: Some(profile.not_before), settled };
    }
    let stray = profile.stray.into_iter().flatten().filter(|until| *until > now).min();
    ProfilePlan { step, look: stray, settled }
}

fn next_step(wish: &Wish, fields: &Fields, profile: &Profile, now: Mono) -> Option<Step> {
    let [status_refused, call_refused] = profile.refused;
    let [status_strayed, call_strayed] =
        profile.stray.map(|until| until.is_some_and(|until| until <= now));
    // The call first: it is the one that turns wrong by itself.
    if fields.call.is_some() && !call_refused {
        match wish.call {
            Some(joined) if call_strayed || profile.call != Held::Is(Some(joined)) => {
                return Some(Step::WriteCall(joined));
            }
            // Once more when nothing can come after it any more.
            None if profile.call_mark && (call_strayed || profile.call != Held::Is(None)) => {
                return Some(Step::Remove(Field::Call));
            }
            _ => {}
        }
    }
    if fields.status.is_none() || status_refused {
        return None;
    }
    let Held::Is(there) = &profile.status else { return Some(Step::ReadStatus) };
    if status_strayed {
        return Some(Step::ReadStatus);
    }
    let ours = there.as_ref().is_some_and(|s| profile.our_statuses.contains(s));
    match wish.status.as_ref().filter(|_| !profile.said.replaced) {
        // Ours even where the same words stood there before.
        Some(wanted) if there.as_ref() != Some(wanted) || !ours => {
            Some(Step::WriteStatus(wanted.clone()))
        }
        None if ours && now.since(profile.known) < FRESH => Some(Step::Remove(Field::Status)),
        None if ours => Some(Step::ReadStatus),
        _ => None,
    }
}

impl Profile {
    /// What is known at start: the marks that an earlier run kept.
    pub fn after_restart(marks: &Marks) -> Self {
        let our_statuses = marks.statuses.clone();
        let said = marks.status_said;
        Self { our_statuses, said, call_mark: marks.call, restarted: true, ..Self::default() }
    }

    /// What goes out before the agent ends: nobody keeps a call true then.
    pub fn leaving(&self) -> Option<Step> {
        self.call_mark.then_some(Step::Remove(Field::Call))
    }

    /// What goes out then where the status is to end by itself: one that may
    /// be ours is read first, and one that is ours removed.
    pub fn leaving_status(&self, now: Mono) -> Option<Step> {
        match &self.status {
            _ if self.our_statuses.is_empty() => None,
            Held::Is(None) => None,
            Held::Is(Some(there)) if !self.our_statuses.contains(there) => None,
            Held::Is(_) if now.since(self.known) < FRESH => Some(Step::Remove(Field::Status)),
            _ => Some(Step::ReadStatus),
        }
    }

    /// Takes in what happened at `now`.
    pub fn record(&mut self, event: ProfileEvent, now: Mono) {
        match event {
            ProfileEvent::Started(step) => self.started(step, now),
            ProfileEvent::Read(status) => {
                self.open = None;
                self.failures = 0;
                self.heard(status, now);
                self.strayed = self.stray[Field::Status as usize].is_some();
            }
            ProfileEvent::Told(status) => self.told(status, now),
            ProfileEvent::Spoken => {
                self.said.spoken();
                // Another device may have written there, and nobody told.
                self.status = Held::Unknown;
            }
            ProfileEvent::Accepted => self.accepted(now),
            ProfileEvent::Refused => match self.open.take() {
                Some(Step::WriteCall(_) | Step::Remove(Field::Call)) => self.refused[1] = true,
                Some(_) => self.refused[0] = true,
                None => {}
            },
            ProfileEvent::Limited(wait) => {
                self.open = None;
                self.limited = now + wait;
                self.not_before = self.limited;
            }
            ProfileEvent::Failed => {
                let step = self.open.take();
                if let Some(field) = step.as_ref().and_then(Step::writes) {
                    self.given_up(field, now);
                }
                self.failures = self.failures.saturating_add(1);
                let delay = doubled(FIRST_RETRY, self.failures - 1, RETRY_CAP);
                self.not_before = self.limited.max(now + delay);
                // An answer was lost, so what stands there is not known.
                match step.map(|step| step.field()) {
                    Some(Field::Call) => self.call = Held::Unknown,
                    _ => self.status = Held::Unknown,
                }
            }
            ProfileEvent::Returned => {
                self.status = Held::Unknown;
                self.call = Held::Unknown;
                self.not_before = now.max(self.limited);
                self.failures = 0;
            }
        }
    }

    fn given_up(&mut self, field: Field, now: Mono) {
        self.stray[field as usize] = Some(now + STRAY);
        self.strayed |= field == Field::Status;
    }

    fn started(&mut self, step: Step, now: Mono) {
        if std::mem::take(&mut self.restarted) {
            let marked = [!self.our_statuses.is_empty(), self.call_mark];
            self.stray = marked.map(|marked| marked.then_some(now + STRAY));
            self.strayed = marked[0];
        }
        if let Some(field) = self.open.take().and_then(|step| step.writes()) {
            // The last word of an agent that ends does not wait for it.
            self.given_up(field, now);
        }
        // This step is the one that comes after all strays.
        let stray = &mut self.stray[step.field() as usize];
        *stray = stray.filter(|until| *until > now);
        match &step {
            Step::WriteStatus(status) if !self.our_statuses.contains(status) => {
                self.our_statuses.push(status.clone());
                let old = self.our_statuses.len().saturating_sub(OUR_STATUSES);
                self.our_statuses.drain(..old);
            }
            Step::WriteCall(_) => self.call_mark = true,
            // Even if the answer is lost, nobody else took it away.
            Step::Remove(Field::Status) => self.said.spoken(),
            _ => {}
        }
        self.open = Some(step);
    }

    fn accepted(&mut self, now: Mono) {
        self.failures = 0;
        match self.open.take() {
            Some(Step::WriteStatus(status)) => {
                self.written = Some((now, false));
                self.heard(Some(status), now);
            }
            Some(Step::WriteCall(joined)) => self.call = Held::Is(Some(joined)),
            Some(Step::Remove(Field::Status)) => {
                self.written = Some((now, true));
                self.is_there(None, now);
            }
            Some(Step::Remove(Field::Call)) => {
                self.call = Held::Is(None);
                self.call_mark = self.stray[Field::Call as usize].is_some();
            }
            Some(Step::ReadStatus) | None => {}
        }
    }

    fn told(&mut self, status: Option<Status>, now: Mono) {
        let writing = matches!(self.open, Some(Step::WriteStatus(_) | Step::Remove(Field::Status)));
        let late = writing || self.written.is_some_and(|(at, _)| now.since(at) < LATE);
        if !late || self.status == Held::Is(status.clone()) {
            self.heard(status, now);
        } else if !writing {
            // It is read, to be sure.
            self.status = Held::Unknown;
        }
    }

    /// It was read what stands there. No client takes a status away by the
    /// way, so one that is gone without us was taken away.
    fn heard(&mut self, status: Option<Status>, now: Mono) {
        let by_us = self.written.is_some_and(|(_, removed)| removed);
        match &status {
            None if !by_us && !self.strayed && !self.restarted => self.said.taken_away(),
            there => self.said.read(there.as_ref(), &self.our_statuses),
        }
        self.is_there(status, now);
    }

    fn is_there(&mut self, status: Option<Status>, now: Mono) {
        let writing = match &self.open {
            Some(Step::WriteStatus(s)) => Some(s),
            _ => None,
        };
        if self.stray[Field::Status as usize].is_none() && !self.restarted {
            self.our_statuses.retain(|s| Some(s) == status.as_ref() || Some(s) == writing);
        }
        self.status = Held::Is(status);
        self.known = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn status(text: &str) -> Status {
        Status { text: text.into(), emoji: "💬".into() }
    }

    fn both() -> Fields {
        Fields { status: Some("m.status".into()), call: Some("m.call".into()) }
    }

    /// A server that holds the two fields.
    #[derive(Default)]
    struct Server {
        status: Option<Status>,
        call: Option<i64>,
    }

    impl Server {
        fn answer(&mut self, step: &Step) -> ProfileEvent {
            match step {
                Step::ReadStatus => return ProfileEvent::Read(self.status.clone()),
                Step::WriteStatus(s) => self.status = Some(s.clone()),
                Step::WriteCall(c) => self.call = Some(*c),
                Step::Remove(Field::Status) => self.status = None,
                Step::Remove(Field::Call) => self.call = None,
            }
            ProfileEvent::Accepted
        }
    }

    /// Carries out the plan until nothing is left to do.
    fn settle(wish: &Wish, profile: &mut Profile, server: &mut Server, now: &mut Mono) -> u32 {
        let mut steps = 0;
        while steps < 20 {
            let plan = plan_profile(wish, &both(), profile, *now);
            assert!(plan.look.is_none_or(|l| l > *now), "a look in the past");
            match (plan.step, plan.look) {
                (Some(step), _) => {
                    steps += 1;
                    profile.record(ProfileEvent::Started(step.clone()), *now);
                    let answer = server.answer(&step);
                    profile.record(answer, *now);
                }
                (None, Some(look)) => *now = look,
                (None, None) => return steps,
            }
        }
        panic!("it goes on for ever");
    }

    #[test]
    fn a_status_with_a_part_missing_is_there() {
        let full = serde_json::json!({"text": "Back at 15:00", "emoji": "💬", "more": 1});
        let expected = Status { text: "Back at 15:00".to_owned(), emoji: "💬".to_owned() };
        assert_eq!(Status::read(&full), Some(expected));
        assert_eq!(
            Status::read(&serde_json::json!({"text": 7})).map(|s| s.text),
            Some(String::new())
        );
        assert_eq!(Status::read(&Value::Null), None);
    }

    #[test]
    fn a_status_from_elsewhere_is_left_until_the_person_says_something() {
        let (mut profile, mut server) = (Profile::default(), Server::default());
        let mut now = Mono(0);
        server.status = Some(status("theirs"));
        assert_eq!(settle(&Wish::default(), &mut profile, &mut server, &mut now), 1);
        assert_eq!(profile.status, Held::Is(Some(status("theirs"))));
        let wish = Wish { status: Some(status("mine")), call: None };
        settle(&wish, &mut profile, &mut server, &mut now);
        assert_eq!(server.status, Some(status("mine")));
        // It was set elsewhere meanwhile, and ours ended: it is not ours to
        // remove.
        server.status = Some(status("theirs again"));
        now = now + LATE;
        profile.record(ProfileEvent::Told(server.status.clone()), now);
        settle(&Wish::default(), &mut profile, &mut server, &mut now);
        assert_eq!(server.status, Some(status("theirs again")));
    }

    /// What happens after "mine" was written, whether the person speaks
    /// again, and what stands there in the end.
    #[test]
    fn the_last_word_stands() {
        let (mine, theirs) = (Some(status("mine")), Some(status("theirs")));
        for (there, told, restart, spoken, expected) in [
            (&theirs, true, false, false, &theirs),
            (&theirs, false, false, false, &theirs),
            (&theirs, false, true, false, &theirs),
            (&theirs, true, true, true, &mine),
            (&theirs, false, false, true, &mine),
            // Taken away elsewhere, it does not come back by itself.
            (&None, true, false, false, &None),
            (&None, false, true, false, &None),
            (&None, false, false, true, &mine),
        ] {
            let (mut profile, mut server, mut now) =
                (Profile::default(), Server::default(), Mono(0));
            let wish = Wish { status: mine.clone(), call: None };
            settle(&wish, &mut profile, &mut server, &mut now);
            assert_eq!(server.status, mine);
            server.status.clone_from(there);
            now = now + LATE;
            let event =
                if told { ProfileEvent::Told(there.clone()) } else { ProfileEvent::Returned };
            profile.record(event, now);
            let steps = settle(&wish, &mut profile, &mut server, &mut now);
            assert!(steps < 2, "{steps} steps, a quarrel");
            if restart {
                let marks = Marks::of(&crate::account::Acknowledged::default(), &profile);
                profile = Profile::after_restart(&marks);
            }
            if spoken {
                profile.record(ProfileEvent::Spoken, now);
            }
            settle(&wish, &mut profile, &mut server, &mut now);
            assert_eq!(&server.status, expected, "{there:?} {told} {restart} {spoken}");
        }
    }

    /// Who says the same again may do so because others read something else,
    /// of which nobody told us.
    #[test]
    fn the_same_words_are_said_again() {
        let (mut profile, mut server, mut now) = (Profile::default(), Server::default(), Mono(0));
        let wish = Wish { status: Some(status("mine")), call: None };
        settle(&wish, &mut profile, &mut server, &mut now);
        server.status = Some(status("theirs"));
        profile.record(ProfileEvent::Spoken, now);
        settle(&wish, &mut profile, &mut server, &mut now);
        assert_eq!(server.status, wish.status);
    }

    /// With MSC4429 the server tells of our own writes, and may do so late.
    #[test]
    fn an_echo_is_nobodys_word() {
        for echo in [None, Some(status("first")), Some(status("second"))] {
            let (mut profile, mut server, mut now) =
                (Profile::default(), Server::default(), Mono(0));
            for text in ["first", "second"] {
                profile.record(ProfileEvent::Spoken, now);
                let wish = Wish { status: Some(status(text)), call: None };
                settle(&wish, &mut profile, &mut server, &mut now);
            }
            profile.record(ProfileEvent::Told(echo.clone()), now);
            let wish = Wish { status: Some(status("second")), call: None };
            settle(&wish, &mut profile, &mut server, &mut now);
            assert!(!profile.said.replaced, "{echo:?}");
            settle(&Wish::default(), &mut profile, &mut server, &mut now);
            assert_eq!(server.status, None, "{echo:?}: it was ours to remove");
        }
    }

    #[test]
    fn what_a_killed_agent_left_is_removed() {
        let mut server = Server { status: Some(status("mine")), call: Some(300) };
        let marks = Marks { statuses: vec![status("mine")], call: true, ..Marks::default() };
        let mut profile = Profile::after_restart(&marks);
        settle(&Wish::default(), &mut profile, &mut server, &mut Mono(0));
        assert_eq!((server.status, server.call), (None, None));
        assert!(!profile.call_mark && profile.our_statuses.is_empty());
    }

    #[test]
    fn a_refused_field_is_not_tried_again_and_the_other_goes_on() {
        let mut profile = Profile::default();
        let wish = Wish { status: Some(status("mine")), call: Some(300) };
        let now = Mono(0);
        let plan = plan_profile(&wish, &both(), &profile, now);
        assert_eq!(plan.step, Some(Step::WriteCall(300)));
        profile.record(ProfileEvent::Started(Step::WriteCall(300)), now);
        profile.record(ProfileEvent::Refused, now);
        let mut server = Server::default();
        settle(&wish, &mut profile, &mut server, &mut Mono(0));
        assert_eq!((server.status, server.call), (Some(status("mine")), None));
    }

    #[test]
    fn the_call_says_no_more_than_five_minutes() {
        for (at, joined) in [(0, 0), (299, 0), (300, 300), (1_800_000_123, 1_800_000_000)] {
            let since = jiff::Timestamp::from_second(at).expect("in range");
            assert_eq!(call_joined(since), joined);
        }
    }

    proptest! {
        /// Whatever is lost on the way, in the end the profile shows what
        /// was meant, and nothing of ours is left behind.
        #[test]
        fn it_ends_right(turns in prop::collection::vec((0u8..3, 0u8..2, 0u8..5), 1..20)) {
            let (mut profile, mut server) = (Profile::default(), Server::default());
            let mut now = Mono(0);
            let mut wish = Wish::default();
            for (text, call, fault) in turns {
                wish = Wish {
                    status: (text > 0).then(|| status(&text.to_string())),
                    call: (call > 0).then_some(300),
                };
                let Some(step) = plan_profile(&wish, &both(), &profile, now).step else { continue };
                profile.record(ProfileEvent::Started(step.clone()), now);
                match fault {
                    // Lost on the way there, or on the way back.
                    0 => profile.record(ProfileEvent::Failed, now),
                    1 => { server.answer(&step); profile.record(ProfileEvent::Failed, now) }
                    2 => {
                        server.answer(&step);
                        let ack = crate::account::Acknowledged::default();
                        profile = Profile::after_restart(&Marks::of(&ack, &profile));
                    }
                    3 => profile.record(ProfileEvent::Limited(Duration::from_secs(2)), now),
                    _ => { let answer = server.answer(&step); profile.record(answer, now) }
                }
            }
            settle(&wish, &mut profile, &mut server, &mut now);
            prop_assert_eq!(server.status, wish.status);
            prop_assert_eq!(server.call, wish.call);
        }
    }
}
