use proptest::prelude::*;

use super::{MAX_PLAINTEXT, PREFIX, STEP, pad, padded_length, unpad};

#[test]
fn classes_are_as_documented() {
    let cases = [
        (0, 64),
        (1, 64),
        (60, 64),
        (61, 128),
        (124, 128),
        (125, 256),
        (STEP - PREFIX, STEP),
        (STEP, 2 * STEP),
        (2 * STEP - PREFIX, 2 * STEP),
        (2 * STEP, 3 * STEP),
        (MAX_PLAINTEXT, 1024 * 1024),
    ];
    for (length, class) in cases {
        assert_eq!(padded_length(length), Some(class), "for {length} bytes");
    }
    assert_eq!(padded_length(MAX_PLAINTEXT + 1), None);
}

#[test]
fn a_padded_text_with_anything_else_in_it_is_refused() {
    let mut padded = Vec::new();
    pad(b"secret", &mut padded);
    assert_eq!(unpad(&padded), Some(b"secret".as_slice()));

    let mut noisy = padded.clone();
    noisy[63] = 1;
    assert_eq!(unpad(&noisy), None, "a byte among the zeros");

    let mut larger = padded.clone();
    larger.resize(128, 0);
    assert_eq!(unpad(&larger), None, "a class too large");

    let mut long = padded.clone();
    long[..4].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(unpad(&long), None, "a length beyond the end");
    assert_eq!(unpad(&padded[..3]), None, "no room for a length");
}

proptest! {
    #[test]
    fn what_was_padded_comes_back(plaintext in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let mut padded = Vec::new();
        pad(&plaintext, &mut padded);
        prop_assert_eq!(Some(padded.len()), padded_length(plaintext.len()));
        prop_assert_eq!(unpad(&padded), Some(plaintext.as_slice()));
    }
}
