//! One window of this user, and its page.

mod commands;

use std::io::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use presently_ipc::window_instance::{TELL, UP, WindowInstance};
use presently_ipc::{BindError, Paths};
use tauri::{App, AppHandle, Manager as _, WebviewUrl, WebviewWindowBuilder};

/// The window's name in `capabilities/window.json`.
const NAME: &str = "main";

/// Shows the window until it is closed, or brings the one that is open to
/// the front.
pub(crate) fn run() -> ExitCode {
    match show() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "presently-window: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn show() -> anyhow::Result<()> {
    let paths = Paths::from_env()?;
    // Before anything of GTK, so that the second start costs nothing.
    let window_instance = match tauri::async_runtime::block_on(WindowInstance::acquire(&paths)) {
        Ok(Some(window_instance)) => window_instance,
        Ok(None) => return Ok(()),
        Err(BindError::AlreadyRunning) => anyhow::bail!(
            "there is a window already that does not answer; end presently-window and try again"
        ),
        Err(error) => return Err(error.into()),
    };
    let builder = tauri::Builder::default()
        .manage(paths)
        .manage(Coming(Mutex::new(Some(window_instance))))
        .manage(commands::Following::default())
        .invoke_handler(tauri::generate_handler![
            commands::request,
            commands::follow,
            commands::start
        ])
        .setup(|app| {
            WebviewWindowBuilder::new(app, NAME, WebviewUrl::default())
                .title("Presently")
                .inner_size(460.0, 720.0)
                .min_inner_size(320.0, 360.0)
                .build()?;
            Ok(())
        });
    on_a_display(|| builder.build(tauri::generate_context!()))?.run(|_, _| {});
    Ok(())
}

/// Where no display can be opened, the toolkit panics in many words.
fn on_a_display(build: impl FnOnce() -> tauri::Result<App>) -> anyhow::Result<App> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let built = panic::catch_unwind(AssertUnwindSafe(build));
    panic::set_hook(hook);
    Ok(built.map_err(|_| {
        let display = |name: &str| match std::env::var(name) {
            Ok(value) if !value.is_empty() => format!("{name} is {value}"),
            _ => format!("{name} is not set"),
        };
        let [wayland, x11] = ["WAYLAND_DISPLAY", "DISPLAY"].map(display);
        anyhow::anyhow!("no display can be opened ({wayland}, {x11})")
    })??)
}

/// A window whose page does not run yet: a second start waits for it.
struct Coming(Mutex<Option<WindowInstance>>);

impl Coming {
    /// The page runs: says so to those who wait. It is loaded again now and
    /// then, which is no news.
    fn is_up(&self, app: &AppHandle) {
        let window_instance = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(window_instance) = window_instance else { return };
        if std::env::args().any(|argument| argument == TELL) {
            let mut out = std::io::stdout();
            // Who has started it may be gone.
            let _ = out.write_all(&[UP]).and_then(|()| out.flush());
        }
        tauri::async_runtime::spawn(answer_activations(window_instance, app.clone()));
    }
}

/// Comes to the front whenever the window is started again.
async fn answer_activations(window_instance: WindowInstance, app: AppHandle) {
    let raise = || {
        if let Some(window) = app.get_webview_window(NAME) {
            // A window system that refuses leaves it where it is.
            let _ = window.unminimize();
            let _ = window.show();
            let _ = window.set_focus();
        }
    };
    while window_instance.activated(raise).await.is_ok() {}
}
