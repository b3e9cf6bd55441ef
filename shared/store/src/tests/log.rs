//! What the log holds for the database.

use std::fs::{self, OpenOptions};

use super::filled::{copy, everything, everything_of, fill};
use super::fixture_options;
use crate::{Precondition, Range, SledStore, Store, StoreExt};

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
