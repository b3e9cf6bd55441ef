//! Which cells are in use: a bit each, in pages that lie in the store and change with the batches that use them.
//!
//! The first free cell is always the next to be used, so pages are written in their order and none is left out; those that were
//! never written tell of cells that nobody ever used.

use std::ops::Range;

use super::cells::ID;

/// How many cells a page tells of: few, as a page is written with every batch that changes a bit of it.
pub(super) const PAGE: u64 = 256;
/// By how many cells the file grows: half a MiB.
const GROWTH: u64 = 64 * PAGE;
const WORD: u64 = u64::BITS as u64;
const WORDS: usize = (PAGE / WORD) as usize;

/// The cells that there are, and which of them are in use.
#[derive(Debug, Default)]
pub(super) struct Map {
    words: Vec<u64>,
    /// No cell is free in the words before this one.
    full: usize,
}

impl Map {
    /// How many cells there are.
    pub(super) fn cells(&self) -> u64 {
        self.words.len() as u64 * WORD
    }

    /// Takes the first free cell into use; none: every one is.
    pub(super) fn take(&mut self) -> Option<u64> {
        let behind = self.words.get(self.full..).unwrap_or_default();
        let Some(found) = behind.iter().position(|word| *word != u64::MAX) else {
            self.full = self.words.len();
            return None;
        };
        self.full += found;
        let word = self.words.get_mut(self.full)?;
        let bit = word.trailing_ones();
        *word |= 1 << bit;
        Some(self.full as u64 * WORD + u64::from(bit))
    }

    /// Takes a cell out of use.
    pub(super) fn give_back(&mut self, cell: u64) {
        let (word, bit) = split(cell);
        if let Some(word) = self.words.get_mut(word) {
            *word &= !bit;
        }
        self.full = self.full.min(word);
    }

    pub(super) fn in_use(&self, cell: u64) -> bool {
        let (word, bit) = split(cell);
        self.words.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The runs of cells that are free.
    pub(super) fn free(&self) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        for cell in (0..self.cells()).filter(|cell| !self.in_use(*cell)) {
            match runs.last_mut().filter(|run| run.end == cell) {
                Some(run) => run.end += 1,
                None => runs.push(cell..cell + 1),
            }
        }
        runs
    }

    /// The cells by which the file is to grow.
    pub(super) fn grown(&self) -> Range<u64> {
        self.cells()..self.cells() + GROWTH
    }

    /// Adds those, all free.
    pub(super) fn grow(&mut self) {
        self.words.resize(self.words.len() + (GROWTH / WORD) as usize, 0);
    }

    /// Adds the page that [`page`](Self::page) wrote, if it is of the file with this id.
    pub(super) fn add(&mut self, page: &[u8], id: [u8; ID]) -> Option<()> {
        let (words, rest) = page.strip_prefix(&id)?.as_chunks::<8>();
        if words.len() != WORDS || !rest.is_empty() {
            return None;
        }
        self.words.extend(words.iter().map(|word| u64::from_be_bytes(*word)));
        Some(())
    }

    /// A page as it is written, in which these cells are free already.
    pub(super) fn page(&self, number: u64, id: [u8; ID], ended: &[u64]) -> Vec<u8> {
        let first = number as usize * WORDS;
        let mut words = self.words.get(first..first + WORDS).unwrap_or_default().to_vec();
        for (word, bit) in ended.iter().map(|cell| split(*cell)) {
            if let Some(word) = word.checked_sub(first).and_then(|word| words.get_mut(word)) {
                *word &= !bit;
            }
        }
        id.into_iter().chain(words.into_iter().flat_map(u64::to_be_bytes)).collect()
    }
}

/// The word of a cell, and its bit there.
fn split(cell: u64) -> (usize, u64) {
    (usize::try_from(cell / WORD).unwrap_or(usize::MAX), 1 << (cell % WORD))
}
