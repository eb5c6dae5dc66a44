//! Servers that behave differently from Synapse: what is found out about them,
//! and how many requests they get. Time passes as the account itself asks for
//! it.

use super::*;
use crate::account::profile::{Refused, Status};

/// Ten minutes in milliseconds, within which everything is found out.
const WHILE: u64 = 10 * 60 * 1000;

/// How a server treats presence.
#[derive(Clone, Copy, Debug)]
struct Oddity {
    /// What it answers about a user that cannot exist.
    nobody: NonexistentUser,
    /// What it answers about every user, where `Some(None)` is no valid
    /// presence. `None` is the real presence.
    everybody: Option<Option<Presence>>,
    /// It keeps the presence that was sent, as opposed to dropping it.
    tracks: bool,
    /// A write to the profile sets the user to online.
    profile_shows: bool,
    /// A sync with `offline` sets the user to offline.
    last_word_wins: bool,
    /// It answers each sync at once and holds none.
    hurries: bool,
}

const SYNAPSE: Oddity = Oddity {
    nobody: NonexistentUser::Refused,
    everybody: None,
    tracks: true,
    profile_shows: false,
    last_word_wins: false,
    hurries: false,
};

/// Dendrite with presence turned off. It accepts every request. About every
/// user it answers the empty string, or else the one presence that it gives for
/// errors ([`DENDRITE_AWAY`]).
const DENDRITE: Oddity =
    Oddity { nobody: NonexistentUser::Invalid, everybody: Some(None), tracks: false, ..SYNAPSE };
const DENDRITE_AWAY: Oddity = Oddity {
    nobody: NonexistentUser::Shown(Presence::Unavailable),
    everybody: Some(Some(Presence::Unavailable)),
    ..DENDRITE
};
/// conduwuit and related servers.
const CONDUWUIT: Oddity = Oddity { profile_shows: true, last_word_wins: true, ..SYNAPSE };

struct Odd {
    account: Account,
    how: Oddity,
    fields: Fields,
    now: u64,
    seen: Seen,
    told: Seen,
    poll: Option<(RequestId, u64)>,
    asked: Vec<(u64, Request)>,
    /// It names profile fields that it does not have.
    pretends: bool,
    changes: Vec<(u64, Presence)>,
}

impl Odd {
    fn new(how: Oddity, fields: Fields) -> Self {
        let start = Start { user: USER.to_owned(), device: "OURS".to_owned(), ..Start::default() };
        let gone = Seen { presence: Presence::Offline, message: None };
        Self {
            account: Account::new(start),
            how,
            fields,
            now: 1_000,
            seen: gone.clone(),
            told: gone,
            poll: None,
            asked: Vec::new(),
            pretends: false,
            changes: Vec::new(),
        }
    }

    fn shows(&mut self, presence: Presence, manual: bool, text: Option<&str>) {
        let message = text.map(|text| Message::new(text, None, None).expect("short"));
        let shown =
            Everything { presence: Some(presence), manual, message, ..Everything::default() };
        let now = moment(self.now);
        self.account.handle(Event::Intent(Intent::Everything(shown)), now);
        self.account.handle(Event::MessageChanged, now);
    }

    fn is_now(&mut self, presence: Presence) {
        if self.how.tracks && self.seen.presence != presence {
            self.seen.presence = presence;
            self.changes.push((self.now, presence));
        }
    }

    fn synced(&mut self) -> Answer {
        let news = (self.told != self.seen).then(|| self.seen.clone());
        self.told = self.seen.clone();
        Answer::Synced(Box::new(sync::SyncAnswer {
            next: "s1".to_owned(),
            seen: news,
            rooms: Default::default(),
            told: None,
        }))
    }

    /// Lets time pass.
    fn passes(&mut self, ms: u64) {
        let end = self.now + ms;
        loop {
            while let Some(transmit) = self.account.poll_transmit(moment(self.now)) {
                self.asked.push((self.now, transmit.request.clone()));
                assert!(self.asked.len() < 20_000, "it goes on for ever");
                if let Some(answer) = self.answer(transmit.id, &transmit.request) {
                    self.account.handle(Event::Answered(transmit.id, Ok(answer)), moment(self.now));
                }
            }
            let news = self.told != self.seen;
            if let Some((id, until)) = self.poll
                && (until <= self.now || news || self.how.hurries)
            {
                self.poll = None;
                // Even over loopback an answer takes some time.
                self.now += 5;
                let answer = self.synced();
                self.account.handle(Event::Answered(id, Ok(answer)), moment(self.now));
                continue;
            }
            let looks = self.account.poll_timeout().map(|due| due.0);
            let next = looks.into_iter().chain(self.poll.map(|(_, until)| until)).min();
            match next {
                Some(next) if next <= end => self.now = next.max(self.now + 1),
                _ => {
                    self.now = end;
                    return;
                }
            }
        }
    }

    fn answer(&mut self, id: RequestId, request: &Request) -> Option<Answer> {
        Some(match request {
            Request::Sync(sync) => {
                if sync.set != Presence::Offline || self.how.last_word_wins {
                    self.is_now(sync.set);
                }
                if sync.since.is_some() {
                    let held = u64::try_from(sync.timeout.as_millis()).expect("minutes");
                    self.poll = Some((id, self.now + held));
                    return None;
                }
                self.synced()
            }
            Request::Put(put) => {
                self.is_now(put.presence);
                if self.how.tracks {
                    self.seen.message.clone_from(&put.message);
                }
                Answer::Done
            }
            Request::Read => Answer::Presence(match self.how.everybody {
                None => Some(self.seen.clone()),
                Some(presence) => presence.map(|presence| Seen { presence, message: None }),
            }),
            Request::Devices => Answer::Devices { devices: Vec::new(), now: moment(self.now).wall },
            Request::Probe => Answer::Probed(Probed {
                busy: true,
                presence: (self.how.nobody == NonexistentUser::Refused).then_some(true),
                nobody: self.how.nobody,
                fields: Some(self.fields.clone()),
            }),
            Request::Profile(_) if self.pretends => Answer::NoField,
            Request::Profile(step) => {
                if step.writes().is_some() && self.how.profile_shows {
                    self.is_now(Presence::Online);
                }
                match step {
                    Step::ReadStatus => Answer::Status(None),
                    _ => Answer::Done,
                }
            }
            Request::Room(_) => unreachable!("nobody opted in"),
        })
    }

    fn view(&self) -> View {
        self.account.view(moment(self.now))
    }

    fn count(&self, lane: Lane) -> usize {
        self.asked.iter().filter(|(_, request)| request.lane() == lane).count()
    }
}

#[test]
fn presence_that_is_off_is_found_out_where_everybody_is_answered_for() {
    for how in [DENDRITE, DENDRITE_AWAY] {
        for (presence, manual) in [
            (Presence::Online, false),
            (Presence::Unavailable, false),
            (Presence::Unavailable, true),
            (Presence::Busy, true),
        ] {
            let mut odd = Odd::new(how, Fields::default());
            odd.shows(presence, manual, Some("Back at 15:00"));
            odd.passes(20_000);
            let view = odd.view();
            let case = format!("{how:?} {presence:?}");
            assert_eq!(view.abilities.presence, Some(false), "{case}");
            assert_eq!(view.notes, [Note::PresenceOff], "{case}");
            assert_eq!(view.seen, None, "{case}");
            assert!(view.settled, "{case}");
            let found_out = odd.asked.len();
            assert!(found_out < 15, "{case}: {:#?}", odd.asked);

            odd.passes(WHILE);
            assert_eq!(odd.view().abilities.presence, Some(false), "{case}");
            // From then on there are only long polls with `offline`.
            let asked = odd.asked.split_off(found_out);
            assert!(asked.len() <= 4, "{case}: {asked:#?}");
            let is_quiet = |request: &Request| matches!(request, Request::Sync(sync) if sync.set == Presence::Offline);
            assert!(asked.iter().all(|(_, request)| is_quiet(request)), "{case}: {asked:#?}");
        }
    }
}

/// Such a server does not tell that presence was turned on. The next probe
/// finds it out.
#[test]
fn presence_that_was_off_is_found_out_anew() {
    for how in [DENDRITE, DENDRITE_AWAY] {
        let mut odd = Odd::new(how, Fields::default());
        odd.shows(Presence::Online, false, None);
        odd.passes(20_000);
        assert_eq!(odd.view().abilities.presence, Some(false));
        odd.how = Oddity { nobody: how.nobody, ..SYNAPSE };
        odd.account.handle(Event::Returned, moment(odd.now));
        odd.passes(60_000);
        let view = odd.view();
        assert_eq!(view.abilities.presence, Some(true), "{how:?}");
        assert_eq!(view.seen.map(|seen| seen.presence), Some(Presence::Online), "{how:?}");
        assert!(view.settled, "{how:?}");
    }
}

/// A number, an unknown name or nothing at all counts as unknown. Soon it is
/// not read any more.
#[test]
fn a_presence_that_makes_no_sense_is_not_read_for_ever() {
    let how = Oddity { everybody: Some(None), tracks: false, ..SYNAPSE };
    for presence in [Presence::Online, Presence::Unavailable, Presence::Busy] {
        let mut odd = Odd::new(how, Fields::default());
        odd.shows(presence, true, None);
        odd.passes(6 * WHILE);
        let view = odd.view();
        assert_eq!((view.seen, view.settled), (None, false), "{presence:?}");
        let (reads, puts) = (odd.count(Lane::Read), odd.count(Lane::Put));
        assert!((1..=4).contains(&reads), "{presence:?}: {reads} reads");
        // Busy without a read-back is sent again, less and less often.
        assert!(puts <= 20, "{presence:?}: {puts} PUTs");
    }
}

#[test]
fn what_our_own_write_to_the_profile_undoes_is_said_again() {
    for last_word_wins in [true, false] {
        let how = Oddity { last_word_wins, ..CONDUWUIT };
        for chosen in [Presence::Offline, Presence::Unavailable, Presence::Busy] {
            let mut odd = Odd::new(how, both());
            odd.shows(Presence::Online, false, None);
            odd.passes(60_000);
            let said = odd.now;
            odd.changes.clear();
            odd.shows(chosen, true, Some("Back tomorrow"));
            let case = format!("{chosen:?} {last_word_wins}");
            for _ in 0..600 {
                odd.passes(100);
                let blamed = |note: &Note| matches!(note, Note::OtherDevice { .. });
                let notes = odd.view().notes;
                assert!(!notes.iter().any(blamed), "{case}: {notes:?}");
            }
            assert_eq!(odd.seen.presence, chosen, "{case}: {:?}", odd.changes);
            let (at, _) = odd.changes.last().expect("it has changed");
            assert!(at - said <= 3_000, "{case}: {:?}", odd.changes);
            odd.asked.retain(|(at, _)| *at >= said);
            let (puts, writes) = (odd.count(Lane::Put), odd.count(Lane::Profile));
            assert!(puts <= 3 && writes <= 3, "{case}: {puts} PUTs, {writes} about the profile");
            odd.asked.clear();
            odd.passes(WHILE);
            assert_eq!(odd.count(Lane::Put), 0, "{case}: a quarrel");
            assert_eq!(odd.seen.presence, chosen, "{case}");
        }
    }
}

#[test]
fn a_field_that_is_named_and_not_there_is_asked_for_once() {
    let mut odd = Odd::new(SYNAPSE, both());
    odd.pretends = true;
    odd.shows(Presence::Online, false, Some("Back at 15:00"));
    odd.passes(WHILE);
    let view = odd.view();
    assert_eq!(view.fields.and_then(|fields| fields.status), None);
    assert!(view.profile_settled);
    let is_refused = |note: &Note| matches!(note, Note::FieldRefused(Refused { .. }));
    assert!(!view.notes.iter().any(is_refused), "{:?}", view.notes);
    assert_eq!(odd.count(Lane::Profile), 1);
    // An hour later the server is probed again and may have the field.
    odd.pretends = false;
    odd.passes(60 * 60 * 1000);
    let status = Status { text: "Back at 15:00".to_owned(), emoji: "💬".to_owned() };
    let written = Request::Profile(Step::WriteStatus(status));
    assert!(odd.asked.iter().any(|(_, request)| *request == written));
}

#[test]
fn a_server_that_holds_no_sync_is_not_asked_without_a_pause() {
    let mut odd = Odd::new(Oddity { hurries: true, ..SYNAPSE }, Fields::default());
    odd.shows(Presence::Online, false, None);
    odd.passes(WHILE);
    let polls = odd.count(Lane::Sync);
    assert!(polls <= 80, "{polls} polls in ten minutes");
    assert_eq!(odd.view().seen.map(|seen| seen.presence), Some(Presence::Online));
    // A change still goes out at once.
    let said = odd.now;
    odd.shows(Presence::Unavailable, true, None);
    odd.passes(1_000);
    let (at, presence) = odd.changes.last().expect("it has changed");
    assert_eq!((*at - said < 1_000, *presence), (true, Presence::Unavailable));
    // Once the server holds polls again, there is no pause.
    odd.how.hurries = false;
    odd.passes(60_000);
    odd.asked.clear();
    odd.passes(WHILE);
    assert!(odd.poll.is_some());
}
