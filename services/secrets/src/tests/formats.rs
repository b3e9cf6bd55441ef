//! Records of the first format open as they did, and none of the second passes for one.

use seal::{Context, Plaintext};

use store::StoreExt as _;

use super::*;
use crate::record::{Mark, Record};

/// Written by the first version of this service: its key file, and the record and the mark of a secret that had two values.
const KEY: &str = include_str!("formats/first.key");
const RECORD: &str = include_str!("formats/first.record.hex");
const MARK: &str = include_str!("formats/first.mark.hex");

fn bytes(hex: &str) -> bytes::Bytes {
    data_encoding::HEXLOWER.decode(hex.trim().as_bytes()).unwrap().into()
}

/// A suite that was set up by the first version.
async fn first() -> Suite {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, KEY).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let ring = Arc::new(KeyRing::load(path).unwrap());
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new().unwrap());
    let suite = Suite::sealed_with(ring, folder, Config::default(), store);
    suite.overwrite("records", "crm", bytes(RECORD)).await;
    suite.overwrite("versions", "crm", bytes(MARK)).await;
    suite
}

#[tokio::test]
async fn a_record_of_the_first_format_is_served_as_it_was() {
    let suite = first().await;
    let released = suite.release("crm", URL).await.unwrap();
    assert_eq!((&released.value[..], released.version), (&b"first-format-value"[..], 2));
    assert_eq!(
        reason(&suite.release("crm", "https://evil.example").await.unwrap_err()),
        "SECRET_OUT_OF_SCOPE"
    );
    let [secret] = &suite.list(0, "").await.unwrap().secrets[..] else { panic!("one secret") };
    assert_eq!(secret.token_origins, ["https://api.example.com"]);
    assert_eq!((secret.version, secret.expire_time, secret.previous_version), (2, None, 0));

    let third = suite.put_as(PutSecretRequest { overlap: lasting(60), ..put("crm", "third", URL) }).await;
    assert_eq!((third.version, third.previous_version), (3, 2));
    assert_eq!(third.create_time, secret.create_time);
    assert_eq!(&suite.release_version("crm", 2).await.unwrap().value[..], b"first-format-value");
}

#[tokio::test]
async fn a_record_of_the_first_format_is_nobody_s_private_copy() {
    let suite = first().await;
    for (collection, value) in [("records", RECORD), ("versions", MARK)] {
        let key = format!("secrets/units/{collection}/acme/north/crm");
        suite.store.put(&key, bytes(value), store::Precondition::None).await.unwrap();
    }
    let name = "tenants/acme/businessUnits/north/secrets/crm".to_owned();
    let request = ReleaseSecretRequest { name, ..release("", URL) };
    let refused = suite.releasing(Caller::service("tokens")).release_secret(request).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_UNREADABLE");
}

#[tokio::test]
async fn no_record_passes_for_one_of_another_format() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    suite.edit("crm", |record| record.set_format(1)).await;
    suite.assert_unreadable("crm", URL).await;

    let suite = first().await;
    suite.edit("crm", |record| record.set_format(2)).await;
    suite.assert_unreadable("crm", URL).await;

    // One of the first format whose origin holds everything that the second binds.
    let suite = Suite::new();
    let scope = "2 https://api.example.com 0 0 0 ";
    let context = Context { tenant: "acme", kind: "secret", name: "crm", version: 1, scope };
    let sealed = suite.ring.sealing().seal(&context, &Plaintext::new(CANARY.into())).unwrap();
    suite.put("crm", "another").await;
    suite.edit("crm", |record| record.sealed = sealed.into()).await;
    assert_eq!(suite.release("crm", URL).await.unwrap().value, CANARY, "the terms are written so");
    suite.edit("crm", |record| record.set_format(1)).await;
    suite.assert_unreadable("crm", URL).await;
    assert!(Record::read(&suite.entry("records", "crm").await.value).is_ok());
    assert_eq!(Mark::read(&suite.entry("versions", "crm").await.value), Ok(Mark::new(1, false)));
}
