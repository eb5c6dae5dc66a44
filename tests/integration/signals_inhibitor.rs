//! A window that inhibits idle, as a video does.

use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::Result;
use rustix::fs::{MemfdFlags, ftruncate, memfd_create};
use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_buffer::WlBuffer;
use wayland_client::protocol::wl_compositor::WlCompositor;
use wayland_client::protocol::wl_registry::{Event, WlRegistry};
use wayland_client::protocol::wl_shm::{Format, WlShm};
use wayland_client::protocol::wl_shm_pool::WlShmPool;
use wayland_client::protocol::wl_surface::WlSurface;
use wayland_client::{Connection, Dispatch, EventQueue, QueueHandle, delegate_noop};
use wayland_protocols::wp::idle_inhibit::zv1::client::zwp_idle_inhibit_manager_v1::ZwpIdleInhibitManagerV1 as Inhibitors;
use wayland_protocols::wp::idle_inhibit::zv1::client::zwp_idle_inhibitor_v1::ZwpIdleInhibitorV1;
use wayland_protocols::xdg::shell::client::xdg_surface::{self, XdgSurface};
use wayland_protocols::xdg::shell::client::xdg_toplevel::XdgToplevel;
use wayland_protocols::xdg::shell::client::xdg_wm_base::XdgWmBase;

/// The window, closed when dropped.
pub(crate) struct Video {
    _queue: EventQueue<Window>,
}

const SIDE: i32 = 64;

impl Video {
    /// Shows it on the compositor with this socket.
    pub(crate) fn at(socket: &Path) -> Result<Self> {
        let connection = Connection::from_socket(UnixStream::connect(socket)?)?;
        let (globals, mut queue) = registry_queue_init::<Window>(&connection)?;
        let handle = queue.handle();
        let compositor: WlCompositor = globals.bind(&handle, 1..=4, ())?;
        let shm: WlShm = globals.bind(&handle, 1..=1, ())?;
        let shell: XdgWmBase = globals.bind(&handle, 1..=1, ())?;
        let inhibitors: Inhibitors = globals.bind(&handle, 1..=1, ())?;
        let surface = compositor.create_surface(&handle, ());
        let window = shell.get_xdg_surface(&surface, &handle, ());
        window.get_toplevel(&handle, ()).set_title("A video".to_owned());
        surface.commit();
        let mut state = Window { configured: false };
        while !state.configured {
            queue.blocking_dispatch(&mut state)?;
        }
        let memory = memfd_create("video", MemfdFlags::CLOEXEC)?;
        let size = SIDE * SIDE * 4;
        ftruncate(&memory, u64::try_from(size)?)?;
        let pool = shm.create_pool(memory.as_fd(), size, &handle, ());
        let buffer = pool.create_buffer(0, SIDE, SIDE, SIDE * 4, Format::Xrgb8888, &handle, ());
        surface.attach(Some(&buffer), 0, 0);
        surface.damage(0, 0, SIDE, SIDE);
        inhibitors.create_inhibitor(&surface, &handle, ());
        surface.commit();
        queue.roundtrip(&mut state)?;
        Ok(Self { _queue: queue })
    }
}

struct Window {
    configured: bool,
}

impl Dispatch<WlRegistry, GlobalListContents> for Window {
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

impl Dispatch<XdgSurface, ()> for Window {
    fn event(
        window: &mut Self,
        surface: &XdgSurface,
        event: xdg_surface::Event,
        _: &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let xdg_surface::Event::Configure { serial } = event {
            surface.ack_configure(serial);
            window.configured = true;
        }
    }
}

delegate_noop!(Window: ignore WlCompositor);
delegate_noop!(Window: ignore WlShm);
delegate_noop!(Window: ignore WlShmPool);
delegate_noop!(Window: ignore WlBuffer);
delegate_noop!(Window: ignore WlSurface);
delegate_noop!(Window: ignore XdgWmBase);
delegate_noop!(Window: ignore XdgToplevel);
delegate_noop!(Window: ignore Inhibitors);
delegate_noop!(Window: ignore ZwpIdleInhibitorV1);
