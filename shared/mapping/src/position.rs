//! Offsets as lines and columns.

/// The line and the column (both from 1, columns in characters) of a byte offset.
pub(crate) fn of(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = &bytes[..offset.min(bytes.len())];
    #[cfg(test)]
    crate::tests::work::done(before.len());
    let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    // Every byte that does not continue a UTF-8 sequence starts a character.
    let column = 1 + before[start..].iter().filter(|byte| (**byte & 0xc0) != 0x80).count();
    (line, column)
}
