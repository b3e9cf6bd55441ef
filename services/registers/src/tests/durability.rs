//! Everything is as it was after the store was closed and opened.

use std::sync::Arc;

use store::SledStore;

use super::world::*;

#[tokio::test]
async fn registers_their_history_and_their_watches_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let large = format!("{{\"a\": \"{}\"}}", "t".repeat(900_000));
    let (shared, private, revisions);
    {
        let world = World::over(Arc::new(SledStore::open(folder.path()).unwrap()));
        let client = world.client();
        put(&client, SHARED, large.clone()).await.unwrap();
        shared = patch(&client, SHARED, r#"{"b": 1}"#).await.unwrap();
        private = patch(&client, PRIVATE, r#"{"c": 1}"#).await.unwrap();
        put(&client, "tenants/acme/registers/GONE", "1").await.unwrap();
        delete(&client, "tenants/acme/registers/GONE", "").await.unwrap();
        revisions = history(&client, SHARED).await;
    }
    let world = World::over(Arc::new(SledStore::open(folder.path()).unwrap()));
    let client = world.client();
    assert_eq!(get(&client, SHARED).await.unwrap(), shared);
    assert_eq!(get(&client, PRIVATE).await.unwrap(), private);
    assert_eq!(history(&client, SHARED).await, revisions);
    refused(get(&client, "tenants/acme/registers/GONE").await, "REGISTER_NOT_FOUND");
    assert_eq!(history(&client, "tenants/acme/registers/GONE").await.len(), 2);

    let mut told = watch(&client, "tenants/acme", "").await.unwrap();
    let mut names = Vec::new();
    while let Some(message) = told.message().await.unwrap() {
        match message.event.unwrap() {
            proto::registers::v1::watch_registers_response::Event::Put(register) => names.push(register.name),
            _ => break,
        }
    }
    assert_eq!(names, [SHARED, PRIVATE]);
    let next = patch_if(&client, PRIVATE, r#"{"c": 2}"#, &private.etag).await.unwrap();
    assert!(number(&next.etag) > number(&private.etag), "revisions go on");
}

fn number(etag: &str) -> u64 {
    etag.trim_matches('"').parse().unwrap()
}
