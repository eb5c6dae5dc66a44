//! `org_kde_kwin_idle`: the predecessor of `ext_idle_notify_v1`, in older
//! versions of sway, phoc and KDE.

use wayland_client::protocol::wl_registry::WlRegistry;
use wayland_client::protocol::wl_seat::WlSeat;
use wayland_client::{Connection, Dispatch, delegate_noop};
use wayland_protocols_plasma::idle::client::org_kde_kwin_idle::OrgKdeKwinIdle;
use wayland_protocols_plasma::idle::client::org_kde_kwin_idle_timeout::{
    Event, OrgKdeKwinIdleTimeout,
};

use super::wayland::{Key, Protocol, Queue, State};

/// The bound `org_kde_kwin_idle` global.
pub(super) struct KdeIdle(OrgKdeKwinIdle);

impl Protocol for KdeIdle {
    const NAME: &'static str = "wayland-kde-idle";
    const INTERFACE: &'static str = "org_kde_kwin_idle";

    type Notification = OrgKdeKwinIdleTimeout;

    fn bind(registry: &WlRegistry, name: u32, _: u32, queue: &Queue<Self>) -> Self {
        Self(registry.bind(name, 1, queue, ()))
    }

    fn ignores_inhibitors(&self) -> bool {
        false
    }

    fn notify(
        &self,
        seat: &WlSeat,
        key: Key,
        milliseconds: u32,
        queue: &Queue<Self>,
    ) -> OrgKdeKwinIdleTimeout {
        self.0.get_idle_timeout(seat, milliseconds, queue, key)
    }

    fn forget(it: OrgKdeKwinIdleTimeout) {
        it.release();
    }
}

impl Dispatch<OrgKdeKwinIdleTimeout, Key> for State<KdeIdle> {
    fn event(
        state: &mut Self,
        _: &OrgKdeKwinIdleTimeout,
        event: Event,
        key: &Key,
        _: &Connection,
        _: &Queue<KdeIdle>,
    ) {
        match event {
            Event::Idle => state.tell(*key, true),
            Event::Resumed => state.tell(*key, false),
            _ => (),
        }
    }
}

delegate_noop!(State<KdeIdle>: ignore OrgKdeKwinIdle);
