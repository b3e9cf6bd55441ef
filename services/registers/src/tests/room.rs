//! How many registers a tenant may have, and how large they may be together.

use std::{collections::BTreeMap, sync::Arc};

use runtime::{
    names::Id,
    quota::{Limits, Quotas},
};
use store::{MemoryStore, Precondition, Store, StoreExt};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::world::*;

/// A world in which `acme` is bounded, and nobody else.
fn bounded(registers: Option<u64>, bytes: Option<u64>) -> World {
    bounded_over(Arc::new(MemoryStore::new().unwrap()), registers, bytes)
}

fn bounded_over(store: Arc<dyn Store>, registers: Option<u64>, bytes: Option<u64>) -> World {
    let acme = Id::parse("tenant", "acme").unwrap();
    let own = Limits { registers, bytes, ..Limits::default() };
    World::bounded(store, Quotas::new(Limits::default(), BTreeMap::from([(acme, own)])))
}

fn name(id: &str) -> String {
    format!("tenants/acme/registers/{id}")
}

#[track_caller]
fn exceeded(status: &Status, quota: &str, limit: &str) {
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(info.reason, "QUOTA_EXCEEDED");
    assert_eq!((info.metadata["quota"].as_str(), info.metadata["limit"].as_str()), (quota, limit));
    assert!(status.message().contains(&format!("{quota} = {limit}")), "{status:?}");
}

#[tokio::test]
async fn a_damaged_register_counts_as_one_and_keeps_nobody_from_writing() {
    let world = bounded(Some(2), Some(1 << 20));
    let client = world.client();
    put(&client, &name("A"), "{}").await.unwrap();
    let head = "registers/heads/acme/shared/A";
    world.store.put(head, "damaged".into(), Precondition::Exists).await.unwrap();
    put(&client, &name("B"), "{}").await.unwrap();
    exceeded(&put(&client, &name("C"), "{}").await.unwrap_err(), "registers", "2");
    put(&client, &name("A"), "{}").await.unwrap();
}

#[tokio::test]
async fn a_tenant_has_as_many_registers_as_it_may_private_copies_included() {
    let world = bounded(Some(3), None);
    let client = world.client();
    put(&client, &name("A"), "{}").await.unwrap();
    put(&client, &name("B"), "{}").await.unwrap();
    let copy = |id: &str| format!("tenants/acme/businessUnits/north/registers/{id}");
    patch(&client, &copy("A"), "{\"a\":1}").await.unwrap();
    for answer in [
        put(&client, &name("C"), "{}").await,
        put(&client, &copy("C"), "{}").await,
        patch(&client, &copy("B"), "{\"a\":1}").await,
    ] {
        exceeded(&answer.unwrap_err(), "registers", "3");
    }
    get(&client, &name("C")).await.unwrap_err();
    // What is there can change, and one that goes makes room for another.
    put(&client, &name("A"), "{\"b\":2}").await.unwrap();
    patch(&client, &copy("A"), "{\"a\":2}").await.unwrap();
    delete(&client, &name("B"), "").await.unwrap();
    put(&client, &name("C"), "{}").await.unwrap();
    exceeded(&put(&client, &name("B"), "{}").await.unwrap_err(), "registers", "3");
    for id in 0..10 {
        put(&client, &format!("tenants/other/registers/R{id}"), "{}").await.unwrap();
    }
}

#[tokio::test]
async fn a_tenants_registers_are_as_large_together_as_they_may_be() {
    let world = bounded(None, Some(10_000));
    let client = world.client();
    let text = |length: usize| format!("\"{}\"", "x".repeat(length));
    put(&client, &name("A"), text(6_000)).await.unwrap();
    exceeded(&put(&client, &name("B"), text(6_000)).await.unwrap_err(), "bytes", "10000");
    put(&client, &name("B"), text(3_000)).await.unwrap();
    // In place of itself: what it took counts no more.
    put(&client, &name("A"), text(6_500)).await.unwrap();
    exceeded(&put(&client, &name("A"), text(7_500)).await.unwrap_err(), "bytes", "10000");
    put(&client, &name("C"), "{}").await.unwrap();
    let large = format!("{{\"a\":{}}}", text(2_000));
    exceeded(&patch(&client, &name("C"), large.clone()).await.unwrap_err(), "bytes", "10000");
    put(&client, &name("A"), text(1_000)).await.unwrap();
    patch(&client, &name("C"), large).await.unwrap();
}

#[tokio::test]
async fn what_is_there_can_change_and_become_less_under_a_bound_that_was_lowered() {
    let world = bounded(None, None);
    for id in ["A", "B", "C"] {
        put(&world.client(), &name(id), format!("\"{}\"", "x".repeat(1_000))).await.unwrap();
    }
    let world = bounded_over(world.store, Some(1), Some(500));
    let client = world.client();
    exceeded(&put(&client, &name("D"), "{}").await.unwrap_err(), "registers", "1");
    exceeded(
        &put(&client, &name("A"), format!("\"{}\"", "x".repeat(1_001))).await.unwrap_err(),
        "bytes",
        "500",
    );
    put(&client, &name("A"), format!("\"{}\"", "y".repeat(1_000))).await.unwrap();
    put(&client, &name("A"), "{}").await.unwrap();
    delete(&client, &name("B"), "").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_write_at_once_there_are_no_more_than_there_may_be() {
    let world = bounded(Some(5), None);
    let writes = (0..40).map(|id| {
        let client = world.client();
        tokio::spawn(async move { put(&client, &name(&format!("R{id}")), "{}").await.is_ok() })
    });
    let mut written = 0;
    for write in writes.collect::<Vec<_>>() {
        written += usize::from(write.await.unwrap());
    }
    assert_eq!(written, 5);
}
