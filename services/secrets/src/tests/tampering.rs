//! Somebody with access to the store changes what is in it.

use bytes::Bytes;
use store::{Entry, Op, Precondition, StoreExt as _};
use tonic::Code;

use super::*;
use crate::record::{Mark, Record};

const OTHER: &str = "https://evil.example";

impl Suite {
    pub(super) async fn entry(&self, collection: &str, id: &str) -> Entry {
        self.store.get(&format!("secrets/{collection}/acme/{id}")).await.unwrap().unwrap()
    }

    pub(super) async fn overwrite(&self, collection: &str, id: &str, value: Bytes) {
        let key = format!("secrets/{collection}/acme/{id}");
        self.store.put(&key, value, Precondition::None).await.unwrap();
    }

    pub(super) async fn edit(&self, id: &str, change: impl FnOnce(&mut Record)) {
        let mut record = Record::read(&self.entry("records", id).await.value).unwrap();
        change(&mut record);
        self.overwrite("records", id, record.write()).await;
    }

    pub(super) async fn assert_unreadable(&self, id: &str, url: &str) {
        let refused = self.release(id, url).await.unwrap_err();
        assert_eq!(
            (reason(&refused).as_str(), refused.code()),
            ("SECRET_UNREADABLE", Code::DataLoss),
            "{refused}"
        );
        assert_eq!(metadata(&refused, "secret").as_deref(), Some(id));
    }
}

#[tokio::test]
async fn a_scope_that_was_edited_opens_nothing() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    suite.edit("crm", |record| record.scope = OTHER.into()).await;
    suite.assert_unreadable("crm", OTHER).await;
    assert_eq!(reason(&suite.release("crm", URL).await.unwrap_err()), "SECRET_OUT_OF_SCOPE");
}

#[tokio::test]
async fn origins_of_tokens_that_were_edited_open_nothing() {
    let suite = Suite::new();
    let urls = vec!["https://crm.example/x".to_owned(), URL.to_owned(), "https://CRM.example:443".to_owned()];
    let secret = suite.put_as(PutSecretRequest { token_urls: urls, ..put("crm", CANARY, URL) }).await;
    assert_eq!(secret.token_origins, ["https://api.example.com", "https://crm.example"]);
    assert_eq!(suite.release("crm", URL).await.unwrap().value, CANARY);
    for origins in [&[OTHER][..], &["https://api.example.com"], &[]] {
        suite.edit("crm", |record| record.set_token_origins(origins)).await;
        suite.assert_unreadable("crm", URL).await;
    }
}

#[tokio::test]
async fn a_version_that_was_edited_opens_nothing() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    suite.edit("crm", |record| record.version = 2).await;
    suite.assert_unreadable("crm", URL).await;
    // Also where the mark was made to fit.
    suite.overwrite("versions", "crm", Mark::new(2, false).write()).await;
    suite.assert_unreadable("crm", URL).await;
}

#[tokio::test]
async fn two_records_that_were_swapped_open_nothing() {
    let suite = Suite::new();
    suite.put("one", CANARY).await;
    suite.put("two", "value").await;
    let (one, two) = (suite.entry("records", "one").await, suite.entry("records", "two").await);
    suite.overwrite("records", "one", two.value).await;
    suite.overwrite("records", "two", one.value).await;
    suite.assert_unreadable("one", URL).await;
    suite.assert_unreadable("two", URL).await;
}

#[tokio::test]
async fn another_tenants_record_opens_nothing() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let mine = PutSecretRequest { name: "tenants/eve/secrets/crm".into(), ..put("", "mine", URL) };
    suite.writing(caller("eve", Role::Configurator, Some("eve"))).put_secret(mine).await.unwrap();
    let stolen = suite.entry("records", "crm").await.value;
    suite.store.put("secrets/records/eve/crm", stolen, Precondition::None).await.unwrap();
    let request = ReleaseSecretRequest { name: "tenants/eve/secrets/crm".into(), ..release("", URL) };
    let refused = suite.releasing(Caller::service("tokens")).release_secret(request).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_UNREADABLE");
}

#[tokio::test]
async fn an_old_record_that_was_put_back_opens_nothing() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    let old = suite.entry("records", "crm").await.value;
    suite.put("crm", "new").await;
    suite.overwrite("records", "crm", old.clone()).await;
    suite.assert_unreadable("crm", URL).await;

    // The same after the secret was deleted, and after it was put anew.
    suite.delete("crm", "").await.unwrap();
    suite.overwrite("records", "crm", old.clone()).await;
    suite.assert_unreadable("crm", URL).await;
    suite.delete("crm", "").await.unwrap();
    assert_eq!(suite.put("crm", "newer").await.version, 3);
    suite.overwrite("records", "crm", old).await;
    suite.assert_unreadable("crm", URL).await;
}

#[tokio::test]
async fn no_changed_bit_opens_or_panics() {
    let suite = Suite::new();
    suite.put("crm", "before").await;
    let everything = PutSecretRequest {
        token_urls: vec![URL.into(), "https://crm.example".into()],
        expire_time: Some(seconds(SystemTime::now() + Duration::from_secs(3600))),
        overlap: lasting(3600),
        ..put("crm", CANARY, URL)
    };
    suite.put_as(everything).await;
    let whole = suite.entry("records", "crm").await.value.to_vec();
    let terms = |bytes: &Bytes| {
        let record = Record::read(bytes).ok()?;
        Some((record.sealed.clone(), record.token_origins().to_vec(), record.expires(), record.previous()))
    };
    let same = terms(&whole.clone().into());
    for bit in 0..whole.len() * 8 {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let read = terms(&changed.clone().into());
        suite.overwrite("records", "crm", changed.into()).await;
        match suite.release("crm", URL).await {
            // Times and `updated_by` are for people and not bound to the value.
            Ok(released) => assert!(read == same && released.value == CANARY, "bit {bit}"),
            Err(refused) => assert!(
                ["SECRET_UNREADABLE", "SECRET_OUT_OF_SCOPE", "SECRET_EXPIRED"]
                    .contains(&reason(&refused).as_str()),
                "bit {bit}: {refused}"
            ),
        }
    }
    for length in 0..whole.len() {
        suite.overwrite("records", "crm", whole[..length].to_vec().into()).await;
        suite.assert_unreadable("crm", URL).await;
    }
}

#[tokio::test]
async fn a_key_ring_without_the_key_opens_nothing() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    Suite::over(suite.store.clone()).assert_unreadable("crm", URL).await;
}

#[tokio::test]
async fn a_damaged_record_is_told_and_can_be_replaced() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    suite.overwrite("records", "crm", Bytes::from_static(b"\xff\xff")).await;
    suite.assert_unreadable("crm", URL).await;
    suite.put("mail", "another").await;
    let listed = suite.list(0, "").await.unwrap().secrets;
    let told: Vec<_> = listed.iter().map(|secret| (secret.name.as_str(), secret.damaged)).collect();
    assert_eq!(told, [("tenants/acme/secrets/crm", true), ("tenants/acme/secrets/mail", false)]);
    let etag = listed[0].etag.clone();
    assert_eq!(listed[0], Secret { name: full("crm"), etag, damaged: true, ..Secret::default() });
    assert_eq!(suite.put("crm", "anew").await.version, 2);
    assert_eq!(&suite.release("crm", URL).await.unwrap().value[..], b"anew");

    suite.overwrite("records", "crm", Bytes::from_static(b"\xff\xff")).await;
    suite.delete("crm", "").await.unwrap();
    assert_eq!(suite.put("crm", "once more").await.version, 3);
}

#[tokio::test]
async fn a_lost_mark_opens_nothing_and_gives_no_number_away() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    suite.put("crm", CANARY).await;
    suite.store.commit(Op::delete("secrets/versions/acme/crm").try_into().unwrap()).await.unwrap();
    suite.assert_unreadable("crm", URL).await;
    assert_eq!(suite.put("crm", "anew").await.version, 3);
    assert_eq!(suite.release("crm", URL).await.unwrap().version, 3);

    suite.overwrite("records", "crm", Bytes::from_static(b"\xff\xff")).await;
    for mark in [Bytes::from_static(b"\xff\xff"), Mark::new(u64::MAX, false).write()] {
        suite.overwrite("versions", "crm", mark).await;
        let refused = suite.configurator().put_secret(put("crm", "value", URL)).await.unwrap_err();
        assert_eq!(reason(&refused), "STORE_UNAVAILABLE");
    }
}
