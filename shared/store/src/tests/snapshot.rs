//! Snapshots while others write, and stores made of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::conformance::Fixture;
use crate::tests::fixture_options;
use crate::{
    Batch, Entry, ErrorKind, Event, Op, Options, Precondition, Range, Restore, Revision, SledStore, Snapshot,
    Store, StoreExt,
};

/// Keys that every batch of a writer writes together, far from each other in the order of keys.
const TOGETHER: [&str; 4] = ["a/first", "m/third", "s/fourth", "z/last"];

/// Each batch gives the same number to keys on different pages, and moves one key about. A snapshot that mixed two states
/// would show two numbers, the moved key twice, or not at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_of_one_revision_while_others_write() {
    let folder = tempfile::tempdir().unwrap();
    let store: Arc<dyn Store> = Arc::new(SledStore::open(folder.path()).unwrap());
    fill(&store, 5_000).await;
    let stop = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write(Arc::clone(&store), Arc::clone(&stop)));
    let mut changed_meanwhile = false;
    for _ in 0..5 {
        let mut snapshot = Snapshot::begin(Arc::clone(&store)).await.unwrap();
        let began = snapshot.revision();
        let mut state = BTreeMap::new();
        while let Some(events) = snapshot.next().await.unwrap() {
            // Until the writer has written again, so that there is something between any two pages.
            let page = snapshot.revision();
            while store.scan(Range::all(), 1).await.unwrap().revision <= page {
                tokio::task::yield_now().await;
            }
            apply(&mut state, events);
        }
        changed_meanwhile |= snapshot.revision() > began;
        let numbers: Vec<_> =
            TOGETHER.iter().map(|key| state.get(*key).map(|entry| entry.value.clone())).collect();
        assert!(numbers.windows(2).all(|two| two[0] == two[1]), "{numbers:?}");
        assert_eq!(state.keys().filter(|key| key.starts_with("moving/")).count(), 1);
        assert!(state.values().all(|entry| entry.revision <= snapshot.revision()));
        assert_eq!(state.len(), 5_000 + TOGETHER.len() + 1);
    }
    stop.store(true, Ordering::Relaxed);
    writer.await.unwrap();
    assert!(changed_meanwhile, "nothing was written during the snapshots");
}

#[tokio::test]
async fn a_store_made_of_a_snapshot_is_the_same_store() {
    let folder = tempfile::tempdir().unwrap();
    let (_, options) = fixture_options();
    let store: Arc<dyn Store> = Arc::new(SledStore::open_with(&folder.path().join("old"), &options).unwrap());
    fill(&store, 2_500).await;
    store.put("long", vec![7; 300_000].into(), Precondition::None).await.unwrap();
    let expires = Fixture::start() + std::time::Duration::from_secs(60);
    store.put_until("brief", "v".into(), expires, Precondition::None).await.unwrap();
    let last = store.delete("key/0000", Precondition::Exists).await.unwrap();

    let new = folder.path().join("new");
    let mut snapshot = Snapshot::begin(Arc::clone(&store)).await.unwrap();
    let mut restore = Restore::begin(&new).unwrap();
    while let Some(events) = snapshot.next().await.unwrap() {
        events.into_iter().try_for_each(|event| restore.apply(event)).unwrap();
    }
    restore.finish(snapshot.revision()).unwrap();

    let restored = SledStore::open_with(&new, &options).unwrap();
    assert_eq!(
        restored.list(Range::all()).await.unwrap().entries,
        store.list(Range::all()).await.unwrap().entries
    );
    assert_eq!(restored.scan(Range::all(), 1).await.unwrap().revision, last);
    assert_eq!(restored.put("later", "v".into(), Precondition::Create).await.unwrap().get(), last.get() + 1);
}

/// Later changes come over earlier ones, whatever lies between.
#[tokio::test]
async fn changes_are_applied_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("store");
    let mut restore = Restore::begin(&new).unwrap();
    let entry = |key: &str, revision, length| Entry {
        key: key.into(),
        value: vec![revision as u8; length].into(),
        revision: Revision::new(revision),
        expires: None,
        shreddable: false,
    };
    let last = [entry("grown", 4, 900_000), entry("shrunk", 6, 10)];
    let changes = [
        Event::Put(entry("grown", 1, 10)),
        Event::Put(entry("shrunk", 2, 900_000)),
        Event::Put(entry("gone", 3, 900_000)),
        Event::Put(last[0].clone()),
        Event::Delete { key: "gone".into(), revision: Revision::new(5) },
        Event::Put(last[1].clone()),
    ];
    changes.into_iter().try_for_each(|event| restore.apply(event)).unwrap();
    restore.finish(Revision::new(9)).unwrap();
    let store = SledStore::open(&new).unwrap();
    assert_eq!(store.list(Range::all()).await.unwrap().entries, last);
    assert_eq!(store.scan(Range::all(), 1).await.unwrap().revision, Revision::new(9));
}

#[test]
fn a_store_is_never_restored_over_another() {
    let folder = tempfile::tempdir().unwrap();
    drop(SledStore::open(folder.path()).unwrap());
    let error = Restore::begin(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("never overwritten"), "{error}");
}

/// A reader that is slower than the writers by more than the history is told so.
#[tokio::test]
async fn a_snapshot_that_fell_behind_ends_with_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { history_events: 10, ..Options::default() };
    let store: Arc<dyn Store> = Arc::new(SledStore::open_with(folder.path(), &options).unwrap());
    fill(&store, 1_500).await;
    let mut snapshot = Snapshot::begin(Arc::clone(&store)).await.unwrap();
    assert!(snapshot.next().await.unwrap().is_some());
    for number in 0..20 {
        store.put("key/0001", number.to_string().into(), Precondition::None).await.unwrap();
    }
    assert_eq!(snapshot.next().await.unwrap_err().kind(), ErrorKind::Compacted);
}

async fn fill(store: &Arc<dyn Store>, keys: usize) {
    let numbers: Vec<_> = (0..keys).collect();
    for numbers in numbers.chunks(100) {
        let ops = numbers.iter().map(|number| Op::put(format!("key/{number:04}"), vec![1; 50]));
        store.commit(Batch::new(ops.collect()).unwrap()).await.unwrap();
    }
}

async fn write(store: Arc<dyn Store>, stop: Arc<AtomicBool>) {
    let moving = |number: u64| format!("moving/{}", number * 7 % 10);
    for number in 0.. {
        let mut ops: Vec<_> = TOGETHER.iter().map(|key| Op::put(*key, number.to_string())).collect();
        ops.push(Op::put(moving(number), "v"));
        if number > 0 {
            ops.push(Op::delete(moving(number - 1)));
        }
        store.commit(Batch::new(ops).unwrap()).await.unwrap();
        if stop.load(Ordering::Relaxed) {
            return;
        }
    }
}

fn apply(state: &mut BTreeMap<String, Entry>, events: Vec<Event>) {
    for event in events {
        match event {
            Event::Put(entry) => drop(state.insert(entry.key.clone(), entry)),
            Event::Delete { key, .. } => drop(state.remove(&key)),
        }
    }
}
