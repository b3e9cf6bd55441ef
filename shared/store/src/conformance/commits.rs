//! What `commit` does as a whole.

use super::{Fixture, Outcome, put_all, refused};
use crate::{Batch, ErrorKind, Op, Precondition, Range, StoreExt};

/// Everything a batch writes carries its revision.
pub async fn a_batch_has_one_revision(fixture: Fixture) -> Outcome {
    let batch = Batch::new(vec![Op::put("a", "1"), Op::put("b", "2"), Op::put("c", "3")])?;
    let revision = fixture.store.commit(batch).await?;
    let page = fixture.store.scan(Range::all(), 10).await?;
    assert_eq!(page.entries.len(), 3);
    assert!(page.entries.iter().all(|entry| entry.revision == revision), "{page:?} is not all of {revision}");
    assert_eq!(page.revision, revision);
    Ok(())
}

/// Deleting what is not there succeeds, and nothing has happened.
pub async fn a_batch_that_changes_nothing_takes_no_revision(fixture: Fixture) -> Outcome {
    let before = put_all(&*fixture.store, &["a"]).await?;
    let revision = fixture.store.delete("absent", Precondition::None).await?;
    assert_eq!(revision, before);
    assert_eq!(fixture.store.scan(Range::all(), 10).await?.revision, before);
    Ok(())
}

/// All or nothing: the operations before and after the lost one are undone too.
pub async fn a_batch_with_a_lost_precondition_changes_nothing(fixture: Fixture) -> Outcome {
    let before = put_all(&*fixture.store, &["kept", "taken"]).await?;
    let batch = Batch::new(vec![
        Op::put("first", "1"),
        Op::delete("kept"),
        Op::put("taken", "2").when(Precondition::Create),
        Op::put("last", "3"),
    ])?;
    assert_eq!(refused(fixture.store.commit(batch).await), Some(ErrorKind::Conflict));
    let page = fixture.store.scan(Range::all(), 10).await?;
    assert_eq!(super::keys(&page.entries), ["kept", "taken"]);
    assert_eq!(page.revision, before);
    Ok(())
}

/// A deleted key is as absent as one that never was.
pub async fn a_delete_removes_the_key(fixture: Fixture) -> Outcome {
    let put = put_all(&*fixture.store, &["a", "b"]).await?;
    let deleted = fixture.store.delete("a", Precondition::None).await?;
    assert!(deleted > put);
    assert_eq!(fixture.store.get("a").await?, None);
    assert!(fixture.store.get("b").await?.is_some());
    Ok(())
}

/// A commit elsewhere in the store leaves an entry's revision as it is.
pub async fn entries_carry_the_revision_of_their_commit(fixture: Fixture) -> Outcome {
    let a = put_all(&*fixture.store, &["a"]).await?;
    let b = put_all(&*fixture.store, &["b"]).await?;
    let revision = |entry: Option<crate::Entry>| entry.map(|entry| entry.revision);
    assert_eq!(revision(fixture.store.get("a").await?), Some(a));
    assert_eq!(revision(fixture.store.get("b").await?), Some(b));
    Ok(())
}

/// Also over deletes, and over keys that have nothing to do with each other.
pub async fn revisions_increase_with_every_commit(fixture: Fixture) -> Outcome {
    let mut last = crate::Revision::ZERO;
    for round in 0..20 {
        let key = format!("key/{}", round % 3);
        let put = fixture.store.put(&key, "v".into(), Precondition::None).await?;
        let deleted = fixture.store.delete(&key, Precondition::Exists).await?;
        assert!(last < put && put < deleted, "{last}, {put}, {deleted} do not increase");
        last = deleted;
    }
    Ok(())
}

/// An open store is ready.
pub async fn the_store_says_that_it_takes_writes(fixture: Fixture) -> Outcome {
    fixture.store.check().await?;
    Ok(())
}
