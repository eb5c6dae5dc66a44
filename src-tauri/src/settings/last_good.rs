//! The settings that were in force last, kept so that a file that cannot be
//! read at the next start costs nobody their accounts.

use std::io;
use std::path::Path;

use presently_core::Settings;

/// The settings that were kept, if any can be read.
pub(super) fn read(path: &Path) -> Option<Settings> {
    let text = std::fs::read_to_string(path).ok()?;
    toml_edit::de::from_str(&text).ok()
}

/// Keeps the settings; durable when this returns.
pub(super) fn keep(path: &Path, settings: &Settings) -> io::Result<()> {
    let text = toml_edit::ser::to_string(settings).map_err(io::Error::other)?;
    let about =
        "# Kept by Presently in case that settings.toml cannot be read. Not to be edited.\n";
    presently_durable::write(path, [about, &text].concat().as_bytes())
}
