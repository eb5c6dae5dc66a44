//! `ext_idle_notify_v1`: sway, KDE, COSMIC, Hyprland and most others, but not
//! GNOME.
//!
//! Version 2 can ignore idle inhibitors. Version 1 counts an inhibitor, such as
//! a video, as input: see [`super::evidence`].

use wayland_client::protocol::wl_registry::WlRegistry;
use wayland_client::protocol::wl_seat::WlSeat;
use wayland_client::{Connection, Dispatch, Proxy as _, delegate_noop};
use wayland_protocols::ext::idle_notify::v1::client::ext_idle_notification_v1::{
    Event, ExtIdleNotificationV1,
};
use wayland_protocols::ext::idle_notify::v1::client::ext_idle_notifier_v1::{
    ExtIdleNotifierV1, REQ_GET_INPUT_IDLE_NOTIFICATION_SINCE,
};

use super::wayland::{Key, Protocol, Queue, State};

/// The bound `ext_idle_notifier_v1` global.
pub(super) struct ExtIdle(ExtIdleNotifierV1);

impl Protocol for ExtIdle {
    const NAME: &'static str = "wayland-ext-idle-notify";
    const INTERFACE: &'static str = "ext_idle_notifier_v1";

    type Notification = ExtIdleNotificationV1;

    fn bind(registry: &WlRegistry, name: u32, version: u32, queue: &Queue<Self>) -> Self {
        let version = version.min(REQ_GET_INPUT_IDLE_NOTIFICATION_SINCE);
        Self(registry.bind(name, version, queue, ()))
    }

    fn ignores_inhibitors(&self) -> bool {
        self.0.version() >= REQ_GET_INPUT_IDLE_NOTIFICATION_SINCE
    }

    fn notify(
        &self,
        seat: &WlSeat,
        key: Key,
        milliseconds: u32,
        queue: &Queue<Self>,
    ) -> ExtIdleNotificationV1 {
        if self.ignores_inhibitors() {
            self.0.get_input_idle_notification(milliseconds, seat, queue, key)
        } else {
            self.0.get_idle_notification(milliseconds, seat, queue, key)
        }
    }

    fn forget(it: ExtIdleNotificationV1) {
        it.destroy();
    }
}

impl Dispatch<ExtIdleNotificationV1, Key> for State<ExtIdle> {
    fn event(
        state: &mut Self,
        _: &ExtIdleNotificationV1,
        event: Event,
        key: &Key,
        _: &Connection,
        _: &Queue<ExtIdle>,
    ) {
        match event {
            Event::Idled => state.tell(*key, true),
            Event::Resumed => state.tell(*key, false),
            _ => (),
        }
    }
}

delegate_noop!(State<ExtIdle>: ignore ExtIdleNotifierV1);
