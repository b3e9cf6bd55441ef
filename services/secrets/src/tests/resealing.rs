//! Every sealed value can be handed to whoever replaces what it is sealed with.

use super::*;
use crate::Resealed;

#[tokio::test]
async fn every_sealed_value_is_handed_over_once_and_opens_as_before() {
    let clock = clock();
    let suite = Suite::at(&clock);
    suite.put("crm", "one").await;
    suite.put_as(PutSecretRequest { overlap: lasting(60), ..put("crm", "two", URL) }).await;
    let private = PutSecretRequest {
        name: "tenants/acme/businessUnits/north/secrets/crm".into(),
        ..put("", "north's", URL)
    };
    suite.put_as(private.clone()).await;
    suite.put("bad", "value").await;
    suite.overwrite("records", "bad", bytes::Bytes::from_static(b"\xff")).await;

    let ring = KeyRing::load(suite._folder.path().join("key")).unwrap();
    let (mut after, mut all, mut seen) = (None, Resealed::default(), Vec::new());
    loop {
        let page = suite.service.reseal(after.as_deref(), 2, |context, sealed| {
            let value = ring.open(context, sealed).unwrap();
            seen.push((context.name.to_owned(), context.version, value.expose().to_vec()));
            Some(ring.seal(context, &value).unwrap())
        });
        let Resealed { seen, replaced, damaged, next } = page.await.unwrap();
        all.seen += seen;
        all.replaced += replaced;
        all.damaged += damaged;
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(all, Resealed { seen: 4, replaced: 3, damaged: 1, next: None });
    seen.sort();
    let wanted = [("businessUnits/north/secrets/crm", 1, "north's"), ("crm", 1, "one"), ("crm", 2, "two")];
    let wanted = wanted.map(|(name, version, value)| (name.to_owned(), version, value.as_bytes().to_vec()));
    assert_eq!(seen, wanted);

    assert_eq!(&suite.release("crm", URL).await.unwrap().value[..], b"two");
    assert_eq!(&suite.release_version("crm", 1).await.unwrap().value[..], b"one");
    let request = ReleaseSecretRequest { name: private.name, ..release("", URL) };
    let released = suite.releasing(Caller::service("tokens")).release_secret(request).await.unwrap();
    assert_eq!(&released.into_inner().value[..], b"north's");
    clock.advance(Duration::from_secs(60));
    let left = suite.store.scan(store::Range::prefix("secrets/previous/"), 10).await.unwrap();
    assert_eq!(left.entries, [], "it ends when it was to end");
}

#[tokio::test]
async fn what_is_left_or_was_written_meanwhile_stays() {
    let suite = Suite::new();
    suite.put("crm", "one").await;
    let before = suite.entry("records", "crm").await;
    let left = suite.service.reseal(None, 10, |_, _| None).await.unwrap();
    assert_eq!((left.seen, left.replaced), (1, 0));
    assert_eq!(suite.entry("records", "crm").await, before);

    let store = suite.store.clone();
    let race = suite.service.reseal(None, 10, |_, sealed| {
        let put = store::Op::put("secrets/records/acme/crm", before.value.clone());
        let commit = store.commit(put.try_into().unwrap());
        let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
        std::thread::scope(|scope| scope.spawn(|| runtime().block_on(commit)).join()).unwrap().unwrap();
        Some([sealed, b"changed"].concat())
    });
    assert_eq!(race.await.unwrap().replaced, 0);
    assert_eq!(&suite.release("crm", URL).await.unwrap().value[..], b"one");
}
