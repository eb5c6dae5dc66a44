//! WebKitGTK.

use tauri::WebviewWindow;
use webkit2gtk::{HardwareAccelerationPolicy, SettingsExt as _, WebViewExt as _};

/// Draws the page with the processor. For a small page that seldom changes,
/// setting up the graphics card takes longer than all drawing, and its drivers
/// cost each of WebKit's processes tens of megabytes. Fails if the window is
/// gone.
pub(crate) fn without_graphics_card(window: &WebviewWindow) -> tauri::Result<()> {
    window.with_webview(|view| {
        if let Some(settings) = view.inner().settings() {
            settings.set_hardware_acceleration_policy(HardwareAccelerationPolicy::Never);
        }
    })
}
