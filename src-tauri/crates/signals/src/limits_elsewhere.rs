//! Nothing is watched here that a limit is known of.

use presently_core::Code;

/// That files can be watched.
///
/// # Errors
///
/// None.
pub fn check() -> Result<(), Code> {
    Ok(())
}
