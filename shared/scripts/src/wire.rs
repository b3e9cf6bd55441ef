//! What pool and worker say to each other: frames, each a length (32 bits, little endian) and so many bytes.

use mapping::{ScriptError, ScriptErrorKind};

/// The longest frame: what is handed over, and a result.
pub(crate) const LONGEST: usize = 16 << 20;

/// A worker's first frame when it is ready; anything else is why it is not.
pub(crate) const READY: &[u8] = b"ready";

/// A script for a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Read it only, or run it too.
    pub(crate) check: bool,
    pub(crate) timestamp_ms: i64,
    pub(crate) source: String,
    pub(crate) values: Vec<Handed>,
}

/// A value with its name, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handed {
    pub(crate) name: String,
    pub(crate) json: String,
    /// Whether there are numbers in it that a double would change.
    pub(crate) big: bool,
}

/// A frame around some bytes.
pub(crate) fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(payload.len() + 4);
    frame.extend_from_slice(&length.to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// The length that a frame's first bytes announce; `None` if it is too long.
pub(crate) fn announced(head: [u8; 4]) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(head)).ok().filter(|length| *length <= LONGEST)
}

impl Request {
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut out = vec![u8::from(self.check)];
        out.extend_from_slice(&self.timestamp_ms.to_le_bytes());
        write_text(&mut out, &self.source);
        for value in &self.values {
            out.push(u8::from(value.big));
            write_text(&mut out, &value.name);
            write_text(&mut out, &value.json);
        }
        out
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (check, rest) = bytes.split_first()?;
        let (timestamp, rest) = rest.split_first_chunk()?;
        let (source, mut rest) = read_text(rest)?;
        let mut values = Vec::new();
        while let Some((big, after)) = rest.split_first() {
            let (name, after) = read_text(after)?;
            let (json, after) = read_text(after)?;
            values.push(Handed { name, json, big: *big != 0 });
            rest = after;
        }
        Some(Self { check: *check != 0, timestamp_ms: i64::from_le_bytes(*timestamp), source, values })
    }
}

fn write_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&frame(text.as_bytes()));
}

fn read_text(bytes: &[u8]) -> Option<(String, &[u8])> {
    let (head, rest) = bytes.split_first_chunk()?;
    let (text, rest) = rest.split_at_checked(announced(*head)?)?;
    Some((String::from_utf8(text.to_vec()).ok()?, rest))
}

/// What a worker answers: JSON, or why there is none.
pub(crate) type Reply = Result<String, ScriptError>;

pub(crate) fn write_reply(reply: &Reply) -> Vec<u8> {
    match reply {
        Ok(json) => [b"v", json.as_bytes()].concat(),
        Err(error) => {
            let kind = match error.kind {
                ScriptErrorKind::Syntax => b's',
                ScriptErrorKind::Thrown => b't',
                ScriptErrorKind::Limit => b'l',
                ScriptErrorKind::Unavailable => b'u',
            };
            let at = error.at.and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX);
            [&[kind], &at.to_le_bytes()[..], error.message.as_bytes()].concat()
        }
    }
}

pub(crate) fn read_reply(bytes: &[u8]) -> Option<Reply> {
    let (kind, rest) = bytes.split_first()?;
    let kind = match kind {
        b'v' => return Some(Ok(String::from_utf8(rest.to_vec()).ok()?)),
        b's' => ScriptErrorKind::Syntax,
        b't' => ScriptErrorKind::Thrown,
        b'l' => ScriptErrorKind::Limit,
        b'u' => ScriptErrorKind::Unavailable,
        _ => return None,
    };
    let (at, message) = rest.split_first_chunk()?;
    let at = usize::try_from(u32::from_le_bytes(*at)).ok().filter(|at| *at < LONGEST);
    let message = String::from_utf8(message.to_vec()).ok()?;
    Some(Err(ScriptError { kind, message, at }))
}
