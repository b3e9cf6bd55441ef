use std::{fs, os::unix::fs::PermissionsExt, sync::LazyLock};

use proptest::prelude::*;

use super::{FORMAT, KEY_ID_LENGTH, SALT_LENGTH};
use crate::{Context, KeyRing, MAX_PLAINTEXT, OpenError, Plaintext, RenewError, SealError, key_of};

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
    RING.sealing().seal(&CONTEXT, &Plaintext::new(plaintext.to_vec())).unwrap()
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
    let renewed = rotated.sealing().seal(&CONTEXT, &Plaintext::new(b"hunter3".to_vec())).unwrap();
    assert_eq!(opened(&RING, &CONTEXT, &renewed), Err(OpenError), "the new key seals");
}

#[test]
fn a_renewed_record_opens_without_the_old_key_and_for_the_same_context_alone() {
    let old = sealed(b"hunter2");
    let rotated = ring(&[SECOND, FIRST]);
    let renewed = rotated.sealing().renew(&CONTEXT, &old).unwrap().expect("it is sealed with the old key");
    assert_eq!(key_of(&renewed).map(|id| id.to_string()).as_deref(), Some(&SECOND[..16]));
    let alone = ring(&[SECOND]);
    assert_eq!(opened(&alone, &CONTEXT, &renewed), Ok(b"hunter2".to_vec()));
    for other in [Context { version: 6, ..CONTEXT }, Context { tenant: "other", ..CONTEXT }] {
        assert_eq!(opened(&alone, &other, &renewed), Err(OpenError), "{other:?}");
    }
    assert!(matches!(rotated.sealing().renew(&CONTEXT, &renewed), Ok(None)), "there is nothing to do");
}

#[test]
fn what_does_not_open_is_not_renewed_and_is_told_whichever_key_sealed_it() {
    let record = sealed(b"hunter2");
    // Beside a newer key, and with the one that seals.
    for ring in [ring(&[SECOND, FIRST]), ring(&[FIRST])] {
        let refused = |context: &Context<'_>, record: &[u8]| {
            matches!(ring.sealing().renew(context, record), Err(RenewError::Unreadable(OpenError)))
        };
        // Of another name, of an older version, for a wider scope: nothing becomes valid by being sealed anew.
        for other in [
            Context { name: "crm-tokens", ..CONTEXT },
            Context { version: 8, ..CONTEXT },
            Context { scope: "https://evil.example", ..CONTEXT },
        ] {
            assert!(refused(&other, &record), "{other:?}");
        }
        for position in (0..record.len()).filter(|position| !(1..=KEY_ID_LENGTH).contains(position)) {
            let mut changed = record.clone();
            changed[position] ^= 1;
            assert!(refused(&CONTEXT, &changed), "byte {position}");
        }
        assert!(!refused(&CONTEXT, &record));
    }
    assert!(matches!(ring(&[SECOND]).sealing().renew(&CONTEXT, &record), Err(RenewError::Unreadable(_))));
}

#[test]
fn an_old_record_cannot_stand_in_for_a_new_one() {
    // A store that was put back to what it held before, in part: the record of a version of then, under the name of now.
    let before = sealed(b"leaked and replaced");
    let now = Context { version: CONTEXT.version + 1, ..CONTEXT };
    assert_eq!(opened(&RING, &now, &before), Err(OpenError), "replay");
    // Nor can it claim an earlier format, a later one, or no key at all.
    for (place, byte) in [(0, 0), (0, 2), (1, 0)] {
        let mut downgraded = before.clone();
        downgraded[place] = byte;
        assert_eq!(opened(&RING, &CONTEXT, &downgraded), Err(OpenError), "byte {place} is {byte}");
        assert_eq!(place == 0, key_of(&downgraded).is_none());
    }
}

#[test]
fn the_key_of_a_record_is_told_without_opening_it() {
    let record = sealed(b"hunter2");
    assert_eq!(key_of(&record).map(|id| id.to_string()).as_deref(), Some(&FIRST[..16]));
    for length in 0..=KEY_ID_LENGTH {
        assert_eq!(key_of(&record[..length]), None, "cut to {length}");
    }
    assert_eq!(key_of(&[&[2], &record[1..]].concat()), None, "another format");
}

#[test]
fn a_record_cannot_be_passed_off_as_sealed_with_another_key() {
    // Another id, the same key: only the associated data (and the derivation) can tell them apart.
    let twin = ring(&[&format!("fedcba9876543210 {}", &FIRST[17..])]);
    let mut record = sealed(b"hunter2");
    record[1..1 + KEY_ID_LENGTH].copy_from_slice(twin.sealing().active().as_bytes());
    assert_eq!(opened(&twin, &CONTEXT, &record), Err(OpenError));
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
    let error = RING.sealing().seal(&CONTEXT, &Plaintext::new(vec![0; MAX_PLAINTEXT + 1])).unwrap_err();
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
        let record = RING.sealing().seal(&context, &Plaintext::new(plaintext.clone())).unwrap();
        prop_assert_eq!(opened(&RING, &context, &record), Ok(plaintext));
    }
}
