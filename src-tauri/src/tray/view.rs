//! What a snapshot looks like in the tray. Pure.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use presently_ipc::Snapshot;
use presently_ipc::snapshot::{Account, Connection, MessageView};
use presently_text::{Texts, text};

use super::look::{Look, are_all_paused};
use super::menu::{Entry, menu};

/// All that the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrayView {
    /// Which icon.
    pub look: Look,
    /// The tooltip's text, in the markup that StatusNotifierItem asks for:
    /// plain lines with `&`, `<` and `>` escaped.
    pub tooltip: String,
    /// The menu, from the top.
    pub entries: Vec<Entry>,
}

/// What a snapshot, which is in the language of `texts` already, looks like
/// in the tray of somebody in `zone`.
pub fn view(snapshot: &Snapshot, zone: &TimeZone, texts: &Texts) -> TrayView {
    let message = snapshot.message.as_ref().map(message_line);
    let tooltip = std::iter::once(state_line(snapshot, zone, texts))
        .chain(message)
        .chain(problems(snapshot, texts));
    TrayView {
        look: Look::of(snapshot),
        tooltip: escaped(&tooltip.collect::<Vec<_>>().join("\n")),
        entries: menu(snapshot, zone, texts),
    }
}

pub(super) fn state_line(snapshot: &Snapshot, zone: &TimeZone, texts: &Texts) -> String {
    if are_all_paused(snapshot) {
        let paused = snapshot.accounts.iter().filter_map(|account| account.paused);
        let first_end = paused.filter_map(|pause| Some((pause.until?, pause.since))).min();
        return match first_end {
            Some((until, since)) => {
                let until = end(until, Some(since), zone, texts);
                text!(texts, "tray-all-paused-until", until = until)
            }
            None => text!(texts, "tray-all-paused"),
        };
    }
    let presence = texts.presence(snapshot.presence);
    let reason = &snapshot.reason;
    match snapshot.until {
        Some(until) => {
            let until = end(until, snapshot.since, zone, texts);
            text!(texts, "tray-state-until", presence = presence, until = until, reason = reason)
        }
        None => text!(texts, "tray-state", presence = presence, reason = reason),
    }
}

/// An end as people say it. The words do not depend on the present moment.
pub(super) fn end(
    until: Timestamp,
    since: Option<Timestamp>,
    zone: &TimeZone,
    texts: &Texts,
) -> String {
    match since {
        Some(since) => texts.end(until, &since.to_zoned(zone.clone())),
        None => texts.on_weekday(&until.to_zoned(zone.clone())),
    }
}

pub(super) fn message_line(message: &MessageView) -> String {
    format!("{} {}", message.emoji, message.text)
}

pub(super) fn problems(snapshot: &Snapshot, texts: &Texts) -> impl Iterator<Item = String> {
    let accounts = snapshot.accounts.iter().filter_map(|account| problem(account, texts));
    accounts.chain(snapshot.troubles.iter().cloned())
}

fn problem(account: &Account, texts: &Texts) -> Option<String> {
    let user_id = &account.user_id;
    match account.connection {
        Connection::NeedsLogin => Some(text!(texts, "needs-sign-in", user_id = user_id)),
        Connection::Retrying => Some(text!(texts, "tray-unreachable", user_id = user_id)),
        // A secret store that is locked or gone keeps it from connecting.
        Connection::Connecting => {
            let problem = account.problem.as_ref()?;
            Some(text!(texts, "tray-problem", user_id = user_id, problem = problem))
        }
        Connection::Syncing | Connection::Paused => None,
    }
}

/// What others see on an account, or why nobody knows.
pub(super) fn account_line(account: &Account, zone: &TimeZone, texts: &Texts) -> String {
    let user_id = &account.user_id;
    if let Some(pause) = account.paused {
        return match pause.until {
            Some(until) => {
                let until = end(until, Some(pause.since), zone, texts);
                text!(texts, "tray-account-paused-until", user_id = user_id, until = until)
            }
            None => text!(texts, "tray-account-paused", user_id = user_id),
        };
    }
    if let Some(problem) = problem(account, texts) {
        return problem;
    }
    let presence = texts.presence(account.seen_by_others);
    match account.note.as_ref().or(account.unseen.as_ref()) {
        Some(note) => {
            text!(texts, "tray-account-note", user_id = user_id, presence = presence, note = note)
        }
        None => text!(texts, "tray-account", user_id = user_id, presence = presence),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
