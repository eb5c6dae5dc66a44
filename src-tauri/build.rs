//! Resolves the window's configuration and what its page may call, of which
//! the agent needs nothing, and the version with the commit.

use std::process::Command;

type Result = std::result::Result<(), Box<dyn std::error::Error>>;

fn main() -> Result {
    version();
    window()
}

/// What `presently --version` says: in a release build with the commit. A
/// debug build would have to be linked again after each commit.
fn version() {
    println!("cargo::rerun-if-env-changed=PRESENTLY_COMMIT");
    let version = env!("CARGO_PKG_VERSION");
    let version = match commit() {
        Some(commit) => format!("{version} ({commit})"),
        None => version.to_owned(),
    };
    println!("cargo::rustc-env=PRESENTLY_VERSION={version}");
}

/// The commit that is built: as `PRESENTLY_COMMIT` says, where the sources are
/// no clone, else as git says.
fn commit() -> Option<String> {
    if let Ok(commit) = std::env::var("PRESENTLY_COMMIT") {
        return Some(commit).filter(|commit| !commit.is_empty());
    }
    if std::env::var("PROFILE").ok()? != "release" {
        return None;
    }
    // Each commit and each checkout adds a line to it.
    let log = git(&["rev-parse", "--git-path", "logs/HEAD"])?;
    println!("cargo::rerun-if-changed={log}");
    git(&["describe", "--always", "--dirty", "--exclude=*"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| said.trim().to_owned())
}

#[cfg(feature = "window")]
fn window() -> Result {
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
fn window() -> Result {
    Ok(())
}
