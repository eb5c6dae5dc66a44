//! Web views that choose by themselves.

use tauri::WebviewWindow;

/// Does nothing. Cannot fail.
pub(crate) fn without_graphics_card(_: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}
