//! What a person should know about an account, and why something is refused.

use presently_core::account::Note;
use presently_core::account::profile::{Field, Refused};
use presently_core::account::profile_room::RoomProblem;
use presently_core::manual::{EMOJI_BYTES, MESSAGE_BYTES, MessageError};

/// The note in English, as a sentence without its full stop.
pub fn note(note: &Note) -> String {
    match note {
        Note::PresenceOff => "Presence is turned off on this server".to_owned(),
        Note::NoBusy => "This server has no “busy”: shown as away".to_owned(),
        Note::OtherDevice { presence, name } => {
            let name = name.as_deref().unwrap_or("Another device of yours");
            format!("{name} keeps you {}", presence.word().to_lowercase())
        }
        Note::ServerHolds => "The server itself keeps you busy, for an hour at most".to_owned(),
        Note::WouldBeHeld { name: Some(name) } => {
            format!("Shown as away, because {name} would keep you busy")
        }
        // Which one, and whether it is in use, is not known.
        Note::WouldBeHeld { name: None } => {
            "Shown as away, because another device of yours could keep you busy".to_owned()
        }
        Note::MessageReplaced => "Another device changed your message".to_owned(),
        Note::FieldRefused(refused) => refusal(refused),
        Note::CallUnknown => "Whether your call on another device goes on cannot be known while \
                              this server does not answer"
            .to_owned(),
        Note::Other => "Something that this version does not know".to_owned(),
    }
}

fn refusal(Refused { field, removal, message }: &Refused) -> String {
    let field = match field {
        Field::Status => "your status",
        Field::Call => "your call",
    };
    if *removal {
        format!(
            "The server refuses to take {field} out of your profile, where others still read it: \
             {message}"
        )
    } else {
        format!("The server refuses {field} in your profile: {message}")
    }
}

/// Why there is no profile room, in English.
pub fn room_problem(problem: &RoomProblem) -> String {
    match problem {
        RoomProblem::Taken => "No profile room: somebody else has taken its name".to_owned(),
        RoomProblem::Refused(why) => format!("No profile room: the server refuses it: {why}"),
    }
}

/// Why a status message is refused, in English, and what to do.
pub fn message_error(error: MessageError) -> String {
    match error {
        MessageError::Empty => "a message needs some text; to remove it use --clear".to_owned(),
        MessageError::TooLong(n) => {
            format!("the message has {n} bytes and Matrix allows {MESSAGE_BYTES}; make it shorter")
        }
        MessageError::EmojiTooLong(n) => {
            format!("the emoji has {n} bytes and Matrix allows {EMOJI_BYTES}; give a single one")
        }
    }
}

#[cfg(test)]
mod tests {
    use presently_core::Presence;

    use super::*;

    #[test]
    fn a_device_is_named_where_it_is_known() {
        let presence = Presence::Online;
        let name = || Some("Element on phone".to_owned());
        for (code, wanted) in [
            (Note::OtherDevice { presence, name: name() }, "Element on phone keeps you available"),
            (
                Note::OtherDevice { presence, name: None },
                "Another device of yours keeps you available",
            ),
            (
                Note::WouldBeHeld { name: name() },
                "Shown as away, because Element on phone would keep you busy",
            ),
        ] {
            assert_eq!(note(&code), wanted);
        }
    }
}
