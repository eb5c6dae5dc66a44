//! What the person said on this device, and what they said on another one
//! since: the last word stands, wherever it was said, and no device writes
//! its own over it again and again.

use serde::{Deserialize, Serialize};

/// What became of what the person said here last. Kept across restarts, so
/// that a restart is not taken for their word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Said {
    /// It was read back: whatever stands there later was said later.
    pub read_back: bool,
    /// Another device has put something else in its place, so it is not
    /// written again until the person speaks here.
    pub replaced: bool,
}

impl Said {
    /// The person has said something here.
    pub fn spoken(&mut self) {
        *self = Self::default();
    }

    /// What was said here was taken away by somebody who meant to.
    pub fn taken_away(&mut self) {
        if self.read_back {
            *self = Self { read_back: false, replaced: true };
        }
    }

    /// What stands there was read; `later` is that it was put there after the
    /// person spoke here. That there is nothing is no word of the person: a
    /// PUT without a message clears it, whichever device sends it.
    pub fn read<T: PartialEq>(&mut self, there: Option<&T>, ours: &[T], later: bool) {
        let Some(there) = there else { return };
        if ours.contains(there) {
            *self = Self { read_back: true, replaced: false };
        } else {
            self.read_back |= later;
            self.taken_away();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_stands() {
        // What is read one after the other, with "mine" said here; whether it
        // is to be written again then.
        let mut said = Said::default();
        said.read(Some(&"theirs"), &["mine"], true);
        assert!(said.replaced, "it was put there after that");
        for (read, again) in [
            (&[][..], true),
            // Not read back yet: what stands there may be older.
            (&[Some("theirs")], true),
            (&[Some("mine")], true),
            // Somebody forgot it.
            (&[Some("mine"), None], true),
            (&[Some("mine"), Some("theirs")], false),
            (&[Some("mine"), None, Some("theirs")], false),
            // That they took theirs away does not bring ours back.
            (&[Some("mine"), Some("theirs"), None], false),
            (&[Some("mine"), Some("theirs"), Some("theirs too")], false),
            // A request of ours came last.
            (&[Some("mine"), Some("theirs"), Some("mine")], true),
        ] {
            let mut said = Said::default();
            for there in read {
                said.read(there.as_ref(), &["mine"], false);
            }
            assert_eq!(!said.replaced, again, "{read:?}");
            said.spoken();
            assert!(!said.replaced, "{read:?}");
        }
    }
}
