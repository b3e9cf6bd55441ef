use std::{fs, os::unix::fs::PermissionsExt, sync::LazyLock};

use proptest::prelude::*;

use super::{FORMAT, KEY_ID_LENGTH, SALT_LENGTH};
use crate::{Context, KeyRing, MAX_PLAINTEXT, OpenError, Plaintext, SealError};

const CONTEXT: Context<'static> = Context {
    tenant: "acme",
    kind: "secret",
    name: "crm-token",
    version: 7,
    scope: "https://crm.example.com",
};

const FIRST: &str = "0123456789abcdef 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const SECOND: &str = "fedcba9876543210 f0e0d0c0b0a090807060504030201000f0e0d0c0b0a090807060504030201000";

/// A ring from the keys, of which the first is active.
fn ring(keys: &[&str]) -> KeyRing {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring");
    let mut text = format!("outgate-keyring 1\nactive {}\n", &keys[0][..16]);
    for key in keys {
        text += &format!("key {key}\n");
    }
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    KeyRing::load(&path).unwrap()
}

static RING: LazyLock<KeyRing> = LazyLock::new(|| ring(&[FIRST]));

fn sealed(plaintext: &[u8]) -> Vec<u8> {
    RING.seal(&CONTEXT, &Plaintext::new(plaintext.to_vec())).unwrap()
}

/// The bytes a record opens to, as data that a test can compare.
fn opened(ring: &KeyRing, context: &Context<'_>, record: &[u8]) -> Result<Vec<u8>, OpenError> {
    ring.open(context, record).map(|plaintext| plaintext.expose().to_vec())
}

#[test]
fn what_was_sealed_opens() {
    for length in [0, 1, 60, 61, 1000, 70_000, MAX_PLAINTEXT] {
        let plaintext: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
        assert_eq!(opened(&RING, &CONTEXT, &sealed(&plaintext)), Ok(plaintext));
    }
}

#[test]
fn a_record_sealed_long_ago_still_opens() {
    // Made by this crate on 2026-11-21. If it stops opening, the format has changed, and stored secrets are lost.
    let record = data_encoding::HEXLOWER.decode(include_str!("golden.hex").trim().as_bytes()).unwrap();
    assert_eq!(opened(&RING, &CONTEXT, &record), Ok(b"a value of long ago".to_vec()));
}

#[test]
fn every_flipped_bit_is_refused() {
    let record = sealed(b"hunter2");
    for position in 0..record.len() * 8 {
        let mut flipped = record.clone();
        flipped[position / 8] ^= 1 << (position % 8);
        assert_eq!(opened(&RING, &CONTEXT, &flipped), Err(OpenError), "bit {position}");
    }
}

#[test]
fn every_truncation_and_every_addition_is_refused() {
    let record = sealed(b"hunter2");
    for length in 0..record.len() {
        assert_eq!(opened(&RING, &CONTEXT, &record[..length]), Err(OpenError), "cut to {length}");
        assert_eq!(
            opened(&RING, &CONTEXT, &record[record.len() - length..]),
            Err(OpenError),
            "last {length}"
        );
    }
    let longer = [record.as_slice(), &[0]].concat();
    assert_eq!(opened(&RING, &CONTEXT, &longer), Err(OpenError));
}

#[test]
fn every_field_of_the_context_counts() {
    let record = sealed(b"hunter2");
    let others = [
        Context { tenant: "other", ..CONTEXT },
        Context { kind: "token", ..CONTEXT },
        Context { name: "crm-tokens", ..CONTEXT },
        Context { version: 6, ..CONTEXT },
        Context { scope: "https://crm.example.com.evil.example", ..CONTEXT },
        // The same letters, cut elsewhere: only the lengths tell them apart.
        Context { tenant: "acmes", kind: "ecret", ..CONTEXT },
        Context { kind: "secretcrm", name: "-token", ..CONTEXT },
    ];
    for other in others {
        assert_eq!(opened(&RING, &other, &record), Err(OpenError), "{other:?}");
    }
    assert!(opened(&RING, &CONTEXT, &record).is_ok());
}

#[test]
fn a_record_whose_key_is_gone_does_not_open_and_an_old_key_still_opens() {
    let record = sealed(b"hunter2");
    assert_eq!(opened(&ring(&[SECOND]), &CONTEXT, &record), Err(OpenError), "unknown key id");

    let rotated = ring(&[SECOND, FIRST]);
    assert_eq!(opened(&rotated, &CONTEXT, &record), Ok(b"hunter2".to_vec()), "the old key still opens");
    let renewed = rotated.seal(&CONTEXT, &Plaintext::new(b"hunter3".to_vec())).unwrap();
    assert_eq!(opened(&RING, &CONTEXT, &renewed), Err(OpenError), "the new key seals");
}

#[test]
fn a_record_cannot_be_passed_off_as_sealed_with_another_key() {
    // Both ids, one key: only the associated data (and the derivation) can tell them apart.
    let twin = format!("fedcba9876543210 {}", &FIRST[17..]);
    let twins = ring(&[FIRST, &twin]);
    let mut record = sealed(b"hunter2");
    assert!(opened(&twins, &CONTEXT, &record).is_ok());
    record[1..1 + KEY_ID_LENGTH].copy_from_slice(twins.ids()[1].as_bytes());
    assert_eq!(opened(&twins, &CONTEXT, &record), Err(OpenError));
}

#[test]
fn no_other_format_byte_opens() {
    let record = sealed(b"hunter2");
    for format in (0..=u8::MAX).filter(|format| *format != FORMAT) {
        let mut other = record.clone();
        other[0] = format;
        assert_eq!(opened(&RING, &CONTEXT, &other), Err(OpenError), "format {format}");
    }
}

#[test]
fn the_length_of_a_record_shows_the_class_alone() {
    let lengths: Vec<usize> = (0..=60).map(|length| sealed(&vec![7; length]).len()).collect();
    assert!(lengths.iter().all(|length| *length == lengths[0]), "{lengths:?}");
    assert!(sealed(&[7; 61]).len() > lengths[0]);
    assert_eq!(sealed(&[7; 61]).len(), sealed(&[7; 124]).len());
}

#[test]
fn two_records_of_one_secret_share_nothing_but_the_header() {
    let (one, two) = (sealed(b"hunter2"), sealed(b"hunter2"));
    let header = 1 + KEY_ID_LENGTH;
    assert_eq!(one[..header], two[..header]);
    assert_ne!(one[header..header + SALT_LENGTH], two[header..header + SALT_LENGTH], "salts");
    assert_ne!(one[header + SALT_LENGTH + 12..], two[header + SALT_LENGTH + 12..], "ciphertexts");
}

#[test]
fn a_record_does_not_hold_the_plaintext() {
    let record = sealed(b"a canary of 32 bytes, all visible");
    assert!(!record.windows(8).any(|window| window == b"a canary"));
}

#[test]
fn a_secret_that_is_too_long_is_refused_with_its_length() {
    let error = RING.seal(&CONTEXT, &Plaintext::new(vec![0; MAX_PLAINTEXT + 1])).unwrap_err();
    assert!(matches!(error, SealError::TooLong { length } if length == MAX_PLAINTEXT + 1), "{error}");
}

proptest! {
    #[test]
    fn random_bytes_never_open_and_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert_eq!(opened(&RING, &CONTEXT, &bytes), Err(OpenError));
        // Behind a true header, so that the cryptography is reached.
        let behind = [&sealed(b"x")[..1 + KEY_ID_LENGTH], bytes.as_slice()].concat();
        prop_assert_eq!(opened(&RING, &CONTEXT, &behind), Err(OpenError));
    }

    #[test]
    fn any_context_and_any_plaintext_come_back(
        tenant in ".{0,40}", name in ".{0,40}", scope in ".{0,40}", version: u64,
        plaintext in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let context = Context { tenant: &tenant, kind: "secret", name: &name, version, scope: &scope };
        let record = RING.seal(&context, &Plaintext::new(plaintext.clone())).unwrap();
        prop_assert_eq!(opened(&RING, &context, &record), Ok(plaintext));
    }
}
