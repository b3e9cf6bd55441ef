//! The checkpoint outlives the keys that sealed it, and the ledger holds what became of them.

use seal::{Key, KeySet, RingKey};

use super::*;

/// Puts a new key beside the active one, and makes it active. Answers the old one alone.
fn rotate(ring: &KeyRing) -> KeySet {
    let old = newest(ring);
    let before = ring.sealing();
    let (id, key) = Key::generate().unwrap();
    let keys =
        [RingKey { id: before.active(), made: None, key: None }, RingKey { id, made: None, key: Some(key) }];
    ring.replace(KeySet::new(id, &keys, Some(&before)).unwrap());
    old
}

/// The active key of a ring, and no other.
fn newest(ring: &KeyRing) -> KeySet {
    let now = ring.sealing();
    let key = RingKey { id: now.active(), made: None, key: None };
    KeySet::new(now.active(), &[key], Some(&now)).unwrap()
}

#[tokio::test]
async fn a_renewed_checkpoint_needs_the_active_key_alone() {
    let scene = Scene::with(3).await;
    let ledger = scene.open().unwrap();
    let old = KeyRing::new(rotate(&scene.ring));
    let new = KeyRing::new(newest(&scene.ring));
    let opens = |ring| verify(&scene.path(), Some(ring), None).map(|proved| proved.head.sequence).ok();
    assert_eq!((opens(&old), opens(&new)), (Some(3), None), "it is sealed with the old key still");
    ledger.renew_checkpoint().await.unwrap();
    assert_eq!((opens(&old), opens(&new)), (None, Some(3)), "neither place is");
    drop(ledger);
    scene.ring.replace(newest(&scene.ring));
    scene.open().unwrap();
}

#[tokio::test]
async fn what_becomes_of_keys_is_in_the_ledger() {
    let scene = Scene::new();
    let ledger = scene.open().unwrap();
    let (id, _) = Key::generate().unwrap();
    ledger.record_keys("ada", &[]).await.unwrap();
    let retiring = |forget_unreadable| KeyEvent::Retiring { forget_unreadable };
    let events = [KeyEvent::Rotated(id), retiring(false), retiring(true)];
    ledger.record_keys("ada", &events).await.unwrap();
    ledger.record_keys("", &[KeyEvent::Retired(id)]).await.unwrap();
    let lines: Vec<_> = ledger.lines(1).unwrap().map(|line| line.unwrap().1).collect();
    let of = |line: &str| {
        let (_, told) = line.split_once(",\"kind\"").unwrap();
        told.split_once(",\"hash\"").unwrap().0.to_owned()
    };
    let told: Vec<_> = lines.iter().map(|line| of(line)).collect();
    let expected = [
        format!(r#":"rotated","by":"ada","key":"{id}""#),
        r#":"retiring","by":"ada""#.to_owned(),
        r#":"retiring","by":"ada","unreadable":"FORGET""#.to_owned(),
        format!(r#":"retired","key":"{id}""#),
    ];
    assert_eq!(told, expected);
}
