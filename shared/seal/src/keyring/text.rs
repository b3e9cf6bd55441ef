//! The text of a key file, version 1:
//!
//! ```text
//! # comments and empty lines are skipped
//! outgate-keyring 1
//! active 0123456789abcdef
//! key 0123456789abcdef <64 hexadecimal digits>
//! key fedcba9876543210 <64 hexadecimal digits>
//! ```

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

use super::{KEY_ID_LENGTH, KEY_LENGTH, KeyId, KeyRing, memory::MAX_KEYS};

const HEADER: [&str; 2] = ["outgate-keyring", "1"];

/// Why a text is not a key ring. It names the line, and never shows what is in it, since that may be a key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("it is not text")]
    NotText,
    #[error("its first line is not `outgate-keyring 1`; it is no key file, or one of a later version")]
    Header,
    #[error("line {line} is neither `active ID` nor `key ID HEX`")]
    Line { line: usize },
    #[error("line {line} has a key id that is not {digits} hexadecimal digits", digits = KEY_ID_LENGTH * 2)]
    Id { line: usize },
    #[error("key {id} in line {line} is not written in hexadecimal digits")]
    NotHex { line: usize, id: KeyId },
    #[error("key {id} in line {line} has {length} bytes, and a key has {KEY_LENGTH}")]
    Length { line: usize, id: KeyId, length: usize },
    #[error("key {id} in line {line} is all zeros; make a new key")]
    Zero { line: usize, id: KeyId },
    #[error("key {id} in line {line} is there twice")]
    Duplicate { line: usize, id: KeyId },
    #[error("line {line} names an active key for the second time")]
    SecondActive { line: usize },
    #[error("it has no line `active ID`")]
    NoActive,
    #[error("its active key {id} is not among its keys")]
    UnknownActive { id: KeyId },
    #[error("it has more than {MAX_KEYS} keys; end the life of old ones")]
    TooMany,
}

/// The text of a ring with one key, which is active.
pub(super) fn write(id: KeyId, key: &[u8; KEY_LENGTH]) -> Zeroizing<Vec<u8>> {
    let mut digits = Zeroizing::new([0; KEY_LENGTH * 2]);
    HEXLOWER.encode_mut(key, digits.as_mut());
    let head = format!(
        "# The key ring that the store's secrets are sealed with. Keep it private, and keep a backup apart from the\n\
         # store's: without it no secret opens again.\n{} {}\nactive {id}\nkey {id} ",
        HEADER[0], HEADER[1]
    );
    let mut text = Zeroizing::new(Vec::with_capacity(head.len() + digits.len() + 1));
    text.extend_from_slice(head.as_bytes());
    text.extend_from_slice(digits.as_ref());
    text.push(b'\n');
    text
}

/// Reads a key ring.
pub(super) fn parse(content: &[u8]) -> Result<KeyRing, Problem> {
    let text = std::str::from_utf8(content).map_err(|_| Problem::NotText)?;
    let mut lines = (1..).zip(text.lines()).filter(|(_, text)| !text.is_empty() && !text.starts_with('#'));
    let header = lines.next().map(|(_, text)| text.split_ascii_whitespace());
    if !header.is_some_and(|words| words.eq(HEADER)) {
        return Err(Problem::Header);
    }

    let mut active = None;
    let mut keys: Vec<(KeyId, Zeroizing<[u8; KEY_LENGTH]>)> = Vec::new();
    for (line, text) in lines {
        let mut words = text.split_ascii_whitespace();
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("active"), Some(_), None, None) if active.is_some() => {
                return Err(Problem::SecondActive { line });
            }
            (Some("active"), Some(id), None, None) => active = Some(parse_id(line, id)?),
            (Some("key"), Some(id), Some(digits), None) => {
                let id = parse_id(line, id)?;
                if keys.iter().any(|(known, _)| *known == id) {
                    return Err(Problem::Duplicate { line, id });
                }
                keys.push((id, parse_key(line, id, digits)?));
            }
            _ => return Err(Problem::Line { line }),
        }
    }
    if keys.len() > MAX_KEYS {
        return Err(Problem::TooMany);
    }
    let id = active.ok_or(Problem::NoActive)?;
    let active = keys.iter().position(|(known, _)| *known == id).ok_or(Problem::UnknownActive { id })?;
    Ok(KeyRing::new(active, &keys))
}

fn parse_id(line: usize, digits: &str) -> Result<KeyId, Problem> {
    let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| Problem::Id { line })?;
    let bytes = <[u8; KEY_ID_LENGTH]>::try_from(bytes).map_err(|_| Problem::Id { line })?;
    Ok(KeyId::from(bytes))
}

fn parse_key(line: usize, id: KeyId, digits: &str) -> Result<Zeroizing<[u8; KEY_LENGTH]>, Problem> {
    if digits.len() != KEY_LENGTH * 2 {
        return Err(Problem::Length { line, id, length: digits.len() / 2 });
    }
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    HEXLOWER_PERMISSIVE
        .decode_mut(digits.as_bytes(), key.as_mut())
        .map_err(|_| Problem::NotHex { line, id })?;
    if key.iter().all(|byte| *byte == 0) {
        return Err(Problem::Zero { line, id });
    }
    Ok(key)
}
