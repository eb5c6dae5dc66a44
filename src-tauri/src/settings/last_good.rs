//! The last settings in force. They are kept so that no account is lost if the
//! file cannot be read at the next start.

use std::io;
use std::path::Path;

use presently_core::Settings;

/// The kept settings, if they can be read.
pub(super) fn read(path: &Path) -> Option<Settings> {
    let text = std::fs::read_to_string(path).ok()?;
    toml_edit::de::from_str(&text).ok()
}

/// Stores the settings durably.
pub(super) fn keep(path: &Path, settings: &Settings) -> io::Result<()> {
    let text = toml_edit::ser::to_string(settings).map_err(io::Error::other)?;
    let about =
        "# Kept by Presently in case that settings.toml cannot be read. Not to be edited.\n";
    presently_durable::write(path, [about, &text].concat().as_bytes())
}
