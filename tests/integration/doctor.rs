//! `presently doctor` as part of a bug report: it contains no private data.

use anyhow::{Result, ensure};
use presently_world::World;

use crate::scene::SOON;

/// Settings with a mistake of every kind, each of which contains private data.
const SETTINGS: &str = "secrets = \"file\"
[autostart]
enabled = false
[[account]]
user_id = \"@wilhelmina:hearth.example\"
share = \"@wilhelmina:hearth.example\"
[[account]]
user_id = \"@wilhelmina\"
";

#[tokio::test]
async fn a_bug_report_does_not_say_whose_it_is() -> Result<()> {
    let mut world = World::new()?;
    // The settings and the state where they are by default, below home.
    let home = world.path().join("home");
    for (name, folder) in [("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state")] {
        world.set_env(name, home.join(folder).display().to_string());
    }
    let folder = home.join("config/presently");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("settings.toml"), SETTINGS)?;
    // The state cannot be read, which is said with its path.
    std::fs::create_dir_all(home.join("state/presently/state.json/x"))?;
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;
    let stopped = |s: &serde_json::Value| s["accounts"][0]["connection"] == "needs-login";
    world.status_when("no sign-in", stopped, SOON).await?;

    let private = ["wilhelmina", "hearth.example", &home.display().to_string()].map(str::to_owned);
    let full = world.presently(&["doctor", "--full"]).await?;
    for private in &private {
        ensure!(full.contains(private), "{private} is not in {full}");
    }
    let text = world.presently(&["doctor"]).await?;
    let json = world.presently(&["doctor", "--json"]).await?;
    for printed in [&text, &json] {
        for private in &private {
            ensure!(!printed.contains(private), "{private} is in {printed}");
        }
        ensure!(printed.contains("<account 1>") && printed.contains("~/"), "{printed}");
    }
    Ok(())
}
