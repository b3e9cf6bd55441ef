//! Key files that are written: whole, in place, by several at once.

use super::{
    super::{KeyList, ListError, ListedKey, StoredKey},
    *,
};

fn listed(id: &str, key: &str) -> ListedKey {
    let bytes = data_encoding::HEXLOWER.decode(key.as_bytes()).unwrap();
    let stored = StoredKey::Plain(Key::from_bytes(&bytes).unwrap());
    ListedKey { id: id.parse().unwrap(), made: None, stored }
}

#[test]
fn what_is_written_is_read_again() {
    let (_folder, path) = key_file("");
    let made = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_796_000_000);
    let mut list = KeyList::of(ListedKey { made: Some(made), ..listed(ID, KEY) });
    let stored = StoredKey::Wrapped("vault:v1:AbC+/=".to_owned());
    list.add(ListedKey { id: id(OTHER_ID), made: None, stored }).unwrap();
    fs::write(&path, &*text::write(&list)).unwrap();

    let (read, _) = KeyFile::new(&path, false).read().unwrap();
    assert_eq!(read.active(), id(ID));
    let [plain, wrapped] = read.keys() else { panic!("two keys were written") };
    assert_eq!((plain.id, plain.made, wrapped.id, wrapped.made), (id(ID), Some(made), id(OTHER_ID), None));
    assert!(matches!(&plain.stored, StoredKey::Plain(key) if key.bytes()[1] == 1));
    assert!(matches!(&wrapped.stored, StoredKey::Wrapped(text) if text == "vault:v1:AbC+/="));
}

#[test]
fn a_file_is_changed_whole_and_keeps_its_mode() {
    let (folder, path) = key_file(&format!("outgate-keyring 1\nactive {ID}\nkey {ID} {KEY}\n"));
    for mode in [0o600, 0o400, 0o640] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let file = KeyFile::new(&path, true);
        let before = file.read().unwrap().1;
        let (new, key) = Key::generate().unwrap();
        let add = |list: &mut KeyList| {
            list.add(ListedKey { id: new, made: None, stored: StoredKey::Plain(key) }).unwrap();
            list.activate(new).unwrap();
            Ok::<_, KeyRingError>(())
        };
        let (_, after) = file.update(add).unwrap();
        let (read, stamp) = file.read().unwrap();
        assert_eq!((read.active(), stamp), (new, after));
        assert_ne!(before, after, "another content has another stamp");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, mode);
    }
    assert_eq!(KeyFile::new(&path, true).read().unwrap().0.keys().len(), 4);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
}

#[test]
fn a_change_that_is_refused_changes_nothing() {
    let text = format!("outgate-keyring 1\nactive {ID}\nkey {ID} {KEY}\n");
    let (folder, path) = key_file(&text);
    let file = KeyFile::new(&path, false);
    let refused = file.update(|_| Err(KeyRingError::Random)).err();
    assert!(matches!(refused, Some(KeyRingError::Random)));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let refused = file.update(|_| Ok::<_, KeyRingError>(())).err();
    assert!(matches!(refused, Some(KeyRingError::Exposed { .. })), "what cannot be read is not rewritten");
}

#[test]
fn a_link_to_a_key_file_stays_one() {
    let (folder, path) = key_file(&format!("outgate-keyring 1\nactive {ID}\nkey {ID} {KEY}\n"));
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let add = |list: &mut KeyList| {
        list.add(listed(OTHER_ID, &other_key())).unwrap();
        Ok::<_, KeyRingError>(())
    };
    KeyFile::new(&link, false).update(add).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(KeyFile::new(&path, false).read().unwrap().0.keys().len(), 2);
}

#[test]
fn a_file_that_cannot_be_written_is_told_apart() {
    let file = KeyFile::new(std::path::Path::new("/keys/seal.key"), false);
    for kind in [std::io::ErrorKind::PermissionDenied, std::io::ErrorKind::ReadOnlyFilesystem] {
        assert!(matches!(file.failed("write", kind.into()), KeyRingError::ReadOnly { .. }), "{kind}");
        assert!(matches!(file.failed("read", kind.into()), KeyRingError::Io { .. }), "{kind}");
    }
}

#[test]
fn changes_of_several_writers_are_all_there() {
    let (_folder, path) = key_file(&format!("outgate-keyring 1\nactive {ID}\nkey {ID} {KEY}\n"));
    let write = || {
        for _ in 0..10 {
            let (id, key) = Key::generate().unwrap();
            let add = |list: &mut KeyList| {
                list.add(ListedKey { id, made: None, stored: StoredKey::Plain(key) }).unwrap();
                Ok::<_, KeyRingError>(())
            };
            KeyFile::new(&path, false).update(add).unwrap();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(write);
        }
    });
    assert_eq!(KeyFile::new(&path, false).read().unwrap().0.keys().len(), 41);
}

#[test]
fn a_list_keeps_its_active_key_and_no_id_twice() {
    let mut list = KeyList::of(listed(ID, KEY));
    assert_eq!(list.add(listed(ID, &other_key())), Err(ListError::Duplicate { id: id(ID) }));
    assert_eq!(list.activate(id(OTHER_ID)), Err(ListError::Unknown { id: id(OTHER_ID) }));
    assert_eq!(list.remove(id(ID)), Err(ListError::Active { id: id(ID) }));
    list.add(listed(OTHER_ID, &other_key())).unwrap();
    list.activate(id(OTHER_ID)).unwrap();
    list.remove(id(ID)).unwrap();
    assert_eq!(list.remove(id(ID)), Err(ListError::Unknown { id: id(ID) }));
    for _ in 1..128 {
        let (id, key) = Key::generate().unwrap();
        list.add(ListedKey { id, made: None, stored: StoredKey::Plain(key) }).unwrap();
    }
    assert_eq!(list.add(listed(ID, KEY)), Err(ListError::Full));
}
