//! The tray, through a StatusNotifier host: the module by itself in a separate
//! process, then the real agent.

use anyhow::{Context, Result, ensure};
use presently::tray::look::Look;
use presently_ipc::{Reply, Snapshot};
use presently_world::tray_host::{Shown, TrayHost, TrayItem};
use serde_json::json;

use crate::scene::SOON;

mod alone;
mod desk;
mod menu;
mod panel;
mod watchers;

/// The committed example of a snapshot with some fields replaced.
fn snapshot(fields: serde_json::Value) -> Result<Snapshot> {
    const EXAMPLES: &str = include_str!("../../src-tauri/crates/ipc/wire/replies.json");
    let examples: Vec<Reply> = serde_json::from_str(EXAMPLES)?;
    let example = examples.into_iter().find_map(|reply| match reply {
        Reply::Snapshot(snapshot) => Some(snapshot),
        _ => None,
    });
    let mut snapshot = serde_json::to_value(example.context("no example is a snapshot")?)?;
    snapshot["troubles"] = json!([]);
    snapshot["message"] = json!(null);
    snapshot["recent_messages"] = json!([]);
    snapshot["paused"] = json!({ "calls": null });
    for (name, value) in fields.as_object().context("an object")? {
        snapshot[name] = value.clone();
    }
    // What is shown is made from the code.
    if let Some(reason) = fields.get("reason") {
        let why = json!({ "code": "plain", "text": reason });
        snapshot["reason_code"] = json!({ "code": "unreadable", "why": why });
    }
    Ok(serde_json::from_value(snapshot)?)
}

/// The name of the icon that is shown. Its picture is the committed file.
fn picture(shown: &Shown) -> Result<String> {
    let matches = |name: &str| -> Result<bool> {
        ensure!(!shown.icons.is_empty(), "there is no icon");
        for (width, height, pixels) in &shown.icons {
            let file = format!("{}/icons/tray/{name}.png", env!("CARGO_MANIFEST_DIR"));
            let mut decoder =
                png::Decoder::new(std::io::BufReader::new(std::fs::File::open(file)?));
            decoder.set_transformations(
                png::Transformations::normalize_to_color8() | png::Transformations::ALPHA,
            );
            let mut reader = decoder.read_info()?;
            let mut wanted = vec![0; reader.output_buffer_size().context("too large")?];
            let frame = reader.next_frame(&mut wanted)?;
            wanted.truncate(frame.buffer_size());
            if frame.color_type == png::ColorType::GrayscaleAlpha {
                wanted = wanted.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect();
            }
            ensure!((frame.width.cast_signed(), frame.height.cast_signed()) == (*width, *height));
            if wanted != *pixels {
                return Ok(false);
            }
        }
        Ok(true)
    };
    for look in Look::ALL {
        if matches(&look.name())? {
            return Ok(look.name());
        }
    }
    anyhow::bail!("the icon is none of ours")
}

fn state_line(shown: &Shown) -> &str {
    shown.menu.first().map_or("", |entry| &entry.label)
}

async fn shows(item: &TrayItem, picture_name: &str, line: &str) -> Result<Shown> {
    let wanted = |shown: &Shown| {
        state_line(shown) == line
            && shown.tooltip.1.starts_with(line)
            && picture(shown).is_ok_and(|name| name == picture_name)
    };
    item.wait_for(&format!("{picture_name}, “{line}”"), wanted, SOON).await
}

/// Waits for the item. If the host appears while the item is created, the item
/// may register twice.
async fn appears(host: &TrayHost, picture_name: &str, line: &str) -> Result<TrayItem> {
    presently_world::within(SOON, &format!("an icon, “{line}”"), async {
        loop {
            let item = host.item("presently", SOON).await?;
            if shows(&item, picture_name, line).await.is_ok() {
                return Ok(item);
            }
        }
    })
    .await
}
