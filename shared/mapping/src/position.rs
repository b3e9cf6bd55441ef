//! Offsets as lines and columns.

/// The line and the column (both from 1, columns in characters) of a byte offset.
pub(crate) fn of(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = &bytes[..offset.min(bytes.len())];
    #[cfg(test)]
    crate::tests::work::done(before.len());
    let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    (line, 1 + characters(&before[start..]))
}

/// How many characters there are: every byte that does not continue a UTF-8 sequence starts one.
fn characters(bytes: &[u8]) -> usize {
    /// So many fit the sum of a byte, and are counted many at a time.
    const TOGETHER: usize = 192;
    let starts = |chunk: &[u8]| chunk.iter().map(|byte| u8::from((byte & 0xc0) != 0x80)).sum::<u8>();
    bytes.chunks(TOGETHER).map(|chunk| usize::from(starts(chunk))).sum()
}
