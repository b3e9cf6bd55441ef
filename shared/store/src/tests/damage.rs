//! Damage to the files of a store: it is told, and never taken for the whole.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::filled::{copy, everything, everything_of, fill};
use super::fixture_options;
use super::kill::Random;
use crate::sled_store::{SEGMENT, record};
use crate::{Entry, ErrorKind, Precondition, SledStore, StoreExt};

/// Whatever is done to the files, the store says that they are damaged, or all is there.
#[tokio::test]
async fn damage_is_told_and_never_taken_for_the_whole() {
    let whole = tempfile::tempdir().unwrap();
    let before = fill(whole.path()).await;
    // Without the log, which would put back much of what is damaged here: whoever opens the store writes it back first.
    drop(SledStore::open_with(whole.path(), &fixture_options().1).unwrap());
    fs::remove_file(whole.path().join("log")).unwrap();
    let mut random = Random::new();
    let mut told = 0;
    for round in 0..40 {
        let folder = tempfile::tempdir().unwrap();
        copy(whole.path(), folder.path());
        let damage = damage(&folder.path().join("sled"), round, &mut random);
        match everything(folder.path()).await {
            Ok(found) => {
                assert!(found == before, "{damage} took {} of {} entries", found.len(), before.len())
            }
            Err(error) => {
                told += 1;
                assert_eq!(error.kind(), ErrorKind::Corrupt, "{damage}: {error:?}");
            }
        }
    }
    assert!(told > 10, "only {told} of 40 damages were noticed at all");
}

/// Segments of sled's own length were never released, and need barriers closer together than ours are.
#[tokio::test]
async fn a_database_with_other_segments_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path()).await;
    let database = folder.path().join("sled");
    fs::remove_dir_all(&database).unwrap();
    drop(sled::Config::new().segment_size(512 << 10).path(&database).open().unwrap());
    let before = fs::read(database.join("db")).unwrap();
    let error = SledStore::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
    let text = error.to_string();
    assert!(text.contains("segments of 524288 bytes") && text.contains(database.to_str().unwrap()), "{text}");
    assert_eq!(fs::read(database.join("db")).unwrap(), before);
}

/// sled's recovery can leave records out without an error.
#[tokio::test]
async fn a_record_that_vanished_is_noticed() {
    type Loss = fn(&sled::Db) -> Result<Option<sled::IVec>, sled::Error>;
    let losses: [(&str, Loss); 4] = [
        ("an entry", |db| db.remove(record::head_key("short"))),
        ("a part of a value", |db| db.remove(record::piece_key("long", 3))),
        ("the summary", |db| db.remove(record::SUMMARY_KEY)),
        ("a newer revision of an entry", |db| {
            let key = record::head_key("short");
            let (newer, _) = record::decode(&key, &db.get(&key)?.unwrap()).unwrap();
            let older = Entry { revision: newer.revision.previous(), ..newer };
            db.insert(key, record::encode(&older))
        }),
    ];
    let whole = tempfile::tempdir().unwrap();
    fill(whole.path()).await;
    let store = SledStore::open(whole.path()).unwrap();
    store.put("short", "v".into(), Precondition::Create).await.unwrap();
    store.put("long", vec![7; 30_000].into(), Precondition::Create).await.unwrap();
    drop(store);
    // Whoever opens it has the database take over what the log holds.
    drop(SledStore::open(whole.path()).unwrap());
    for (what, lose) in losses {
        let folder = tempfile::tempdir().unwrap();
        copy(whole.path(), folder.path());
        let database = sled::Config::new().segment_size(SEGMENT).path(folder.path().join("sled"));
        let db = database.open().unwrap();
        assert!(lose(&db).unwrap().is_some(), "{what} was not there");
        drop(db);
        let error = everything(folder.path()).await.err().unwrap_or_else(|| panic!("{what} was not missed"));
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{what}: {error:?}");
    }
}

/// The log carries the database over what it lost since it was last durable, and over nothing more.
#[tokio::test]
async fn a_store_that_has_gone_back_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path()).await;
    let copied = tempfile::tempdir().unwrap();
    copy(folder.path(), copied.path());
    for key in ["later", "and later"] {
        let store = SledStore::open(folder.path()).unwrap();
        store.put(key, "v".into(), Precondition::None).await.unwrap();
    }
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    copy(&copied.path().join("sled"), &folder.path().join("sled"));
    let error = SledStore::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
    assert!(error.to_string().contains("its log goes on from"), "{error}");

    fs::remove_file(folder.path().join("log")).unwrap();
    let error = SledStore::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
    assert!(error.to_string().contains("was durable"), "{error}");
}

/// A log that was cut, torn or changed is not taken for what was written: what it no longer says is missed.
#[tokio::test]
async fn damage_to_the_log_is_told() {
    let whole = tempfile::tempdir().unwrap();
    fill(whole.path()).await;
    drop(SledStore::open(whole.path()).unwrap());
    let database = tempfile::tempdir().unwrap();
    copy(&whole.path().join("sled"), database.path());
    let store = SledStore::open(whole.path()).unwrap();
    for number in 0..20 {
        store.put(&format!("later/{number}"), vec![7; 100].into(), Precondition::Create).await.unwrap();
    }
    let after = everything_of(&store).await;
    drop(store);
    fs::remove_dir_all(whole.path().join("sled")).unwrap();
    copy(database.path(), &whole.path().join("sled"));
    let mut random = Random::new();
    for round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        copy(whole.path(), folder.path());
        // The twenty records take some 4,000 bytes.
        let at = random.below(3_000);
        damage_at(&folder.path().join("log"), round, at, &mut random);
        let error = everything(folder.path()).await.err();
        let error = error.unwrap_or_else(|| panic!("damage {round} at {at} was not missed"));
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
    }
    assert_eq!(everything(whole.path()).await.unwrap().len(), after.len());
}

/// Damages a file of the database, and says how.
fn damage(database: &Path, round: u64, random: &mut Random) -> String {
    let name = if round % 8 == 7 {
        "conf".to_owned()
    } else if round % 8 == 6 {
        snapshot(database)
    } else {
        "db".to_owned()
    };
    let path = database.join(&name);
    // Behind what was written a segment is empty for long.
    let written = fs::read(&path).unwrap().iter().rposition(|byte| *byte != 0).unwrap();
    let at = random.below(written as u64);
    let how = damage_at(&path, round, at, random);
    format!("{name} {how} at {at} (seed {})", random.seed)
}

/// Cuts a file there, or changes some of it.
fn damage_at(path: &Path, round: u64, at: u64, random: &mut Random) -> &'static str {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    match round % 4 {
        0 => {
            file.set_len(at).unwrap();
            "cut"
        }
        1 => {
            file.write_all_at(&vec![0; (length - at).min(4096) as usize], at).unwrap();
            "zeroed"
        }
        _ => {
            let mut byte = [0];
            file.read_exact_at(&mut byte, at).unwrap();
            file.write_all_at(&[byte[0] ^ (1 << random.below(8))], at).unwrap();
            "flipped"
        }
    }
}

/// The name of sled's snapshot.
fn snapshot(database: &Path) -> String {
    let names =
        fs::read_dir(database).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("snap.")).min().unwrap_or_else(|| "db".to_owned())
}
