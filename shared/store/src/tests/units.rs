//! The small parts: batches, ranges, records, errors, clocks.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::io;
use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use crate::batch::{from_millis, to_millis};
use crate::sled_store::record;
use crate::{
    Batch, Entry, Error, ErrorKind, Event, MAX_BATCH_BYTES, MAX_KEY_BYTES, MAX_OPS, Op, Range, Revision,
};

fn kind(ops: Vec<Op>) -> Option<ErrorKind> {
    Batch::new(ops).err().map(|error| error.kind())
}

#[test]
fn malformed_batches_are_refused() {
    assert_eq!(kind(vec![]), Some(ErrorKind::Invalid));
    assert_eq!(kind(vec![Op::put("", "v")]), Some(ErrorKind::Invalid));
    assert_eq!(kind(vec![Op::delete("tab\t")]), Some(ErrorKind::Invalid));
    assert_eq!(kind(vec![Op::put("k".repeat(MAX_KEY_BYTES + 1), "v")]), Some(ErrorKind::TooLarge));
    let error = Batch::new(vec![Op::put("a", "1"), Op::put("b", "2"), Op::delete("a")]).unwrap_err();
    assert_eq!((error.kind(), error.key()), (ErrorKind::Invalid, Some("a")));
}

#[test]
fn batches_have_limits_that_can_be_reached() {
    let ops = |count: usize| (0..count).map(|number| Op::put(number.to_string(), "v")).collect();
    assert_eq!(kind(ops(MAX_OPS)), None);
    assert_eq!(kind(ops(MAX_OPS + 1)), Some(ErrorKind::TooLarge));
    let value = |length: usize| vec![Op::put("key", vec![0; length])];
    assert_eq!(kind(value(MAX_BATCH_BYTES - 3)), None);
    assert_eq!(kind(value(MAX_BATCH_BYTES - 2)), Some(ErrorKind::TooLarge));
}

#[test]
fn values_are_not_shown() {
    let entry = Entry {
        key: "k".into(),
        value: "canary".into(),
        revision: Revision::new(3),
        expires: None,
        shreddable: false,
    };
    let op = Op::put("k", "canary");
    let batch = Batch::try_from(op.clone()).unwrap();
    for text in
        [format!("{entry:?}"), format!("{:?}", Event::Put(entry)), format!("{op:?}"), format!("{batch:?}")]
    {
        assert!(text.contains("6 bytes") && !text.contains("canary"), "{text}");
    }
}

#[test]
fn an_error_shows_its_text_and_leaves_the_cause_to_the_log() {
    let error = Error::io("reading the log failed", io::Error::other("EIO")).with_key("a/b");
    assert_eq!(error.to_string(), "reading the log failed (key \"a/b\")");
    assert_eq!(error.source().unwrap().to_string(), "EIO");
    assert_eq!(error.kind(), ErrorKind::Io);
    let full = Error::io("writing failed", io::Error::from(io::ErrorKind::StorageFull));
    assert_eq!(full.kind(), ErrorKind::Full);
}

#[test]
fn revisions_are_decimal_numbers() {
    assert_eq!(Revision::new(42).to_string(), "42");
    assert_eq!("42".parse(), Ok(Revision::new(42)));
    assert!("-1".parse::<Revision>().is_err());
    assert_eq!(Revision::ZERO.previous(), Revision::ZERO);
}

#[test]
fn times_beyond_what_is_kept_are_moved() {
    let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(to_millis(before), 0);
    let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    assert_eq!(from_millis(to_millis(far)), from_millis(u64::MAX));
}

#[test]
fn every_case_of_the_suite_is_in_its_list() {
    let list = include_str!("../conformance.rs");
    let areas = [
        include_str!("../conformance/commits.rs"),
        include_str!("../conformance/concurrency.rs"),
        include_str!("../conformance/expiry.rs"),
        include_str!("../conformance/preconditions.rs"),
        include_str!("../conformance/reads.rs"),
        include_str!("../conformance/scans.rs"),
        include_str!("../conformance/watches.rs"),
    ];
    let listed: BTreeSet<_> = list.split(|it: char| !it.is_alphanumeric() && it != '_').collect();
    for area in areas {
        for line in area.lines().filter_map(|line| line.strip_prefix("pub async fn ")) {
            let case = line.split('(').next().unwrap();
            assert!(listed.contains(case), "the case {case} is not in the list of conformance!");
        }
    }
}

proptest! {
    #[test]
    fn a_prefix_range_is_what_begins_with_it(prefix in "[ab\u{d7ff}\u{e000}\u{10ffff}/]{0,3}", key in "[ab0\u{d7ff}\u{e000}\u{10ffff}/]{1,5}") {
        prop_assert_eq!(Range::prefix(prefix.clone()).contains(&key), key.starts_with(&prefix));
    }

    #[test]
    fn after_is_behind_and_nothing_is_between(from in "[a-c]{0,3}", last in "[a-c]{1,3}", key in "[a-c]{1,4}") {
        let range = Range::between(from.clone(), "c");
        let expected = range.contains(&key) && key > last;
        prop_assert_eq!(range.after(&last).contains(&key), expected);
    }

    #[test]
    fn records_come_back(key in "[a-zäß/]{1,20}", value in proptest::collection::vec(any::<u8>(), 0..6000), revision: u64, expires: Option<u64>, shreddable: bool) {
        let expires = expires.map(from_millis);
        let entry = Entry { key, value: value.into(), revision: Revision::new(revision), expires, shreddable };
        let (found, length) = record::decode(&record::head_key(&entry.key), &record::encode(&entry)).unwrap();
        prop_assert_eq!(length, entry.value.len());
        let whole = record::pieces(length) == 0;
        prop_assert_eq!(&found.value, if whole { &entry.value[..] } else { &[][..] });
        prop_assert_eq!(Entry { value: entry.value.clone(), ..found }, entry);
    }

    #[test]
    fn hostile_records_are_refused_without_a_panic(key: Vec<u8>, mut record: Vec<u8>, known: bool) {
        if known && let Some(first) = record.first_mut() {
            *first = 1;
        }
        if let Some((entry, length)) = record::decode(&key, &record) {
            prop_assert!(length <= MAX_BATCH_BYTES && entry.value.len() <= length);
        }
        let _ = record::Summary::decode(&record);
    }
}
