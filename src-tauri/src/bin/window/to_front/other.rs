//! Other systems, which need no token.

use presently_ipc::ActivationToken;
use tauri::WebviewWindow;

/// Brings the window to the front. Fails if it is gone.
pub(crate) fn bring(window: &WebviewWindow, _: Option<ActivationToken>) -> tauri::Result<()> {
    window.set_focus()
}
