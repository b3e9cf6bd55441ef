//! What must hold of a key for a commit.

use super::{Fixture, Outcome, put_all, refused};
use crate::{ErrorKind, Precondition, Revision, StoreExt};

const CONFLICT: Option<ErrorKind> = Some(ErrorKind::Conflict);

/// The caller learns which of its keys was lost.
pub async fn conflicts_name_the_key(fixture: Fixture) -> Outcome {
    put_all(&*fixture.store, &["taken"]).await?;
    let error =
        fixture.store.put("taken", "v".into(), Precondition::Create).await.err().ok_or("no conflict")?;
    assert_eq!((error.kind(), error.key()), (ErrorKind::Conflict, Some("taken")));
    assert!(!error.is_retryable(), "the same request would be lost again");
    Ok(())
}

/// A key can be created once, and again when it was deleted.
pub async fn create_needs_an_absent_key(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    store.put("key", "one".into(), Precondition::Create).await?;
    assert_eq!(refused(store.put("key", "two".into(), Precondition::Create).await), CONFLICT);
    assert_eq!(&store.get("key").await?.ok_or("absent")?.value[..], b"one");
    store.delete("key", Precondition::None).await?;
    store.put("key", "three".into(), Precondition::Create).await?;
    Ok(())
}

/// A delete is lost like a put.
pub async fn delete_honours_preconditions(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    let revision = put_all(&**store, &["key"]).await?;
    assert_eq!(refused(store.delete("key", Precondition::Create).await), CONFLICT);
    assert_eq!(refused(store.delete("key", Precondition::Update(revision.previous())).await), CONFLICT);
    assert_eq!(refused(store.delete("absent", Precondition::Exists).await), CONFLICT);
    assert_eq!(refused(store.delete("absent", Precondition::Update(revision)).await), CONFLICT);
    assert!(store.get("key").await?.is_some());
    store.delete("key", Precondition::Update(revision)).await?;
    store.delete("key", Precondition::Create).await?;
    assert_eq!(store.get("key").await?, None);
    Ok(())
}

/// Whatever its revision.
pub async fn exists_needs_a_present_key(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    assert_eq!(refused(store.put("key", "v".into(), Precondition::Exists).await), CONFLICT);
    assert_eq!(store.get("key").await?, None);
    put_all(&**store, &["key", "key"]).await?;
    store.put("key", "v".into(), Precondition::Exists).await?;
    Ok(())
}

/// Present or absent.
pub async fn none_needs_nothing(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    store.put("key", "v".into(), Precondition::None).await?;
    store.put("key", "v".into(), Precondition::None).await?;
    store.delete("key", Precondition::None).await?;
    store.delete("key", Precondition::None).await?;
    Ok(())
}

/// Neither an older nor a newer revision, nor that of another key, nor that of a key that is gone.
pub async fn update_needs_the_exact_revision(fixture: Fixture) -> Outcome {
    let store = &fixture.store;
    let first = put_all(&**store, &["key"]).await?;
    let other = put_all(&**store, &["other"]).await?;
    for wrong in [Revision::ZERO, first.previous(), other, Revision::new(u64::MAX)] {
        assert_eq!(
            refused(store.put("key", "v".into(), Precondition::Update(wrong)).await),
            CONFLICT,
            "{wrong}"
        );
    }
    let second = store.put("key", "v".into(), Precondition::Update(first)).await?;
    assert_eq!(refused(store.put("key", "v".into(), Precondition::Update(first)).await), CONFLICT);
    store.delete("key", Precondition::Update(second)).await?;
    assert_eq!(refused(store.put("key", "v".into(), Precondition::Update(second)).await), CONFLICT);
    Ok(())
}
