//! What is damaged in the store: it is told by name, never served, and whoever writes or deletes replaces it.

use runtime::{Refusal, names::Name};
use store::Range;

use crate::{
    book::{Book, Current},
    layout,
    record::{self, Head, Stamp, Write},
};

/// Lets the log say which record it is.
pub(crate) fn report(key: &str, refusal: &Refusal) {
    tracing::error!(register = key, %refusal, "a register cannot be read");
}

impl Book {
    /// As [`Book::current`], but a head that cannot be read is made anew from the writes that it stood for: enough to
    /// read the history by, and to write over.
    ///
    /// # Errors
    /// STORE_UNAVAILABLE.
    pub(crate) async fn recovered(&self, name: &Name) -> Result<Option<Current>, Refusal> {
        let Some(entry) = self.store.get(&layout::head(name)).await? else { return Ok(None) };
        let head = match record::decode(&entry.key, &entry.value) {
            Ok(head) => head,
            Err(refusal) => {
                report(&entry.key, &refusal);
                self.head_of_writes(name).await?
            }
        };
        Ok(Some(Current { head, revision: entry.revision }))
    }

    /// The head that the writes of a register want: it counts on from the newest, and is as old as the newest says that
    /// can be read.
    async fn head_of_writes(&self, name: &Name) -> Result<Head, Refusal> {
        let mut range = Range::prefix(layout::revisions(name));
        let (mut number, mut stamp) = (0, None);
        loop {
            let page = self.store.scan(range.clone(), store::MAX_PAGE_ENTRIES).await?;
            for entry in &page.entries {
                number = layout::number(&entry.key).unwrap_or(number);
                let write = record::decode::<Write>(&entry.key, &entry.value);
                stamp = write.ok().map(|write| write.stamp).or(stamp);
            }
            match page.entries.last() {
                Some(last) if page.more => range = range.after(&last.key),
                _ => break,
            }
        }
        let stamp: Stamp = stamp.unwrap_or_else(|| self.stamp("", None, None));
        // A deletion would hide what is damaged.
        Ok(Head { number, deleted: false, stamp, bytes: 0 })
    }
}
