//! The search: looks at a few bytes of a text here and there, and closer only where they are part of a pattern.
//!
//! Every pattern has at least `m` bytes. Whoever looks at the `q` bytes at every `s`-th place, `s + q - 1 <= m`, sees for each
//! occurrence of a pattern exactly one of its first `s` windows of `q` bytes. Those windows are hashed into a bitmap that
//! fits a processor's first cache. A text without a secret costs one look-up for `s` bytes.

use std::cmp::Reverse;

use super::patterns::{Compared, Pattern, Patterns, Width};

/// The most places between two looks. Wider steps would be faster still, and cost more time to build than they save.
const WIDEST: usize = 8;
/// The bytes of a window, for patterns that are long enough for it, and for the others.
const LONG: usize = 8;
const SHORT: usize = 4;
/// Bits of the bitmap for each window, so that few are taken for one that is none.
const SPARSE: usize = 16;

/// The windows of all patterns.
pub(super) struct Index {
    window: usize,
    step: usize,
    bitmap: Vec<u64>,
    /// How far a hash is shifted to become a place in the bitmap, and in the buckets.
    bitmap_shift: u32,
    bucket_shift: u32,
    /// The last entry of each bucket.
    buckets: Vec<u32>,
    entries: Vec<Entry>,
}

/// One window of one pattern.
struct Entry {
    hash: u64,
    pattern: Pattern,
    offset: usize,
    /// The entry before it in its bucket.
    before: u32,
}

const NONE: u32 = u32::MAX;

/// What stands first in a text.
#[derive(Debug)]
pub(super) enum Found {
    /// The longest pattern that is there, and how it is written.
    Whole { start: usize, end: usize, width: Width },
    /// What could become a pattern, or a longer one, with the bytes that follow the text.
    Beginning { start: usize, pattern: Pattern },
}

impl Found {
    fn start(&self) -> usize {
        match self {
            Self::Whole { start, .. } | Self::Beginning { start, .. } => *start,
        }
    }

    /// Whether this one counts where both were found: the leftmost, then what is undecided, then the longest.
    fn wins_over(&self, other: &Self) -> bool {
        let undecided = |found: &Self| matches!(found, Self::Beginning { .. });
        let end = |found: &Self| match found {
            Self::Whole { end, width, .. } => (*end, Reverse(*width)),
            Self::Beginning { .. } => (0, Reverse(Width::Narrow)),
        };
        let rank = |found: &Self| (Reverse(found.start()), undecided(found), end(found));
        rank(self) > rank(other)
    }
}

impl Index {
    /// An index of the patterns, if there are any.
    pub(super) fn new(patterns: &Patterns) -> Option<Self> {
        let shortest = patterns.shortest()?;
        let window = if shortest >= LONG + WIDEST - 1 { LONG } else { SHORT };
        let step = WIDEST.min((shortest + 1).saturating_sub(window)).max(1);
        let all: Vec<Pattern> = patterns.all().collect();
        let count = all.len() * step;
        let bits = (count * SPARSE).next_power_of_two().clamp(1 << 12, 1 << 18);
        let buckets = count.next_power_of_two().clamp(1 << 6, 1 << 16);
        let mut index = Self {
            window,
            step,
            bitmap: vec![0; bits / 64],
            bitmap_shift: 64 - bits.trailing_zeros(),
            bucket_shift: 64 - buckets.trailing_zeros(),
            buckets: vec![NONE; buckets],
            entries: Vec::with_capacity(count),
        };
        for pattern in all {
            index.add(patterns, pattern);
        }
        Some(index)
    }

    fn add(&mut self, patterns: &Patterns, pattern: Pattern) {
        let mut begin = [0; LONG + WIDEST];
        patterns.begin(pattern, &mut begin);
        for offset in 0..self.step {
            let hash = match self.window {
                LONG => hash::<LONG>(&begin, offset),
                _ => hash::<SHORT>(&begin, offset),
            };
            let Some(hash) = hash else { continue };
            let bit = hash >> self.bitmap_shift;
            self.bitmap[to_usize(bit / 64)] |= 1 << (bit % 64);
            let bucket = to_usize(hash >> self.bucket_shift);
            let at = u32::try_from(self.entries.len()).unwrap_or(NONE);
            self.entries.push(Entry { hash, pattern, offset, before: self.buckets[bucket] });
            self.buckets[bucket] = at;
        }
    }

    /// What stands first in the text at `from` or behind it. A beginning of a pattern at the end of the text counts
    /// where `more` follows.
    pub(super) fn first(&self, patterns: &Patterns, text: &[u8], from: usize, more: bool) -> Option<Found> {
        match self.window {
            LONG => self.look::<LONG>(patterns, text, from, more),
            _ => self.look::<SHORT>(patterns, text, from, more),
        }
    }

    fn look<const WINDOW: usize>(
        &self,
        patterns: &Patterns,
        text: &[u8],
        from: usize,
        more: bool,
    ) -> Option<Found> {
        // Whatever starts at `from` has one of its windows here at the latest.
        let mut at = from + self.step - 1;
        while let Some(hash) = hash::<WINDOW>(text, at) {
            let bit = hash >> self.bitmap_shift;
            let taken = self.bitmap[to_usize(bit / 64)] >> (bit % 64) & 1 == 1;
            if taken && let Some(found) = self.closer(patterns, text, from, more, at, hash) {
                return Some(found);
            }
            at += self.step;
        }
        // What starts behind the last window is too short to be more than a beginning.
        let rest = (at + 1 - self.step).max(from);
        (rest..text.len()).filter(|_| more).find_map(|start| {
            Some(Found::Beginning { start, pattern: patterns.beginning_with(&text[start..])? })
        })
    }

    /// What stands at a window that may be a pattern's.
    fn closer(
        &self,
        patterns: &Patterns,
        text: &[u8],
        from: usize,
        more: bool,
        at: usize,
        hash: u64,
    ) -> Option<Found> {
        let mut best: Option<Found> = None;
        let mut next = self.buckets[to_usize(hash >> self.bucket_shift)];
        while let Some(entry) = usize::try_from(next).ok().and_then(|next| self.entries.get(next)) {
            next = entry.before;
            let Some(start) = at.checked_sub(entry.offset).filter(|start| *start >= from) else { continue };
            // What starts behind what was found comes after it.
            let is_behind = best.as_ref().is_some_and(|best| best.start() < start);
            if entry.hash != hash || is_behind {
                continue;
            }
            let found = match patterns.compare(entry.pattern, 0, &text[start..]) {
                Compared::Whole(length) => {
                    Found::Whole { start, end: start + length, width: patterns.writing(entry.pattern) }
                }
                Compared::Beginning if more => Found::Beginning { start, pattern: entry.pattern },
                Compared::Beginning | Compared::Different => continue,
            };
            if best.as_ref().is_none_or(|best| found.wins_over(best)) {
                best = Some(found);
            }
        }
        best
    }
}

/// A hash of the window at a place of the text, if it ends within it. Its upper bits are the good ones.
fn hash<const WINDOW: usize>(text: &[u8], at: usize) -> Option<u64> {
    let window = text.get(at..)?.first_chunk::<WINDOW>()?;
    let mut word = [0; 8];
    word[..WINDOW].copy_from_slice(window);
    // Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4).
    Some(u64::from_le_bytes(word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Places in a table that is far smaller than any address space.
fn to_usize(place: u64) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
