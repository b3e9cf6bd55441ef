//! What the store on disk promises beyond the contract.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::filled::{everything, fill};
use super::fixture_options;
use crate::conformance::Fixture;
use crate::{Batch, ErrorKind, MAX_BATCH_BYTES, MAX_OPS, Op, Options, Precondition, Range, Revision};
use crate::{Folder, SledStore, Store, StoreExt};

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

/// A start reads from both ends, a thousand records at a time.
#[tokio::test]
async fn a_start_counts_every_record_once_however_many_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, options) = fixture_options();
    let mut keys = 0_u64;
    for most in [1_020, 1_023, 1_024, 1_025, 2_046, 2_047, 2_048, 2_049, 2_050, 3_073, 5_000] {
        let store = SledStore::open_with(folder.path(), &options).unwrap();
        let ops: Vec<_> = (keys..most)
            .map(|number| {
                let length = if number % 1_000 == 999 { 30_000 } else { 10 };
                // Few enough for one sweep, and all over the store.
                let expires = clock.now() + Duration::from_secs(60);
                let op = Op::put(format!("key/{:05}", number * 77_773 % 99_991), vec![7; length]);
                if number % 40 == 0 { op.until(expires) } else { op }
            })
            .collect();
        for ops in ops.chunks(MAX_OPS) {
            store.commit(Batch::new(ops.to_vec()).unwrap()).await.unwrap();
        }
        keys = most;
        drop(store);
        assert_eq!(everything(folder.path()).await.unwrap().len() as u64, keys);
    }
    clock.advance(Duration::from_secs(60));
    let store = SledStore::open_with(folder.path(), &options).unwrap();
    // A commit carries the sweep with it; who opens the store again thinks that it is a minute before.
    store.put("other", "v".into(), Precondition::None).await.unwrap();
    drop(store);
    assert_eq!(everything(folder.path()).await.unwrap().len() as u64, keys - keys.div_ceil(40) + 1);
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

#[test]
fn a_folder_that_was_taken_is_nobody_elses_before_its_store_is_open_and_while_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let others = || SledStore::open(folder.path()).err().map(|error| error.kind());
    let taken = Folder::take(folder.path()).unwrap();
    assert_eq!(others(), Some(ErrorKind::InUse));
    let store = taken.open(&Options::default()).unwrap();
    assert_eq!(others(), Some(ErrorKind::InUse));
    drop(store);
    drop(Folder::take(folder.path()).unwrap());
    assert_eq!(others(), None);
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
