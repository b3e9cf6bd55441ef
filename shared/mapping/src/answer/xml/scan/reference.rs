//! `&lt;`, `&#65;`, `&#x41;`.

/// `&#x10FFFF;` with many zeros before it is still one.
const LONGEST: usize = 64;

/// The character that the reference at the start of `text` stands for, and how many bytes the reference has.
#[inline]
pub(in crate::answer::xml) fn resolve(text: &str) -> Result<(char, usize), &'static str> {
    let found = match text.as_bytes() {
        [b'&', b'#', b'x', ..] => numbered::<16>(text.as_bytes(), 3),
        [b'&', b'#', ..] => numbered::<10>(text.as_bytes(), 2),
        bytes => named(bytes),
    };
    found.map_err(|problem| {
        let closed = text.bytes().take(LONGEST).any(|byte| byte == b';');
        if closed { problem } else { "a reference is never closed" }
    })
}

/// XML's own entities (4.6).
fn named(bytes: &[u8]) -> Result<(char, usize), &'static str> {
    match bytes {
        [b'&', b'l', b't', b';', ..] => Ok(('<', 4)),
        [b'&', b'g', b't', b';', ..] => Ok(('>', 4)),
        [b'&', b'a', b'm', b'p', b';', ..] => Ok(('&', 5)),
        [b'&', b'q', b'u', b'o', b't', b';', ..] => Ok(('"', 6)),
        [b'&', b'a', b'p', b'o', b's', b';', ..] => Ok(('\'', 6)),
        _ => Err("an entity is unknown: only XML's own five are read"),
    }
}

#[inline]
fn numbered<const RADIX: u32>(bytes: &[u8], from: usize) -> Result<(char, usize), &'static str> {
    let mut code = 0_u32;
    for (at, byte) in bytes[..bytes.len().min(LONGEST)].iter().enumerate().skip(from) {
        match char::from(*byte).to_digit(RADIX) {
            // What does not fit stays beyond every character.
            Some(digit) => code = code.saturating_mul(RADIX).saturating_add(digit),
            None if *byte == b';' && at > from => {
                let character = char::from_u32(code).filter(|character| is_of_xml(*character));
                return character.map(|character| (character, at + 1)).ok_or(NO_CHARACTER);
            }
            None => break,
        }
    }
    Err(NO_CHARACTER)
}

const NO_CHARACTER: &str = "a reference stands for no character of XML";

/// XML 1.0, 2.2.
fn is_of_xml(character: char) -> bool {
    matches!(character, ' '..='\u{d7ff}')
        || !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
