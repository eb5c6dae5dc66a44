//! A pointer on a compositor of wlroots, at hand at once.

use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::Result;
use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_registry::{Event, WlRegistry};
use wayland_client::{Connection, Dispatch, EventQueue, QueueHandle, delegate_noop};
use wayland_protocols_wlr::virtual_pointer::v1::client::zwlr_virtual_pointer_manager_v1::ZwlrVirtualPointerManagerV1 as Pointers;
use wayland_protocols_wlr::virtual_pointer::v1::client::zwlr_virtual_pointer_v1::ZwlrVirtualPointerV1;

/// The pointer.
pub(crate) struct Pointer {
    device: ZwlrVirtualPointerV1,
    queue: EventQueue<Nothing>,
}

impl Pointer {
    /// One more at the compositor with this socket.
    pub(crate) fn at(socket: &Path) -> Result<Self> {
        let connection = Connection::from_socket(UnixStream::connect(socket)?)?;
        let (globals, mut queue) = registry_queue_init::<Nothing>(&connection)?;
        let pointers: Pointers = globals.bind(&queue.handle(), 1..=2, ())?;
        let device = pointers.create_virtual_pointer(None, &queue.handle(), ());
        queue.roundtrip(&mut Nothing)?;
        Ok(Self { device, queue })
    }

    /// Moves it a little.
    pub(crate) fn nudge(&mut self) -> Result<()> {
        self.device.motion(0, 1.0, 1.0);
        self.device.frame();
        self.queue.roundtrip(&mut Nothing)?;
        Ok(())
    }
}

struct Nothing;

impl Dispatch<WlRegistry, GlobalListContents> for Nothing {
    fn event(
        _: &mut Self,
        _: &WlRegistry,
        _: Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
    }
}

delegate_noop!(Nothing: ignore Pointers);
delegate_noop!(Nothing: ignore ZwlrVirtualPointerV1);
