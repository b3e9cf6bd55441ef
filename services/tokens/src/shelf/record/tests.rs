//! Somebody with access to the store changes what is kept.

use std::sync::Arc;

use runtime::names::Id;
use seal::{KeyRing, Plaintext};
use store::{MemoryStore, Op, Store as _};
use tokio::time::Instant;

use super::*;
use crate::{
    answer::Granted,
    endpoint::Got,
    grant::{
        GrantKey,
        tests::{grant, key},
    },
    life::Lives,
    shelf::{Shelf, kept_key},
};

const HOUR: Duration = Duration::from_secs(3600);

struct Kept {
    store: Arc<MemoryStore>,
    shelf: Shelf,
    grant: Grant,
    key: GrantKey,
    record: Record,
}

impl Kept {
    /// A token whose request was sent `age` ago, and that lives for an hour.
    async fn new(age: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ring = Arc::new(KeyRing::create(folder.path().join("key")).unwrap());
        let store = Arc::new(MemoryStore::new().unwrap());
        let shelf = Shelf::new(store.clone(), ring);
        let grant = grant(|_| {});
        let key = key(&Id::parse("tenant", "acme").unwrap(), &grant);
        let granted = Granted {
            value: Plaintext::new(b"token".to_vec()),
            token_type: "Bearer".into(),
            life: Some(HOUR),
        };
        let got = Got { granted, started: Instant::now(), at: SystemTime::now() - age };
        let life = Lives { default: HOUR, longest: HOUR }.of(Some(HOUR), 0.5);
        let empty = shelf.load(&key, &grant).await.unwrap();
        shelf.keep(&key, &grant, got, life, empty, 0).await.map_err(|failure| failure.refusal).unwrap();
        let entry = store.get(&kept_key(&key)).await.unwrap().unwrap();
        let record = Record::read(&entry.value).unwrap();
        Self { store, shelf, grant, key, record }
    }

    /// Whether the token is taken after its record was replaced.
    async fn taken(&self, bytes: Bytes) -> bool {
        self.store.commit(Op::put(kept_key(&self.key), bytes).try_into().unwrap()).await.unwrap();
        self.shelf.load(&self.key, &self.grant).await.unwrap().token.is_some()
    }
}

#[tokio::test]
async fn what_was_kept_is_taken_up() {
    let kept = Kept::new(Duration::ZERO).await;
    let token = kept.shelf.load(&kept.key, &kept.grant).await.unwrap().token.unwrap();
    assert_eq!(
        (token.value.expose(), token.token_type.as_str(), token.generation),
        (&b"token"[..], "Bearer", 1)
    );
    assert!(token.is_good(Instant::now()) && !token.is_due(Instant::now()));
    assert!(kept.taken(kept.record.write()).await);
}

#[tokio::test]
async fn what_is_about_to_end_is_not_handed_out() {
    let kept = Kept::new(HOUR - Duration::from_secs(29)).await;
    let token = kept.shelf.load(&kept.key, &kept.grant).await.unwrap().token.unwrap();
    assert!(!token.is_good(Instant::now()));
}

#[tokio::test]
async fn no_change_goes_unnoticed() {
    let kept = Kept::new(Duration::ZERO).await;
    type Change = fn(&mut Record);
    let changes: [(&str, Change); 8] = [
        ("format", |record| record.format = 2),
        ("type", |record| record.token_type = "bearer".into()),
        ("generation", |record| record.generation = 2),
        ("got", |record| record.got += 1),
        ("total", |record| record.total += 3_600_000),
        ("said", |record| record.said = false),
        ("renew_ahead", |record| record.renew_ahead = 0),
        ("sealed", |record| record.sealed = record.sealed.slice(1..)),
    ];
    for (what, change) in changes {
        let mut changed = kept.record.clone();
        change(&mut changed);
        assert!(!kept.taken(changed.write()).await, "{what}");
    }
    let whole = kept.record.write();
    for length in 0..whole.len() {
        assert!(!kept.taken(whole.slice(..length)).await, "cut to {length} bytes");
    }
    assert!(kept.taken(whole).await);
}

#[tokio::test]
async fn an_old_record_is_not_taken_up_again() {
    let kept = Kept::new(Duration::ZERO).await;
    let old = kept.record.write();
    assert!(kept.shelf.forget(&kept.key, 1).await.unwrap());
    let granted =
        Granted { value: Plaintext::new(b"second".to_vec()), token_type: "Bearer".into(), life: None };
    let got = Got { granted, started: Instant::now(), at: SystemTime::now() };
    let life = kept.record.life();
    let before = kept.shelf.load(&kept.key, &kept.grant).await.unwrap();
    kept.shelf
        .keep(&kept.key, &kept.grant, got, life, before, 0)
        .await
        .map_err(|failure| failure.refusal)
        .unwrap();
    assert!(!kept.taken(old).await);
}

#[tokio::test]
async fn of_two_that_keep_at_once_the_first_is_taken_by_both() {
    let kept = Kept::new(Duration::ZERO).await;
    let [first, second] = [b"first", b"other"].map(|value| Got {
        granted: Granted { value: Plaintext::new(value.to_vec()), token_type: "Bearer".into(), life: None },
        started: Instant::now(),
        at: SystemTime::now(),
    });
    let life = kept.record.life();
    let seen_by_first = kept.shelf.load(&kept.key, &kept.grant).await.unwrap();
    let seen_by_second = kept.shelf.load(&kept.key, &kept.grant).await.unwrap();
    for (got, seen) in [(first, seen_by_first), (second, seen_by_second)] {
        let token = kept.shelf.keep(&kept.key, &kept.grant, got, life, seen, 1).await;
        let token = token.map_err(|failure| failure.refusal).unwrap();
        assert_eq!((token.value.expose(), token.generation), (&b"first"[..], 2));
    }
}

#[test]
fn only_the_count_of_this_format_is_read() {
    assert_eq!(Count::read(&Count::write(7)), Some(7));
    assert_eq!(Count::read(&Bytes::new()), None);
    let newer = Count { format: 2, generation: 1 };
    assert_eq!(Count::read(&newer.encode_to_vec().into()), None);
}
