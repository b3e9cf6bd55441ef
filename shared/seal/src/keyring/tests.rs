mod writing;

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
};

use super::{Key, KeyFile, KeyId, KeyRing, KeySet, RingKey, SetError, WeakKey, file, text};
use crate::KeyRingError;

const ID: &str = "0123456789abcdef";
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

const OTHER_ID: &str = "fedcba9876543210";

fn other_key() -> String {
    KEY.replace("00", "ff")
}

fn id(text: &str) -> KeyId {
    text.parse().unwrap()
}

/// A folder of its own with a key file of mode 0600 in it.
fn key_file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring");
    fs::write(&path, content).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    (folder, path)
}

/// What loading the content is refused with.
fn problem(content: &str) -> String {
    let (_folder, path) = key_file(content);
    let error = KeyRing::load(&path).unwrap_err();
    assert!(matches!(error, KeyRingError::Invalid { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "names the file: {text}");
    assert!(!text.contains(&KEY[..16]), "shows no key: {text}");
    text
}

#[test]
fn a_made_key_file_is_private_and_loads_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keyring");
    let made = KeyRing::create(&path).unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(metadata.mode() & 0o7777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");

    let loaded = KeyRing::load(&path).unwrap();
    assert_eq!(loaded.sealing().ids(), made.sealing().ids());
    assert_eq!(loaded.sealing().active(), made.sealing().active());
    assert_eq!(loaded.sealing().active_key().1, made.sealing().active_key().1);
    assert!(loaded.sealing().active_key().1.iter().any(|byte| *byte != 0));
}

#[test]
fn every_ring_has_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let one = KeyRing::create(folder.path().join("one")).unwrap();
    let two = KeyRing::create(folder.path().join("two")).unwrap();
    assert_ne!(one.sealing().active(), two.sealing().active());
    assert_ne!(one.sealing().active_key().1, two.sealing().active_key().1);
}

#[test]
fn a_key_file_is_never_overwritten() {
    let (folder, path) = key_file("something of value");
    let error = KeyRing::create(&path).unwrap_err();
    assert!(matches!(error, KeyRingError::Exists { .. }), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "something of value");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
}

#[test]
fn a_missing_file_and_a_missing_folder_are_told_apart_from_other_failures() {
    let folder = tempfile::tempdir().unwrap();
    let error = KeyRing::load(folder.path().join("none")).unwrap_err();
    assert!(matches!(error, KeyRingError::Missing { .. }), "{error}");
    let error = KeyRing::create(folder.path().join("none/keyring")).unwrap_err();
    assert!(matches!(error, KeyRingError::Io { action: "write", .. }), "{error}");
    let error = KeyRing::load(folder.path()).unwrap_err();
    assert!(error.to_string().contains("not a regular file"), "{error}");
}

#[test]
fn a_file_that_others_can_get_at_is_refused() {
    let (_folder, path) = key_file("");
    for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = KeyRing::load(&path).unwrap_err();
        assert!(
            matches!(error, KeyRingError::Exposed { mode: told, .. } if told == mode),
            "{mode:o}: {error}"
        );
        assert!(error.to_string().contains(&format!("{mode:04o}")), "{error}");
    }
}

#[test]
fn a_file_of_another_user_is_refused() {
    let (_folder, path) = key_file("");
    let metadata = fs::metadata(&path).unwrap();
    let owner = metadata.uid();
    assert!(file::check(&path, &metadata, owner, file::PRIVATE).is_ok());
    let other = file::check(&path, &metadata, owner + 1, file::PRIVATE);
    // Root's own file is the one exception, so this holds whoever runs the test.
    assert_eq!(matches!(other, Err(KeyRingError::Owner { .. })), owner != 0);

    if owner == 0 {
        std::os::unix::fs::chown(&path, Some(4242), None).unwrap();
        let error = KeyRing::load(&path).unwrap_err();
        assert!(matches!(error, KeyRingError::Owner { owner: 4242, user: 0, .. }), "{error}");
    }
}

#[test]
fn a_ring_of_several_keys_seals_with_the_active_one() {
    let other = KEY.replace("00", "ff");
    let (_folder, path) = key_file(&format!(
        "# a comment\noutgate-keyring 1\n\nkey fedcba9876543210 {other}\nactive {ID}\nkey {ID} {KEY}\n"
    ));
    let ring = KeyRing::load(&path).unwrap();
    assert_eq!(ring.sealing().active().to_string(), ID);
    assert_eq!(ring.sealing().ids().len(), 2);
    assert_eq!(ring.sealing().active_key().1[..4], [0, 1, 2, 3]);
}

#[test]
fn every_broken_text_has_its_own_answer() {
    let head = "outgate-keyring 1\n";
    let many: String = (0..129).map(|index| format!("key {index:016x} {KEY}\n")).collect();
    let short = &KEY[..32];
    let zeros = "0".repeat(64);
    let not_hex = "x".repeat(64);
    let other = "fedcba9876543210";
    let typed = data_encoding::HEXLOWER.encode(b"correct horse battery staple 123");
    let cases = [
        (String::new(), "it is empty"),
        ("# a comment alone\n\n".to_owned(), "it is empty"),
        (ID.to_owned(), "its first line is not"),
        ("outgate-keyring 2\n".to_owned(), "a later version"),
        (format!("outgate-keyring 1 1\nactive {ID}\nkey {ID} {KEY}\n"), "its first line is not"),
        (head.to_owned(), "no line `active ID`"),
        (format!("{head}active {ID}\n"), "active key 0123456789abcdef is not among its keys"),
        (format!("{head}active 0123\nkey {ID} {KEY}\n"), "line 2 has a key id that is not 16"),
        (format!("{head}active {ID}\nkey {ID} {short}\n"), "in line 3 has 16 bytes, and a key has 32"),
        (format!("{head}active {ID}\nkey {ID} {KEY}ff\n"), "in line 3 has 33 bytes"),
        (format!("{head}active {ID}\nkey {ID} {zeros}\n"), "in line 3 is all zeros"),
        (format!("{head}active {ID}\nkey {ID} {not_hex}\n"), "in line 3 is not written in hexadecimal"),
        (format!("{head}active {ID}\nkey {ID} {KEY}\nkey {ID} {KEY}\n"), "in line 4 is there twice"),
        (format!("{head}active {ID}\nactive {ID}\nkey {ID} {KEY}\n"), "line 3 names an active key"),
        (
            format!("{head}active {ID}\nkey {ID} {}\n", "5a".repeat(32)),
            "in line 3 repeats so few different bytes",
        ),
        (format!("{head}active {ID}\nkey {ID} {}\n", "deadbeef".repeat(8)), "in line 3 repeats so few"),
        (format!("{head}active {ID}\nkey {ID} {typed}\n"), "in line 3 is a text, and no random bytes"),
        (format!("{head}active {ID}\nkey {ID} {KEY}\nkey {other} {KEY}\n"), "are one and the same key"),
        (
            format!("{head}active {ID}\nwrapped {ID} vault:v1:abc\n"),
            "is wrapped, and nobody is here to unwrap",
        ),
        (format!("{head}active {ID}\nwrapped {ID} {}\n", "x".repeat(5000)), "more than 4096 characters"),
        (format!("{head}active {ID}\nkey {ID} {KEY} more\n"), "was made at what is no number"),
        (format!("{head}active {ID}\nkey {ID} {KEY} 1 1\n"), "line 3 is neither"),
        (format!("{head}active {ID}\n{KEY}\n"), "line 3 is neither"),
        (format!("{head}active {:016x}\n{many}", 0), "more than 128 keys"),
        ("x".repeat(40_000), "at most 32768"),
    ];
    for (content, expected) in cases {
        let told = problem(&content);
        assert!(told.contains(expected), "{told:?} should contain {expected:?}");
    }
    assert_eq!(text::parse(b"outgate-keyring 1\n\xff").err(), Some(text::Problem::NotText));
}

#[test]
fn debug_shows_ids_and_no_key() {
    let (_folder, path) = key_file(&format!("outgate-keyring 1\nactive {ID}\nkey {ID} {KEY}\n"));
    let ring = KeyRing::load(&path).unwrap();
    let shown = format!("{ring:?} {ring:#?}");
    assert!(shown.contains(ID), "{shown}");
    let sealing = ring.sealing();
    for byte in sealing.active_key().1.windows(3) {
        assert!(!shown.contains(&format!("{}, {}, {}", byte[0], byte[1], byte[2])), "{shown}");
        assert!(!shown.contains(&format!("{:02x}{:02x}{:02x}", byte[0], byte[1], byte[2])), "{shown}");
    }
}

#[test]
fn keys_are_locked_into_memory_or_it_is_said_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let ring = KeyRing::create(folder.path().join("keyring")).unwrap();
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let locked = status.lines().find_map(|line| line.strip_prefix("VmLck:")).unwrap().trim().to_owned();
    match ring.sealing().memory_problem() {
        None => assert_ne!(locked, "0 kB", "a lock is claimed that the system knows nothing of"),
        Some(problem) => assert!(problem.contains("ulimit -l"), "{problem}"),
    }
}

#[test]
fn a_group_may_read_a_key_file_only_where_that_was_said() {
    let (_folder, path) = key_file("something of value");
    for (mode, alone, group) in
        [(0o400, true, true), (0o440, false, true), (0o460, false, false), (0o444, false, false)]
    {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let exposed = |loaded| matches!(loaded, Err(KeyRingError::Exposed { .. }));
        assert_eq!(exposed(KeyRing::load(&path)), !alone, "{mode:o}");
        assert_eq!(exposed(KeyRing::load_from(&KeyFile::new(&path, true))), !group, "{mode:o}");
    }
}

fn ring_key(name: &str, key: Option<&str>) -> RingKey {
    let bytes = key.map(|key| data_encoding::HEXLOWER.decode(key.as_bytes()).unwrap());
    RingKey { id: id(name), made: None, key: bytes.map(|bytes| Key::from_bytes(&bytes).unwrap()) }
}

#[test]
fn a_set_takes_over_keys_and_no_key_twice() {
    let first = KeySet::new(id(ID), &[ring_key(ID, Some(KEY))], None).unwrap();
    let both = [ring_key(ID, None), ring_key(OTHER_ID, Some(&other_key()))];
    let second = KeySet::new(id(OTHER_ID), &both, Some(&first)).unwrap();
    assert_eq!((second.active(), second.ids().len()), (id(OTHER_ID), 2));
    assert_eq!(second.key(id(ID)), first.key(id(ID)));
    assert_eq!(first.differs(&second), None);

    let refused = |active, keys: &[RingKey]| KeySet::new(active, keys, Some(&first)).err();
    let (one, other) = (id(ID), id(OTHER_ID));
    assert_eq!(refused(one, &[ring_key(OTHER_ID, None)]), Some(SetError::Unknown { id: other }));
    assert_eq!(refused(other, &[ring_key(ID, None)]), Some(SetError::UnknownActive { id: other }));
    assert_eq!(
        refused(one, &[ring_key(ID, None), ring_key(ID, None)]),
        Some(SetError::Duplicate { id: one })
    );
    let same = [ring_key(ID, None), ring_key(OTHER_ID, Some(KEY))];
    assert_eq!(refused(one, &same), Some(SetError::Same { one, other }));

    let changed = KeySet::new(one, &[ring_key(ID, Some(&other_key()))], None).unwrap();
    assert_eq!(first.differs(&changed), Some(one), "the same id, another key");
}

#[test]
fn bytes_that_cannot_be_random_are_no_key() {
    let weak = |bytes: &[u8]| Key::from_bytes(bytes).err();
    for length in [0, 16, 31, 33, 64] {
        assert_eq!(weak(&vec![7; length]), Some(WeakKey::Length { length }));
    }
    assert_eq!(weak(&[0; 32]), Some(WeakKey::Zero));
    assert_eq!(weak(&[0xa5; 32]), Some(WeakKey::Repeating));
    assert_eq!(weak(&[1, 2, 3, 4, 5, 6, 7, 250].repeat(4)[..32]), None, "eight are enough");
    assert_eq!(weak(&[1, 2, 3, 4, 5, 6, 7, 7].repeat(4)), Some(WeakKey::Repeating));
    assert_eq!(weak(b"0123456789abcdef0123456789abcdef"), Some(WeakKey::Text));
    let text = |bytes: &[u8]| Key::from_base64(&data_encoding::BASE64.encode(bytes));
    let bytes: Vec<u8> = (0..32).collect();
    assert_eq!(text(&bytes).ok().map(|key| key.bytes().to_vec()), Some(bytes));
    assert_eq!(text(&[0; 32]).err(), Some(WeakKey::Zero));
    assert_eq!(text(&[7; 31]).err(), Some(WeakKey::Length { length: 31 }));
    assert_eq!(Key::from_base64("no base64").err(), Some(WeakKey::Length { length: 0 }));
    for _ in 0..1000 {
        assert!(Key::generate().is_ok());
    }
}

#[test]
fn a_ring_tells_when_nobody_seals_with_a_former_key_any_more() {
    let ring = KeyRing::new(KeySet::new(id(ID), &[ring_key(ID, Some(KEY))], None).unwrap());
    let sealing = ring.sealing();
    let both = [ring_key(ID, None), ring_key(OTHER_ID, Some(&other_key()))];
    ring.replace(KeySet::new(id(OTHER_ID), &both, Some(&sealing)).unwrap());
    assert_eq!((sealing.active(), ring.sealing().active()), (id(ID), id(OTHER_ID)));
    assert!(!ring.is_settled(), "somebody seals with the former key");
    let now = ring.sealing();
    drop(sealing);
    assert!(ring.is_settled());
    ring.replace(KeySet::new(id(OTHER_ID), &[ring_key(OTHER_ID, None)], Some(&now)).unwrap());
    assert!(ring.is_settled(), "who holds the former keys seals with the same one");
    assert_eq!(ring.sealing().ids(), [id(OTHER_ID)]);
}
