//! What a user shows, in words. Pure.

use jiff::Zoned;
use presently_core::Presence;
use presently_ipc::Look;
use presently_text::{Texts, text};

/// Formats everything that can be seen, a line each, and what cannot.
pub(super) fn text(look: &Look, now: &Zoned, texts: &Texts) -> String {
    let mut lines = vec![match &look.name {
        Some(name) => text!(texts, "look-who", name = flat(name), user_id = &look.user_id),
        None => look.user_id.clone(),
    }];
    lines.extend(presence_and_message(look.presence, look.message.as_deref(), texts));
    lines.extend(match (look.currently_active, look.last_active) {
        (Some(true), _) => Some(text!(texts, "look-active-now")),
        (_, Some(moment)) => {
            Some(text!(texts, "look-last-active", moment = texts.moment(moment, now)))
        }
        (_, None) => None,
    });
    if let Some(status) = &look.status {
        let said = flat(&format!("{} {}", status.emoji, status.text));
        lines.push(text!(texts, "look-status", status = said));
    }
    if let Some(call) = &look.call {
        lines.push(match call.since.map(|since| texts.since(since, now)) {
            Some(since) => text!(texts, "look-in-a-call-since", since = since),
            None => text!(texts, "look-in-a-call"),
        });
    }
    if let Some(room) = &look.profile_room {
        let said = presence_and_message(room.presence, room.message.as_deref(), texts);
        lines.push(text!(texts, "look-profile-room", what = said.unwrap_or_default()));
    }
    lines.extend(look.notes.iter().map(|note| text!(texts, "look-not-seen", what = note)));
    lines.join("\n")
}

/// Returns `None` if neither is known.
fn presence_and_message(
    presence: Option<Presence>,
    message: Option<&str>,
    texts: &Texts,
) -> Option<String> {
    let presence = presence.map(|presence| match presence {
        // Others cannot tell invisible from offline.
        Presence::Offline => text!(texts, "look-offline"),
        other => texts.presence(Some(other)),
    });
    match (presence, message.map(flat)) {
        (Some(presence), Some(message)) => {
            Some(text!(texts, "look-presence", presence = presence, message = message))
        }
        (presence, message) => presence.or(message),
    }
}

/// Replaces line breaks in text that others wrote.
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
            note_codes: Vec::new(),
        }
    }

    fn said(look: &Look) -> String {
        let now = "2026-11-22T11:00:00+01:00[Europe/Berlin]".parse().expect("a zoned time");
        text(look, &now, Texts::english())
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
