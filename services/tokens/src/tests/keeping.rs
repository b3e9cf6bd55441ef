//! Tokens outlive the process, sealed.

use bytes::Bytes;
use store::{Precondition, Range, SledStore, StoreExt as _};

use super::{counterpart::Reply, *};

impl Suite {
    /// The one kept token's record, as it lies in the store.
    async fn kept(&self) -> Vec<store::Entry> {
        self.store.list(Range::prefix("tokens/kept/")).await.unwrap().entries
    }

    async fn put(&self, key: &str, value: Bytes) {
        self.store.put(key, value, Precondition::None).await.unwrap();
    }
}

#[tokio::test]
async fn a_restart_serves_the_kept_token_without_a_request() {
    let folder = tempfile::tempdir().unwrap();
    let open = || -> Arc<dyn Store> { Arc::new(SledStore::open(folder.path()).unwrap()) };
    let suite = Suite::with(Config::default(), open());
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    let before = suite.get(&credentials).await.unwrap();

    let Suite { service, secrets, authority, store, ring, _folder, _hearing } = suite;
    drop(service);
    // The keepers end on their own, and with the last of them the store is closed.
    eventually("the keepers end", || Arc::strong_count(&store) == 1).await;
    drop(store);
    let store = open();
    let service = build(Config::default(), store.clone(), ring.clone(), &authority, &secrets);
    let suite = Suite { service, secrets, authority, store, ring, _folder, _hearing };

    let after = suite.get(&credentials).await.unwrap();
    assert_eq!((&after.access_token, after.generation), (&before.access_token, before.generation));
    let seconds = |token: &Token| token.expire_time.unwrap().seconds;
    assert_eq!(seconds(&after), seconds(&before));
    assert_eq!(counterpart.count(), 1);
    assert_eq!(suite.secrets.asked().len(), 1);
}

#[tokio::test]
async fn the_generation_goes_on_over_a_restart() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();
    suite.invalidate(&credentials, 1).await.unwrap();
    let suite = suite.restarted();
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 2);
    let suite = suite.restarted();
    suite.invalidate(&credentials, 2).await.unwrap();
    assert_eq!(suite.get(&credentials).await.unwrap().generation, 3);
    assert_eq!(counterpart.count(), 3);
}

#[tokio::test]
async fn the_store_forgets_a_token_when_it_ends() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let token = suite.get(&credentials(&counterpart)).await.unwrap();
    let [entry] = &suite.kept().await[..] else { panic!("one token") };
    let end = entry.expires.unwrap().duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(end.as_secs(), u64::try_from(token.expire_time.unwrap().seconds).unwrap());
}

#[tokio::test]
async fn another_grants_or_tenants_record_is_not_taken() {
    let suite = Suite::new();
    suite.secrets.put("other", "crm", "another-4f9d2c71aa05");
    let counterpart = Counterpart::tokens(&suite.authority).await;
    suite.get(&client_of(&counterpart, "mine")).await.unwrap();
    let mine = suite.kept().await.remove(0);
    suite.get(&client_of(&counterpart, "theirs")).await.unwrap();
    let theirs = suite.kept().await.into_iter().find(|entry| entry.key != mine.key).unwrap();
    suite.put(&theirs.key, mine.value.clone()).await;

    let suite = suite.restarted();
    let token = suite.get(&client_of(&counterpart, "theirs")).await.unwrap();
    assert_eq!((token.access_token, token.generation), (Reply::nth(3).into(), 2));
    assert_eq!(suite.get(&client_of(&counterpart, "mine")).await.unwrap().access_token, Reply::nth(1));
}
