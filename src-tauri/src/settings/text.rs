//! The encoding of the file. Lines may end as on Windows, and the text may
//! begin with a byte-order mark. Both are kept when the file is written.

use presently_core::Code;

const MARK: &str = "\u{feff}";

/// A text with plain line ends, and the encoding of its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FileText {
    pub(super) text: String,
    mark: bool,
    returns: bool,
}

impl FileText {
    /// Decodes a file. The error says why it cannot be decoded.
    pub(super) fn decode(bytes: Vec<u8>) -> Result<Self, Code> {
        let text = String::from_utf8(bytes).map_err(|e| {
            let before = e.as_bytes().iter().take(e.utf8_error().valid_up_to());
            let line = before.filter(|b| **b == b'\n').count() + 1;
            Code::new("settings-not-utf8").with("line", line)
        })?;
        let (mark, text) = match text.strip_prefix(MARK) {
            Some(rest) => (true, rest.to_owned()),
            None => (false, text),
        };
        let returns = text.contains("\r\n");
        let text = if returns { text.replace("\r\n", "\n") } else { text };
        Ok(Self { text, mark, returns })
    }

    /// Encodes a text as the file was encoded.
    pub(super) fn encode(&self, text: &str) -> Vec<u8> {
        let text = if self.returns { text.replace('\n', "\r\n") } else { text.to_owned() };
        if self.mark { [MARK, &text].concat().into_bytes() } else { text.into_bytes() }
    }
}
