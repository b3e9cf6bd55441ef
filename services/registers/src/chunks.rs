//! Contents that do not fit into one commit beside the rest of a write.
//!
//! A large content is cut into parts that are committed before the write that names them. They lie under the number
//! of that write, so whoever forgets the write later forgets all parts under its number, those of attempts that
//! failed or died on the way included.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream};
use prost::Message;
use runtime::{Refusal, names::Name};
use store::{Batch, Op, Precondition, Range, Store, StoreExt};

use crate::{
    layout,
    record::{self, Chunks, Content, Place},
};

/// The most bytes that lie in a write's own record, and the size of a part: half of what one commit takes.
const PART_BYTES: usize = store::MAX_BATCH_BYTES / 2;
/// How many parts are read at once.
const READ_AHEAD: usize = 4;

/// Puts a content where it fits: into the record, or beside it.
pub(crate) async fn place(
    store: &dyn Store,
    name: &Name,
    number: u64,
    content: Content,
) -> Result<Place, Refusal> {
    if content.encoded_len() <= PART_BYTES {
        return Ok(Place::Here(content));
    }
    let id = uuid::Uuid::new_v4().simple().to_string();
    let whole = Bytes::from(content.encode_to_vec());
    let mut parts = 0;
    for part in whole.chunks(PART_BYTES) {
        let key = layout::chunk(name, number, &id, parts);
        store.put(&key, whole.slice_ref(part), Precondition::None).await?;
        parts += 1;
    }
    Ok(Place::Beside(Chunks { id, parts }))
}

/// The content at a place; none when the write was forgotten while its parts were read.
pub(crate) async fn read(
    store: &dyn Store,
    name: &Name,
    number: u64,
    place: Place,
) -> Result<Option<Content>, Refusal> {
    let Chunks { id, parts } = match place {
        Place::Here(content) => return Ok(Some(content)),
        Place::Beside(chunks) => chunks,
    };
    let keys = (0..parts).map(|part| layout::chunk(name, number, &id, part));
    let parts: Vec<_> = stream::iter(keys)
        .map(|key| async move { store.get(&key).await })
        .buffered(READ_AHEAD)
        .try_collect()
        .await?;
    let mut whole = BytesMut::new();
    for part in parts {
        let Some(part) = part else { return Ok(None) };
        whole.extend_from_slice(&part.value);
    }
    let content = Content::decode(whole.freeze());
    content.map(Some).map_err(|error| record::damaged(&layout::chunks(name, number), error.to_string()))
}

/// The operations that forget all parts under a write's number, as many as fit into a commit beside the rest of one.
pub(crate) async fn forget(store: &dyn Store, name: &Name, number: u64) -> Result<Vec<Op>, Refusal> {
    let page = store.scan(Range::prefix(layout::chunks(name, number)), store::MAX_OPS / 2).await?;
    Ok(page.entries.into_iter().map(|entry| Op::delete(entry.key)).collect())
}

/// Takes back the parts of an attempt that came to nothing. What cannot be deleted now is forgotten with the write.
pub(crate) async fn take_back(store: &dyn Store, name: &Name, number: u64, place: Option<&Place>) {
    let Some(Place::Beside(Chunks { id, parts })) = place else { return };
    let ops = (0..*parts).map(|part| Op::delete(layout::chunk(name, number, id, part))).collect();
    if let Ok(batch) = Batch::new(ops) {
        let _ = store.commit(batch).await;
    }
}
