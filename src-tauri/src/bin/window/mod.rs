//! One window of this user, and its page.

mod commands;

use std::io::Write as _;
use std::process::ExitCode;

use presently_ipc::Paths;
use presently_ipc::door::Door;
use tauri::{AppHandle, Manager as _, WebviewUrl, WebviewWindowBuilder};

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
    let Some(door) = tauri::async_runtime::block_on(Door::open(&paths))? else {
        return Ok(());
    };
    tauri::Builder::default()
        .manage(paths)
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
            tauri::async_runtime::spawn(answer_door(door, app.handle().clone()));
            Ok(())
        })
        .run(tauri::generate_context!())?;
    Ok(())
}

/// Comes to the front whenever the window is started again.
async fn answer_door(door: Door, app: AppHandle) {
    let raise = || {
        if let Some(window) = app.get_webview_window(NAME) {
            // A window system that refuses leaves it where it is.
            let _ = window.unminimize();
            let _ = window.show();
            let _ = window.set_focus();
        }
    };
    while door.knocked(raise).await.is_ok() {}
}
