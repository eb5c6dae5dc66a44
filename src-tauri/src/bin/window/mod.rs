//! One window of this user, and its page.

mod commands;
mod recording;
#[cfg_attr(target_os = "linux", path = "rendering/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "rendering/other.rs")]
mod rendering;
#[cfg_attr(target_os = "linux", path = "to_front/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "to_front/other.rs")]
mod to_front;

use std::io::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use presently::localize;
use presently_core::settings::Language;
use presently_core::{Code, Coded as _};
use presently_ipc::request::WindowView;
use presently_ipc::window_instance::{Activation, READY, REPORT_READY_ARG, VIEW, WindowInstance};
use presently_ipc::{ActivationToken, BindError, Paths};
use presently_text::{Locale, Texts};
use tauri::{App, AppHandle, Manager as _, WebviewUrl, WebviewWindowBuilder};

/// The window's name in `capabilities/window.json`.
const NAME: &str = "main";

/// Shows the window until it is closed, or brings the one that is open to
/// the front.
pub(crate) fn run() -> ExitCode {
    let paths = Paths::from_env();
    let texts = match &paths {
        Ok(paths) => localize::texts(&paths.settings_file),
        Err(_) => Texts::new(Locale::from_env(Language::Auto)),
    };
    let shown = paths.map_err(|error| error.code()).and_then(|paths| show(paths, texts));
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            let _ = writeln!(std::io::stderr(), "presently-window: {}", texts.code(&why));
            ExitCode::FAILURE
        }
    }
}

fn show(paths: Paths, texts: Texts) -> Result<(), Code> {
    let token = ActivationToken::from_vars(|name| std::env::var_os(name));
    let activation = Activation { view: named_view(), token };
    // Before anything of GTK, so that the second start costs nothing.
    let window_instance =
        match tauri::async_runtime::block_on(WindowInstance::acquire(&paths, activation)) {
            Ok(Some(window_instance)) => window_instance,
            Ok(None) => return Ok(()),
            Err(BindError::AlreadyRunning) => return Err(Code::new("window-does-not-answer")),
            Err(error) => return Err(error.code()),
        };
    let builder = tauri::Builder::default()
        .manage(paths)
        .manage(texts)
        .manage(Coming(Mutex::new(Some(window_instance))))
        .manage(commands::Following::default())
        .manage(recording::Recording::default())
        .invoke_handler(tauri::generate_handler![
            commands::texts,
            commands::request,
            commands::follow,
            commands::start,
            commands::export_history,
            recording::record_signals,
            recording::stop_recording
        ])
        .setup(|app| {
            let window = WebviewWindowBuilder::new(app, NAME, WebviewUrl::default())
                .title("Presently")
                .inner_size(420.0, 640.0)
                .min_inner_size(320.0, 360.0)
                .build()?;
            rendering::without_graphics_card(&window)?;
            Ok(())
        });
    on_a_display(|| builder.build(tauri::generate_context!()))?.run(|_, _| {});
    Ok(())
}

/// Where no display can be opened, the toolkit panics in many words.
fn on_a_display(build: impl FnOnce() -> tauri::Result<App>) -> Result<App, Code> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let built = panic::catch_unwind(AssertUnwindSafe(build));
    panic::set_hook(hook);
    let built = built.map_err(|_| {
        let display = |name: &str| match std::env::var(name) {
            Ok(value) if !value.is_empty() => {
                Code::new("variable-is").with("name", name).with("value", value)
            }
            _ => Code::new("variable-not-set").with("name", name),
        };
        let [wayland, x11] = ["WAYLAND_DISPLAY", "DISPLAY"].map(display);
        Code::new("window-no-display").with("wayland", wayland).with("x11", x11)
    })?;
    built.map_err(|error| Code::plain(error.to_string()))
}

/// A window whose page does not run yet: a second start waits for it.
struct Coming(Mutex<Option<WindowInstance>>);

impl Coming {
    /// The page runs: says so to those who wait. It is loaded again now and
    /// then, which is no news.
    fn is_up(&self, app: &AppHandle) {
        let window_instance = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(window_instance) = window_instance else { return };
        if std::env::args().any(|argument| argument == REPORT_READY_ARG) {
            let mut out = std::io::stdout();
            // Who has started it may be gone.
            let _ = out.write_all(&[READY]).and_then(|()| out.flush());
        }
        if let Some(view) = named_view() {
            show_view(app, view);
        }
        tauri::async_runtime::spawn(answer_activations(window_instance, app.clone()));
    }
}

/// Comes to the front whenever the window is started again.
async fn answer_activations(window_instance: WindowInstance, app: AppHandle) {
    let raise = |activation: Activation| {
        if let Some(view) = activation.view {
            show_view(&app, view);
        }
        if let Some(window) = app.get_webview_window(NAME) {
            // A window system that refuses leaves it where it is.
            let _ = window.unminimize();
            let _ = window.show();
            let _ = to_front::bring(&window, activation.token);
        }
    };
    while window_instance.activated(raise).await.is_ok() {}
}

/// The view that this start names.
fn named_view() -> Option<WindowView> {
    std::env::args().find_map(|argument| WindowView::from_name(argument.strip_prefix(VIEW)?))
}

/// Leads the page to a view: it follows the fragment of its address.
fn show_view(app: &AppHandle, view: WindowView) {
    if let Some(window) = app.get_webview_window(NAME) {
        // A page that does not run shows no view.
        let _ = window.eval(format!("location.hash = '{}'", view.name()));
    }
}
