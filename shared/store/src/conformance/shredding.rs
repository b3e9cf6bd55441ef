//! Values that are shredded at their end, as whoever reads and writes them sees it. What is left on a disk is each store's own
//! affair.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::{Fixture, Outcome, next, refused};
use crate::{Batch, Entry, ErrorKind, Event, MAX_BATCH_BYTES, Op, Precondition, Range, Revision, StoreExt};

const MINUTE: Duration = Duration::from_secs(60);

/// As it was put, whoever asks.
pub async fn a_shreddable_value_is_read_scanned_and_told(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    let mut events = store.watch("", Revision::ZERO).await?;
    let ops = vec![Op::put("a", "one").shreddable(), Op::put("b", "two")];
    let revision = store.commit(Batch::new(ops)?).await?;
    let entry = |key: &str, value: &'static str, shreddable| Entry {
        key: key.into(),
        value: value.into(),
        revision,
        expires: None,
        shreddable,
    };
    let both = [entry("a", "one", true), entry("b", "two", false)];
    assert_eq!(store.get("a").await?.as_ref(), Some(&both[0]));
    assert_eq!(store.scan(Range::all(), 10).await?.entries, both);
    for entry in both {
        assert_eq!(next(&mut events).await?, Event::Put(entry));
    }
    Ok(())
}

/// Whichever of the two kinds comes after the other.
pub async fn a_shreddable_value_is_replaced_and_deleted(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    let ops = [Op::put("key", "1").shreddable(), Op::put("key", "2").shreddable(), Op::put("key", "3")];
    for op in ops.into_iter().cycle().take(7) {
        let Op::Put { value, shreddable, .. } = op.clone() else { return Err("no put".into()) };
        store.commit(Batch::try_from(op)?).await?;
        let entry = store.get("key").await?.ok_or("absent")?;
        assert_eq!((entry.value, entry.shreddable), (value, shreddable));
    }
    store.delete("key", Precondition::Exists).await?;
    assert_eq!(store.get("key").await?, None);
    Ok(())
}

/// It goes by itself as any other.
pub async fn a_shreddable_value_expires(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    let put = Op::put("key", "v").shreddable().until(Fixture::start() + MINUTE);
    let revision = store.commit(Batch::try_from(put)?).await?;
    let mut events = store.watch("", revision).await?;
    fixture.clock.advance(MINUTE);
    assert_eq!(store.get("key").await?, None);
    assert!(matches!(next(&mut events).await?, Event::Delete { key, .. } if key == "key"));
    Ok(())
}

/// Whoever reads while values end has them as they were, or as they are, or not at all.
pub async fn no_reader_meets_a_value_that_is_being_shredded(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        let store = Arc::clone(store);
        writers.spawn(async move {
            for round in 0..60 {
                let key = format!("key/{writer}/{}", round % 3);
                let op = if round % 4 == 3 { Op::delete(key) } else { Op::put(key, "whole").shreddable() };
                store.commit(Batch::try_from(op)?).await?;
            }
            Ok::<_, crate::Error>(())
        });
    }
    let whole = |entry: &Entry| &entry.value[..] == b"whole";
    let mut ended = 0;
    while ended < 4 {
        assert!(store.scan(Range::all(), 100).await?.entries.iter().all(whole));
        assert!(store.get("key/0/0").await?.as_ref().is_none_or(whole));
        while let Some(writer) = writers.try_join_next() {
            writer??;
            ended += 1;
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Who changes a value need not know what becomes of it.
pub async fn another_value_in_its_place_is_shreddable_too(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    let expires = Fixture::start() + MINUTE;
    store.commit(Batch::try_from(Op::put("key", "1").shreddable().until(expires))?).await?;
    let first = store.get("key").await?.ok_or("absent")?;
    store.commit(Batch::try_from(Op::replace(&first, "2"))?).await?;
    let lost = store.commit(Batch::try_from(Op::replace(&first, "3"))?).await;
    assert_eq!(refused(lost), Some(ErrorKind::Conflict));
    let change = |entry: Option<&Entry>| {
        Ok::<_, crate::Error>([entry.map_or(&b""[..], |it| &it.value), b"!"].concat().into())
    };
    store.update("key", change).await?;
    let entry = store.get("key").await?.ok_or("absent")?;
    assert_eq!((&entry.value[..], entry.shreddable, entry.expires), (&b"2!"[..], true, Some(expires)));
    Ok(())
}

/// An empty value is how a lost one is told.
pub async fn an_empty_value_cannot_be_shreddable(_: Fixture) -> Outcome {
    let error = Batch::try_from(Op::put("key", "").shreddable()).err().ok_or("was taken")?;
    assert_eq!((error.kind(), error.key()), (ErrorKind::Invalid, Some("key")));
    Ok(())
}

/// What a store needs beside such a value is counted before it is put.
pub async fn the_longest_shreddable_values_are_read_back(fixture: Fixture) -> Outcome {
    let put = |length| Batch::try_from(Op::put("key", vec![7; length]).shreddable());
    let longest = (0..100).map(|less| MAX_BATCH_BYTES - less).find(|length| put(*length).is_ok());
    let longest = longest.ok_or("none fits")?;
    fixture.store.commit(put(longest)?).await?;
    assert_eq!(fixture.store.get("key").await?.ok_or("absent")?.value, vec![7; longest]);
    Ok(())
}
