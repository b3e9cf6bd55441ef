//! Hides the length of a secret: a length prefix, the bytes, and zeros up to the next class.

/// The longest secret that can be sealed, in bytes: 1 MiB less the length prefix.
pub const MAX_PLAINTEXT: usize = 1024 * 1024 - PREFIX;

const PREFIX: usize = size_of::<u32>();
const SMALLEST: usize = 64;
const STEP: usize = 64 * 1024;

/// The padded length of a plaintext of `length` bytes: its class.
fn class(length: usize) -> usize {
    let needed = length + PREFIX;
    if needed <= STEP { needed.next_power_of_two().max(SMALLEST) } else { needed.next_multiple_of(STEP) }
}

/// How many bytes [`pad`] will write for a plaintext of `length` bytes; `None` beyond [`MAX_PLAINTEXT`].
pub(crate) fn padded_length(length: usize) -> Option<usize> {
    (length <= MAX_PLAINTEXT).then(|| class(length))
}

/// Appends prefix, plaintext and zeros to `out`, which the caller has given room for [`padded_length`] more bytes.
pub(crate) fn pad(plaintext: &[u8], out: &mut Vec<u8>) {
    let end = out.len() + class(plaintext.len());
    // At most MAX_PLAINTEXT, which is far below u32::MAX.
    out.extend_from_slice(&(plaintext.len() as u32).to_be_bytes());
    out.extend_from_slice(plaintext);
    out.resize(end, 0);
}

/// The plaintext within a padded text; `None` unless [`pad`] would have written exactly these bytes.
pub(crate) fn unpad(padded: &[u8]) -> Option<&[u8]> {
    let (prefix, rest) = padded.split_first_chunk::<PREFIX>()?;
    let length = usize::try_from(u32::from_be_bytes(*prefix)).ok()?;
    let (plaintext, zeros) = rest.split_at_checked(length)?;
    let exact = padded_length(length) == Some(padded.len()) && zeros.iter().all(|byte| *byte == 0);
    exact.then_some(plaintext)
}

#[cfg(test)]
mod tests;
