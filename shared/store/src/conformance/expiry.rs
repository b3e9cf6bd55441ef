//! Keys that go by themselves.

use std::time::Duration;

use super::{Fixture, Outcome, keys, next, put_all, refused};
use crate::{Batch, ErrorKind, Event, MAX_OPS, Op, Precondition, Range, StoreExt};

const MINUTE: Duration = Duration::from_secs(60);

/// A page is full of what is there.
pub async fn a_page_does_not_count_expired_keys(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    put_all(&**store, &["a", "d"]).await?;
    for key in ["b", "c", "e"] {
        store.put_until(key, "v".into(), Fixture::start() + MINUTE, Precondition::None).await?;
    }
    assert_eq!(store.scan(Range::all(), 10).await?.entries.len(), 5);
    fixture.clock.advance(MINUTE);
    let page = store.scan(Range::all(), 2).await?;
    assert_eq!((keys(&page.entries), page.more), (vec!["a", "d"], false));
    Ok(())
}

/// A put can be too late.
pub async fn a_time_that_has_passed_is_absence(fixture: Fixture) -> Outcome {
    for passed in [Duration::ZERO, MINUTE, Duration::from_secs(4_000_000_000)] {
        let expires = Fixture::start().checked_sub(passed).ok_or("before time")?;
        fixture.store.put_until("key", "v".into(), expires, Precondition::None).await?;
        assert_eq!(fixture.store.get("key").await?, None);
    }
    Ok(())
}

/// Whether or not the store has swept it.
pub async fn an_expired_key_can_be_created(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    store.put_until("key", "old".into(), Fixture::start() + MINUTE, Precondition::None).await?;
    assert_eq!(
        refused(store.put("key", "new".into(), Precondition::Create).await),
        Some(ErrorKind::Conflict)
    );
    fixture.clock.advance(MINUTE);
    store.put("key", "new".into(), Precondition::Create).await?;
    let entry = store.get("key").await?.ok_or("absent")?;
    assert_eq!((&entry.value[..], entry.expires), (&b"new"[..], None));
    Ok(())
}

/// Its revision is nobody's any more.
pub async fn an_expired_key_cannot_be_updated(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    let revision = store.put_until("key", "v".into(), Fixture::start() + MINUTE, Precondition::None).await?;
    fixture.clock.advance(MINUTE);
    for precondition in [Precondition::Update(revision), Precondition::Exists] {
        assert_eq!(refused(store.put("key", "v".into(), precondition).await), Some(ErrorKind::Conflict));
        assert_eq!(refused(store.delete("key", precondition).await), Some(ErrorKind::Conflict));
    }
    Ok(())
}

/// For the very next read, not after some sweep; and not a millisecond before.
pub async fn an_expired_key_is_absent_at_once(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    store.put_until("key", "v".into(), Fixture::start() + MINUTE, Precondition::None).await?;
    fixture.clock.advance(MINUTE - Duration::from_millis(1));
    assert_eq!(store.get("key").await?.ok_or("absent")?.expires, Some(Fixture::start() + MINUTE));
    fixture.clock.advance(Duration::from_millis(1));
    assert_eq!(store.get("key").await?, None);
    assert!(store.scan(Range::all(), 10).await?.entries.is_empty());
    Ok(())
}

/// In the entry and in the event alike.
pub async fn expiry_is_kept_in_whole_milliseconds(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    let mut events = store.watch("", crate::Revision::ZERO).await?;
    let expires = Fixture::start() + Duration::from_nanos(5_999_999);
    store.put_until("key", "v".into(), expires, Precondition::None).await?;
    let kept = Some(Fixture::start() + Duration::from_millis(5));
    assert_eq!(store.get("key").await?.ok_or("absent")?.expires, kept);
    let Event::Put(entry) = next(&mut events).await? else { return Err("a delete came first".into()) };
    assert_eq!(entry.expires, kept);
    Ok(())
}

/// With a revision of its own, and without anybody writing.
pub async fn expiry_is_seen_as_a_delete(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    let put = store.put_until("key", "v".into(), Fixture::start() + MINUTE, Precondition::None).await?;
    let mut events = store.watch("", put).await?;
    fixture.clock.advance(MINUTE);
    let event = next(&mut events).await?;
    assert!(
        matches!(&event, Event::Delete { key, revision } if key == "key" && *revision > put),
        "{event:?}"
    );
    assert!(store.scan(Range::all(), 1).await?.revision >= event.revision());
    Ok(())
}

/// More than one batch of them, each told once.
pub async fn many_keys_expire_together(fixture: Fixture) -> Outcome {
    let names: Vec<String> = (0..MAX_OPS * 5).map(|number| format!("key/{number:04}")).collect();
    let expires = Fixture::start() + MINUTE;
    for part in names.chunks(MAX_OPS) {
        let ops = part.iter().map(|name| Op::put(name.clone(), "v").until(expires)).collect();
        fixture.store.commit(Batch::new(ops)?).await?;
    }
    let mut events = fixture.store.watch("key/", fixture.store.scan(Range::all(), 1).await?.revision).await?;
    fixture.clock.advance(MINUTE);
    let mut gone = Vec::new();
    while gone.len() < names.len() {
        let event = next(&mut events).await?;
        assert!(matches!(event, Event::Delete { .. }), "{event:?}");
        gone.push(event.key().to_owned());
    }
    gone.sort();
    assert_eq!(gone, names);
    Ok(())
}

/// Further away, or to stay; the old time has no meaning then.
pub async fn putting_anew_moves_the_expiry(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    for key in ["moved", "stays", "goes"] {
        store.put_until(key, "v".into(), Fixture::start() + MINUTE, Precondition::None).await?;
    }
    store.put_until("moved", "v".into(), Fixture::start() + MINUTE * 3, Precondition::Exists).await?;
    let after = store.put("stays", "v".into(), Precondition::Exists).await?;
    let mut events = store.watch("", after).await?;
    fixture.clock.advance(MINUTE * 2);
    assert_eq!(next(&mut events).await?.key(), "goes");
    assert_eq!(keys(&store.scan(Range::all(), 10).await?.entries), ["moved", "stays"]);
    fixture.clock.advance(MINUTE * 2);
    assert_eq!(next(&mut events).await?.key(), "moved");
    assert_eq!(keys(&store.scan(Range::all(), 10).await?.entries), ["stays"]);
    Ok(())
}
