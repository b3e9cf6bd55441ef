//! Requests that cannot be used, and stores that fail: each has its reason, and nothing is stored.

use proto::registers::v1::{GetRegisterRequest, ListRegistersRequest, ListRevisionsRequest};
use store::{ErrorKind, Range};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use super::{meddler::Meddler, world::*};

#[track_caller]
fn field<T>(answer: Result<T, Status>, expected: &str) {
    let status = refused(answer, "FIELD_INVALID");
    assert_eq!(
        (status.code(), reason(&status, "field").1.as_str()),
        (Code::InvalidArgument, expected),
        "{status}"
    );
    let details = status.get_error_details();
    assert_eq!(details.bad_request().unwrap().field_violations[0].field, expected);
}

#[tokio::test]
async fn names_that_are_none_are_refused() {
    let client = World::new().client();
    for name in [
        "",
        "registers/A",
        "tenants/acme/A",
        "tenants/acme/registers/",
        "tenants/acme/registers/A/B",
        "tenants/acme/registers/..",
        "tenants/acme/registers/A B",
        "tenants/acme/registers/-B",
        "tenants/acme/registers/A-",
        "tenants//registers/A",
        "tenants/acme/businessUnits//registers/A",
        "tenants/acme/units/north/registers/A",
    ] {
        field(get(&client, name).await, "name");
        field(put(&client, name, "1").await, "name");
        field(patch(&client, name, "1").await, "name");
        field(delete(&client, name, "").await, "name");
        let request = ListRevisionsRequest { name: name.into(), ..Default::default() };
        field(client.clone().list_revisions(request).await, "name");
    }
    for name in ["tenants/acme/registers/MOCKUP.TEST", "tenants/acme/registers/ADAPTER.A_B-C-D"] {
        put(&client, name, "1").await.unwrap();
    }
}

#[tokio::test]
async fn etags_and_revisions_that_are_none_are_refused() {
    let client = World::new().client();
    for etag in ["1", "\"x\"", "\"-1\"", "\"\"", "W/\"1\""] {
        field(put_if(&client, SHARED, "1", etag).await, "etag");
        field(patch_if(&client, SHARED, "1", etag).await, "etag");
        field(delete(&client, SHARED, etag).await, "etag");
        field(get_as(&client, SHARED, Default::default(), etag).await, "revision");
        field(watch(&client, "tenants/acme", etag).await, "after");
    }
    let request = GetRegisterRequest { name: SHARED.into(), resolution: 99, ..Default::default() };
    field(client.clone().get_register(request).await, "resolution");
}

#[tokio::test]
async fn pages_that_are_none_are_refused() {
    let client = World::new().client();
    put(&client, SHARED, "1").await.unwrap();
    let list = ListRegistersRequest { parent: "tenants/acme".into(), ..Default::default() };
    let revisions = ListRevisionsRequest { name: SHARED.into(), ..Default::default() };
    let listed = |request: ListRegistersRequest| {
        let mut client = client.clone();
        async move { client.list_registers(request).await }
    };
    let told = |request: ListRevisionsRequest| {
        let mut client = client.clone();
        async move { client.list_revisions(request).await }
    };
    field(listed(ListRegistersRequest { page_size: -1, ..list.clone() }).await, "page_size");
    field(told(ListRevisionsRequest { page_size: -1, ..revisions.clone() }).await, "page_size");
    for token in ["zz", "2f2f", "é", "0"] {
        field(listed(ListRegistersRequest { page_token: token.into(), ..list.clone() }).await, "page_token");
        field(
            told(ListRevisionsRequest { page_token: token.into(), ..revisions.clone() }).await,
            "page_token",
        );
    }
    for prefix in ["a/b", "../", "\u{0}", &"x".repeat(129)] {
        field(listed(ListRegistersRequest { key_prefix: prefix.into(), ..list.clone() }).await, "key_prefix");
    }
    for parent in ["", "tenants", "tenants/", "tenants/acme/registers"] {
        field(listed(ListRegistersRequest { parent: parent.into(), ..list.clone() }).await, "parent");
        field(watch(&client, parent, "").await, "parent");
    }
    field(watch(&client, "tenants/acme/businessUnits/north", "").await, "parent");
}

#[tokio::test]
async fn nothing_is_stored_of_a_write_that_is_refused() {
    let world = World::new();
    let client = world.client();
    let invalid = refused(put(&client, SHARED, "{\n  \"a\": 1,\n  \"b\": ]\n}").await, "REGISTER_INVALID");
    assert_eq!(invalid.code(), Code::InvalidArgument);
    assert_eq!(reason(&invalid, "name").1, SHARED);
    assert_eq!((reason(&invalid, "line").1, reason(&invalid, "column").1), ("3".into(), "8".into()));
    assert!(
        invalid.message().contains("\"b\": ]") && invalid.message().contains('^'),
        "{}",
        invalid.message()
    );
    refused(put(&client, SHARED, "").await, "REGISTER_INVALID");
    field(put(&client, SHARED, &b"\"\xc3\x28\""[..]).await, "text");
    field(put(&client, SHARED, format!("\"{}\"", "x".repeat(1 << 20))).await, "text");
    field(patch(&client, PRIVATE, "{a: 1}").await, "merge_patch");
    field(patch(&client, PRIVATE, "").await, "merge_patch");
    field(patch(&client, PRIVATE, format!("\"{}\"", "x".repeat(1 << 20))).await, "merge_patch");
    refused(patch(&client, SHARED, "{}").await, "REGISTER_NOT_FOUND");
    refused(put_if(&client, SHARED, "1", "\"1\"").await, "ETAG_MISMATCH");
    refused(delete(&client, SHARED, "").await, "REGISTER_NOT_FOUND");
    refused(
        client
            .clone()
            .list_revisions(ListRevisionsRequest { name: SHARED.into(), ..Default::default() })
            .await,
        "REGISTER_NOT_FOUND",
    );
    assert!(world.store.scan(Range::all(), 1).await.unwrap().entries.is_empty());
}

#[tokio::test]
async fn a_store_that_fails_is_said_to_and_its_text_stays_inside() {
    let store = Meddler::new();
    let client = World::over(store.clone()).client();
    for kind in [ErrorKind::Io, ErrorKind::Full, ErrorKind::Corrupt, ErrorKind::Closed] {
        store.fail_commit(kind);
        let status = refused(put(&client, SHARED, "1").await, "STORE_UNAVAILABLE");
        assert_eq!(status.code(), Code::Unavailable);
        assert!(!status.message().contains("/dev/sda"), "{status}");
        refused(get(&client, SHARED).await, "REGISTER_NOT_FOUND");
    }
}

#[tokio::test]
async fn a_record_of_a_newer_release_is_a_fault_and_no_guess() {
    let world = World::new();
    let client = world.client();
    put(&client, SHARED, "1").await.unwrap();
    let head = "registers/heads/acme/shared/TOKEN-CRM";
    let newer = store::Op::put(head, &b"\xffwhatever"[..]);
    world.store.commit(store::Batch::try_from(newer).unwrap()).await.unwrap();
    let status = refused(get(&client, SHARED).await, "INTERNAL");
    assert!(!status.message().contains("heads"), "{status}");
    refused(patch(&client, SHARED, "{}").await, "INTERNAL");
}

#[tokio::test]
async fn a_head_without_its_write_is_a_fault_and_not_waited_for() {
    let world = World::new();
    let client = world.client();
    put(&client, SHARED, "1").await.unwrap();
    let written = world.store.scan(Range::prefix("registers/revisions/"), 1).await.unwrap().entries.remove(0);
    let lost = store::Op::delete(written.key);
    world.store.commit(store::Batch::try_from(lost).unwrap()).await.unwrap();
    refused(get(&client, SHARED).await, "INTERNAL");
    refused(patch(&client, SHARED, "{}").await, "INTERNAL");
    put(&client, SHARED, "2").await.unwrap();
    assert_eq!(value(&get(&client, SHARED).await.unwrap()), "2");
}
