//! `&lt;`, `&#65;`, `&#x41;`.

/// XML's own entities (4.6).
const NAMED: [(&str, char); 5] =
    [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\'')];

/// `&#x10FFFF;` with many zeros before it is still one.
const LONGEST: usize = 64;

/// The character that the reference at the start of `text` stands for, and how many bytes the reference has.
pub(super) fn resolve(text: &str) -> Result<(char, usize), &'static str> {
    let found = if text.starts_with("&#") { numbered(text) } else { named(text) };
    found.map_err(|problem| {
        let closed = text.bytes().take(LONGEST).any(|byte| byte == b';');
        if closed { problem } else { "a reference is never closed" }
    })
}

fn named(text: &str) -> Result<(char, usize), &'static str> {
    let known = NAMED.into_iter().find(|(written, _)| text.starts_with(written));
    let found = known.map(|(written, character)| (character, written.len()));
    found.ok_or("an entity is unknown: only XML's own five are read")
}

fn numbered(text: &str) -> Result<(char, usize), &'static str> {
    let (radix, from) = if text.starts_with("&#x") { (16, 3) } else { (10, 2) };
    let digits = text.as_bytes().get(from..).unwrap_or_default();
    let mut code = 0_u32;
    for (at, byte) in (from..LONGEST).zip(digits) {
        match char::from(*byte).to_digit(radix) {
            // What does not fit stays beyond every character.
            Some(digit) => code = code.saturating_mul(radix).saturating_add(digit),
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
    !matches!(character, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
