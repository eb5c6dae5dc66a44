//! Whatever happens to a profile room: nothing gets into it that the person
//! did not say, nothing too often, and nothing stays for want of asking.
#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use presently_core::account::profile_room::{
    Found, PACE, Part, ProfileRoom, RoomEvent, RoomStep, Said, Stated, plan_room,
};
use presently_core::{Mono, Presence};

#[derive(Arbitrary, Debug)]
enum Turn {
    Wait(u32),
    /// To the plan's next look, if it has one.
    Look,
    /// What the person said; none where they want no room.
    Say(Option<(Option<u8>, Option<u8>)>),
    /// Killed and started again.
    Restart,
    Answer(Answer),
}

#[derive(Arbitrary, Debug)]
enum Answer {
    Found(Option<Place>),
    /// Whatever was asked was done.
    Done,
    Refused,
    Limited(u32),
    Failed,
    Returned,
}

#[derive(Arbitrary, Debug)]
struct Place {
    theirs: bool,
    status: Option<(Option<u8>, u32)>,
    presence: Option<(Option<u8>, u32)>,
}

impl Place {
    fn found(self, count: &mut u32) -> Found {
        let mut stated = |text: Option<(Option<u8>, u32)>| {
            text.map(|(value, age)| Stated {
                value: value.map(word),
                event: name(count),
                age: Duration::from_millis(age.into()),
            })
        };
        let (status, presence) = (stated(self.status), stated(self.presence));
        Found { room: "!room:here".to_owned(), theirs: self.theirs, status, presence }
    }
}

fn word(byte: u8) -> String {
    format!("word {}", byte % 4)
}

/// A new event's id.
fn name(count: &mut u32) -> String {
    *count += 1;
    format!("$event{count}")
}

fn said((presence, message): (Option<u8>, Option<u8>)) -> Said {
    let all = [Presence::Online, Presence::Busy, Presence::Unavailable];
    Said { presence: presence.map(|p| all[usize::from(p % 3)]), message: message.map(word) }
}

/// What is written of it into a part.
fn of(said: &Said, part: Part) -> Option<String> {
    match part {
        Part::Status => said.message.clone(),
        Part::Presence => said.presence.map(|presence| presence.wire().to_owned()),
    }
}

fuzz_target!(|turns: Vec<Turn>| {
    let mut room = ProfileRoom::default();
    let mut wanted: Option<Said> = None;
    let (mut now, mut look) = (Mono(0), None);
    let mut open: Option<RoomStep> = None;
    let mut count = 0;
    // When each part was written last, as far as this run can know.
    let mut written = [None, None];
    for turn in turns {
        match turn {
            Turn::Wait(ms) => now = now + Duration::from_millis(ms.into()),
            Turn::Look => now = look.unwrap_or(now),
            Turn::Say(words) => wanted = words.map(said),
            Turn::Restart => {
                room = ProfileRoom::after_restart(&room.marks.clone());
                (open, written) = (None, [None, None]);
            }
            Turn::Answer(answer) => {
                let event = match answer {
                    // Nobody is told what was not asked.
                    Answer::Found(_) if open != Some(RoomStep::Find) => continue,
                    Answer::Found(place) => {
                        written = [None, None];
                        RoomEvent::Found(place.map(|place| place.found(&mut count)))
                    }
                    Answer::Done => match &open {
                        None | Some(RoomStep::Find) => continue,
                        Some(RoomStep::Create) => RoomEvent::Created("!room:here".to_owned()),
                        Some(RoomStep::Write { part, .. }) => {
                            let before = written[*part as usize].replace(now);
                            let pace = before.is_none_or(|before| now.since(before) >= PACE);
                            assert!(pace, "{part:?} is written too often");
                            RoomEvent::Written(name(&mut count))
                        }
                        Some(RoomStep::Redact { .. }) => RoomEvent::Redacted,
                    },
                    Answer::Refused => RoomEvent::Refused("no".to_owned()),
                    Answer::Limited(ms) => RoomEvent::Limited(Duration::from_millis(ms.into())),
                    Answer::Failed => RoomEvent::Failed,
                    Answer::Returned => RoomEvent::Returned,
                };
                room.record(event, now);
                open = None;
            }
        }

        let due = plan_room(wanted.as_ref(), &room, now);
        assert!(due.look.is_none_or(|look| look > now), "a look in the past: {due:?}");
        look = due.look;
        let Some(step) = due.step else { continue };
        assert_eq!(open, None, "two requests at the same time: {step:?}");
        match &step {
            RoomStep::Write { part, value, .. } => {
                let said = wanted.as_ref().and_then(|said| of(said, *part));
                assert_eq!(said.as_ref(), Some(value), "nobody said that");
            }
            RoomStep::Create => assert!(wanted.is_some(), "nobody wants it"),
            RoomStep::Find | RoomStep::Redact { .. } => {}
        }
        room.record(RoomEvent::Started(step.clone()), now);
        assert_eq!(plan_room(wanted.as_ref(), &room, now).step, None, "two at the same time");
        open = Some(step);
    }
});
