//! A homeserver with Synapse's rules, as docs/protocol.md describes them: what
//! devices say, how it is combined, when it decays, and the rate limits of PUT
//! and sync. It has no clock; the time is an argument.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use presently_core::account::Seen;
use presently_core::{Mono, Presence};

mod other_devices;

/// The wall clock at the start of a day, in milliseconds since the epoch.
const MORNING: i64 = 1_800_000_000_000;

/// The wall clock at `now`, put forward by this many milliseconds.
pub fn wall(jumped: i64, now: Mono) -> Timestamp {
    let now = i64::try_from(now.0).unwrap_or(i64::MAX / 4);
    Timestamp::from_millisecond(MORNING + jumped + now).unwrap_or(Timestamp::MAX)
}

/// How a server is set up.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Whether it has busy.
    pub busy: bool,
    /// The last request of any device is what others see, and a sync may send
    /// busy, as on servers other than Synapse.
    pub last_wins: bool,
    /// The rate limit: one change in this time. Zero is no limit.
    pub pace: Duration,
    /// Presence is turned off: every request is answered, and no presence
    /// shows.
    pub off: bool,
}

/// A message of another device that an agent wrote over or cleared.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "told where it is wrong")]
pub struct Overwritten {
    /// When it was written.
    pub since: Mono,
    pub message: String,
    /// The device that wrote over it, and its own message.
    pub by: &'static str,
    pub new: Option<String>,
}

#[derive(Clone, Debug)]
struct Device {
    state: Presence,
    /// A poll with a presence is open.
    syncing: bool,
    alive_until: Mono,
}

/// The answer to a PUT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutAnswer {
    Ok,
    Limited(Duration),
    BusyRefused,
}

/// One user on one server.
pub struct Server {
    pub shape: Shape,
    devices: BTreeMap<&'static str, Device>,
    message: Option<String>,
    /// Who wrote the message, and when.
    pub message_by: &'static str,
    pub message_at: Mono,
    pub overwritten: Vec<Overwritten>,
    /// When the tablet last set a message.
    pub theirs_at: Option<Mono>,
    /// When each device last showed a presence.
    showed: HashMap<(&'static str, Presence), Mono>,
    last: Option<&'static str>,
    sync_bucket: Option<Mono>,
    put_bucket: Option<Mono>,
    /// The next sync of Element Web: every half minute while it is open in a
    /// browser.
    element: Option<Mono>,
    element_seen: Option<Mono>,
    element_opened: Mono,
    /// When the phone was last in touch.
    phone_seen: Option<Mono>,
    tablet_seen: Option<Mono>,
    /// When the phone last stopped showing a presence.
    phone_left: Option<Mono>,
    /// Counts the changes of what others see.
    pub changes: u64,
}

const ELEMENT: &str = "element";
/// It sends its presence by PUT, busy as well.
pub const PHONE: &str = "phone";
const PHONE_NAME: &str = "Nheko on phone";
/// It uses sliding sync, and says by PUT whether it is in the foreground.
pub const TABLET: &str = "tablet";
const TABLET_NAME: &str = "Element X iOS";
const NOBODY: &str = "nobody";
/// The device that has the presence from before a restart. No real device has
/// it (docs/protocol.md, "Busy").
const BEFORE: &str = "before the restart";
const ELEMENT_POLL: Duration = Duration::from_secs(30);
const SYNC_ALIVE: Duration = Duration::from_secs(32);
/// How long a PUT of online lasts. Other PUTs last as long as a sync.
const PUT_ALIVE: Duration = Duration::from_secs(62);
const BUSY_ALIVE: Duration = Duration::from_secs(3600);

pub fn rank(p: Presence) -> usize {
    Presence::ALL.iter().rev().position(|x| *x == p).unwrap_or(0)
}

impl Server {
    pub fn new(shape: Shape) -> Self {
        Self {
            shape,
            devices: BTreeMap::new(),
            message: None,
            message_by: NOBODY,
            message_at: Mono(0),
            overwritten: Vec::new(),
            theirs_at: None,
            showed: HashMap::new(),
            last: None,
            sync_bucket: None,
            put_bucket: None,
            element: None,
            element_seen: None,
            element_opened: Mono(0),
            phone_seen: None,
            tablet_seen: None,
            phone_left: None,
            changes: 0,
        }
    }

    /// What others see.
    pub fn seen(&self) -> Seen {
        if self.shape.off {
            return Seen { presence: Presence::Offline, message: None };
        }
        if self.shape.last_wins {
            let last = self.last.and_then(|d| self.devices.get(d));
            let presence = last.map_or(Presence::Offline, |d| d.state);
            return Seen { presence, message: self.message.clone() };
        }
        let states = self.devices.values().map(|d| d.state);
        let presence = states.max_by_key(|p| rank(*p)).unwrap_or(Presence::Offline);
        // Synapse combines busy > online > unavailable > offline.
        Seen { presence, message: self.message.clone() }
    }

    /// Whether another device than this one determines what others see.
    pub fn is_held(&self, device: &str) -> bool {
        if self.shape.last_wins {
            return self.last.is_some_and(|last| last != device);
        }
        let others = self.devices.iter().filter(|(name, _)| **name != device);
        let state = others.map(|(_, d)| d.state).max_by_key(|p| rank(*p));
        state == Some(self.seen().presence)
    }

    fn touch(&mut self, before: Seen) {
        if before != self.seen() {
            self.changes += 1;
        }
    }

    fn allows(bucket: &mut Option<Mono>, pace: Duration, now: Mono) -> Result<(), Duration> {
        match *bucket {
            Some(last) if now.since(last) < pace => Err(pace - now.since(last)),
            _ => {
                *bucket = Some(now);
                Ok(())
            }
        }
    }

    /// Begins a sync. Returns whether its presence was taken.
    pub fn sync(&mut self, device: &'static str, set: Presence, now: Mono) -> bool {
        let before = self.seen();
        if self.shape.off {
            return false;
        }
        if Self::allows(&mut self.sync_bucket, self.shape.pace, now).is_err() {
            // The sync is ignored without an error, and the device does not
            // count as syncing.
            if let Some(d) = self.devices.get_mut(device) {
                d.syncing = false;
            }
            return false;
        }
        if self.shape.last_wins {
            self.last = Some(device);
            let alive_until = now + SYNC_ALIVE;
            self.devices.insert(device, Device { state: set, syncing: true, alive_until });
            self.touch(before);
            return true;
        }
        let old = self.devices.get(device).map(|d| d.state);
        if set == Presence::Offline {
            if let Some(d) = self.devices.get_mut(device) {
                d.syncing = false;
            }
            return true;
        }
        let busy = before.presence == Presence::Busy;
        // Busy spreads: a device that syncs while the user is busy is recorded
        // as busy.
        let state = if busy || old == Some(Presence::Busy) { Presence::Busy } else { set };
        let alive = if state == Presence::Busy { BUSY_ALIVE } else { SYNC_ALIVE };
        self.devices.insert(device, Device { state, syncing: true, alive_until: now + alive });
        self.touch(before);
        true
    }

    /// The open sync of a device ended.
    pub fn sync_ended(&mut self, device: &'static str, now: Mono) {
        if let Some(d) = self.devices.get_mut(device) {
            d.syncing = false;
            let mut until = d.alive_until;
            if d.state == Presence::Online && now >= until {
                // The server checks an online device a minute after its
                // activity, and not in between.
                until = until + (PUT_ALIVE - SYNC_ALIVE);
            }
            d.alive_until = until.max(now + Duration::from_secs(3));
        }
    }

    /// A PUT of the presence.
    pub fn put(
        &mut self,
        device: &'static str,
        presence: Presence,
        message: Option<String>,
        now: Mono,
    ) -> PutAnswer {
        if self.shape.off {
            return PutAnswer::Ok;
        }
        if presence == Presence::Busy && !self.shape.busy {
            return PutAnswer::BusyRefused;
        }
        if let Err(wait) = Self::allows(&mut self.put_bucket, self.shape.pace, now) {
            return PutAnswer::Limited(wait);
        }
        let before = self.seen();
        self.last = Some(device);
        let syncing = self.devices.get(device).is_some_and(|d| d.syncing);
        let alive = match presence {
            Presence::Busy => BUSY_ALIVE,
            Presence::Online => PUT_ALIVE,
            Presence::Unavailable | Presence::Offline => SYNC_ALIVE,
        };
        self.devices.insert(device, Device { state: presence, syncing, alive_until: now + alive });
        self.say(device, message, now);
        self.touch(before);
        PutAnswer::Ok
    }

    fn say(&mut self, device: &'static str, message: Option<String>, now: Mono) {
        let is_agent = device != TABLET;
        if !is_agent && message.is_some() {
            self.theirs_at = Some(now);
        }
        if let Some(was) = self.message.clone().filter(|_| is_agent && self.message_by == TABLET)
            && message.as_ref() != Some(&was)
        {
            let (since, new) = (self.message_at, message.clone());
            self.overwritten.push(Overwritten { since, message: was, by: device, new });
        }
        // A device that only carries a message on is not its author.
        if self.message != message || !is_agent {
            self.message_by = device;
        }
        if !is_agent || self.message_by == device {
            self.message_at = now;
        }
        self.message = message;
    }

    /// Carries out what is due: Element syncs, and devices that were silent for
    /// too long become offline.
    pub fn tick(&mut self, now: Mono) {
        if let Some(next) = self.element.filter(|next| *next <= now) {
            self.element = Some(next + ELEMENT_POLL);
            self.element_seen = Some(now);
            self.sync(ELEMENT, Presence::Online, now);
        }
        let before = self.seen();
        for (name, d) in &mut self.devices {
            self.showed.insert((name, d.state), now);
            if !d.syncing && now >= d.alive_until && d.state != Presence::Offline {
                d.state = Presence::Offline;
                if *name == PHONE {
                    self.phone_left = Some(now);
                }
            }
        }
        self.touch(before);
    }

    /// When a device decays or Element syncs next.
    pub fn next_decay(&self, now: Mono) -> Option<Mono> {
        self.devices
            .values()
            .filter(|d| !d.syncing && d.state != Presence::Offline)
            .map(|d| d.alive_until.max(now + Duration::from_millis(1)))
            .chain(self.element)
            .min()
    }

    /// The server restarts. Nobody syncs any more, and what others saw lasts as
    /// long as that of a device that has fallen silent.
    pub fn restart(&mut self, now: Mono) {
        let state = self.seen().presence;
        if self.devices.contains_key(PHONE) {
            self.phone_left = Some(now);
        }
        if self.shape.last_wins {
            for d in self.devices.values_mut() {
                d.syncing = false;
                d.alive_until = d.alive_until.max(now + SYNC_ALIVE);
            }
        } else {
            let alive = if state == Presence::Busy { BUSY_ALIVE } else { SYNC_ALIVE };
            let left = Device { state, syncing: false, alive_until: now + alive };
            self.devices = BTreeMap::from([(BEFORE, left)]);
        }
        self.sync_bucket = None;
        self.put_bucket = None;
    }

    /// Ends the presence from before a restart.
    pub fn forget(&mut self, now: Mono) {
        if self.devices.contains_key(BEFORE) {
            self.other(BEFORE, Presence::Offline, now);
        }
    }
}
