//! Putting and deleting.

use std::time::Duration;

use prost_types::Timestamp;
use runtime::Role;
use store::Range;

use super::{meddler::Meddler, world::*};

#[tokio::test]
async fn a_text_is_kept_as_it_was_written_and_its_value_is_strict_json() {
    let client = World::new().client();
    let text = "{\n  // how one asks\n  \"url\": \"https://x/${currentObject:id}\",\n  \"n\": 12345678901234567890,\n}\n";
    let register = put(&client, SHARED, text).await.unwrap();
    assert_eq!(register.text, text);
    assert_eq!(register.layer, "");
    assert_eq!(value(&register), r#"{"url":"https://x/${currentObject:id}","n":12345678901234567890}"#);
    assert_eq!(register.name, SHARED);
    assert_eq!(register.shared_etag, "");
    assert_eq!(get(&client, SHARED).await.unwrap(), register);
}

#[tokio::test]
async fn times_and_author_are_those_of_the_write() {
    let world = World::new();
    let at = |seconds| Some(Timestamp { seconds, nanos: 0 });
    let bob = world.client_of(caller("bob", runtime::identity::Tenants::All, &[Role::Configurator]));
    let first = put(&world.client(), SHARED, "1").await.unwrap();
    assert_eq!((first.create_time, first.update_time), (at(1_800_000_000), at(1_800_000_000)));
    assert_eq!(first.updated_by, "ada");
    world.clock.advance(Duration::from_secs(5));
    let second = put(&bob, SHARED, "2").await.unwrap();
    assert_eq!((second.create_time, second.update_time), (at(1_800_000_000), at(1_800_000_005)));
    assert_eq!(second.updated_by, "bob");
    world.clock.advance(Duration::from_secs(5));
    delete(&bob, SHARED, "").await.unwrap();
    let deletion = history(&world.client(), SHARED).await[0].register.clone().unwrap();
    assert_eq!((deletion.create_time, deletion.update_time), (at(1_800_000_000), at(1_800_000_010)));
    let anew = put(&world.client(), SHARED, "3").await.unwrap();
    assert_eq!((anew.create_time, anew.update_time), (at(1_800_000_010), at(1_800_000_010)));
}

#[tokio::test]
async fn a_put_drops_what_runs_wrote() {
    let client = World::new().client();
    put(&client, SHARED, r#"{"a": 1}"#).await.unwrap();
    patch(&client, SHARED, r#"{"b": 2}"#).await.unwrap();
    let register = put(&client, SHARED, r#"{"a": 3}"#).await.unwrap();
    assert_eq!((value(&register), &register.layer[..]), (r#"{"a":3}"#, &b""[..]));
}

#[tokio::test]
async fn a_write_with_an_old_etag_changes_nothing() {
    let client = World::new().client();
    let first = put_if(&client, SHARED, "1", "\"0\"").await.unwrap();
    refused(put_if(&client, SHARED, "2", "\"0\"").await, "ETAG_MISMATCH");
    let second = put_if(&client, SHARED, "2", &first.etag).await.unwrap();
    refused(put_if(&client, SHARED, "3", &first.etag).await, "ETAG_MISMATCH");
    refused(patch_if(&client, SHARED, "3", &first.etag).await, "ETAG_MISMATCH");
    refused(delete(&client, SHARED, &first.etag).await, "ETAG_MISMATCH");
    assert_eq!(get(&client, SHARED).await.unwrap(), second);
    delete(&client, SHARED, &second.etag).await.unwrap();
    refused(put_if(&client, SHARED, "3", &second.etag).await, "ETAG_MISMATCH");
    put_if(&client, SHARED, "3", "\"0\"").await.unwrap();
}

#[tokio::test]
async fn an_etag_counts_at_the_commit_and_not_before_it() {
    let store = Meddler::new();
    let client = World::over(store.clone()).client();
    let other = World::over(store.inner()).client();
    let first = put(&client, SHARED, "1").await.unwrap();
    let meddled = other.clone();
    store.before_commit(move || {
        Box::pin(async move {
            put(&meddled, SHARED, "2").await.unwrap();
            Ok(())
        })
    });
    refused(put_if(&client, SHARED, "3", &first.etag).await, "ETAG_MISMATCH");
    assert!(store.is_done());
    assert_eq!(value(&get(&client, SHARED).await.unwrap()), "2");
    assert_eq!(history(&client, SHARED).await.len(), 2);
}

#[tokio::test]
async fn of_many_that_create_one_does() {
    let world = World::new();
    let other = World::over(world.store.clone());
    let attempts = (0..20).map(|number| {
        let client = if number % 2 == 0 { world.client() } else { other.client() };
        async move { put_if(&client, SHARED, number.to_string(), "\"0\"").await }
    });
    let answers = futures::future::join_all(attempts).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for answer in answers.into_iter().filter(Result::is_err) {
        refused(answer, "ETAG_MISMATCH");
    }
}

#[tokio::test]
async fn the_largest_text_and_layer_come_back_whole() {
    let world = World::new();
    let client = world.client();
    let text = format!("{{\"a\": \"{}\"}}", "t".repeat((1 << 20) - 9));
    assert_eq!(text.len(), 1 << 20);
    let register = put(&client, SHARED, text.clone()).await.unwrap();
    assert_eq!(register.text, text);
    let layer = format!("{{\"b\":\"{}\"}}", "l".repeat((1 << 20) - 8));
    assert_eq!(layer.len(), 1 << 20);
    let register = patch(&client, SHARED, layer.clone()).await.unwrap();
    assert_eq!((&register.text[..], &register.layer[..]), (text.as_bytes(), layer.as_bytes()));
    assert_eq!(register.value.len(), text.len() + layer.len() - 2);
    assert_eq!(get(&client, SHARED).await.unwrap(), register);
    let copy = patch(&client, PRIVATE, r#"{"b": 1}"#).await.unwrap();
    assert_eq!((&copy.text[..], &copy.layer[..]), (text.as_bytes(), &br#"{"b":1}"#[..]));
    assert_eq!(history(&client, SHARED).await.len(), 2);
}

#[tokio::test]
async fn parts_of_large_texts_go_with_the_writes_that_name_them() {
    let store = Meddler::new();
    let world = World::over(store.clone());
    let client = world.client();
    let large = format!("\"{}\"", "t".repeat(1_000_000));
    let parts =
        || async { world.store.scan(Range::prefix("registers/chunks/"), 100).await.unwrap().entries.len() };

    // An attempt that another process spoils takes its parts back.
    let meddled = World::over(store.inner()).client();
    store.before_commit(|| Box::pin(async { Ok(()) }));
    store.before_commit(|| Box::pin(async { Ok(()) }));
    store.before_commit(move || {
        Box::pin(async move {
            put(&meddled, SHARED, "2").await.unwrap();
            Ok(())
        })
    });
    put(&client, SHARED, large.clone()).await.unwrap();
    assert!(store.is_done());
    assert_eq!(parts().await, 2);
    assert_eq!(history(&client, SHARED).await.len(), 2);

    // An attempt that dies leaves its parts, until the write of that number is forgotten.
    store.before_commit(|| Box::pin(async { Ok(()) }));
    store.before_commit(|| Box::pin(async { Ok(()) }));
    store.fail_commit(store::ErrorKind::Io);
    refused(put(&client, SHARED, large).await, "STORE_UNAVAILABLE");
    assert_eq!(parts().await, 4);
    for number in 0..101 {
        put(&client, SHARED, number.to_string()).await.unwrap();
    }
    assert_eq!(parts().await, 0);
    assert_eq!(history(&client, SHARED).await.len(), 100);
}
