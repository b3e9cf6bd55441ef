//! What holds while many write.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinSet;

use super::{Fixture, Outcome, next};
use crate::{Batch, Error, ErrorKind, Event, Op, Precondition, Range, Revision, Store, StoreExt};

const WRITERS: u64 = 16;

/// `update` loses none.
pub async fn increments_from_many_writers_are_all_counted(fixture: Fixture) -> Outcome {
    let rounds = 10;
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let store = Arc::clone(&fixture.store);
        writers.spawn(async move {
            for _ in 0..rounds {
                store.update("count", one_more).await?;
            }
            Ok::<_, Error>(())
        });
    }
    while let Some(writer) = writers.join_next().await {
        writer??;
    }
    let entry = fixture.store.get("count").await?.ok_or("absent")?;
    assert_eq!(number_of(Some(&entry.value)), WRITERS * rounds);
    Ok(())
}

/// And it is the one whose value stays.
pub async fn of_many_creates_one_wins(fixture: Fixture) -> Outcome {
    one_wins(fixture, Precondition::Create).await
}

/// And it is the one whose value stays.
pub async fn of_many_updates_one_wins(fixture: Fixture) -> Outcome {
    let revision = fixture.store.put("key", "first".into(), Precondition::None).await?;
    one_wins(fixture, Precondition::Update(revision)).await
}

async fn one_wins(fixture: Fixture, precondition: Precondition) -> Outcome {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS * 4 {
        let store = Arc::clone(&fixture.store);
        writers.spawn(async move { (writer, store.put("key", text(writer), precondition).await) });
    }
    let mut winners = Vec::new();
    while let Some(joined) = writers.join_next().await {
        match joined? {
            (writer, Ok(revision)) => winners.push((writer, revision)),
            (_, Err(error)) => assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}"),
        }
    }
    let entry = fixture.store.get("key").await?.ok_or("absent")?;
    assert_eq!(winners, [(number_of(Some(&entry.value)), entry.revision)]);
    Ok(())
}

/// Keys that are always written together are always read alike.
pub async fn pages_show_batches_whole(fixture: Fixture) -> Outcome {
    let writer = {
        let store = Arc::clone(&fixture.store);
        tokio::spawn(async move {
            for round in 0..200 {
                let ops = (0..20).map(|key| match round % 10 {
                    9 => Op::delete(format!("key/{key}")),
                    _ => Op::put(format!("key/{key}"), text(round)),
                });
                store.commit(Batch::new(ops.collect())?).await?;
            }
            Ok::<_, Error>(())
        })
    };
    let mut last = Revision::ZERO;
    while !writer.is_finished() {
        let page = fixture.store.scan(Range::prefix("key/"), 100).await?;
        let values: Vec<u64> = page.entries.iter().map(|entry| number_of(Some(&entry.value))).collect();
        assert!(values.is_empty() || values == [values[0]; 20], "{values:?} were never written together");
        assert!(page.revision >= last, "a page went back from {last} to {}", page.revision);
        assert!(page.entries.iter().all(|entry| entry.revision <= page.revision));
        last = page.revision;
        tokio::task::yield_now().await;
    }
    writer.await??;
    Ok(())
}

/// A read after an event never shows a state before it.
pub async fn reads_see_what_a_watch_has_told(fixture: Fixture) -> Outcome {
    let rounds = 200;
    let mut events = fixture.store.watch("", Revision::ZERO).await?;
    let writer = {
        let store = Arc::clone(&fixture.store);
        tokio::spawn(async move {
            for round in 0..rounds {
                store.put("key", text(round), Precondition::None).await?;
            }
            Ok::<_, Error>(())
        })
    };
    for _ in 0..rounds {
        let told = next(&mut events).await?.revision();
        let read = fixture.store.get("key").await?.ok_or("absent")?.revision;
        assert!(read >= told, "{told} was told, and {read} was read");
        let page = fixture.store.scan(Range::all(), 1).await?.revision;
        assert!(page >= told, "{told} was told, and the page is of {page}");
    }
    writer.await??;
    Ok(())
}

/// What is put together from events, begun at any time, is what the store holds.
pub async fn watches_miss_nothing_while_many_write(fixture: Fixture) -> Outcome {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&fixture.store);
        writers.spawn(async move {
            for round in 0..25 {
                let key = format!("key/{}", (writer * 7 + round) % 23);
                let ops = vec![Op::put(format!("own/{writer}"), text(round)), shared(&key, round)];
                store.commit(Batch::new(ops)?).await?;
            }
            Ok::<_, Error>(())
        });
    }
    let mut mirrors = JoinSet::new();
    for _ in 0..4 {
        mirrors.spawn(mirror(Arc::clone(&fixture.store)));
        tokio::task::yield_now().await;
    }
    while let Some(writer) = writers.join_next().await {
        writer??;
    }
    fixture.store.put("end", Bytes::new(), Precondition::Create).await?;
    let truth = fixture.store.list(Range::all()).await?.entries;
    let truth: BTreeMap<_, _> = truth.into_iter().map(|entry| (entry.key.clone(), entry)).collect();
    while let Some(mirror) = mirrors.join_next().await {
        assert_eq!(mirror??, truth);
    }
    Ok(())
}

fn shared(key: &str, round: u64) -> Op {
    if round % 3 == 2 { Op::delete(key) } else { Op::put(key, text(round)) }
}

/// Lists, then follows the watch until the key `end` comes; the state that makes.
async fn mirror(store: Arc<dyn Store>) -> Result<BTreeMap<String, crate::Entry>, Error> {
    let listing = store.list(Range::all()).await?;
    let mut state: BTreeMap<_, _> = listing.entries.into_iter().map(|it| (it.key.clone(), it)).collect();
    let mut events = store.watch("", listing.revision).await?;
    let mut last = listing.revision;
    while !state.contains_key("end") {
        let event = next(&mut events).await?;
        assert!(event.revision() >= last, "revision {} came after {last}", event.revision());
        last = event.revision();
        match event {
            Event::Put(entry) => state.insert(entry.key.clone(), entry),
            Event::Delete { key, .. } => state.remove(&key),
        };
    }
    Ok(state)
}

fn one_more(entry: Option<&crate::Entry>) -> Result<Bytes, Error> {
    Ok(text(number_of(entry.map(|entry| &entry.value)) + 1))
}

fn text(number: u64) -> Bytes {
    number.to_string().into()
}

fn number_of(value: Option<&Bytes>) -> u64 {
    value.and_then(|value| std::str::from_utf8(value).ok()?.parse().ok()).unwrap_or_default()
}
