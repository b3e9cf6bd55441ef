//! Merging data into registers, and the private copies that come of it.

use futures::future::join_all;
use proto::registers::v1::Resolution;

use super::{meddler::Meddler, world::*};

#[tokio::test]
async fn a_patch_lies_over_the_text() {
    let client = World::new().client();
    put(&client, SHARED, r#"{"a": {"x": 1, "y": 0.10}, /* kept */ "t": "${a}"}"#).await.unwrap();
    patch(&client, SHARED, r#"{"a": {"x": null, "z": 12345678901234567890}}"#).await.unwrap();
    let register = patch(&client, SHARED, r#"{"b": "${computed:timestamp}"}"#).await.unwrap();
    assert_eq!(register.text, r#"{"a": {"x": 1, "y": 0.10}, /* kept */ "t": "${a}"}"#);
    assert_eq!(register.layer, r#"{"a":{"x":null,"z":12345678901234567890},"b":"${computed:timestamp}"}"#);
    assert_eq!(
        value(&register),
        r#"{"a":{"y":0.10,"z":12345678901234567890},"t":"${a}","b":"${computed:timestamp}"}"#
    );
    assert_eq!(get(&client, SHARED).await.unwrap(), register);
}

#[tokio::test]
async fn a_patch_under_a_business_unit_makes_a_copy_of_the_shared_register() {
    let client = World::new().client();
    put(&client, SHARED, r#"{"a": 1} // authored"#).await.unwrap();
    let shared = patch(&client, SHARED, r#"{"b": 2}"#).await.unwrap();
    let private = patch(&client, PRIVATE, r#"{"c": 3}"#).await.unwrap();
    assert_eq!((private.name.as_str(), &private.shared_etag), (PRIVATE, &shared.etag));
    assert_eq!(private.text, shared.text);
    assert_eq!(value(&private), r#"{"a":1,"b":2,"c":3}"#);
    assert_eq!(get(&client, SHARED).await.unwrap(), shared);

    put(&client, SHARED, r#"{"a": 9}"#).await.unwrap();
    let again = patch(&client, PRIVATE, r#"{"c": 4}"#).await.unwrap();
    assert_eq!(value(&again), r#"{"a":1,"b":2,"c":4}"#);
    assert_eq!(again.shared_etag, shared.etag, "a copy remembers what it was made of");
    let authored = put(&client, PRIVATE, r#"{"a": 5}"#).await.unwrap();
    assert_eq!(authored.shared_etag, shared.etag, "also when its author goes on with it");
    delete(&client, PRIVATE, "").await.unwrap();
    assert_eq!(put(&client, PRIVATE, "1").await.unwrap().shared_etag, "");
}

#[tokio::test]
async fn a_patch_without_a_shared_register_makes_a_private_one() {
    let client = World::new().client();
    let private = patch(&client, PRIVATE, r#"{"a": {"b": 1, "c": null}}"#).await.unwrap();
    assert_eq!((value(&private), private.shared_etag.as_str()), (r#"{"a":{"b":1}}"#, ""));
    refused(get(&client, SHARED).await, "REGISTER_NOT_FOUND");
    refused(patch(&client, SHARED, "{}").await, "REGISTER_NOT_FOUND");
    put(&client, SHARED, "1").await.unwrap();
    delete(&client, SHARED, "").await.unwrap();
    refused(patch(&client, SHARED, "{}").await, "REGISTER_NOT_FOUND");
}

#[tokio::test]
async fn the_etag_of_a_patch_is_that_of_what_it_lies_over() {
    let client = World::new().client();
    let old = put(&client, SHARED, r#"{"a": 1}"#).await.unwrap();
    let new = put(&client, SHARED, r#"{"a": 2}"#).await.unwrap();
    refused(patch_if(&client, PRIVATE, "{}", &old.etag).await, "ETAG_MISMATCH");
    let read = get_as(&client, PRIVATE, Resolution::PrivateFirst, "").await.unwrap();
    assert_eq!(read.etag, new.etag);
    let private = patch_if(&client, PRIVATE, r#"{"b": 1}"#, &read.etag).await.unwrap();
    refused(patch_if(&client, PRIVATE, "{}", &read.etag).await, "ETAG_MISMATCH");
    refused(patch_if(&client, PRIVATE, "{}", "\"0\"").await, "ETAG_MISMATCH");
    patch_if(&client, PRIVATE, r#"{"b": 2}"#, &private.etag).await.unwrap();
    let other = "tenants/acme/businessUnits/south/registers/TOKEN-CRM";
    patch_if(&client, other, "{}", "\"0\"").await.unwrap();
}

#[tokio::test]
async fn a_patch_that_another_process_overtakes_lies_over_what_is_there_then() {
    let store = Meddler::new();
    let client = World::over(store.clone()).client();
    let other = World::over(store.inner()).client();
    put(&client, SHARED, "{}").await.unwrap();
    let meddled = other.clone();
    store.before_commit(move || {
        Box::pin(async move {
            patch(&meddled, SHARED, r#"{"theirs": 1}"#).await.unwrap();
            Ok(())
        })
    });
    let register = patch(&client, SHARED, r#"{"ours": 2}"#).await.unwrap();
    assert!(store.is_done());
    assert_eq!(value(&register), r#"{"theirs":1,"ours":2}"#);
}

#[tokio::test]
async fn a_copy_is_never_made_of_what_was_replaced_meanwhile() {
    let store = Meddler::new();
    let client = World::over(store.clone()).client();
    let other = World::over(store.inner()).client();
    for before in [None, Some(r#"{"a": 1}"#)] {
        if let Some(text) = before {
            put(&client, SHARED, text).await.unwrap();
        }
        let meddled = other.clone();
        store.before_commit(move || {
            Box::pin(async move {
                put(&meddled, SHARED, r#"{"a": 2}"#).await.unwrap();
                Ok(())
            })
        });
        let copy = patch(&client, PRIVATE, r#"{"b": 1}"#).await.unwrap();
        assert!(store.is_done());
        assert_eq!(value(&copy), r#"{"a":2,"b":1}"#);
        assert_eq!(copy.shared_etag, get(&client, SHARED).await.unwrap().etag);
        delete(&client, PRIVATE, "").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_concurrent_patches_none_is_lost() {
    let world = World::new();
    // Several services over one store, as several processes would be: they do not wait for each other's turns.
    let others: Vec<_> = (0..5).map(|_| World::over(world.store.clone())).collect();
    for name in [SHARED, PRIVATE] {
        put(&world.client(), SHARED, r#"{"base": true}"#).await.unwrap();
        let writers = (0..50).map(|number: usize| {
            let client = others[number % others.len()].client();
            tokio::spawn(async move {
                patch(&client, name, format!(r#"{{"w{number}": {number}, "all": {{"w{number}": true}}}}"#))
                    .await
            })
        });
        for answer in join_all(writers).await {
            answer.unwrap().unwrap();
        }
        let register = get(&world.client(), name).await.unwrap();
        let whole: serde_json::Value = serde_json::from_slice(&register.value).unwrap();
        for number in 0..50 {
            assert_eq!(whole[format!("w{number}")], number);
            assert_eq!(whole["all"][format!("w{number}")], true);
        }
        assert_eq!(whole["base"], true);
    }
    assert_eq!(history(&world.client(), PRIVATE).await.len(), 50);
}
