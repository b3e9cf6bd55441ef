//! Watches tell everything, once, in order, and hold nobody up.

use std::{collections::BTreeMap, sync::Arc};

use futures::{StreamExt, future::join_all};
use proto::registers::v1::{Register, WatchRegistersResponse, watch_registers_response::Event};
use runtime::names::Id;
use store::{MemoryStore, Options};
use tonic::{Code, Streaming};

use super::world::*;
use crate::watch::Told;

pub(super) async fn next(told: &mut Streaming<WatchRegistersResponse>) -> (Event, String) {
    let message = told.message().await.unwrap().expect("a watch does not end");
    (message.event.unwrap(), message.etag)
}

/// What is told up to the mark, and the mark's etag.
async fn snapshot(told: &mut Streaming<WatchRegistersResponse>) -> (Vec<Register>, String) {
    let mut registers = Vec::new();
    loop {
        match next(told).await {
            (Event::Put(register), etag) => {
                assert_eq!(etag, "", "nobody goes on from the middle of a snapshot");
                registers.push(register);
            }
            (Event::SnapshotEnd(_), etag) => return (registers, etag),
            (Event::Deleted(name) | Event::Unreadable(name), _) => panic!("{name} is told of in a snapshot"),
        }
    }
}

fn number(etag: &str) -> u64 {
    etag.trim_matches('"').parse().unwrap()
}

#[tokio::test]
async fn a_watch_tells_what_is_there_then_what_changes() {
    let world = World::new();
    let client = world.client();
    let shared = put(&client, SHARED, "1").await.unwrap();
    let private = put(&client, PRIVATE, "2").await.unwrap();
    put(&client, "tenants/acme/registers/GONE", "1").await.unwrap();
    delete(&client, "tenants/acme/registers/GONE", "").await.unwrap();
    put(&client, "tenants/acme2/registers/ELSEWHERE", "1").await.unwrap();

    let mut told = watch(&client, "tenants/acme", "").await.unwrap();
    let (registers, _) = snapshot(&mut told).await;
    assert_eq!(registers, [shared, private]);

    let patched = patch(&client, PRIVATE, r#"{"a": 1}"#).await.unwrap();
    put(&client, "tenants/acme2/registers/ELSEWHERE", "2").await.unwrap();
    delete(&client, SHARED, "").await.unwrap();
    let anew = put(&client, SHARED, "3").await.unwrap();
    assert_eq!(next(&mut told).await, (Event::Put(patched.clone()), patched.etag.clone()));
    let (event, deletion) = next(&mut told).await;
    assert_eq!(event, Event::Deleted(SHARED.into()));
    assert_eq!(next(&mut told).await, (Event::Put(anew.clone()), anew.etag.clone()));

    // Whoever comes back goes on after what was told last, without a snapshot.
    let mut told = watch(&client, "tenants/acme", &patched.etag).await.unwrap();
    assert_eq!(next(&mut told).await, (Event::Deleted(SHARED.into()), deletion));
    assert_eq!(next(&mut told).await.1, anew.etag);
}

#[tokio::test]
async fn a_snapshot_of_nothing_is_whole_at_once() {
    let world = World::new();
    let client = world.client();
    let mut told = watch(&client, "tenants/acme", "").await.unwrap();
    let (registers, etag) = snapshot(&mut told).await;
    assert_eq!(registers, []);
    let first = put(&client, SHARED, "1").await.unwrap();
    assert_eq!(next(&mut told).await.1, first.etag);
    let mut again = watch(&client, "tenants/acme", &etag).await.unwrap();
    assert_eq!(next(&mut again).await.1, first.etag);
}

/// Fills a tenant with more registers than a page of the store holds.
async fn crowd(client: &Client) {
    let puts = (0..2500).map(|number| async move {
        put(client, &format!("tenants/acme/registers/K{number:04}"), "\"old\"").await.unwrap();
    });
    futures::stream::iter(puts).buffer_unordered(50).collect::<Vec<_>>().await;
}

#[tokio::test]
async fn a_snapshot_is_that_of_one_revision_although_writers_go_on() {
    let world = World::new();
    let client = world.client();
    crowd(&client).await;
    let tenant = Id::parse("tenant", "acme").unwrap();
    let mut told = world.service.book.clone().watch(&tenant, None).await.unwrap();
    assert!(matches!(told.next().await, Some(Ok(Told::There(_)))));

    let mut changes = Vec::new();
    for name in ["K0001", "K0900", "K1500", "K2400", "NEW", "K0000"] {
        changes.push(put(&client, &format!("tenants/acme/registers/{name}"), "\"new\"").await.unwrap().etag);
    }
    for name in ["K0002", "K2300"] {
        delete(&client, &format!("tenants/acme/registers/{name}"), "").await.unwrap();
        changes.push(
            history(&client, &format!("tenants/acme/registers/{name}")).await[0]
                .register
                .clone()
                .unwrap()
                .etag,
        );
    }
    let mut there = 1;
    let at = loop {
        match told.next().await.unwrap().unwrap() {
            Told::There(register) => {
                there += 1;
                assert_eq!(register.content.text, "\"old\"", "{:?}", register.name);
            }
            Told::SnapshotEnd(at) => break at,
            other => panic!("{other:?} within a snapshot"),
        }
    };
    assert_eq!(there, 2500);
    for etag in changes {
        let revision = match told.next().await.unwrap().unwrap() {
            Told::Written(register) => register.revision,
            Told::Deleted(_, revision) => revision,
            other => panic!("{other:?} after a snapshot"),
        };
        assert!(revision > at);
        assert_eq!(revision.get(), number(&etag));
    }
}

#[tokio::test]
async fn a_watch_that_would_leave_something_out_says_so() {
    let world = World::new();
    let client = world.client();
    put(&client, SHARED, "1").await.unwrap();
    put(&client, "tenants/acme/registers/Z", "1").await.unwrap();
    let tenant = Id::parse("tenant", "acme").unwrap();
    let mut snapshot = world.service.book.clone().watch(&tenant, None).await.unwrap();
    let first = get(&client, SHARED).await.unwrap().etag;
    for number in 0..101 {
        put(&client, SHARED, number.to_string()).await.unwrap();
    }
    // Neither a snapshot that needs a write which is not kept any more, nor changes that do.
    let refusal = snapshot.next().await.unwrap().unwrap_err();
    assert_eq!(refusal.reason(), proto::errors::v1::Reason::RevisionCompacted);
    let mut told = watch(&client, "tenants/acme", &first).await.unwrap();
    next(&mut told).await;
    let status = refused(told.message().await, "REVISION_COMPACTED");
    assert_eq!(status.code(), Code::OutOfRange);
}

#[tokio::test]
async fn changes_older_than_those_kept_are_refused_by_name() {
    let options = Options { history_events: 20, ..Options::default() };
    let world = World::over(Arc::new(MemoryStore::with(&options).unwrap()));
    let client = world.client();
    let first = put(&client, SHARED, "1").await.unwrap();
    let mut idle = watch(&client, "tenants/acme", &first.etag).await.unwrap();
    for number in 0..50 {
        put(&client, SHARED, number.to_string()).await.unwrap();
    }
    let status = refused(watch(&client, "tenants/acme", &first.etag).await, "REVISION_COMPACTED");
    assert_eq!(status.code(), Code::OutOfRange);
    refused(watch(&client, "tenants/acme", "\"99999\"").await, "REVISION_COMPACTED");
    // A reader that did not read has held up nobody and is told that it missed something.
    let ended = loop {
        match idle.message().await {
            Ok(Some(_)) => {}
            ended => break ended,
        }
    };
    refused(ended, "REVISION_COMPACTED");
}

#[tokio::test]
async fn a_watch_ends_when_the_server_stops() {
    let world = World::new();
    let client = world.client();
    let mut told = watch(&client, "tenants/acme", "").await.unwrap();
    snapshot(&mut told).await;
    world.drain.cancel();
    let status = refused(told.message().await, "SERVICE_UNAVAILABLE");
    assert_eq!((status.code(), reason(&status, "service").1.as_str()), (Code::Unavailable, "registers"));
}

/// Puts, patches and deletes among a few registers, shared and private, until `writes` of them happened.
async fn write_on(client: Client, seed: usize, writes: usize) {
    for number in 0..writes {
        let key = (seed * 7 + number * 3) % 6;
        let unit = if (seed + number).is_multiple_of(3) { "businessUnits/north/" } else { "" };
        let name = format!("tenants/acme/{unit}registers/K{key}");
        let _ = match number % 5 {
            0 => delete(&client, &name, "").await,
            1 | 2 => put(&client, &name, format!("{{\"w{seed}\": {number}}}")).await.map(drop),
            _ => patch(&client, &name, format!("{{\"p{seed}\": {number}}}")).await.map(drop),
        };
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_watch_misses_nothing_and_repeats_nothing_while_many_write() {
    let world = World::new();
    let client = world.client();
    let writers: Vec<_> = (0..8).map(|seed| tokio::spawn(write_on(client.clone(), seed, 60))).collect();
    let watchers = (0..4).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { follow(&client).await })
    });
    let watchers: Vec<_> = watchers.collect();
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    put(&client, "tenants/acme/registers/END", "1").await.unwrap();
    for watcher in join_all(watchers).await {
        let told = watcher.unwrap();
        for (name, etags) in told {
            // Newest first, and no further back than the history reaches or the watch began.
            let history: Vec<_> =
                history(&client, &name).await.into_iter().map(|past| past.register.unwrap().etag).collect();
            let told: Vec<_> = etags.into_iter().rev().collect();
            let compared = history.len().min(told.len());
            assert!(compared > 0);
            assert_eq!(told[..compared], history[..compared], "{name}");
        }
    }
}

/// Follows until the register `END` is written; answers the etags told of each register, in order.
async fn follow(client: &Client) -> BTreeMap<String, Vec<String>> {
    let mut told = watch(client, "tenants/acme", "").await.unwrap();
    let (registers, mut last) = snapshot(&mut told).await;
    let mut etags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for register in registers {
        assert!(number(&register.etag) <= number(&last), "a snapshot holds nothing newer than its mark");
        etags.entry(register.name).or_default().push(register.etag);
    }
    loop {
        let (event, etag) = next(&mut told).await;
        assert!(number(&etag) > number(&last), "in order, and once");
        last.clone_from(&etag);
        match event {
            Event::Put(register) => {
                assert_eq!(register.etag, etag);
                let ended = register.name.ends_with("/END");
                etags.entry(register.name).or_default().push(etag);
                if ended {
                    return etags;
                }
            }
            Event::Deleted(name) => etags.entry(name).or_default().push(etag),
            Event::SnapshotEnd(_) => panic!("one mark is enough"),
            Event::Unreadable(name) => panic!("{name} is damaged"),
        }
    }
}
