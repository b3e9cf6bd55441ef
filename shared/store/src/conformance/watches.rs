//! What `watch` delivers.

use futures::StreamExt;

use super::{Fixture, HISTORY_EVENTS, Outcome, next, put_all, refused};
use crate::{Batch, ErrorKind, Event, MAX_OPS, Op, Precondition, Range, Revision, Store, StoreExt};

/// Its events are neighbours, with one revision.
pub async fn a_batch_is_told_in_one_piece(fixture: Fixture) -> Outcome {
    put_all(&*fixture.store, &["b"]).await?;
    let batch = Batch::new(vec![Op::put("a", "1"), Op::delete("b"), Op::put("c", "3")])?;
    let revision = fixture.store.commit(batch).await?;
    let mut events = fixture.store.watch("", revision.previous()).await?;
    let mut told = Vec::new();
    for _ in 0..3 {
        let event = next(&mut events).await?;
        assert_eq!(event.revision(), revision);
        told.push(event.key().to_owned());
    }
    told.sort();
    assert_eq!(told, ["a", "b", "c"]);
    Ok(())
}

/// With the revision that deleted it.
pub async fn a_delete_is_told(fixture: Fixture) -> Outcome {
    let put = put_all(&*fixture.store, &["key"]).await?;
    let revision = fixture.store.delete("key", Precondition::None).await?;
    let mut events = fixture.store.watch("", put).await?;
    assert_eq!(next(&mut events).await?, Event::Delete { key: "key".to_owned(), revision });
    Ok(())
}

/// Nothing happened.
pub async fn a_delete_of_nothing_is_not_told(fixture: Fixture) -> Outcome {
    let mut events = fixture.store.watch("", Revision::ZERO).await?;
    fixture.store.delete("absent", Precondition::None).await?;
    put_all(&*fixture.store, &["present"]).await?;
    assert_eq!(next(&mut events).await?.key(), "present");
    Ok(())
}

/// With what had happened, and then a word.
pub async fn a_dropped_store_ends_its_watches(fixture: Fixture) -> Outcome {
    let mut events = fixture.store.watch("", Revision::ZERO).await?;
    put_all(&*fixture.store, &["last"]).await?;
    drop(fixture.store);
    assert_eq!(next(&mut events).await?.key(), "last");
    assert_eq!(refused(next(&mut events).await), Some(ErrorKind::Closed));
    assert!(events.next().await.is_none());
    Ok(())
}

/// Before and after it began.
pub async fn a_prefix_is_told_alone(fixture: Fixture) -> Outcome {
    put_all(&*fixture.store, &["a", "a/1", "a0", "b/1"]).await?;
    let mut events = fixture.store.watch("a/", Revision::ZERO).await?;
    put_all(&*fixture.store, &["b/2", "a/2", "A/2"]).await?;
    fixture
        .store
        .commit(Batch::new(vec![Op::put("b/3", ""), Op::put("a/3", ""), Op::delete("a/1")])?)
        .await?;
    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(next(&mut events).await?.key().to_owned());
    }
    assert_eq!(told, ["a/1", "a/2", "a/3", "a/1"]);
    Ok(())
}

/// A revision that this store has not reached would wait past events in silence.
pub async fn a_revision_from_elsewhere_is_refused(fixture: Fixture) -> Outcome {
    let revision = put_all(&*fixture.store, &["a"]).await?;
    let later = Revision::new(revision.get() + 1);
    assert_eq!(refused(fixture.store.watch("", later).await.map(drop)), Some(ErrorKind::Compacted));
    Ok(())
}

/// A reader that the writers leave behind is told so, and then nothing more.
pub async fn a_slow_watch_ends_instead_of_skipping(fixture: Fixture) -> Outcome {
    let mut events = fixture.store.watch("", Revision::ZERO).await?;
    put_all(&*fixture.store, &["first"]).await?;
    assert_eq!(next(&mut events).await?.key(), "first");
    flood(&*fixture.store).await?;
    assert_eq!(refused(next(&mut events).await), Some(ErrorKind::Compacted));
    assert!(events.next().await.is_none());
    Ok(())
}

/// Events come as they happen.
pub async fn a_watch_goes_on_live(fixture: Fixture) -> Outcome {
    let before = put_all(&*fixture.store, &["before"]).await?;
    let mut events = fixture.store.watch("", before).await?;
    for key in ["one", "two", "three"] {
        let revision = put_all(&*fixture.store, &[key]).await?;
        let entry = fixture.store.get(key).await?.ok_or("absent")?;
        let event = next(&mut events).await?;
        assert_eq!((event.revision(), event), (revision, Event::Put(entry)));
    }
    Ok(())
}

/// In order, and not what the revision already has.
pub async fn a_watch_replays_what_came_after(fixture: Fixture) -> Outcome {
    put_all(&*fixture.store, &["a", "b"]).await?;
    let middle = put_all(&*fixture.store, &["c"]).await?;
    put_all(&*fixture.store, &["d", "a", "e"]).await?;
    let mut events = fixture.store.watch("", middle).await?;
    for key in ["d", "a", "e"] {
        assert_eq!(next(&mut events).await?.key(), key);
    }
    let mut all = fixture.store.watch("", Revision::ZERO).await?;
    for key in ["a", "b", "c", "d", "a", "e"] {
        assert_eq!(next(&mut all).await?.key(), key);
    }
    Ok(())
}

/// Rather than begin with a gap.
pub async fn too_old_a_revision_is_refused(fixture: Fixture) -> Outcome {
    let old = put_all(&*fixture.store, &["a"]).await?;
    flood(&*fixture.store).await?;
    assert_eq!(refused(fixture.store.watch("", old).await.map(drop)), Some(ErrorKind::Compacted));
    let now = fixture.store.scan(Range::all(), 1).await?.revision;
    let mut events = fixture.store.watch("", now).await?;
    put_all(&*fixture.store, &["b"]).await?;
    assert_eq!(next(&mut events).await?.key(), "b");
    Ok(())
}

/// The page and the watch after its revision fit together.
pub async fn watching_after_a_page_misses_nothing(fixture: Fixture) -> Outcome {
    put_all(&*fixture.store, &["a", "b"]).await?;
    let page = fixture.store.scan(Range::all(), 10).await?;
    put_all(&*fixture.store, &["c"]).await?;
    let mut events = fixture.store.watch("", page.revision).await?;
    assert_eq!(next(&mut events).await?.key(), "c");
    Ok(())
}

/// Makes the store forget what was before.
async fn flood(store: &dyn Store) -> Result<(), crate::Error> {
    for round in 0..=2 * HISTORY_EVENTS / MAX_OPS {
        let ops = (0..MAX_OPS).map(|number| Op::put(format!("flood/{number}"), round.to_string())).collect();
        store.commit(Batch::new(ops)?).await?;
    }
    Ok(())
}
