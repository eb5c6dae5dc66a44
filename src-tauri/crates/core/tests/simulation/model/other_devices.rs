//! What the person's other devices do, and what the server says of them.

use std::time::Duration;

use presently_core::account::devices::Device as Listed;
use presently_core::{Mono, Presence};

use super::{
    BUSY_ALIVE, Device, ELEMENT, PHONE, PHONE_NAME, PutAnswer, Server, TABLET, TABLET_NAME, wall,
};

impl Server {
    /// Another device shows this from now on, regardless of rate limits.
    pub fn other(&mut self, device: &'static str, state: Presence, now: Mono) {
        let before = self.seen();
        if device == PHONE {
            self.phone_seen = Some(now);
        }
        self.last = Some(device);
        self.devices
            .insert(device, Device { state, syncing: false, alive_until: now + BUSY_ALIVE });
        self.touch(before);
    }

    /// Element Web is opened or closed.
    pub fn element(&mut self, open: bool, now: Mono) {
        self.element = open.then_some(now);
        if open {
            self.element_opened = now;
        }
        if !open {
            self.sync_ended(ELEMENT, now);
        }
    }

    /// The tablet sends a PUT with its presence, and a message or none.
    pub fn tablet(&mut self, presence: Presence, message: Option<String>, now: Mono) -> PutAnswer {
        self.tablet_seen = Some(now);
        self.put(TABLET, presence, message, now)
    }

    /// The list of devices as the server answers it to `asker`. One of them was
    /// never used.
    pub fn devices(&self, asker: &str, now: Mono) -> Vec<Listed> {
        let listed = |id: &str, name: &str, seen: Option<Mono>| Listed {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            last_seen: seen.map(|seen| wall(0, seen)),
        };
        let mut devices = vec![
            listed(asker, "The one that asks", Some(now)),
            listed("NEVER", "Made by the administrator", None),
        ];
        devices.extend(self.element_seen.map(|seen| listed("ELEMENT", "Element", Some(seen))));
        // A device that shows a presence is in touch.
        let shows = |id| self.devices.get(id).is_some_and(|d| d.state != Presence::Offline);
        let phone = if shows(PHONE) { Some(now) } else { self.phone_seen };
        devices.extend(phone.map(|seen| listed("PHONE", PHONE_NAME, Some(seen))));
        let tablet = if shows(TABLET) { Some(now) } else { self.tablet_seen };
        devices.extend(tablet.map(|seen| listed("TABLET", TABLET_NAME, Some(seen))));
        devices
    }

    /// Whether a device that may spread busy was seen within this time, so that
    /// it may be syncing.
    pub fn has_spreading_device(&self, now: Mono, within: Duration) -> bool {
        let shows = self.devices.get(PHONE).is_some_and(|d| d.state != Presence::Offline);
        let seen = [self.element_seen, self.phone_seen.max(shows.then_some(now)), self.phone_left];
        seen.into_iter().flatten().any(|seen| now.since(seen) < within)
    }

    /// What each device shows, to debug a seed.
    pub fn shown(&self) -> String {
        let shown = self.devices.iter().map(|(name, d)| format!("{name} {:?}", d.state));
        shown.collect::<Vec<_>>().join(", ")
    }

    /// Whether a device with this display name has shown the presence within
    /// this time.
    pub fn has_shown(&self, name: &str, presence: Presence, now: Mono, within: Duration) -> bool {
        let id = match name {
            "Element" => ELEMENT,
            PHONE_NAME => PHONE,
            TABLET_NAME => TABLET,
            name => name.strip_prefix("Presently on ").unwrap_or_default(),
        };
        let showed =
            self.showed.iter().find(|((device, shown), _)| *device == id && *shown == presence);
        showed.is_some_and(|(_, at)| now.since(*at) < within)
    }

    /// Whether another busy device has been in touch for at least this time.
    pub fn is_held_by_syncing(&self, now: Mono, length: Duration) -> bool {
        let busy = |id| self.devices.get(id).is_some_and(|d| d.state == Presence::Busy);
        let element = self.element.is_some() && now.since(self.element_opened) >= length;
        let phone = self.phone_seen.is_some_and(|seen| now.since(seen) >= length);
        busy(ELEMENT) && element || busy(PHONE) && phone
    }
}
