//! Who set the message last: the person on this device, or another device
//! since. The last one stands, so that two devices do not overwrite each other
//! again and again.

use serde::{Deserialize, Serialize};

/// What became of the last message that the person set on this device. It is
/// kept across restarts, so that a restart does not count as a new message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LastWriter {
    /// It was read back, so a different message there is newer.
    pub read_back: bool,
    /// Another device has replaced it. It is not written again until the person
    /// sets a message here.
    pub replaced: bool,
}

impl LastWriter {
    /// The person set or cleared the message here.
    pub fn set_here(&mut self) {
        *self = Self::default();
    }

    /// Another device replaced or removed the message on purpose. Before the
    /// read-back this changes nothing, because what was read may be older.
    pub fn replaced_elsewhere(&mut self) {
        if self.read_back {
            *self = Self { read_back: false, replaced: true };
        }
    }

    /// Records the message that was read. `ours` are the messages that we
    /// wrote. `later` means that this one was set after the person spoke here.
    /// An absent message changes nothing: a PUT without a message clears it,
    /// whichever device sends it.
    pub fn read<T: PartialEq>(&mut self, there: Option<&T>, ours: &[T], later: bool) {
        let Some(there) = there else { return };
        if ours.contains(there) {
            *self = Self { read_back: true, replaced: false };
        } else {
            self.read_back |= later;
            self.replaced_elsewhere();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_stands() {
        // The messages that are read one after the other once "mine" was set
        // here, and whether "mine" is to be written again.
        let mut said = LastWriter::default();
        said.read(Some(&"theirs"), &["mine"], true);
        assert!(said.replaced, "it was put there after that");
        for (read, again) in [
            (&[][..], true),
            // Not read back yet: what stands there may be older.
            (&[Some("theirs")], true),
            (&[Some("mine")], true),
            // A PUT without a message cleared it.
            (&[Some("mine"), None], true),
            (&[Some("mine"), Some("theirs")], false),
            (&[Some("mine"), None, Some("theirs")], false),
            // The removal of theirs does not bring ours back.
            (&[Some("mine"), Some("theirs"), None], false),
            (&[Some("mine"), Some("theirs"), Some("theirs too")], false),
            // A request of ours arrived last.
            (&[Some("mine"), Some("theirs"), Some("mine")], true),
        ] {
            let mut said = LastWriter::default();
            for there in read {
                said.read(there.as_ref(), &["mine"], false);
            }
            assert_eq!(!said.replaced, again, "{read:?}");
            said.set_here();
            assert!(!said.replaced, "{read:?}");
        }
    }
}
