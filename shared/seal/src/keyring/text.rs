//! The text of a key file, version 1:
//!
//! ```text
//! # comments and empty lines are skipped
//! outgate-keyring 1
//! active 0123456789abcdef
//! key 0123456789abcdef <64 hexadecimal digits>
//! key fedcba9876543210 <64 hexadecimal digits> <seconds since 1970 when it was made>
//! wrapped 00112233445566aa <what a transit engine made of the key> <seconds>
//! ```

use std::time::{Duration, SystemTime};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use zeroize::Zeroizing;

use super::{
    KEY_ID_LENGTH, KEY_LENGTH, Key, KeyId, KeyList, ListedKey, StoredKey, WeakKey, memory::MAX_KEYS,
};

const HEADER: [&str; 2] = ["outgate-keyring", "1"];
/// The longest wrapped key.
const MAX_WRAPPED: usize = 4096;

/// Why a text is not a key ring. It names the line, and never shows what is in it, since that may be a key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("it is empty")]
    Empty,
    #[error("it is not text")]
    NotText,
    #[error("its first line is not `outgate-keyring 1`; it is no key file, or one of a later version")]
    Header,
    #[error("line {line} is neither `active ID` nor `key ID HEX` nor `wrapped ID TEXT`")]
    Line { line: usize },
    #[error("line {line} has a key id that is not {digits} hexadecimal digits", digits = KEY_ID_LENGTH * 2)]
    Id { line: usize },
    #[error("key {id} in line {line} is not written in hexadecimal digits")]
    NotHex { line: usize, id: KeyId },
    #[error("key {id} in line {line} {weak}; make a new key")]
    Weak { line: usize, id: KeyId, weak: WeakKey },
    #[error("key {id} in line {line} is wrapped into more than {MAX_WRAPPED} characters")]
    Wrapped { line: usize, id: KeyId },
    #[error("key {id} in line {line} was made at what is no number of seconds")]
    Made { line: usize, id: KeyId },
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

/// The text of a list.
pub(super) fn write(list: &KeyList) -> Zeroizing<Vec<u8>> {
    let head = format!(
        "# The key ring that the store's secrets are sealed with. Keep it private, and keep a backup apart from the\n\
         # store's: without it no secret opens again.\n{} {}\nactive {}\n",
        HEADER[0], HEADER[1], list.active
    );
    let lines: Vec<_> = list.keys.iter().map(line).collect();
    // Room for everything at once: a vector that grew would leave keys behind in freed memory.
    let length = head.len() + lines.iter().map(|line| line.len()).sum::<usize>();
    let mut text = Zeroizing::new(Vec::with_capacity(length));
    text.extend_from_slice(head.as_bytes());
    lines.iter().for_each(|line| text.extend_from_slice(line));
    text
}

fn line(key: &ListedKey) -> Zeroizing<Vec<u8>> {
    let seconds = key.made.and_then(|made| made.duration_since(SystemTime::UNIX_EPOCH).ok());
    let end = seconds.map_or_else(|| "\n".to_owned(), |since| format!(" {}\n", since.as_secs()));
    let mut digits = Zeroizing::new([0; KEY_LENGTH * 2]);
    let (kind, stored) = match &key.stored {
        StoredKey::Plain(key) => {
            HEXLOWER.encode_mut(key.bytes(), digits.as_mut());
            ("key", digits.as_slice())
        }
        StoredKey::Wrapped(text) => ("wrapped", text.as_bytes()),
    };
    let begin = format!("{kind} {} ", key.id);
    let mut line = Zeroizing::new(Vec::with_capacity(begin.len() + stored.len() + end.len()));
    for part in [begin.as_bytes(), stored, end.as_bytes()] {
        line.extend_from_slice(part);
    }
    line
}

/// Reads a list.
pub(super) fn parse(content: &[u8]) -> Result<KeyList, Problem> {
    let text = std::str::from_utf8(content).map_err(|_| Problem::NotText)?;
    let mut lines = (1..).zip(text.lines()).filter(|(_, text)| !text.is_empty() && !text.starts_with('#'));
    let header = lines.next().ok_or(Problem::Empty)?.1.split_ascii_whitespace();
    if !header.eq(HEADER) {
        return Err(Problem::Header);
    }

    let mut active = None;
    let mut keys: Vec<ListedKey> = Vec::new();
    for (line, text) in lines {
        let words: Vec<_> = text.split_ascii_whitespace().collect();
        match words[..] {
            ["active", _] if active.is_some() => return Err(Problem::SecondActive { line }),
            ["active", id] => active = Some(parse_id(line, id)?),
            [kind @ ("key" | "wrapped"), id, stored, ref made @ ..] if made.len() < 2 => {
                let id = parse_id(line, id)?;
                if keys.iter().any(|known| known.id == id) {
                    return Err(Problem::Duplicate { line, id });
                }
                let stored = match kind {
                    "key" => StoredKey::Plain(parse_key(line, id, stored)?),
                    _ => StoredKey::Wrapped(parse_wrapped(line, id, stored)?),
                };
                keys.push(ListedKey { id, made: parse_made(line, id, made.first().copied())?, stored });
            }
            _ => return Err(Problem::Line { line }),
        }
    }
    if keys.len() > MAX_KEYS {
        return Err(Problem::TooMany);
    }
    let active = active.ok_or(Problem::NoActive)?;
    if keys.iter().all(|key| key.id != active) {
        return Err(Problem::UnknownActive { id: active });
    }
    Ok(KeyList { active, keys })
}

fn parse_id(line: usize, digits: &str) -> Result<KeyId, Problem> {
    digits.parse().map_err(|_| Problem::Id { line })
}

fn parse_key(line: usize, id: KeyId, digits: &str) -> Result<Key, Problem> {
    let weak = |weak| Problem::Weak { line, id, weak };
    if digits.len() != KEY_LENGTH * 2 {
        return Err(weak(WeakKey::Length { length: digits.len() / 2 }));
    }
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    HEXLOWER_PERMISSIVE
        .decode_mut(digits.as_bytes(), key.as_mut())
        .map_err(|_| Problem::NotHex { line, id })?;
    Key::from_bytes(key.as_ref()).map_err(weak)
}

fn parse_wrapped(line: usize, id: KeyId, text: &str) -> Result<String, Problem> {
    if text.len() > MAX_WRAPPED || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::Wrapped { line, id });
    }
    Ok(text.to_owned())
}

fn parse_made(line: usize, id: KeyId, seconds: Option<&str>) -> Result<Option<SystemTime>, Problem> {
    let Some(seconds) = seconds else { return Ok(None) };
    let made = seconds.parse().ok().map(Duration::from_secs);
    let made = made.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
    made.map(Some).ok_or(Problem::Made { line, id })
}
