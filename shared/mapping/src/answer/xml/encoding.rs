//! Which encoding a document is in.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// The encoding of a document without a byte order mark; `None` where a label names none that is known.
///
/// What the bytes show counts before what a label says (XML 1.0, appendix F), the label of the content type before the
/// one in the declaration (RFC 7303, 3.2). A declaration that can be read byte by byte and says UTF-16 is wrong about
/// itself, as many servers are that write into text first and encode later: the document is UTF-8.
pub(in crate::answer) fn encoding(charset: Option<&str>, body: &[u8]) -> Option<&'static Encoding> {
    match body {
        [b'<', 0, ..] => return Some(UTF_16LE),
        [0, b'<', ..] => return Some(UTF_16BE),
        _ => {}
    }
    if let Some(label) = charset {
        return Encoding::for_label(label.as_bytes());
    }
    let Some(label) = declared(body) else { return Some(UTF_8) };
    let encoding = Encoding::for_label(label.as_bytes())?;
    Some(if [UTF_16LE, UTF_16BE].contains(&encoding) { UTF_8 } else { encoding })
}

/// The encoding that an XML declaration names.
fn declared(body: &[u8]) -> Option<&str> {
    const LONGEST_DECLARATION: usize = 200;
    let head = &body[..body.len().min(LONGEST_DECLARATION)];
    let end = head.windows(2).position(|pair| pair == b"?>")?;
    let head = std::str::from_utf8(&head[..end]).ok()?.strip_prefix("<?xml")?;
    let (_, after) = head.split_once("encoding")?;
    let label = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = label.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    label[1..].split(quote).next()
}
