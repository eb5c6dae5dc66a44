//! The account's other devices. While a person is busy, any device that
//! syncs with a presence is recorded as busy too and holds it after it was
//! left (PROTOCOL 0.2). So real busy is for those whose other devices do not
//! sync, and for those who want it always.

use std::time::Duration;

use super::devices::{SYNCING, is_agent};
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
    /// The device that would most likely hold a busy that we leave, if one
    /// may; its name may be unknown. Other agents of the same person do not.
    pub(super) fn may_hold(&self) -> Option<Option<&String>> {
        match &self.syncing {
            // Unknown counts as syncing.
            None => Some(None),
            Some(names) => names.iter().find(|name| !is_agent(name)).map(Some),
        }
    }

    /// The device that most likely shows what others see in place of what
    /// we say, if one syncs. `left` is a busy that we have set and left: it
    /// is held by one that caught it. Any other is somebody's word, and
    /// of all devices those of Presently say most.
    pub(super) fn shows(&self, left: bool) -> Option<&String> {
        let names = self.syncing.as_ref()?;
        names.iter().find(|name| is_agent(name) != left).or(names.first())
    }

    /// No other device syncs.
    pub(super) fn is_alone(&self) -> bool {
        self.syncing.as_ref().is_some_and(Vec::is_empty)
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
        // Nothing is shown there, so nothing can be held.
        || abilities.presence == Some(false)
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
        Some(company) if company.may_hold().is_some() && now.since(company.asked) < ASK_AGAIN => {
            (AsBusy::No, ask(company.asked + ASK_AGAIN))
        }
        Some(company) if company.may_hold().is_none() && now.since(company.asked) < FRESH => {
            (AsBusy::Yes, None)
        }
        known => match ack.devices_open {
            Some(since) if now.since(since) >= PATIENCE => (AsBusy::No, None),
            Some(since) => (AsBusy::Wait(since + PATIENCE), None),
            // What was known still counts while it is asked for again.
            None if known.as_ref().is_some_and(|c| c.may_hold().is_some()) => {
                (AsBusy::No, ask(now))
            }
            None => (AsBusy::Wait(now + PATIENCE), ask(now)),
        },
    }
}

/// While we are shown as something that we do not mean to be, busy or more
/// than the person chose, which device does it is asked now and then.
pub(super) fn ask_who_holds(desired: &Desired, ack: &Acknowledged, now: Mono) -> Option<Mono> {
    let (Some(seen), Some(wanted)) = (&ack.seen, desired.presence) else { return None };
    // A first try to leave it is under way or has failed.
    let tried = ack.puts_in_vain > 0 || !ack.busy_mark;
    let busy = seen.presence == Presence::Busy && wanted != Presence::Busy && tried;
    let said = desired.manual && ack.put_stands == Some(wanted);
    let undone = said && seen.presence.rank() > wanted.rank();
    ((busy || undone) && ack.devices_open.is_none())
        .then(|| ack.company.as_ref().map_or(now, |c| (c.asked + ASK_AGAIN).max(now)))
}
