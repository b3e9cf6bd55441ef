use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
};

use super::{KeyRing, file, text};
use crate::KeyRingError;

const ID: &str = "0123456789abcdef";
const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

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
    assert_eq!(loaded.ids(), made.ids());
    assert_eq!(loaded.active(), made.active());
    assert_eq!(loaded.active_key().1, made.active_key().1);
    assert!(loaded.active_key().1.iter().any(|byte| *byte != 0));
}

#[test]
fn every_ring_has_its_own_key() {
    let folder = tempfile::tempdir().unwrap();
    let one = KeyRing::create(folder.path().join("one")).unwrap();
    let two = KeyRing::create(folder.path().join("two")).unwrap();
    assert_ne!(one.active(), two.active());
    assert_ne!(one.active_key().1, two.active_key().1);
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
    assert_eq!(ring.active().to_string(), ID);
    assert_eq!(ring.ids().len(), 2);
    assert_eq!(ring.active_key().1[..4], [0, 1, 2, 3]);
}

#[test]
fn every_broken_text_has_its_own_answer() {
    let head = "outgate-keyring 1\n";
    let many: String = (0..129).map(|index| format!("key {index:016x} {KEY}\n")).collect();
    let short = &KEY[..32];
    let zeros = "0".repeat(64);
    let not_hex = "x".repeat(64);
    let cases = [
        (String::new(), "its first line is not"),
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
        (format!("{head}active {ID}\nkey {ID} {KEY} more\n"), "line 3 is neither"),
        (format!("{head}active {ID}\n{KEY}\n"), "line 3 is neither"),
        (format!("{head}active {:016x}\n{many}", 0), "more than 128 keys"),
        ("x".repeat(40_000), "at most 32768"),
    ];
    for (content, expected) in cases {
        let told = problem(&content);
        assert!(told.contains(expected), "{told:?} should contain {expected:?}");
    }
    assert_eq!(text::parse(b"outgate-keyring 1\n\xff").unwrap_err(), text::Problem::NotText);
}

#[test]
fn debug_shows_ids_and_no_key() {
    let (_folder, path) = key_file(&format!("outgate-keyring 1\nactive {ID}\nkey {ID} {KEY}\n"));
    let ring = KeyRing::load(&path).unwrap();
    let shown = format!("{ring:?} {ring:#?}");
    assert!(shown.contains(ID), "{shown}");
    for byte in ring.active_key().1.windows(3) {
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
    match ring.memory_problem() {
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
        assert_eq!(exposed(KeyRing::load_group_readable(&path)), !group, "{mode:o}");
    }
}
