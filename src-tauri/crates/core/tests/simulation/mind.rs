//! A person's day as an agent sees it: claims and choices. The core's own rules
//! make from them what an account is to show.

use std::time::Duration;

use jiff::Timestamp;
use presently_core::account::profile::Status;
use presently_core::account::{Intent, StandIn, StandInTexts};
use presently_core::decide::{Known, decide, next_evaluation};
use presently_core::settings::AccountSettings;
use presently_core::{Claim, Manual, Mono, Presence, Reason, RemoteCall, Scope, Source};

use crate::model::wall;
use crate::net::USER;

/// One person's claims and choices, and their wall clock.
#[derive(Clone, Debug)]
pub struct Mind {
    pub manual: Manual,
    pub claims: Vec<Claim>,
    pub settings: AccountSettings,
    /// A call of the account on another device: as the agent knows it now, and
    /// as it was at the last decision.
    pub remote: Option<RemoteCall>,
    pub heard: Option<RemoteCall>,
    /// How far the wall clock was put forward, in milliseconds.
    pub jumped: i64,
    /// When to decide again.
    pub next: Mono,
}

impl Default for Mind {
    fn default() -> Self {
        Self {
            manual: Manual::default(),
            claims: Vec::new(),
            settings: AccountSettings::new(USER),
            remote: None,
            heard: None,
            jumped: 0,
            next: Mono(0),
        }
    }
}

impl Mind {
    pub fn wall(&self, now: Mono) -> Timestamp {
        wall(self.jumped, now)
    }

    /// Sets the claim of `source` from now on, or removes it.
    pub fn claim(&mut self, source: Source, presence: Option<Presence>, now: Mono) {
        self.claims.retain(|claim| claim.source != source);
        let since = self.wall(now);
        self.claims.extend(presence.map(|presence| Claim {
            source,
            scope: Scope::All,
            presence,
            reason: Reason::Starting,
            since,
            until: None,
        }));
        self.next = now;
    }

    /// Decides what to show now.
    pub fn decide(&mut self, now: Mono) -> Intent {
        let wall = self.wall(now);
        self.heard = self.remote;
        let mut claims = self.claims.clone();
        claims.extend(self.remote.map(RemoteCall::claim));
        let known =
            Known { manual: &self.manual, claims: &claims, fallback: &Reason::NothingKnown };
        let end = next_evaluation(&known, wall).map(|end| {
            let left = end.duration_since(wall);
            now + Duration::try_from(left).unwrap_or_default()
        });
        let decision = decide(&known, &Scope::All, wall);
        self.next = end.unwrap_or(Mono(u64::MAX)).max(now + Duration::from_millis(1));
        self.manual.prune(wall);
        Intent::new(&decision, &self.settings, &stand_ins(), None)
    }
}

pub const IN_CALL: &str = "In a call";

/// The texts that stand in for a message.
pub fn in_call() -> StandIn {
    let status = Status { text: IN_CALL.to_owned(), emoji: "📞".to_owned() };
    StandIn { status, for_busy: true }
}

fn stand_ins() -> StandInTexts {
    StandInTexts { in_call: Some(in_call().status), ..StandInTexts::default() }
}
