//! Counting bytes of one kind.

/// How many bytes at the start are such that `holds`. Few are looked at one by one, many together.
pub(super) fn leading(bytes: &[u8], holds: impl Fn(u8) -> bool) -> usize {
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
