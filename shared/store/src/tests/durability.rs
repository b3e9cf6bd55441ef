//! What the store on disk promises beyond the contract.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::fixture_options;
use super::kill::Random;
use crate::conformance::Fixture;
use crate::sled_store::{SEGMENT, record};
use crate::{Batch, Entry, Error, ErrorKind, MAX_BATCH_BYTES, Op, Options, Precondition, Range, Revision};
use crate::{SledStore, Store, StoreExt};

#[tokio::test]
async fn a_store_opened_anew_holds_what_it_held() {
    let folder = tempfile::tempdir().unwrap();
    let before = fill(folder.path()).await;
    let (_, options) = fixture_options();
    let store = SledStore::open_with(folder.path(), &options).unwrap();
    assert_eq!(store.list(Range::all()).await.unwrap().entries, before);
}

#[tokio::test]
async fn revisions_go_on_when_the_newest_key_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, options) = fixture_options();
    let mut last = Revision::ZERO;
    for _ in 0..3 {
        let store = SledStore::open_with(folder.path(), &options).unwrap();
        let put = store.put("deleted", "v".into(), Precondition::Create).await.unwrap();
        assert!(put > last, "{put} is not after {last}");
        last = store.delete("deleted", Precondition::Exists).await.unwrap();
        drop(store);

        let store = SledStore::open_with(folder.path(), &options).unwrap();
        let expires = clock.now() + Duration::from_secs(1);
        let put = store.put_until("expired", "v".into(), expires, Precondition::Create).await.unwrap();
        assert!(put > last, "{put} is not after {last}");
        last = put;
        drop(store);
        clock.advance(Duration::from_secs(2));
    }
}

#[tokio::test]
async fn keys_expire_while_the_store_is_closed_and_are_swept_when_it_opens() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, options) = fixture_options();
    let store = SledStore::open_with(folder.path(), &options).unwrap();
    let expires = Fixture::start() + Duration::from_secs(1);
    let put = store.put_until("brief", "v".into(), expires, Precondition::None).await.unwrap();
    drop(store);
    clock.advance(Duration::from_secs(1));
    let store = SledStore::open_with(folder.path(), &options).unwrap();
    assert_eq!(store.get("brief").await.unwrap(), None);
    // Any commit carries the sweep with it, if the sweep was not first.
    let revision = store.put("other", "v".into(), Precondition::None).await.unwrap();
    assert_eq!(revision.get(), put.get() + 2, "the sweep takes one revision, and the put the next");
}

#[tokio::test]
async fn a_store_opened_anew_has_no_history() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path()).await;
    let store = SledStore::open(folder.path()).unwrap();
    let now = store.scan(Range::all(), 1).await.unwrap().revision;
    assert_eq!(
        store.watch("", now.previous()).await.err().map(|error| error.kind()),
        Some(ErrorKind::Compacted)
    );
    assert!(store.watch("", now).await.is_ok());
}

#[tokio::test]
async fn commits_that_wait_share_one_barrier() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let mut writers = JoinSet::new();
    for writer in 0..200 {
        let store = Arc::clone(&store);
        writers.spawn(
            async move { store.put(&format!("key/{writer}"), "v".into(), Precondition::Create).await },
        );
    }
    while let Some(written) = writers.join_next().await {
        written.unwrap().unwrap();
    }
    let stats = store.stats();
    assert_eq!(stats.commits, 200);
    assert!(stats.barriers <= 100, "{} barriers for 200 commits that came at once", stats.barriers);
}

#[tokio::test]
async fn a_second_store_on_the_folder_is_refused_until_the_first_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let first = SledStore::open(folder.path()).unwrap();
    let error = SledStore::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse);
    assert!(error.is_retryable());
    let text = error.to_string();
    assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    assert!(text.contains(folder.path().to_str().unwrap()), "{text}");
    first.put("key", "v".into(), Precondition::None).await.unwrap();
    drop(first);
    let second = SledStore::open(folder.path()).unwrap();
    assert!(second.get("key").await.unwrap().is_some());
}

#[tokio::test]
async fn a_full_disk_refuses_writes_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let before = fill(folder.path()).await;
    let (_, options) = fixture_options();
    let options = Options { reserve_bytes: u64::MAX, ..options };
    let store = SledStore::open_with(folder.path(), &options).unwrap();
    let error = store.put("key", "v".into(), Precondition::None).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Full, true));
    assert_eq!(store.check().await.unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(store.list(Range::all()).await.unwrap().entries, before);
    assert_eq!(store.stats().barriers, 0);
}

#[tokio::test]
async fn a_database_that_was_not_finished_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("sled.new/blobs")).unwrap();
    fs::write(folder.path().join("sled.new/conf"), "segment_size: 5242").unwrap();
    fs::write(folder.path().join("sled.new/db"), [7; 100]).unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    store.put("key", "v".into(), Precondition::Create).await.unwrap();
}

#[tokio::test]
async fn a_snapshot_that_was_not_finished_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let before = fill(folder.path()).await;
    for content in [&b""[..], b"half a snap", &[7; 200]] {
        let unfinished = folder.path().join("sled/snap.7FFFFFFFFFFFFFFF.generating");
        fs::write(&unfinished, content).unwrap();
        assert_eq!(everything(folder.path()).await.unwrap(), before);
        assert!(!unfinished.exists());
    }
}

#[tokio::test]
async fn only_the_owner_can_read_the_folder() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("some/where");
    let _store = SledStore::open(&folder).unwrap();
    assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
}

/// Pages of their own files are what sled neither syncs nor always removes.
#[tokio::test]
async fn no_page_outgrows_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    let long_key = |number: u64| format!("{number:03}/{}", "k".repeat(500));
    for round in 0..3 {
        for number in 0..60 {
            let length = [100, 4_096, 4_097, 50_000, MAX_BATCH_BYTES - 600][(number + round) as usize % 5];
            store.put(&long_key(number), vec![round as u8; length].into(), Precondition::None).await.unwrap();
        }
        for number in (0..60).filter(|number| number % 4 == round) {
            store.delete(&long_key(number), Precondition::Exists).await.unwrap();
        }
    }
    drop(store);
    assert_eq!(fs::read_dir(folder.path().join("sled/blobs")).unwrap().count(), 0);
    // Opening compares what is there with what was written: no part of a longer value was left behind.
    SledStore::open(folder.path()).unwrap();
}

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

/// What the newest groups wrote is in the log alone until the database is made durable.
#[tokio::test]
async fn what_the_database_lost_comes_back_from_the_log() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path()).await;
    drop(SledStore::open(folder.path()).unwrap());
    let copied = tempfile::tempdir().unwrap();
    copy(folder.path(), copied.path());
    let store = SledStore::open(folder.path()).unwrap();
    let before = everything_of(&store).await;
    store.put("later", vec![7; 30_000].into(), Precondition::None).await.unwrap();
    store.put("later", "v".into(), Precondition::Exists).await.unwrap();
    let gone = &before[17].key;
    let last = store.delete(gone, Precondition::Exists).await.unwrap();
    let after = everything_of(&store).await;
    drop(store);

    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    copy(&copied.path().join("sled"), &folder.path().join("sled"));
    let (_, options) = fixture_options();
    let store = SledStore::open_with(folder.path(), &options).unwrap();
    assert_eq!(store.list(Range::all()).await.unwrap().entries, after);
    assert_eq!(store.scan(Range::all(), 1).await.unwrap().revision, last);
}

/// Both halves of the log are replayed, in the order in which they were written.
#[tokio::test]
async fn the_halves_of_the_log_are_replayed_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = SledStore::open(folder.path()).unwrap();
    // Two of these are more than a half takes.
    let put = |key, value: u8| store.put(key, vec![value; 700 << 10].into(), Precondition::None);
    put("first", 1).await.unwrap();
    let copied = tempfile::tempdir().unwrap();
    copy(folder.path(), copied.path());
    drop(SledStore::open(copied.path()).unwrap());
    put("second", 2).await.unwrap();
    // Over the first, before the second.
    put("second", 3).await.unwrap();
    let after = everything_of(&store).await;
    drop(store);
    fs::remove_dir_all(folder.path().join("sled")).unwrap();
    copy(&copied.path().join("sled"), &folder.path().join("sled"));
    assert!(everything(folder.path()).await.unwrap() == after);
}

/// The log of a store of an earlier version has one half.
#[tokio::test]
async fn a_log_of_one_half_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path()).await;
    let log = OpenOptions::new().write(true).open(folder.path().join("log")).unwrap();
    let whole = log.metadata().unwrap().len();
    log.set_len(whole / 2).unwrap();
    let found = everything(folder.path()).await.unwrap();
    assert!(!found.is_empty());
    assert_eq!(log.metadata().unwrap().len(), whole);
    assert!(everything(folder.path()).await.unwrap() == found);
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

/// A store with a few hundred entries of all sizes; its content.
async fn fill(folder: &Path) -> Vec<Entry> {
    let (_, options) = fixture_options();
    let store = SledStore::open_with(folder, &options).unwrap();
    for number in 0..300_u32 {
        let key = format!("key/{:03}", number * 7 % 300);
        let length = if number % 40 == 0 { 30_000 } else { number as usize * 3 };
        let mut op = Op::put(key.clone(), vec![number as u8; length]);
        if number % 3 == 0 {
            op = op.until(Fixture::start() + Duration::from_secs(u64::from(number) + 1));
        }
        let gone = Op::delete(format!("key/{:03}", number * 11 % 300));
        let ops = if gone.key() == key { vec![op] } else { vec![op, gone] };
        store.commit(Batch::new(ops).unwrap()).await.unwrap();
    }
    let entries = store.list(Range::all()).await.unwrap().entries;
    assert!(entries.len() > 100 && entries.iter().any(|entry| entry.revision > Revision::ZERO));
    entries
}

async fn everything_of(store: &SledStore) -> Vec<Entry> {
    store.list(Range::all()).await.unwrap().entries
}

async fn everything(folder: &Path) -> Result<Vec<Entry>, Error> {
    let (_, options) = fixture_options();
    let store = SledStore::open_with(folder, &options)?;
    Ok(store.list(Range::all()).await?.entries)
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &place);
        } else {
            fs::copy(entry.path(), place).unwrap();
        }
    }
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
