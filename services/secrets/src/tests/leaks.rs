//! A value is looked for in everything that the service leaves behind: the store's files, and what messages and errors
//! say of themselves. The log and the answers are searched in every test.

use oracle::{Oracle, came_out};
use store::SledStore;

use super::*;

#[tokio::test]
async fn neither_the_store_nor_the_log_nor_an_error_holds_a_value() {
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SledStore::open(folder.path()).unwrap());
    let suite = Suite::over(store.clone());

    suite.put("crm", CANARY).await;
    suite.put("crm", &format!("{CANARY}, the second")).await;
    assert!(suite.release("crm", URL).await.unwrap().value.starts_with(CANARY.as_bytes()));
    let told = |text: String| came_out("what a message or an error says of itself", text.as_bytes());
    for request in [
        put("crm", CANARY, "http://api.example.com"),
        put("crm", &CANARY.repeat(4096), URL),
        PutSecretRequest { etag: "\"0\"".into(), ..put("crm", CANARY, URL) },
        PutSecretRequest { name: "tenants/other/secrets/x".into(), ..put("", CANARY, URL) },
    ] {
        told(format!("{request:?}"));
        let refused = suite.configurator().put_secret(request).await.unwrap_err();
        told(format!("{refused:?} {refused} {:?}", refused.get_error_details()));
    }
    told(format!("{:?}", suite.release("crm", "https://evil.example").await.unwrap_err()));
    told(format!("{:?}", suite.release("crm", URL).await.unwrap()));
    suite.delete("crm", "").await.unwrap();
    suite.put("kept", CANARY).await;

    assert!(oracle::log().contains("a secret was put"), "the log was kept");
    drop((suite, store));
    oracle::search(&[folder.path()]);
    let names: &'static Oracle = Box::leak(Box::default());
    names.note("a name", b"secrets/records/acme/kept");
    assert!(!names.leaks(&[folder.path()]).is_empty(), "the search sees what the store wrote");
}
