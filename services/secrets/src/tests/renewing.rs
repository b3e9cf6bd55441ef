//! Records that are sealed anew: what opened opens, and nothing else begins to.

use seal::{Key, KeySet, Renewal, RingKey};
use store::{Entry, Precondition, StoreExt as _};

use super::*;
use crate::{record::Record, sealed};

/// A suite whose ring has a new active key, and the entry of a secret that the old one sealed.
async fn rotated() -> (Suite, Arc<KeyRing>, Entry) {
    let suite = Suite::new();
    let ring = suite.ring.clone();
    suite.put("crm", CANARY).await;
    let (id, key) = Key::generate().unwrap();
    let before = ring.sealing();
    let keys =
        [RingKey { id: before.active(), made: None, key: None }, RingKey { id, made: None, key: Some(key) }];
    ring.replace(KeySet::new(id, &keys, Some(&before)).unwrap());
    let entry = suite.store.get("secrets/records/acme/crm").await.unwrap().unwrap();
    (suite, ring, entry)
}

#[tokio::test]
async fn a_record_is_sealed_anew_once_and_released_as_before() {
    let (suite, ring, entry) = rotated().await;
    let listed = suite.list(0, "").await.unwrap().secrets.remove(0);
    let Some(Renewal::Renewed { record, from }) = sealed::renew(&ring.sealing(), &entry) else {
        panic!("it is sealed with the old key")
    };
    assert_eq!(from, ring.sealing().ids()[..1]);
    suite.store.put(&entry.key, record.into(), Precondition::Update(entry.revision)).await.unwrap();
    assert_eq!(suite.release("crm", URL).await.unwrap().value, CANARY);
    let after = suite.list(0, "").await.unwrap().secrets.remove(0);
    assert_eq!(Secret { etag: listed.etag.clone(), ..after }, listed, "nothing but the etag is another one");
    let entry = suite.store.get(&entry.key).await.unwrap().unwrap();
    assert_eq!(sealed::renew(&ring.sealing(), &entry), Some(Renewal::Current));
}

#[tokio::test]
async fn what_was_tampered_with_is_not_made_good() {
    let (suite, ring, entry) = rotated().await;
    let edited = |change: fn(&mut Record)| {
        let mut record = Record::read(&entry.value).unwrap();
        change(&mut record);
        Entry { value: record.write(), ..entry.clone() }
    };
    let old = ring.sealing().ids()[0];
    for tampered in [
        edited(|record| record.scope = "https://evil.example".into()),
        edited(|record| record.version += 1),
        Entry { key: "secrets/records/acme/other".into(), ..entry.clone() },
        Entry { key: "secrets/records/evil/crm".into(), ..entry.clone() },
    ] {
        assert_eq!(sealed::renew(&ring.sealing(), &tampered), Some(Renewal::Unreadable(vec![old])));
    }
    let odd = Entry { value: "no record".into(), ..entry.clone() };
    assert_eq!(sealed::renew(&ring.sealing(), &odd), Some(Renewal::Unreadable(Vec::new())));
    let no_record = Entry { key: "secrets/versions/acme/crm".into(), ..entry };
    assert_eq!(sealed::renew(&ring.sealing(), &no_record), None);
    drop(suite);
}

#[tokio::test]
async fn private_copies_and_versions_that_overlap_are_sealed_anew_as_well() {
    let (suite, ring, entry) = rotated().await;
    // Sealed with the old key, and moved beside its successor.
    suite.put_as(PutSecretRequest { overlap: lasting(60), ..put("crm", "new", URL) }).await;
    let previous = suite.entry("previous", "crm").await;
    assert!(matches!(sealed::renew(&ring.sealing(), &previous), Some(Renewal::Renewed { .. })));
    assert_eq!(&suite.release_version("crm", 1).await.unwrap().value[..], CANARY.as_bytes());
    let private = Entry { key: "secrets/units/records/acme/north/crm".into(), ..entry };
    let renewal = sealed::renew(&ring.sealing(), &private);
    assert!(matches!(renewal, Some(Renewal::Unreadable(_))), "a shared secret is no private copy");
}
