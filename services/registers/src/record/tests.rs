//! Records of other releases, and damaged ones, are faults and never guesses.

use super::*;

#[test]
fn a_record_reads_as_it_was_written() {
    let head = Head {
        number: 7,
        deleted: true,
        stamp: Stamp { author: "ada".to_owned(), ..Stamp::default() },
        bytes: 9,
    };
    assert_eq!(decode::<Head>("k", &encode(&head)).unwrap(), head);
}

#[test]
fn a_record_that_is_none_is_a_fault_of_the_suite() {
    let good = encode(&Head { number: 300, deleted: false, stamp: Stamp::default(), bytes: 0 });
    let mut newer = good.to_vec();
    newer[0] = FORMAT + 1;
    for bytes in [Bytes::new(), Bytes::from(newer), good.slice(..good.len() - 1)] {
        let refusal = decode::<Head>("registers/heads/acme/shared/A", &bytes).unwrap_err();
        assert_eq!(refusal.reason(), Reason::Internal, "{bytes:?}");
        assert!(!refusal.message().contains("acme"), "the caller is not told where records lie: {refusal}");
    }
}
