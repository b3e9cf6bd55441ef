//! The audit ledger outlives the keys that sealed its checkpoint, and holds what became of them.

use secrets::ledger::{Options, verify};

use super::*;

impl Scene {
    /// Has a ledger sealed with the keys, in a folder of this name.
    fn ledger(&self, name: &str, options: Options) -> PathBuf {
        let folder = self.folder.path().join(name);
        let ledger = Ledger::open_with(&folder, self.keys.ring(), options).unwrap();
        self.keys.seal_ledger(Arc::new(ledger));
        folder
    }
}

impl Keys {
    /// What the next process would have.
    fn ring_of_the_file(&self) -> KeyRing {
        KeyRing::load(self.file.path()).unwrap()
    }
}

/// What a ledger of one file holds, without what every entry has.
fn told(folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join("00000000000000000001.jsonl")).unwrap();
    let between = |line: &str| {
        let (_, told) = line.split_once(",\"kind\":").unwrap();
        told.split_once(",\"hash\":").unwrap().0.to_owned()
    };
    text.lines().map(between).collect()
}

#[tokio::test(start_paused = true)]
async fn a_rotation_is_in_it_and_it_opens_with_what_is_left() {
    let scene = Scene::new().await;
    let folder = scene.ledger("ledger", Options::default());
    let (old, old_ring) = (scene.ids()[0], scene.keys.ring_of_the_file());
    scene.keys.rotate("ada").await.unwrap();
    let new = scene.keys.ring().sealing().active();
    scene.keys.round().await.unwrap();
    assert_eq!(scene.ids(), [new]);
    scene.keys.retire("bob", true).await.unwrap();
    let expected = [
        format!(r#""rotated","by":"ada","key":"{new}""#),
        format!(r#""retired","key":"{old}""#),
        r#""retiring","by":"bob","unreadable":"FORGET""#.to_owned(),
    ];
    assert_eq!(told(&folder), expected);
    assert_eq!(verify(&folder, Some(&scene.keys.ring_of_the_file()), None).unwrap().entries, 3);
    assert!(verify(&folder, Some(&old_ring), None).is_err(), "neither place is left as it was");
}

/// Keys of a file that other processes may use, with a ledger; before their first rotation.
async fn shared(scene: &Scene) -> (Keys, PathBuf) {
    let keys = open(scene.folder.path(), scene.store.clone(), false).await.unwrap();
    let folder = scene.folder.path().join("ledger");
    keys.seal_ledger(Arc::new(Ledger::open(&folder, keys.ring()).unwrap()));
    (keys, folder)
}

#[tokio::test(start_paused = true)]
async fn before_an_old_key_goes_it_is_not_needed_any_more() {
    let scene = Scene::new().await;
    let (keys, folder) = shared(&scene).await;
    let old = scene.ids()[0];
    keys.rotate("ada").await.unwrap();
    keys.round().await.unwrap();
    assert_eq!(keys.ring().sealing().ids().len(), 2, "it is still there");
    keys.file.update(|list| list.remove(old).map_err(KeysError::from)).unwrap();
    verify(&folder, Some(&keys.ring_of_the_file()), None).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_key_that_somebody_takes_out_of_the_file_is_not_needed_by_it() {
    let scene = Scene::new().await;
    let (keys, folder) = shared(&scene).await;
    let (old, old_ring) = (scene.ids()[0], keys.ring_of_the_file());
    keys.rotate("ada").await.unwrap();
    keys.file.update(|list| list.remove(old).map_err(KeysError::from)).unwrap();
    keys.catch_up(&mut *keys.turn.lock().await).await.unwrap();
    assert_eq!(told(&folder)[1..], [format!(r#""retired","key":"{old}""#)]);
    verify(&folder, Some(&keys.ring_of_the_file()), None).unwrap();
    assert!(verify(&folder, Some(&old_ring), None).is_err(), "neither place is left as it was");
}

#[tokio::test(start_paused = true)]
async fn where_it_cannot_be_written_the_keys_stay_as_they_are() {
    let scene = Scene::new().await;
    scene.ledger("full", Options { reserve_bytes: u64::MAX, ..Options::default() });
    let before = scene.ids();
    let refused = scene.keys.rotate("ada").await.unwrap_err();
    assert!(refused.passes(), "it is tried again");
    assert_eq!(Refusal::from(refused).reason(), Reason::AuditUnavailable);
    assert_eq!(scene.ids(), before);
    let refused = Refusal::from(scene.keys.retire("ada", true).await.unwrap_err());
    assert_eq!(refused.reason(), Reason::AuditUnavailable);
    assert!(!scene.keys.turn.lock().await.forget_unreadable);
}
