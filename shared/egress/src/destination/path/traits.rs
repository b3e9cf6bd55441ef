//! What a path holds that some server could take a liberty with.

/// A set of traits, found in one pass over the bytes. A trait may be there without effect; none is missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traits(u8);

impl Traits {
    /// A percent sign.
    pub(super) const PERCENT: u8 = 1;
    /// `%u`, in either case: an escape of old servers from Microsoft.
    pub(super) const PERCENT_U: u8 = 1 << 1;
    /// A semicolon.
    pub(super) const PARAMETER: u8 = 1 << 2;
    /// A question mark or a hash.
    pub(super) const MARK: u8 = 1 << 3;
    /// Two slashes in a row.
    pub(super) const EMPTY_SEGMENT: u8 = 1 << 4;
    /// A segment that begins with a dot.
    pub(super) const DOT_SEGMENT: u8 = 1 << 5;
    /// A backslash or something beyond ASCII.
    pub(super) const FOLDABLE: u8 = 1 << 6;
    /// A control character, of ASCII (C0) or of Latin-1 (C1).
    pub(super) const CONTROL: u8 = 1 << 7;

    pub(super) fn of(path: &str) -> Self {
        let (mut traits, mut before) = (0, 0);
        for byte in path.bytes() {
            traits |= OF_BYTE[usize::from(byte)];
            traits |= match (before, byte) {
                (b'%', b'u' | b'U') => Self::PERCENT_U,
                (b'/', b'/') => Self::EMPTY_SEGMENT,
                (b'/', b'.') => Self::DOT_SEGMENT,
                // The UTF-8 form of U+0080 to U+009F.
                (0xc2, 0x80..=0x9f) => Self::CONTROL,
                _ => 0,
            };
            before = byte;
        }
        Self(traits)
    }

    pub(super) fn has_any(self, traits: u8) -> bool {
        self.0 & traits != 0
    }
}

/// What a byte is by itself.
const OF_BYTE: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = match byte {
            0..=0x1f | 0x7f => Traits::CONTROL,
            b'%' => Traits::PERCENT,
            b';' => Traits::PARAMETER,
            b'?' | b'#' => Traits::MARK,
            b'\\' | 0x80.. => Traits::FOLDABLE,
            _ => 0,
        };
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};
