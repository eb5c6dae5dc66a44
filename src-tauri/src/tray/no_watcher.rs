//! Where the system itself shows icons, nothing comes or goes.

/// Never calls `ready`.
pub(super) async fn watch(_ready: impl Fn() -> bool) -> std::io::Result<()> {
    Ok(())
}

/// Whether the icon is there is not asked for.
pub(super) fn has_ours() -> Option<bool> {
    None
}
