//! Looks for all canaries at once, in everything that some bytes could be read as.

use std::{borrow::Cow, collections::BTreeSet};

use aho_corasick::AhoCorasick;

use super::{canary::Known, forms::forms, leak::Leak, streams, views};

/// How many archives and encodings around each other are opened.
const DEPTH: usize = 3;
/// How much of what stands before a find is told, in bytes.
const CONTEXT: usize = 120;
/// Sinks are read as other encodings piece by piece, so that large ones take no multiple of their size.
const PIECE: usize = 1 << 20;
/// What a piece repeats of the one before: more than any canary is long in any encoding.
const OVERLAP: usize = 8 << 10;

/// A search for some canaries.
pub(super) struct Search {
    canaries: Vec<Known>,
    /// For each pattern its canary and its encoding.
    patterns: Vec<(usize, &'static str)>,
    automaton: AhoCorasick,
}

impl Search {
    pub(super) fn new(canaries: Vec<Known>) -> Self {
        let all: Vec<_> = canaries
            .iter()
            .enumerate()
            .flat_map(|(index, canary)| forms(&canary.value).into_iter().map(move |form| (index, form)))
            .collect();
        let automaton = AhoCorasick::new(all.iter().map(|(_, (_, form))| form)).expect("canaries are few");
        let patterns = all.into_iter().map(|(index, (encoding, _))| (index, encoding)).collect();
        Self { canaries, patterns, automaton }
    }

    /// How many canaries are looked for.
    pub(super) fn canaries(&self) -> usize {
        self.canaries.len()
    }

    /// Every canary that is in the sink of this name and may not be, once.
    pub(super) fn look(&self, sink: &str, bytes: &[u8]) -> Vec<Leak> {
        let mut finds = Finds { search: self, sink, seen: BTreeSet::new(), leaks: Vec::new() };
        if !self.canaries.is_empty() {
            finds.open(bytes, "", DEPTH);
        }
        finds.leaks
    }
}

/// What one sink holds.
struct Finds<'a> {
    search: &'a Search,
    sink: &'a str,
    seen: BTreeSet<usize>,
    leaks: Vec<Leak>,
}

impl Finds<'_> {
    /// Looks into some bytes and into everything that can be unpacked from them. `path` says how they were had.
    fn open(&mut self, bytes: &[u8], path: &str, depth: usize) {
        let mut start = 0;
        loop {
            let end = bytes.len().min(start + PIECE);
            for view in views::all(&bytes[start..end]) {
                self.find(&view.bytes, &format!("{path}{}", view.name));
            }
            if end == bytes.len() {
                break;
            }
            start = end - OVERLAP;
        }
        if depth > 0 {
            for packed in streams::packed(bytes) {
                self.open(&packed.bytes, &format!("{path}{} > ", packed.kind), depth - 1);
            }
        }
    }

    fn find(&mut self, bytes: &[u8], path: &str) {
        for hit in self.search.automaton.find_overlapping_iter(bytes) {
            let (index, encoding) = self.search.patterns[hit.pattern().as_usize()];
            let canary = &self.search.canaries[index];
            if canary.may_be_in.iter().any(|sink| sink == self.sink) || !self.seen.insert(index) {
                continue;
            }
            let before = &bytes[hit.start().saturating_sub(CONTEXT)..hit.start()];
            let before: Cow<'_, str> = String::from_utf8_lossy(before);
            self.leaks.push(Leak {
                what: canary.what.clone(),
                sink: self.sink.to_owned(),
                how: format!("{path}{encoding}"),
                before: before.escape_debug().to_string(),
            });
        }
    }
}
