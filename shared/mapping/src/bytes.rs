//! Looking through bytes, many at a time whatever they are.

/// How many bytes at the start are such that `holds`. Few are looked at one by one, many together.
#[inline]
pub(crate) fn leading(bytes: &[u8], holds: impl Fn(u8) -> bool) -> usize {
    /// So many are few.
    const FEW: usize = 8;
    /// So many are looked at together, without a branch between them, in about the time of one.
    const MANY: usize = 16;
    let count = |bytes: &[u8]| bytes.iter().take_while(|byte| holds(**byte)).count();
    let mut at = count(&bytes[..bytes.len().min(FEW)]);
    if at < FEW {
        return at;
    }
    for chunk in bytes[FEW..].chunks_exact(MANY) {
        if !chunk.iter().fold(true, |all, byte| all & holds(*byte)) {
            break;
        }
        at += MANY;
    }
    at + count(&bytes[at..])
}

/// Where a stretch of `N` bytes is found first that is such that `holds`. Unlike a search that is made for long patterns it takes
/// the same time whatever the bytes are, such as half of what is looked for again and again.
#[inline]
pub(crate) fn find<const N: usize>(bytes: &[u8], holds: impl Fn([u8; N]) -> bool) -> Option<usize> {
    /// So many places are looked at together.
    const MANY: usize = 64;
    let stretch = |from: usize| std::array::from_fn(|offset| bytes[from + offset]);
    let places = (bytes.len() + 1).saturating_sub(N);
    let mut at = 0;
    while at + MANY <= places {
        let window = &bytes[at..at + MANY + N - 1];
        let is_at = |from: usize| holds(std::array::from_fn(|offset| window[from + offset]));
        if (0..MANY).fold(false, |any, from| any | is_at(from)) {
            break;
        }
        at += MANY;
    }
    (at..places).find(|from| holds(stretch(*from)))
}
