use static_assertions::assert_not_impl_any;

use super::Plaintext;

// Does not compile once it implements one of them.
assert_not_impl_any!(Plaintext:
    std::fmt::Debug,
    std::fmt::Display,
    std::fmt::LowerHex,
    std::hash::Hash,
    Clone,
    Copy,
    PartialEq,
    PartialOrd,
    AsRef<[u8]>,
    std::borrow::Borrow<[u8]>,
    std::ops::Deref,
    Into<Vec<u8>>,
    Into<String>,
    serde::Serialize,
);

#[test]
fn bytes_come_out_by_name_only() {
    let plaintext = Plaintext::new(b"hunter2".to_vec());
    assert_eq!(plaintext.expose(), b"hunter2");
    assert_eq!(plaintext.len(), 7);
    assert!(!plaintext.is_empty());
    assert!(Plaintext::new(Vec::new()).is_empty());
}
