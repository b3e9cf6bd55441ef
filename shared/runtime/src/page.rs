//! Pages of a list (AIP-158).

use crate::Refusal;

/// How many a list answers with when the request does not say.
const DEFAULT_SIZE: usize = 100;
/// The most a list answers with.
const MAX_SIZE: usize = 1000;

/// How many to answer with: 0 asks for the default, more than the most is lowered.
///
/// # Errors
/// FIELD_INVALID for a negative number.
pub fn size(page_size: i32) -> Result<usize, Refusal> {
    size_within(page_size, DEFAULT_SIZE, MAX_SIZE)
}

/// As [`size`], with a list's own default and most.
///
/// # Errors
/// FIELD_INVALID for a negative number.
pub fn size_within(page_size: i32, default: usize, most: usize) -> Result<usize, Refusal> {
    match usize::try_from(page_size) {
        Ok(0) => Ok(default),
        Ok(size) => Ok(size.min(most)),
        Err(_) => Err(Refusal::field("page_size", "is negative; send 0 for the default")),
    }
}

/// The token after `key`, the last of a page. It names a place and not a number, so that a list that changes between
/// two pages neither repeats nor skips what stayed.
pub fn token(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The key that a token stands for; none for an empty token, which asks for the first page.
///
/// # Errors
/// FIELD_INVALID for a text that no list gave out.
pub fn after(token: &str) -> Result<Option<String>, Refusal> {
    if token.is_empty() {
        return Ok(None);
    }
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> = token
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect();
    match bytes.map(String::from_utf8) {
        Some(Ok(key)) => Ok(Some(key)),
        _ => Err(Refusal::field("page_token", "is not one that a list gave out; begin with an empty one")),
    }
}

#[cfg(test)]
mod tests;
