//! What `get` answers.

use bytes::Bytes;

use super::{Fixture, Outcome, pair, refused};
use crate::{ErrorKind, MAX_BATCH_BYTES, MAX_KEY_BYTES, Precondition, StoreExt};

/// Absence is an answer, not an error.
pub async fn a_key_that_was_never_put_is_absent(fixture: Fixture) -> Outcome {
    assert_eq!(fixture.store.get("absent").await?, None);
    Ok(())
}

/// Any bytes are a value, none of them too.
pub async fn a_put_is_read_back(fixture: Fixture) -> Outcome {
    for value in [&b"plain"[..], b"", b"\0\xff\r\n"] {
        let revision = fixture.store.put("key", Bytes::from_static(value), Precondition::None).await?;
        let entry = fixture.store.get("key").await?.ok_or("absent")?;
        assert_eq!((pair(&entry), entry.revision, entry.expires), (("key", value), revision, None));
    }
    Ok(())
}

/// The last put counts.
pub async fn a_put_replaces(fixture: Fixture) -> Outcome {
    fixture.store.put("key", "old".into(), Precondition::None).await?;
    fixture.store.put("key", "new".into(), Precondition::None).await?;
    let entry = fixture.store.get("key").await?.ok_or("absent")?;
    assert_eq!(pair(&entry), ("key", &b"new"[..]));
    Ok(())
}

/// Keys that look alike, or are parts of each other, are different keys.
pub async fn keys_are_any_text(fixture: Fixture) -> Outcome {
    let longest = "k".repeat(MAX_KEY_BYTES);
    let keys = ["a", "A", "a/", "a/b", "a b", "ä", "a\u{308}", "鍵", "🔑", "%00", longest.as_str()];
    for key in keys {
        fixture.store.put(key, key.to_owned().into(), Precondition::Create).await?;
    }
    for key in keys {
        let entry = fixture.store.get(key).await?.ok_or("absent")?;
        assert_eq!(pair(&entry), (key, key.as_bytes()));
    }
    Ok(())
}

/// A value leaves nothing behind when a shorter one takes its place.
pub async fn long_values_shrink_and_grow(fixture: Fixture) -> Outcome {
    for length in [10, 4_095, 4_096, 4_097, 200_000, 12_288, 8_193, 8_192, 0, 4_097, 1] {
        let value = patterned(length);
        fixture.store.put("key", value.clone(), Precondition::None).await?;
        let entry = fixture.store.get("key").await?.ok_or("absent")?;
        assert!(entry.value == value, "{length} bytes came back as {}", entry.value.len());
    }
    fixture.store.delete("key", Precondition::Exists).await?;
    assert_eq!(fixture.store.get("key").await?, None);
    Ok(())
}

/// What cannot be a key is an error of its own, not absence.
pub async fn malformed_keys_are_refused(fixture: Fixture) -> Outcome {
    assert_eq!(refused(fixture.store.get("").await), Some(ErrorKind::Invalid));
    assert_eq!(refused(fixture.store.get("a\0b").await), Some(ErrorKind::Invalid));
    assert_eq!(refused(fixture.store.get("a\nb").await), Some(ErrorKind::Invalid));
    let long = "k".repeat(MAX_KEY_BYTES + 1);
    assert_eq!(refused(fixture.store.get(&long).await), Some(ErrorKind::TooLarge));
    assert_eq!(
        refused(fixture.store.put("", "v".into(), Precondition::None).await),
        Some(ErrorKind::Invalid)
    );
    Ok(())
}

/// A value that fills the batch.
pub async fn the_longest_values_are_read_back(fixture: Fixture) -> Outcome {
    let value = patterned(MAX_BATCH_BYTES - "key".len());
    fixture.store.put("key", value.clone(), Precondition::None).await?;
    let entry = fixture.store.get("key").await?.ok_or("absent")?;
    assert!(entry.value == value, "{} bytes came back as {}", value.len(), entry.value.len());
    Ok(())
}

/// Bytes in which a lost or swapped part shows.
fn patterned(length: usize) -> Bytes {
    (0_u32..).flat_map(u32::to_be_bytes).take(length).collect()
}
