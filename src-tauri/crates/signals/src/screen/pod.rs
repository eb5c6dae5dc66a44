//! PipeWire's value format ("POD"), as far as its registry needs it: 32-bit
//! numbers, texts and structures. Every value is its size, its type and its
//! body, padded to eight bytes, in the machine's byte order.

/// A 32-bit number.
const INT: u32 = 4;
/// A text with a NUL at its end.
const STRING: u32 = 8;
/// Values in a row.
const STRUCT: u32 = 14;

/// Writes a structure, value by value.
#[derive(Default)]
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn int(mut self, value: i32) -> Self {
        self.value(INT, &value.to_ne_bytes());
        self
    }

    pub(super) fn string(mut self, text: &str) -> Self {
        let mut body = text.as_bytes().to_vec();
        body.push(0);
        self.value(STRING, &body);
        self
    }

    pub(super) fn structure(mut self, inner: Writer) -> Self {
        self.value(STRUCT, &inner.0);
        self
    }

    /// The structure that was written.
    pub(super) fn finish(self) -> Vec<u8> {
        Writer::default().structure(self).0
    }

    fn value(&mut self, kind: u32, body: &[u8]) {
        let size = u32::try_from(body.len()).unwrap_or(u32::MAX);
        self.0.extend(size.to_ne_bytes());
        self.0.extend(kind.to_ne_bytes());
        self.0.extend(body);
        self.0.resize(self.0.len().next_multiple_of(8), 0);
    }
}

/// Reads a structure, value by value. What is not as expected is none.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The structure that a message begins with.
    pub(super) fn of(message: &'a [u8]) -> Option<Self> {
        Reader(message).structure()
    }

    pub(super) fn int(&mut self) -> Option<i32> {
        let body = self.value(INT)?;
        Some(i32::from_ne_bytes(body.try_into().ok()?))
    }

    pub(super) fn string(&mut self) -> Option<&'a str> {
        let body = self.value(STRING)?;
        std::str::from_utf8(body.strip_suffix(&[0])?).ok()
    }

    pub(super) fn structure(&mut self) -> Option<Reader<'a>> {
        self.value(STRUCT).map(Reader)
    }

    fn value(&mut self, wanted: u32) -> Option<&'a [u8]> {
        let (size, rest) = self.0.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let size = usize::try_from(u32::from_ne_bytes(*size)).ok()?;
        let body = rest.get(..size)?;
        self.0 = rest.get(size.next_multiple_of(8)..).unwrap_or_default();
        (u32::from_ne_bytes(*kind) == wanted).then_some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let inner = Writer::default().int(-7).string("");
        let bytes = Writer::default().int(3).string("seven").structure(inner).finish();
        assert_eq!(bytes.len() % 8, 0);
        let mut reader = Reader::of(&bytes).expect("a structure");
        assert_eq!(reader.int(), Some(3));
        assert_eq!(reader.string(), Some("seven"));
        let mut inner = reader.structure().expect("a structure");
        assert_eq!((inner.int(), inner.string()), (Some(-7), Some("")));
        assert_eq!(inner.int(), None, "nothing more");
    }

    #[test]
    fn nonsense_is_none() {
        let bytes = Writer::default().int(3).string("seven").finish();
        for cut in 0..bytes.len() {
            if let Some(mut reader) = Reader::of(&bytes[..cut]) {
                reader.int();
                reader.string();
                reader.structure().map(|mut inner| inner.int());
            }
        }
        let huge = [[0xff; 4], STRUCT.to_ne_bytes()].concat();
        assert!(Reader::of(&huge).is_none());
        let mut reader = Reader::of(&bytes).expect("a structure");
        assert_eq!(reader.string(), None, "another type");
    }
}
