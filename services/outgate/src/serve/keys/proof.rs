//! Which keys a store is sealed with, noted in the store itself: before a key seals its first record, a known text that is
//! sealed with it. So a key file that lacks a key, or has another one under its id, stops the start, whichever records
//! are still sealed with it.

use std::path::Path;

use seal::{Context, KeyId, KeySet, Plaintext};
use store::{Batch, Op, Precondition, Range, Store, StoreExt};

use super::KeysError;

const PREFIX: &str = "keys/";
/// What `seal` binds a proof to, beside the id of its key.
const KIND: &str = "key";
/// What is sealed. It is no secret: that it opens is what counts.
const TEXT: &[u8] = b"this store is sealed with this key";

/// Checks that the keys are those that the store is sealed with, and notes the active one.
///
/// # Errors
/// When one is absent or another one; when the store fails.
pub(super) async fn verify(store: &dyn Store, keys: &KeySet, file: &Path) -> Result<(), KeysError> {
    for entry in store.list(Range::prefix(PREFIX)).await?.entries {
        let name = entry.key.strip_prefix(PREFIX).unwrap_or_default();
        // Not written here, and no key of anything.
        let Ok(id) = name.parse::<KeyId>() else { continue };
        let path = file.to_owned();
        if !keys.ids().contains(&id) {
            return Err(KeysError::Absent { path, id });
        }
        if keys.open(&context(name), &entry.value).is_err() {
            return Err(KeysError::Wrong { path, id });
        }
    }
    note(store, keys).await
}

/// Notes that records may be sealed with the active key from here on. It writes in any case: what was handed to the store
/// before is there when this has ended.
///
/// # Errors
/// When the store fails.
pub(super) async fn note(store: &dyn Store, keys: &KeySet) -> Result<(), KeysError> {
    let name = keys.active().to_string();
    let sealed = keys.seal(&context(&name), &Plaintext::new(TEXT.to_vec()))?;
    store.put(&format!("{PREFIX}{name}"), sealed.into(), Precondition::None).await?;
    Ok(())
}

/// Notes that nothing is sealed with these keys.
///
/// # Errors
/// When the store fails.
pub(super) async fn forget(store: &dyn Store, ids: &[KeyId]) -> Result<(), KeysError> {
    let ops: Vec<_> = ids.iter().map(|id| Op::delete(format!("{PREFIX}{id}"))).collect();
    if !ops.is_empty() {
        store.commit(Batch::new(ops)?).await?;
    }
    Ok(())
}

fn context(id: &str) -> Context<'_> {
    Context { tenant: "", kind: KIND, name: id, version: 0, scope: "" }
}
