//! The profile room of one user on a model homeserver.

use presently_core::Mono;
use presently_core::account::profile_room::{Found, PACE, Part, RoomStep, Stated};
use presently_core::account::{Answer, Fault};

use crate::flight::Outcome;

const ROOM: &str = "!profile:example.org";

/// One of its two events: its value (`None` once redacted), its id, and when it
/// was sent.
type Said = Option<(Option<String>, String, Mono)>;

/// The room and its events.
#[derive(Debug, Default)]
pub struct ModelRoom {
    made: bool,
    said: [Said; 2],
    /// Events that were replaced and not redacted yet.
    old: Vec<String>,
    events: u64,
    /// Events of late requests. The agent may not have read them before they
    /// were replaced.
    strays: Vec<String>,
    /// Two events of one part followed each other too soon.
    pub hasty: bool,
    /// The current request arrives after it was given up.
    pub late: bool,
    written: [Option<Mono>; 2],
}

impl ModelRoom {
    /// The value of a part that anybody can read.
    pub fn says(&self, part: Part) -> Option<&str> {
        self.said[part as usize].as_ref().and_then(|(value, ..)| value.as_deref())
    }

    /// Whether a replaced event has not been redacted.
    pub fn has_old(&self) -> bool {
        !self.old.is_empty()
    }

    /// Carries out one request of an agent.
    pub fn carry_out(&mut self, step: &RoomStep, now: Mono) -> Outcome {
        match step {
            RoomStep::Find => Ok(Answer::Found(self.made.then(|| {
                let stated = |part: Part| {
                    let (value, event, at) = self.said[part as usize].clone()?;
                    Some(Stated { value, event, age: now.since(at) })
                };
                let (status, presence) = (stated(Part::Status), stated(Part::Presence));
                Found { room: ROOM.to_owned(), theirs: true, status, presence }
            }))),
            RoomStep::Create if self.made => {
                Err(Fault::Refused { status: 400, message: "the alias is taken".to_owned() })
            }
            RoomStep::Create => {
                self.made = true;
                Ok(Answer::Created(ROOM.to_owned()))
            }
            RoomStep::Write { part, value, .. } => {
                self.events += 1;
                let event = format!("$event{}", self.events);
                let new = Some(now).filter(|_| !self.late);
                let written = std::mem::replace(&mut self.written[*part as usize], new);
                self.hasty |= !self.late && written.is_some_and(|at| now.since(at) < PACE / 2);
                let said = Some((Some(value.clone()), event.clone(), now));
                let before = std::mem::replace(&mut self.said[*part as usize], said);
                let before = before.filter(|(said, ..)| said.is_some()).map(|(_, event, _)| event);
                // The agent cannot redact an event that it has not read.
                self.old.extend(before.filter(|event| !self.strays.contains(event)));
                if self.late {
                    self.strays.push(event.clone());
                }
                Ok(Answer::Written(event))
            }
            RoomStep::Redact { event, .. } => {
                self.old.retain(|old| old != event);
                for (value, id, _) in self.said.iter_mut().flatten() {
                    if id == event {
                        *value = None;
                    }
                }
                Ok(Answer::Done)
            }
        }
    }
}
