//! The names of XML (XML 1.0, fifth edition, productions 4 to 5), for reading and for writing.

use crate::bytes::leading;

/// Whether text is the name of an element or an attribute.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && length(text) == text.len()
}

/// How many bytes at the start of `text` are a name; 0 if none starts there.
pub(crate) fn length(text: &str) -> usize {
    if !text.starts_with(starts) {
        return 0;
    }
    let ascii = leading(text.as_bytes(), |byte| {
        byte.is_ascii_alphanumeric() | (byte == b':') | (byte == b'_') | (byte == b'-') | (byte == b'.')
    });
    match text.as_bytes().get(ascii) {
        Some(0x80..) => text[ascii..].find(|c| !continues(c)).map_or(text.len(), |more| ascii + more),
        _ => ascii,
    }
}

/// Production 4.
fn starts(c: char) -> bool {
    matches!(c, ':' | '_' | 'A'..='Z' | 'a'..='z'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}' | '\u{370}'..='\u{37d}'
        | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
        | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

/// Production 4a.
fn continues(c: char) -> bool {
    starts(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}
