//! What a person's day looks like to an agent: the claims and the choices,
//! which the core's own rules turn into what is to be shown.

use std::time::Duration;

use jiff::Timestamp;
use presently_core::account::Desired;
use presently_core::account::profile::{Status, Wish, call_joined};
use presently_core::decide::{Known, decide, next_look};
use presently_core::manual::DEFAULT_EMOJI;
use presently_core::settings::BusyMode;
use presently_core::{Claim, Manual, Mono, Presence, Scope, Source};

/// One person's claims and choices, and the clock on their wall.
#[derive(Clone, Debug, Default)]
pub struct Mind {
    pub manual: Manual,
    pub claims: Vec<Claim>,
    pub busy: BusyMode,
    /// The account may tell of calls.
    pub tells_calls: bool,
    /// How far the wall clock was put forward, in milliseconds.
    pub jumped: i64,
    /// Decide anew at this time.
    pub next: Mono,
}

/// The wall clock at the start of a day.
const MORNING: i64 = 1_800_000_000_000;

impl Mind {
    pub fn wall(&self, now: Mono) -> Timestamp {
        let now = i64::try_from(now.0).unwrap_or(i64::MAX / 4);
        Timestamp::from_millisecond(MORNING + self.jumped + now).unwrap_or(Timestamp::MAX)
    }

    /// The claim of `source` from now on, or none.
    pub fn claim(&mut self, source: Source, presence: Option<Presence>, now: Mono) {
        self.claims.retain(|claim| claim.source != source);
        let since = self.wall(now);
        self.claims.extend(presence.map(|presence| Claim {
            source,
            scope: Scope::All,
            presence,
            reason: String::new(),
            since,
            until: None,
        }));
        self.next = now;
    }

    /// What to show now.
    pub fn decide(&mut self, now: Mono) -> (Desired, Wish) {
        let wall = self.wall(now);
        let known = Known { manual: &self.manual, claims: &self.claims, blind: "" };
        let end = next_look(&known, wall).map(|end| {
            let left = end.duration_since(wall);
            now + Duration::try_from(left).unwrap_or_default()
        });
        let decision = decide(&known, &Scope::All, wall);
        self.next = end.unwrap_or(Mono(u64::MAX)).max(now + Duration::from_millis(1));
        self.manual.prune(wall);
        let in_call = decision.source == Source::Call;
        let desired = Desired {
            presence: decision.presence,
            manual: decision.source == Source::Manual,
            message: decision.message.as_ref().map(|m| m.text.clone()),
            stand_in: in_call.then(|| "In a call".to_owned()),
            busy: self.busy,
            ..Desired::default()
        };
        let status = decision.message.map(|m| Status {
            text: m.text,
            emoji: m.emoji.unwrap_or_else(|| DEFAULT_EMOJI.to_owned()),
        });
        let call = decision.since.filter(|_| in_call && self.tells_calls).map(call_joined);
        (desired, Wish { status, call })
    }
}
