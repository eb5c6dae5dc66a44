//! GTK.

use gtk::prelude::GtkWindowExt as _;
use presently_ipc::ActivationToken;
use tauri::{Manager as _, WebviewWindow};

/// Brings the window to the front. Fails if it is gone.
pub(crate) fn bring(window: &WebviewWindow, token: Option<ActivationToken>) -> tauri::Result<()> {
    let shown = window.clone();
    window.app_handle().run_on_main_thread(move || {
        // The window is gone: nothing is brought to the front.
        let Ok(window) = shown.gtk_window() else { return };
        if let Some(token) = token {
            window.set_startup_id(token.as_str());
        }
        window.present();
    })
}
