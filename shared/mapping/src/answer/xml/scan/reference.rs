//! `&lt;`, `&#65;`, `&#x41;`.

/// XML's own entities (4.6).
const NAMED: [(&str, char); 5] =
    [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\'')];

/// The character that the reference at the start of `text` stands for, and how many bytes the reference has.
pub(super) fn resolve(text: &str) -> Result<(char, usize), &'static str> {
    /// `&#x10FFFF;` with many zeros before it is still one.
    const LONGEST: usize = 64;
    if let Some((written, character)) = NAMED.into_iter().find(|(written, _)| text.starts_with(written)) {
        return Ok((character, written.len()));
    }
    let end =
        text.bytes().take(LONGEST).position(|byte| byte == b';').ok_or("a reference is never closed")?;
    let number =
        text[1..end].strip_prefix('#').ok_or("an entity is unknown: only XML's own five are read")?;
    let character = numbered(number).ok_or("a reference stands for no character of XML")?;
    Ok((character, end + 1))
}

fn numbered(number: &str) -> Option<char> {
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // A sign would be read as a part of the number.
    let plain = digits.chars().all(|c| c.is_digit(radix));
    let code = plain.then(|| u32::from_str_radix(digits, radix).ok()).flatten()?;
    char::from_u32(code).filter(
        |c| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'),
    )
}
