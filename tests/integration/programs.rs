//! Properties of the built programs: the libraries they link.

use std::process::Command;

use anyhow::{Result, ensure};
use presently_world::process::{command, run};
use presently_world::secs;
use presently_world::world::programs;

/// The agent runs from login to logout, so it links neither GTK nor a web view.
#[tokio::test]
async fn the_agent_links_neither_gtk_nor_webkit() -> Result<()> {
    let libraries = async |program: &str| -> Result<String> {
        let mut ldd = command("ldd");
        ldd.arg(programs()?.join(program));
        Ok(run(ldd, b"", secs(20)).await?.success()?.stdout)
    };
    let agent = libraries("presently").await?;
    for line in agent.lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        let known = ["linux-vdso", "libc.so", "libm.so", "libgcc_s.so", "ld-linux"];
        ensure!(known.iter().any(|k| name.contains(k)), "the agent links {name}");
    }
    let window = libraries("presently-window").await?;
    ensure!(window.contains("libwebkit2gtk-4.1"), "this test would not see it:\n{window}");
    Ok(())
}

/// Without the window feature no GTK crate is compiled.
#[test]
fn without_the_window_no_gtk_is_compiled() -> Result<()> {
    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--locked", "--offline", "--no-default-features", "-e", "normal"]);
    tree.args(["--prefix", "none", "-p", "presently"]);
    let tree = tree.current_dir(env!("CARGO_MANIFEST_DIR")).output()?;
    let text = String::from_utf8(tree.stdout)?;
    ensure!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    ensure!(text.contains("matrix-sdk v"), "this is not our tree:\n{text}");
    for line in text.lines() {
        let crate_name = line.split(' ').next().unwrap_or_default();
        for banned in ["gtk", "webkit", "wry", "tauri", "tao", "gdk", "glib", "soup"] {
            ensure!(!crate_name.starts_with(banned), "{line}");
        }
    }
    Ok(())
}
