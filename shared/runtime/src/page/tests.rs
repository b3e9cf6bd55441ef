use super::*;

#[test]
fn sizes_are_bounded_and_never_negative() {
    assert_eq!((size(0).unwrap(), size(5).unwrap(), size(i32::MAX).unwrap()), (DEFAULT_SIZE, 5, MAX_SIZE));
    assert!(size(-1).is_err());
}

#[test]
fn a_token_names_the_key_it_was_made_of() {
    for key in ["a", "registers/t/ADAPTER.X-Y", "ä"] {
        assert_eq!(after(&token(key)).unwrap().as_deref(), Some(key));
    }
    assert_eq!(after("").unwrap(), None);
    for wrong in ["0", "zz", "ff", "+1", "é"] {
        assert!(after(wrong).is_err(), "{wrong}");
    }
}
