//! When an old key may go, and when it stays.

use std::time::Duration;

use async_trait::async_trait;
use store::{Batch, Op};
use tokio::time::timeout;

use super::{
    between::{Between, Happens},
    *,
};

#[tokio::test(start_paused = true)]
async fn a_key_ends_after_the_last_of_its_records() {
    let scene = Scene::new().await;
    let old = scene.ids();
    for number in 0..250 {
        scene.put(&format!("a/{number}"), &scene.keys.ring().sealing()).await;
    }
    scene.keys.rotate("ada").await.unwrap();
    assert_eq!(scene.ids().len(), 2);
    scene.keys.round().await.unwrap();
    assert_eq!(scene.ids().len(), 1);
    assert_eq!(scene.ids_in_file(), scene.ids());
    assert_ne!(scene.ids(), old);
    let progress = scene.keys.progress().clone();
    assert_eq!((progress.seen, progress.rewrapped, progress.running), (250, 250, false));
    assert_eq!(progress.counts, [(scene.ids()[0], 250)].into());
    for number in 0..250 {
        scene.assert_opens(&format!("a/{number}")).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_sealed_and_not_stored_yet_keeps_its_key() {
    let scene = Scene::new().await;
    let ring = scene.keys.ring();
    let sealing = ring.sealing();
    scene.keys.rotate("ada").await.unwrap();
    let mut round = Box::pin(scene.keys.round());
    assert!(
        timeout(Duration::from_secs(3600), &mut round).await.is_err(),
        "somebody still seals with the old key"
    );
    scene.put("a/late", &sealing).await;
    drop(sealing);
    round.await.unwrap();
    assert_eq!(scene.ids().len(), 1);
    scene.assert_opens("a/late").await;
}

/// Somebody else writes at the worst moment.
#[derive(Debug, Default)]
struct Meddling(Mutex<Option<(Moment, Batch)>>);

#[derive(Debug, PartialEq)]
enum Moment {
    AfterAScan,
    BeforeACommit,
}

impl Meddling {
    fn store() -> Arc<Between<Self>> {
        Arc::new(Between { store: Arc::new(MemoryStore::new().unwrap()), happens: Self::default() })
    }

    fn write(&self, at: Moment, ops: Vec<Op>) {
        *lock(&self.0) = Some((at, Batch::new(ops).unwrap()));
    }

    async fn meddle(&self, now: Moment, store: &dyn Store) {
        let batch = lock(&self.0).take_if(|(at, _)| *at == now);
        if let Some((_, batch)) = batch {
            store.commit(batch).await.unwrap();
        }
    }
}

#[async_trait]
impl Happens for Meddling {
    async fn before_a_commit(&self, store: &dyn Store) -> Result<(), store::Error> {
        self.meddle(Moment::BeforeACommit, store).await;
        Ok(())
    }

    async fn after_a_scan(&self, store: &dyn Store) {
        self.meddle(Moment::AfterAScan, store).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_record_that_is_moved_meanwhile_is_not_missed() {
    let store = Meddling::store();
    let scene = Scene::over(store.clone()).await;
    scene.put("b/1", &scene.keys.ring().sealing()).await;
    scene.keys.rotate("ada").await.unwrap();
    let moved = store.get("b/1").await.unwrap().unwrap();
    store
        .happens
        .write(Moment::AfterAScan, vec![Op::put("a/1", moved.value).shreddable(), Op::delete("b/1")]);
    scene.keys.round().await.unwrap();
    assert!(store.get("b/1").await.unwrap().is_none(), "it was moved");
    assert_eq!(scene.ids().len(), 1);
    scene.assert_opens("a/1").await;
}

#[tokio::test(start_paused = true)]
async fn whoever_writes_a_record_meanwhile_wins() {
    let store = Meddling::store();
    let scene = Scene::over(store.clone()).await;
    scene.put("a/1", &scene.keys.ring().sealing()).await;
    scene.put("a/2", &scene.keys.ring().sealing()).await;
    scene.keys.rotate("ada").await.unwrap();
    let newer = scene.keys.ring().sealing().seal(&CONTEXT, &Plaintext::new(b"newer".to_vec())).unwrap();
    let ring = scene.keys.ring();
    store.happens.write(Moment::BeforeACommit, vec![Op::put("a/1", newer.clone()), Op::delete("a/2")]);
    rewrap::look_through(&*store, &ring, &scene.keys.sealed(), |_, _| {}).await.unwrap();
    assert_eq!(store.get("a/1").await.unwrap().unwrap().value, newer, "the newer value stays");
    assert!(store.get("a/2").await.unwrap().is_none(), "what was deleted stays away");
}

#[tokio::test(start_paused = true)]
async fn a_record_ends_when_it_was_to_end() {
    let scene = Scene::new().await;
    let sealed = scene.keys.ring().sealing().seal(&CONTEXT, &Plaintext::new(VALUE.to_vec())).unwrap();
    let end = std::time::SystemTime::now() + Duration::from_secs(3600);
    scene.store.put_until("a/1", sealed.into(), end, Precondition::None).await.unwrap();
    let before = scene.store.get("a/1").await.unwrap().unwrap();
    scene.keys.rotate("ada").await.unwrap();
    scene.keys.round().await.unwrap();
    let after = scene.store.get("a/1").await.unwrap().unwrap();
    assert_ne!(after.value, before.value);
    assert!(before.expires.is_some());
    assert_eq!(after.expires, before.expires);
}

/// A store with a record that opens and one in which a bit is another.
async fn with_a_damaged_record() -> Scene {
    let scene = Scene::new().await;
    scene.put("a/good", &scene.keys.ring().sealing()).await;
    scene.put("a/bad", &scene.keys.ring().sealing()).await;
    let entry = scene.store.get("a/bad").await.unwrap().unwrap();
    let mut damaged = entry.value.to_vec();
    damaged[60] ^= 1;
    scene.store.put("a/bad", damaged.into(), Precondition::None).await.unwrap();
    scene
}

#[tokio::test(start_paused = true)]
async fn a_record_that_does_not_open_is_named_before_anybody_uses_it() {
    let scene = with_a_damaged_record().await;
    scene.keys.round().await.unwrap();
    let progress = scene.keys.progress().clone();
    assert_eq!((progress.seen, progress.unreadable), (2, 1));
    assert_eq!(progress.unreadable_records, ["a/bad"]);
    assert_eq!(progress.problem, "", "no key has to go");
    // Whoever has put it anew looks again.
    scene.put("a/bad", &scene.keys.ring().sealing()).await;
    scene.keys.retire("ada", false).await.unwrap();
    scene.keys.round().await.unwrap();
    assert_eq!(scene.keys.progress().unreadable, 0);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_does_not_open_keeps_its_key_until_it_is_given_up() {
    let scene = with_a_damaged_record().await;
    let old = scene.ids()[0];
    scene.keys.rotate("ada").await.unwrap();
    scene.keys.round().await.unwrap();
    assert_eq!((scene.ids().len(), scene.ids_in_file().len()), (2, 2));
    let progress = scene.keys.progress().clone();
    assert_eq!((progress.unreadable, progress.counts[&old]), (1, 1));
    assert_eq!(progress.unreadable_records, ["a/bad"]);
    assert!(progress.problem.contains("--forget-unreadable"), "{progress:?}");
    scene.assert_opens("a/good").await;

    scene.keys.retire("ada", true).await.unwrap();
    scene.keys.round().await.unwrap();
    assert_eq!((scene.ids().len(), scene.ids_in_file().len()), (1, 1));
    assert!(scene.store.get("a/bad").await.unwrap().is_some(), "it stays where it is");
    scene.assert_opens("a/good").await;
}

#[tokio::test(start_paused = true)]
async fn a_record_that_names_no_key_keeps_all_of_them() {
    let scene = Scene::new().await;
    scene.store.put("a/odd", "no record".into(), Precondition::None).await.unwrap();
    scene.keys.rotate("ada").await.unwrap();
    scene.keys.round().await.unwrap();
    assert_eq!(scene.ids().len(), 2);
    scene.store.delete("a/odd", Precondition::None).await.unwrap();
    scene.keys.retire("ada", false).await.unwrap();
    scene.keys.round().await.unwrap();
    assert_eq!(scene.ids().len(), 1, "once it is gone, the key can go");
}

#[tokio::test(start_paused = true)]
async fn a_key_of_a_file_that_others_use_is_left_to_the_operator() {
    let scene = Scene::new().await;
    let keys = open(scene.folder.path(), scene.store.clone(), false).await.unwrap();
    keys.rotate("ada").await.unwrap();
    keys.round().await.unwrap();
    assert_eq!(keys.ring().sealing().ids().len(), 2);
    assert_eq!(scene.ids_in_file().len(), 2);
    assert!(keys.progress().problem.contains("outgate keys file remove"));
}

#[tokio::test(start_paused = true)]
async fn a_file_without_a_key_that_records_need_is_not_taken_over() {
    let scene = Scene::new().await;
    scene.put("b/1", &scene.keys.ring().sealing()).await;
    let old = scene.ids()[0];
    scene.keys.rotate("ada").await.unwrap();
    scene.keys.file.update(|list| list.remove(old).map_err(KeysError::from)).unwrap();
    let mut turn = scene.keys.turn.lock().await;
    let refused = scene.keys.catch_up(&mut turn).await.unwrap_err();
    drop(turn);
    assert!(matches!(&refused, KeysError::Needed { id, .. } if *id == old), "{refused}");
    assert!(refused.to_string().contains("1 records"), "{refused}");
    scene.assert_opens("b/1").await;
}
