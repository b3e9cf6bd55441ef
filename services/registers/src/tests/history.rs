//! What a register was.

use proto::registers::v1::{Change, ListRevisionsRequest, Resolution};

use super::world::*;

#[tokio::test]
async fn a_history_tells_every_write_newest_first() {
    let client = World::new().client();
    let first = put(&client, SHARED, r#"{"a": 1}"#).await.unwrap();
    let second = patch(&client, SHARED, r#"{"b": 2}"#).await.unwrap();
    delete(&client, SHARED, "").await.unwrap();
    let fourth = put(&client, SHARED, "4").await.unwrap();
    let found = history(&client, SHARED).await;
    let changes: Vec<_> = found.iter().map(|revision| revision.change()).collect();
    assert_eq!(changes, [Change::Put, Change::Delete, Change::Patch, Change::Put]);
    for (revision, register) in [(&found[0], fourth), (&found[2], second), (&found[3], first)] {
        let expected = proto::registers::v1::Register { value: bytes::Bytes::new(), ..register };
        assert_eq!(revision.register, Some(expected));
    }
    let deletion = found[1].register.clone().unwrap();
    assert_eq!((deletion.name.as_str(), deletion.updated_by.as_str()), (SHARED, "ada"));
    assert!(deletion.text.is_empty() && deletion.layer.is_empty() && !deletion.etag.is_empty());
}

#[tokio::test]
async fn a_history_stays_when_the_register_is_gone() {
    let client = World::new().client();
    put(&client, SHARED, "1").await.unwrap();
    delete(&client, SHARED, "").await.unwrap();
    assert_eq!(history(&client, SHARED).await.len(), 2);
    refused(get(&client, SHARED).await, "REGISTER_NOT_FOUND");
    refused(delete(&client, SHARED, "").await, "REGISTER_NOT_FOUND");
}

#[tokio::test]
async fn the_newest_hundred_writes_are_kept() {
    let world = World::new();
    let client = world.client();
    let mut written = Vec::new();
    for number in 0..120 {
        written.push(put(&client, SHARED, number.to_string()).await.unwrap());
    }
    let found = history(&client, SHARED).await;
    let texts: Vec<_> = found.iter().map(|revision| revision.register.clone().unwrap().text).collect();
    assert_eq!(texts, (20..120).rev().map(|number| number.to_string()).collect::<Vec<_>>());
    refused(get_as(&client, SHARED, Resolution::Exact, &written[19].etag).await, "REGISTER_NOT_FOUND");
    get_as(&client, SHARED, Resolution::Exact, &written[20].etag).await.unwrap();
    let all = world.store.scan(store::Range::prefix("registers/revisions/"), 1000).await.unwrap();
    assert_eq!(all.entries.len(), 100, "what is too old is gone from the store");
}

#[tokio::test]
async fn pages_go_on_where_the_last_ended_while_writers_go_on() {
    let client = World::new().client();
    for number in 0..45 {
        put(&client, SHARED, number.to_string()).await.unwrap();
    }
    let mut request = ListRevisionsRequest { name: SHARED.into(), ..Default::default() };
    let mut texts = Vec::new();
    for expected in [20, 20, 5] {
        let page = client.clone().list_revisions(request.clone()).await.unwrap().into_inner();
        assert_eq!(page.revisions.len(), expected);
        texts.extend(page.revisions.into_iter().map(|revision| revision.register.unwrap().text));
        request.page_token = page.next_page_token;
        put(&client, SHARED, "\"later\"").await.unwrap();
    }
    assert_eq!(request.page_token, "");
    assert_eq!(texts, (0..45).rev().map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_page_of_large_writes_is_cut_so_that_it_can_be_sent() {
    let client = World::new().client();
    for number in 0..12 {
        put(&client, SHARED, format!("\"{number}{}\"", "t".repeat(1_000_000))).await.unwrap();
    }
    let request = ListRevisionsRequest { name: SHARED.into(), page_size: 100, ..Default::default() };
    let page = client.clone().list_revisions(request).await.unwrap().into_inner();
    assert!((1..12).contains(&page.revisions.len()), "{}", page.revisions.len());
    assert_eq!(history(&client, SHARED).await.len(), 12);
}
