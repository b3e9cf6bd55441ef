//! A body in chunks, held against another implementation over the whole: Aho-Corasick, leftmost-longest.

use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use bytes::Bytes;
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::super::{MIN_SECRET, REPLACEMENT, Scrubber, Scrubbing, forms};

/// The whole text by the other implementation. Every pattern of ASCII is looked for in UTF-16 too.
fn by_automaton(patterns: &[Vec<u8>], text: &[u8]) -> (Vec<u8>, u64) {
    let wide = |order: fn(u16) -> [u8; 2]| {
        let texts = patterns.iter().filter_map(|pattern| std::str::from_utf8(pattern).ok());
        texts.map(|text| text.encode_utf16().flat_map(order).collect()).collect::<Vec<Vec<u8>>>()
    };
    let all = [patterns.to_vec(), wide(u16::to_le_bytes), wide(u16::to_be_bytes)].concat();
    let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(all).unwrap();
    let (mut clean, mut count) = (Vec::new(), 0);
    let texts = patterns.iter().filter(|pattern| std::str::from_utf8(pattern).is_ok()).count();
    let mark = std::str::from_utf8(REPLACEMENT).unwrap();
    automaton.replace_all_with_bytes(text, &mut clean, |found, _, out| {
        count += 1;
        match found.pattern().as_usize().checked_sub(patterns.len()) {
            None => out.extend(mark.bytes()),
            Some(wide) if wide < texts => out.extend(mark.encode_utf16().flat_map(u16::to_le_bytes)),
            Some(_) => out.extend(mark.encode_utf16().flat_map(u16::to_be_bytes)),
        }
        true
    });
    (clean, count)
}

/// The text in chunks of these lengths, over and over; and the most that was held back after any of them.
fn in_chunks(scrubber: Scrubber, text: &[u8], lengths: &[usize]) -> (Vec<u8>, u64, usize) {
    let mut scrubbing = Scrubbing::new(Arc::new(scrubber));
    let (mut clean, mut count, mut most) = (Vec::new(), 0, 0);
    let mut left = text;
    let mut keep = |(bytes, found): (Bytes, u64)| {
        clean.extend_from_slice(&bytes);
        count += found;
    };
    for length in lengths.iter().cycle() {
        let (chunk, rest) = left.split_at(*length.min(&left.len()));
        keep(scrubbing.push(Bytes::copy_from_slice(chunk)));
        most = most.max(scrubbing.held());
        left = rest;
        if left.is_empty() {
            break;
        }
    }
    keep(scrubbing.finish());
    (clean, count, most)
}

fn assert_same(patterns: &[Vec<u8>], text: &[u8], lengths: &[usize]) -> Result<(), TestCaseError> {
    let scrubber = || Scrubber::of(patterns.iter().cloned().map(Zeroizing::new).collect());
    let (expected, expected_count) = by_automaton(patterns, text);
    let (whole, count) = scrubber().scrub(Bytes::copy_from_slice(text));
    prop_assert_eq!((&whole[..], count), (&expected[..], expected_count));
    let (clean, count, most) = in_chunks(scrubber(), text, lengths);
    prop_assert_eq!((clean, count), (expected, expected_count));
    let longest = patterns.iter().map(|pattern| 2 * pattern.len()).max().unwrap_or(0);
    prop_assert!(most < longest, "{} of at most {} bytes are held back", most, longest);
    Ok(())
}

/// Few different bytes, so that patterns overlap, repeat and begin alike, and stand in the text by chance.
fn few(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => Just(b'a'), 3 => Just(b'b'), 1 => Just(0), 1 => Just(0xe9)];
    proptest::collection::vec(byte, length)
}

fn lengths() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![Just(vec![1]), proptest::collection::vec(1..40_usize, 1..6)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn chunks_make_no_difference(
        patterns in proptest::collection::vec(few(MIN_SECRET..24), 1..6),
        text in few(0..400),
        lengths in lengths(),
    ) {
        assert_same(&patterns, &text, &lengths)?;
    }

    #[test]
    fn chunks_make_no_difference_to_long_patterns(
        stem in few(20..60),
        ends in proptest::collection::vec(few(0..30), 1..5),
        pieces in proptest::collection::vec((0..5_usize, 0..90_usize, any::<bool>()), 0..12),
        lengths in lengths(),
    ) {
        let patterns: Vec<_> = ends.iter().map(|end| [stem.as_slice(), end].concat()).collect();
        // Patterns and their beginnings, some in UTF-16, one behind another.
        let text: Vec<u8> = pieces.into_iter().flat_map(|(pattern, length, wide)| {
            let pattern = &patterns[pattern % patterns.len()];
            let piece = &pattern[..length.min(pattern.len())];
            if wide { piece.iter().flat_map(|byte| [*byte, 0]).collect() } else { piece.to_vec() }
        }).collect();
        assert_same(&patterns, &text, &lengths)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn chunks_make_no_difference_to_the_forms_of_secrets(
        secrets in proptest::collection::vec("[ -~é€]{6,40}", 1..4),
        pieces in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..20),
        lengths in lengths(),
    ) {
        let forms: Vec<_> = secrets.iter().flat_map(|secret| forms::of(secret.as_bytes())).collect();
        let text: Vec<u8> = pieces.iter().flat_map(|(form, length)| {
            let form = form.get(&forms);
            form[..=length.index(form.len())].to_vec()
        }).collect();
        let patterns: Vec<_> = forms.iter().map(|form| form.to_vec()).collect();
        assert_same(&patterns, &text, &lengths)?;
    }
}

#[test]
fn what_cannot_become_a_match_is_not_held_back() {
    let mut scrubbing =
        Scrubbing::new(Arc::new(Scrubber::new([b"tok-4f9d2c71aa05e8b6".as_slice()].into_iter())));
    for event in ["data: {\"n\": 1}\n\n", "data: {\"key\": \"to", ": keep-alive\n\n"] {
        scrubbing.push(Bytes::from(event));
        let held = if event.ends_with("to") { 2 } else { 0 };
        assert_eq!(scrubbing.held(), held, "after {event:?}");
    }
}
