//! What somebody shows, in words. Pure: the same look, time and zone give
//! the same text.

use jiff::Zoned;
use presently_core::Presence;
use presently_ipc::Look;

use super::when::words;

/// Everything that can be seen, a line each, and what cannot.
pub(super) fn text(look: &Look, now: &Zoned) -> String {
    let mut lines = vec![match &look.name {
        Some(name) => format!("{} ({})", flat(name), look.user_id),
        None => look.user_id.clone(),
    }];
    let message = look.message.as_deref().map(flat);
    lines.extend(match (look.presence, message) {
        (Some(presence), Some(message)) => Some(format!("{}: {message}", word(presence))),
        (Some(presence), None) => Some(word(presence).to_owned()),
        (None, message) => message,
    });
    lines.extend(match (look.currently_active, look.last_active) {
        (Some(true), _) => Some("Active now".to_owned()),
        (_, Some(moment)) => Some(format!("Last active {}", words(moment, now))),
        (_, None) => None,
    });
    if let Some(status) = &look.status {
        let said = flat(&format!("{} {}", status.emoji, status.text));
        lines.push(format!("Status: {said}"));
    }
    if let Some(call) = &look.call {
        let since = call.since.map(|since| format!(" since {}", words(since, now)));
        lines.push(format!("In a call{}", since.unwrap_or_default()));
    }
    if let Some(room) = &look.profile_room {
        let parts = [room.presence.map(word).map(str::to_owned), room.message.as_deref().map(flat)];
        let said: Vec<_> = parts.into_iter().flatten().collect();
        lines.push(format!("Profile room: {}", said.join(": ")));
    }
    lines.extend(look.notes.iter().map(|note| format!("Not seen: {note}")));
    lines.join("\n")
}

/// To others somebody invisible looks like somebody gone.
fn word(presence: Presence) -> &'static str {
    match presence {
        Presence::Offline => "Offline",
        other => other.word(),
    }
}

/// What others write stays on its line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use presently_ipc::look::{ProfileCall, ProfileRoom, ProfileStatus};

    use super::*;

    fn look() -> Look {
        Look {
            user_id: "@you:a".to_owned(),
            name: None,
            through: "@me:a".to_owned(),
            presence: None,
            message: None,
            currently_active: None,
            last_active: None,
            status: None,
            call: None,
            profile_room: None,
            notes: Vec::new(),
        }
    }

    fn said(look: &Look) -> String {
        text(look, &"2026-11-22T11:00:00+01:00[Europe/Berlin]".parse().expect("a zoned time"))
    }

    #[test]
    fn everything_is_said() {
        let at = |text: &str| text.parse().ok();
        let status = ProfileStatus { text: "In a\nreview".to_owned(), emoji: "🔍".to_owned() };
        let said_there = Some("Writing".to_owned());
        let look = Look {
            name: Some("You\n(fake)".to_owned()),
            presence: Some(Presence::Busy),
            message: Some("Writing".to_owned()),
            last_active: at("2026-11-22T09:00:00Z"),
            status: Some(status),
            call: Some(ProfileCall { since: at("2026-11-22T09:55:00Z") }),
            profile_room: Some(ProfileRoom { presence: Some(Presence::Busy), message: said_there }),
            ..look()
        };
        assert_eq!(
            said(&look),
            "You (fake) (@you:a)\nBusy: Writing\nLast active 10:00\nStatus: 🔍 In a review\n\
             In a call since 10:55\nProfile room: Busy: Writing"
        );
    }

    #[test]
    fn little_is_said_of_little() {
        assert_eq!(said(&look()), "@you:a");
        let presence = Some(Presence::Offline);
        let unseen = vec!["Presence is turned off on a".to_owned()];
        let call = Some(ProfileCall { since: None });
        let look = Look { call, notes: unseen, currently_active: Some(true), ..look() };
        let wanted = "@you:a\nActive now\nIn a call\nNot seen: Presence is turned off on a";
        assert_eq!(said(&look), wanted);
        assert_eq!(said(&Look { presence, ..self::look() }), "@you:a\nOffline");
    }
}
