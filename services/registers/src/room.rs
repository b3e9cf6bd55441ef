//! How much room a tenant's registers have left.
//!
//! What is there is counted from the heads before a write that could make it more, where the operator bounds it, so that no
//! second record of it can be wrong. Writers of one tenant do so one after the other; of several processes over one
//! store, each could let in one write too many.

use prost::Message;
use runtime::{
    Refusal,
    names::{Id, Name},
    quota,
};
use tokio::sync::MutexGuard;

use crate::{
    book::Book,
    layout,
    record::{self, Content, Head},
};

/// What a content takes.
pub(crate) fn bytes(content: &Content) -> u64 {
    content.encoded_len() as u64
}

impl Book {
    /// The turn of a writer, for a tenant that is bounded.
    pub(crate) async fn room(&self, tenant: &Id) -> Option<MutexGuard<'_, ()>> {
        let limits = self.quotas.of(tenant);
        let is_bounded = limits.registers.or(limits.bytes).is_some();
        if is_bounded { Some(self.rooms.take(tenant).await) } else { None }
    }

    /// Insists that a tenant has room for a register with this content, in place of the one that is there under its name.
    ///
    /// # Errors
    /// QUOTA_EXCEEDED. What makes it less is let in however much there is.
    pub(crate) async fn admit(&self, name: &Name, content: &Content) -> Result<(), Refusal> {
        let tenant = &name.parent.tenant;
        let limits = self.quotas.of(tenant);
        if limits.registers.or(limits.bytes).is_none() {
            return Ok(());
        }
        let taken = self.taken(name).await?;
        let wanted = bytes(content);
        if taken.own.is_none()
            && let Some(most) = limits.registers.filter(|most| taken.registers >= *most)
        {
            return Err(quota::exceeded(tenant, "registers", most));
        }
        if taken.own.is_none_or(|own| wanted > own)
            && let Some(most) = limits.bytes.filter(|most| taken.bytes.saturating_add(wanted) > *most)
        {
            return Err(quota::exceeded(tenant, "bytes", most));
        }
        Ok(())
    }

    async fn taken(&self, name: &Name) -> Result<Taken, Refusal> {
        let (mut range, own) = (layout::all_heads(&name.parent.tenant), layout::head(name));
        let mut taken = Taken::default();
        loop {
            let page = self.store.scan(range.clone(), store::MAX_PAGE_ENTRIES).await?;
            for entry in &page.entries {
                // One that cannot be read is there, and keeps nobody from writing others.
                let head = record::decode::<Head>(&entry.key, &entry.value).unwrap_or_default();
                match (head.deleted, entry.key == own) {
                    (true, _) => {}
                    (false, true) => taken.own = Some(head.bytes),
                    (false, false) => {
                        taken.registers += 1;
                        taken.bytes = taken.bytes.saturating_add(head.bytes);
                    }
                }
            }
            match page.entries.last() {
                Some(last) if page.more => range = range.after(&last.key),
                _ => return Ok(taken),
            }
        }
    }
}

/// What a tenant's registers take.
#[derive(Default)]
struct Taken {
    /// How many there are, but for the one that is written.
    registers: u64,
    /// Their bytes.
    bytes: u64,
    /// Those of the one that is written, where it is there.
    own: Option<u64>,
}
