//! Resolves the window's configuration and what its page may call. The agent
//! needs none of it.

#[cfg(feature = "window")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The page and what it may call are compiled in, and only tauri_build
    // and its macros read them.
    for watched in ["ui/page", "icons", "src-tauri/capabilities", "src-tauri/permissions"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    let commands =
        tauri_build::AppManifest::new().permissions_path_pattern("src-tauri/permissions/*.toml");
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/*.json")
        .app_manifest(commands);
    Ok(tauri_build::try_build(attributes)?)
}

#[cfg(not(feature = "window"))]
fn main() {}
