//! Whether busy is sent as busy. While a person is busy, any device that calls
//! /v3/sync with a presence is recorded as busy too, and holds busy after it
//! was left (docs/protocol.md, "Busy"). So real busy is sent only if no other
//! device syncs in this way, or if the person wants it always.

use std::time::Duration;

use super::{Acknowledged, Desired, Seen};
use crate::account::abilities::{Abilities, BusyBySync};
use crate::account::devices::{Kind, Other, SYNCING};
use crate::account::retry::{Backoff, Retry};
use crate::settings::BusyMode;
use crate::{Mono, Presence};

/// What is known of the other devices of the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// The newest list. `None` before the first one, and after the network came
    /// back until the next one.
    pub known: Option<Listed>,
    /// When the open request for the list was sent.
    pub(super) asked: Option<Mono>,
    pub(super) retry: Retry,
}

/// A list of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The devices that may be syncing, the last seen first. `None` if the
    /// server does not list its devices.
    pub syncing: Option<Vec<Other>>,
    /// The devices that may have synced in the last hour. A server keeps the
    /// busy of a device that has stopped for that long.
    pub(super) lately: Vec<Other>,
    /// When the answer came.
    pub(super) at: Mono,
}

/// How long a list is new enough to set busy.
const FRESH: Duration = Duration::from_secs(60);
/// While busy is avoided, the list is requested again after this time.
const ASK_AGAIN: Duration = SYNCING;
/// A list from before the presence that it should explain is requested again
/// after this time.
const ASK_SOON: Duration = Duration::from_secs(30);
/// How long a list may name devices: a little longer than until the next one.
const NAMES: Duration = Duration::from_secs(5 * 60 + 10);
/// How long busy waits for the list. After that, unknown devices count as
/// syncing.
const LIST_WAIT: Duration = Duration::from_secs(2);
/// The back-off of requests for the list.
pub(super) const DEVICES_BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(2),
    cap: Duration::from_secs(45),
    long_cap: Duration::from_secs(45),
};

impl Others {
    /// The line works again, so a request that failed before is sent again at
    /// once.
    pub(in crate::account) fn line_is_back(&mut self) {
        self.retry.returned();
    }
}

impl Listed {
    /// Whether the list is new enough to name its devices.
    pub(super) fn is_fresh(&self, now: Mono) -> bool {
        now.since(self.at) < NAMES
    }

    /// The device that would most likely hold a busy that we leave. `None` if
    /// there is none, and `Some(None)` if the devices are unknown.
    pub(super) fn may_hold(&self) -> Option<Option<&Other>> {
        match &self.syncing {
            // Unknown counts as syncing.
            None => Some(None),
            Some(others) => others.iter().find(|other| other.kind == Kind::Classic).map(Some),
        }
    }

    /// The device that shows this presence in place of ours, if only one can.
    /// `left` means that the presence is a busy that we set and left. Only a
    /// device that caught it holds such a busy, and agents leave what they
    /// caught. Any other presence was set by the device itself.
    pub(super) fn shows(&self, presence: Presence, left: bool) -> Option<&Other> {
        let syncing = self.syncing.as_ref()?;
        let others = if presence == Presence::Busy { &self.lately } else { syncing };
        let mut able = others.iter().filter(|other| !left || other.kind == Kind::Classic);
        able.next().filter(|_| able.next().is_none())
    }

    /// Whether no device syncs that may hold a busy that we left, as far as
    /// names tell.
    pub(super) fn has_no_holder(&self) -> bool {
        let holds = |other: &Other| other.kind != Kind::Sliding;
        self.syncing.as_ref().is_some_and(|others| !others.iter().any(holds))
    }
}

/// Whether busy is to be sent as busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AsBusy {
    Yes,
    No,
    /// The list of devices is waited for, until then.
    Wait(Mono),
}

/// Returns the decision, and when to request the list of devices.
pub(super) fn as_busy(
    desired: &Desired,
    abilities: &Abilities,
    ack: &Acknowledged,
    now: Mono,
) -> (AsBusy, Option<Mono>) {
    if desired.presence != Some(Presence::Busy)
        || desired.busy == BusyMode::Never
        // MSC3026: clients check for support before they use busy, and show
        // away without it.
        || abilities.busy != Some(true)
        || abilities.busy_by_sync == BusyBySync::Refused
        // Presence is turned off, so nothing is shown and nothing can be held.
        || abilities.presence == Some(false)
    {
        return (AsBusy::No, None);
    }
    // A busy that is set stays until we leave it.
    let set = ack.put.in_force == Some(Presence::Busy)
        || ack.seen.as_ref().is_some_and(|s| s.presence == Presence::Busy);
    // Where the last request wins, no device catches or holds busy.
    let last_wins = abilities.busy_by_sync == BusyBySync::Needed;
    if desired.busy == BusyMode::Always || set || last_wins {
        return (AsBusy::Yes, None);
    }
    let ask = |at: Mono| match ack.others.asked {
        Some(_) => None,
        None => Some(at.max(ack.others.retry.due())),
    };
    let held = |listed: &Listed| listed.may_hold().is_some();
    match &ack.others.known {
        Some(listed) if held(listed) && now.since(listed.at) < ASK_AGAIN => {
            (AsBusy::No, ask(listed.at + ASK_AGAIN))
        }
        Some(listed) if !held(listed) && now.since(listed.at) < FRESH => (AsBusy::Yes, None),
        known => match ack.others.asked {
            Some(since) if now.since(since) >= LIST_WAIT => (AsBusy::No, None),
            Some(since) => (AsBusy::Wait(since + LIST_WAIT), None),
            // The old list still counts while a new one is requested.
            None if known.as_ref().is_some_and(held) => (AsBusy::No, ask(now)),
            // The last request failed, and the next one waits for the back-off.
            None if ack.others.retry.due() > now => (AsBusy::No, ask(now)),
            None => (AsBusy::Wait(now + LIST_WAIT), ask(now)),
        },
    }
}

/// When to request the list to find the device that changes what others see:
/// they see busy that we do not mean, or more than the person chose.
pub(super) fn ask_who_holds(desired: &Desired, ack: &Acknowledged, now: Mono) -> Option<Mono> {
    let (seen, wanted) = (ack.seen.as_ref()?, desired.presence);
    // A first attempt to leave it had no effect, or the busy is not ours.
    let tried = ack.put.without_effect > 0 || !ack.busy.mark;
    let busy = seen.presence == Presence::Busy && wanted != Some(Presence::Busy) && tried;
    let said = wanted.filter(|_| desired.manual && ack.put.in_force == wanted);
    let undone = said.is_some_and(|said| seen.presence.rank() > said.rank());
    let at = ack.others.known.as_ref().map_or(now, |listed| {
        // An older list does not show which device is the cause.
        let pause = if listed.at < ack.held_since() { ASK_SOON } else { ASK_AGAIN };
        (listed.at + pause).max(now)
    });
    ((busy || undone) && ack.others.asked.is_none()).then(|| at.max(ack.others.retry.due()))
}

impl Acknowledged {
    /// Whether others see busy.
    pub(super) fn is_seen_busy(&self) -> bool {
        matches!(&self.seen, Some(Seen { presence: Presence::Busy, .. }))
    }
}
