//! The account's other devices. While a person is busy, any device that
//! syncs with a presence is recorded as busy too and holds it after it was
//! left (PROTOCOL 0.2). So real busy is for those whose other devices do not
//! sync, and for those who want it always.

use std::time::Duration;

use super::devices::SYNCING;
use super::{Abilities, Acknowledged, BusyBySync, Desired};
use crate::settings::BusyMode;
use crate::{Mono, Presence};

/// What is known of the other devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// What people call those that may be syncing, the likeliest first
    /// ([`super::devices::others_syncing`]); `None` where they cannot be
    /// listed.
    pub syncing: Option<Vec<String>>,
    /// When they were asked for.
    pub(crate) asked: Mono,
}

/// What is known is good enough for setting busy for this long.
const FRESH: Duration = Duration::from_secs(60);
/// While busy is avoided, they are asked for again after this.
const ASK_AGAIN: Duration = SYNCING;
/// The answer is waited for this long; unknown counts as syncing.
const PATIENCE: Duration = Duration::from_secs(2);

impl Company {
    /// The device that most likely syncs, if one may; its name may be
    /// unknown.
    pub(super) fn syncing(&self) -> Option<Option<&String>> {
        match &self.syncing {
            // Unknown counts as syncing.
            None => Some(None),
            Some(names) => names.first().map(Some),
        }
    }
}

/// Whether busy is to be sent as busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AsBusy {
    Yes,
    No,
    /// The answer about the other devices is waited for, until then.
    Wait(Mono),
}

/// Decides it, and says whether to ask for the other devices now and when
/// to do so later.
pub(super) fn as_busy(
    desired: &Desired,
    abilities: &Abilities,
    ack: &Acknowledged,
    now: Mono,
) -> (AsBusy, Option<Mono>) {
    if desired.presence != Some(Presence::Busy)
        || desired.busy == BusyMode::Never
        // MSC3026: check before use, else away.
        || abilities.busy != Some(true)
        || abilities.busy_by_sync == BusyBySync::Refused
    {
        return (AsBusy::No, None);
    }
    // Once it is set, it stays until it is left.
    let set = ack.put_stands == Some(Presence::Busy)
        || ack.seen.as_ref().is_some_and(|s| s.presence == Presence::Busy);
    // Where the last word wins, nothing is caught and nothing held.
    let last_wins = abilities.busy_by_sync == BusyBySync::Needed;
    if desired.busy == BusyMode::Always || set || last_wins {
        return (AsBusy::Yes, None);
    }
    if ack.held_once {
        return (AsBusy::No, None);
    }
    let ask = |at: Mono| if ack.devices_open.is_some() { None } else { Some(at) };
    match &ack.company {
        Some(company) if company.syncing().is_some() && now.since(company.asked) < ASK_AGAIN => {
            (AsBusy::No, ask(company.asked + ASK_AGAIN))
        }
        Some(company) if company.syncing().is_none() && now.since(company.asked) < FRESH => {
            (AsBusy::Yes, None)
        }
        known => match ack.devices_open {
            Some(since) if now.since(since) >= PATIENCE => (AsBusy::No, None),
            Some(since) => (AsBusy::Wait(since + PATIENCE), None),
            // What was known still counts while it is asked for again.
            None if known.as_ref().is_some_and(|c| c.syncing().is_some()) => (AsBusy::No, ask(now)),
            None => (AsBusy::Wait(now + PATIENCE), ask(now)),
        },
    }
}

/// While we are busy and do not mean to be, which device holds us is asked
/// now and then.
pub(super) fn ask_who_holds(desired: &Desired, ack: &Acknowledged, now: Mono) -> Option<Mono> {
    let busy = ack.seen.as_ref().is_some_and(|s| s.presence == Presence::Busy);
    let held = busy && desired.presence.is_some() && desired.presence != Some(Presence::Busy);
    // A first try to leave it is under way or has failed.
    let tried = ack.puts_in_vain > 0 || !ack.busy_mark;
    (held && tried && ack.devices_open.is_none())
        .then(|| ack.company.as_ref().map_or(now, |c| (c.asked + ASK_AGAIN).max(now)))
}
