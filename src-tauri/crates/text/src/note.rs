//! Sentences about what a person should know about an account.

use presently_core::account::Note;

use crate::{Texts, text};

impl Texts {
    /// All notes in one line; `None` where there are none.
    pub fn notes(&self, notes: &[Note]) -> Option<String> {
        let notes: Vec<_> = notes.iter().map(|note| self.note(note)).collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// The note, as a sentence without its full stop.
    pub fn note(&self, note: &Note) -> String {
        match note {
            Note::PresenceOff => text!(self, "note-presence-off"),
            Note::NoBusy => text!(self, "note-no-busy"),
            Note::OtherDevice { presence, name } => {
                let name = name.clone().unwrap_or_else(|| text!(self, "another-device"));
                text!(self, "note-other-device", name = name, presence = presence.name())
            }
            Note::ServerHolds => text!(self, "note-server-holds"),
            Note::WouldBeHeld { name: Some(name) } => {
                text!(self, "note-would-be-held-by", name = name)
            }
            // It is not known which device it is, or whether it is in use.
            Note::WouldBeHeld { name: None } => text!(self, "note-would-be-held"),
            Note::MessageReplaced => text!(self, "note-message-replaced"),
            Note::FieldRefused(refused) => self.error(refused),
            Note::CallUnknown => text!(self, "note-call-unknown"),
            Note::Other => text!(self, "note-other"),
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
            assert_eq!(Texts::english().note(&code), wanted);
        }
    }
}
