//! Snapshots for the tests of the tray, and its menu as text.

mod look;
mod menu;
mod view;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_core::{Presence, Source};
use presently_ipc::Snapshot;
use presently_ipc::snapshot::{Connection, PauseView, Paused};
use presently_text::Texts;

use super::menu::{Entry, Kind};
use super::view::view;
use crate::example;

/// Half past ten in Berlin on a Sunday.
const NOW: &str = "2026-11-22T09:30:00Z";

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn zone() -> TimeZone {
    TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a time zone")
}

/// The committed example of a snapshot, of a person at the desk.
fn snapshot() -> Snapshot {
    Snapshot {
        presence: Some(Presence::Online),
        source: Source::Active,
        reason: "You are at the desk".into(),
        since: Some(time(NOW)),
        until: None,
        message: None,
        recent_messages: vec![],
        troubles: vec![],
        paused: Paused::default(),
        ..example::snapshot()
    }
}

fn manual(presence: Presence, until: Option<&str>) -> Snapshot {
    Snapshot {
        presence: Some(presence),
        source: Source::Manual,
        reason: "You chose it".into(),
        until: until.map(time),
        ..snapshot()
    }
}

/// The menu as text: one entry a line, a submenu's deeper.
fn drawn(entries: &[Entry]) -> String {
    entries.iter().map(line).collect()
}

fn line(entry: &Entry) -> String {
    let label = &entry.label;
    match &entry.kind {
        Kind::Line => format!("({label})\n"),
        Kind::Item(_) if !entry.enabled => format!("({label})\n"),
        Kind::Item(_) => format!("{label}\n"),
        Kind::Choice { ticked: false, .. } => format!("[ ] {label}\n"),
        Kind::Choice { .. } => format!("[x] {label}\n"),
        Kind::Separator => "---\n".to_owned(),
        Kind::Submenu(entries) => {
            let behind = drawn(entries).replace('\n', "\n    ");
            format!("{label} >\n    {}\n", behind.trim_end())
        }
    }
}

/// The entry at a path of labels.
fn found<'a>(mut entries: &'a [Entry], path: &[&str]) -> &'a Entry {
    let mut last = None;
    for label in path {
        let entry = entries.iter().find(|e| e.label.trim_end_matches(" ✓") == *label);
        let entry = entry.unwrap_or_else(|| panic!("no “{label}” in\n{}", drawn(entries)));
        if let Kind::Submenu(behind) = &entry.kind {
            entries = behind;
        }
        last = Some(entry);
    }
    last.expect("a path")
}

/// The line of state, and what is ticked.
fn gist(snapshot: &Snapshot) -> (String, String) {
    let view = view(snapshot, &zone(), Texts::english());
    let text = drawn(&view.entries);
    let ticked: Vec<&str> =
        text.lines().filter_map(|line| line.trim_start().strip_prefix("[x] ")).collect();
    let state = text.lines().next().unwrap_or_default().trim_matches(['(', ')']).to_owned();
    (state, ticked.join(", "))
}

/// A snapshot whose first account is paused.
fn paused(until: Option<&str>) -> Snapshot {
    let mut snapshot = snapshot();
    snapshot.accounts[0].connection = Connection::Paused;
    snapshot.accounts[0].paused = Some(PauseView { since: time(NOW), until: until.map(time) });
    snapshot
}
