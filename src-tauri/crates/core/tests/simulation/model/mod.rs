//! A homeserver with Synapse's rules, as docs/protocol.md has them: what
//! devices say, how it is combined, when it decays, and the two
//! silent or loud rate limits. No clock: the time is an argument.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;
use presently_core::account::Seen;
use presently_core::{Mono, Presence};

mod other_devices;

/// The wall clock at the start of a day.
const MORNING: i64 = 1_800_000_000_000;

/// What a clock says that was put forward by so many milliseconds.
pub fn wall(jumped: i64, now: Mono) -> Timestamp {
    let now = i64::try_from(now.0).unwrap_or(i64::MAX / 4);
    Timestamp::from_millisecond(MORNING + jumped + now).unwrap_or(Timestamp::MAX)
}

/// How a server is set up.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Whether it has busy.
    pub busy: bool,
    /// The last word of any device is what others see, and a sync may say
    /// busy: servers other than Synapse.
    pub last_wins: bool,
    /// One change in this time; zero for no limit.
    pub pace: Duration,
    /// Presence is turned off: everything is answered and nothing shows.
    pub off: bool,
}

/// A message of another device that an agent wrote over or cleared.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "told where it is wrong")]
pub struct Overwritten {
    /// When it was written.
    pub since: Mono,
    pub message: String,
    /// What stands there in its place, and by whom.
    pub by: &'static str,
    pub new: Option<String>,
}

#[derive(Clone, Debug)]
struct Device {
    state: Presence,
    /// Polls with a presence that are open.
    syncing: bool,
    alive_until: Mono,
}

/// What a PUT is answered with.
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
    /// Who wrote it, and when.
    pub message_by: &'static str,
    pub message_at: Mono,
    pub overwritten: Vec<Overwritten>,
    /// When the tablet set a message last.
    pub theirs_at: Option<Mono>,
    /// When each device showed a presence last.
    showed: HashMap<(&'static str, Presence), Mono>,
    last: Option<&'static str>,
    sync_bucket: Option<Mono>,
    put_bucket: Option<Mono>,
    /// Element Web, open in a browser: it syncs every half minute, from then.
    element: Option<Mono>,
    element_seen: Option<Mono>,
    element_opened: Mono,
    /// When the phone did something last.
    phone_seen: Option<Mono>,
    tablet_seen: Option<Mono>,
    /// When the phone ceased to show anything.
    phone_left: Option<Mono>,
    /// Grows when what others see changes.
    pub changes: u64,
}

const ELEMENT: &str = "element";
/// Says its presence by PUT, busy as well.
pub const PHONE: &str = "phone";
const PHONE_NAME: &str = "Nheko on phone";
/// Syncs by sliding sync, and says by PUT whether it is in front.
pub const TABLET: &str = "tablet";
const TABLET_NAME: &str = "Element X iOS";
const NOBODY: &str = "nobody";
/// What a server knew before it was restarted is that of a device that nobody
/// has.
const BEFORE: &str = "before the restart";
const ELEMENT_POLL: Duration = Duration::from_secs(30);
const SYNC_ALIVE: Duration = Duration::from_secs(32);
/// A PUT of online has a timer of its own; others go by that of the syncs.
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

    /// What others see is another device's doing.
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

    /// A sync begins. True if its presence was taken.
    pub fn sync(&mut self, device: &'static str, set: Presence, now: Mono) -> bool {
        let before = self.seen();
        if self.shape.off {
            return false;
        }
        if Self::allows(&mut self.sync_bucket, self.shape.pace, now).is_err() {
            // Ignored without a word: this device is not syncing, either.
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
        // Contagion: who syncs while the user is busy is recorded as busy.
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
                // Its silence is looked at a minute after it was active, and
                // not in between.
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
        // Who carries on what stands there is not its author.
        if self.message != message || !is_agent {
            self.message_by = device;
        }
        if !is_agent || self.message_by == device {
            self.message_at = now;
        }
        self.message = message;
    }

    /// Time passes: Element syncs, devices that are silent for too long are offline.
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

    /// When a device decays next.
    pub fn next_decay(&self, now: Mono) -> Option<Mono> {
        self.devices
            .values()
            .filter(|d| !d.syncing && d.state != Presence::Offline)
            .map(|d| d.alive_until.max(now + Duration::from_millis(1)))
            .chain(self.element)
            .min()
    }

    /// The server restarts: nobody syncs any more, and what others saw stays
    /// for as long as a device that has fallen silent.
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

    /// What it knew before a restart has had its time.
    pub fn forget(&mut self, now: Mono) {
        if self.devices.contains_key(BEFORE) {
            self.other(BEFORE, Presence::Offline, now);
        }
    }
}
