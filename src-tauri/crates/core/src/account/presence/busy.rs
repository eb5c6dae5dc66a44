//! Whether busy is sent as busy. While a person is busy, any device that
//! syncs with a presence by /v3/sync is recorded as busy too, and holds it
//! after it was left. So real busy is for those whose other devices do not
//! sync so, and for those who want it always.

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
    /// The newest list; none before one was asked for, and after the network
    /// came back.
    pub known: Option<Listed>,
    /// They are being asked for, since then.
    pub(super) asked: Option<Mono>,
    pub(super) retry: Retry,
}

/// A list of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Those that may be syncing, the likeliest first; `None` where the
    /// server does not list them.
    pub syncing: Option<Vec<Other>>,
    /// Those that were in the last hour: for so long a server keeps the busy
    /// of a device that has stopped.
    pub(super) lately: Vec<Other>,
    /// When it was answered.
    pub(super) at: Mono,
}

/// A list is good enough for setting busy for this long.
const FRESH: Duration = Duration::from_secs(60);
/// While busy is avoided, they are asked for again after this.
const ASK_AGAIN: Duration = SYNCING;
/// A list that is out of date is asked for again after this.
const ASK_SOON: Duration = Duration::from_secs(30);
/// A list names devices for this long: a little longer than until the next
/// one.
const NAMES: Duration = Duration::from_secs(5 * 60 + 10);
/// The list is waited for this long. Unknown counts as syncing.
const LIST_WAIT: Duration = Duration::from_secs(2);
/// Asking for the devices.
pub(super) const DEVICES_BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(2),
    cap: Duration::from_secs(45),
    long_cap: Duration::from_secs(45),
};

impl Others {
    /// The line works again: what failed on the broken one is asked at once.
    pub(in crate::account) fn line_is_back(&mut self) {
        self.retry.returned();
    }
}

impl Listed {
    /// It is so new that its devices may be named.
    pub(super) fn is_fresh(&self, now: Mono) -> bool {
        now.since(self.at) < NAMES
    }

    /// The device that would most likely hold a busy that we leave, if one
    /// may; its name may be unknown.
    pub(super) fn may_hold(&self) -> Option<Option<&Other>> {
        match &self.syncing {
            // Unknown counts as syncing.
            None => Some(None),
            Some(others) => others.iter().find(|other| other.kind == Kind::Classic).map(Some),
        }
    }

    /// The device that shows this presence in place of what we say, where only
    /// one can. `left` is a busy that we have set and left: it is held by
    /// one that caught it, and agents leave what they caught. Any other is
    /// somebody's word.
    pub(super) fn shows(&self, presence: Presence, left: bool) -> Option<&Other> {
        let syncing = self.syncing.as_ref()?;
        let others = if presence == Presence::Busy { &self.lately } else { syncing };
        let mut able = others.iter().filter(|other| !left || other.kind == Kind::Classic);
        able.next().filter(|_| able.next().is_none())
    }

    /// No device syncs that may hold a busy that we left, as far as names
    /// tell.
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
    /// The answer about the other devices is waited for, until then.
    Wait(Mono),
}

/// Decides it, and says when to ask for the other devices.
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
    let set = ack.put.stands == Some(Presence::Busy)
        || ack.seen.as_ref().is_some_and(|s| s.presence == Presence::Busy);
    // Where the last word wins, nothing is caught and nothing held.
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
            // What was known still counts while it is asked for again.
            None if known.as_ref().is_some_and(held) => (AsBusy::No, ask(now)),
            // It could not be asked, and is asked again.
            None if ack.others.retry.due() > now => (AsBusy::No, ask(now)),
            None => (AsBusy::Wait(now + LIST_WAIT), ask(now)),
        },
    }
}

/// While we are shown as something that we do not mean to be, busy or more
/// than the person chose, which device does it is asked now and then.
pub(super) fn ask_who_holds(desired: &Desired, ack: &Acknowledged, now: Mono) -> Option<Mono> {
    let (seen, wanted) = (ack.seen.as_ref()?, desired.presence);
    // A first try to leave it is under way or has failed.
    let tried = ack.put.without_effect > 0 || !ack.busy.mark;
    let busy = seen.presence == Presence::Busy && wanted != Some(Presence::Busy) && tried;
    let said = wanted.filter(|_| desired.manual && ack.put.stands == wanted);
    let undone = said.is_some_and(|said| seen.presence.rank() > said.rank());
    let at = ack.others.known.as_ref().map_or(now, |listed| {
        // A list from before it was so says nothing of who does it.
        let pause = if listed.at < ack.held_since() { ASK_SOON } else { ASK_AGAIN };
        (listed.at + pause).max(now)
    });
    ((busy || undone) && ack.others.asked.is_none()).then(|| at.max(ack.others.retry.due()))
}

impl Acknowledged {
    /// What others see is busy.
    pub(super) fn is_seen_busy(&self) -> bool {
        matches!(&self.seen, Some(Seen { presence: Presence::Busy, .. }))
    }
}
