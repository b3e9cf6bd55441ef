//! Every sealed value, one after the other, for whoever replaces what they are sealed with.

use seal::Context;
use store::{Batch, Entry, ErrorKind, Op, Precondition, Range};

use super::{Vault, keys};
use crate::record::{Binding, Record};

/// What became of a page of sealed values.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// How many there were.
    pub seen: usize,
    /// How many were replaced.
    pub replaced: usize,
    /// How many cannot be read. They are left as they are.
    pub damaged: usize,
    /// Where to go on; none after the last page.
    pub next: Option<String>,
}

impl Vault {
    /// See [`Service::reseal`](crate::Service::reseal).
    pub(crate) async fn reseal(
        &self,
        after: Option<&str>,
        most: usize,
        mut reseal: impl FnMut(&Context<'_>, &[u8]) -> Option<Vec<u8>> + Send,
    ) -> Result<Resealed, store::Error> {
        let range = Range::prefix(keys::ALL);
        let range = after.map_or(range.clone(), |after| range.after(after));
        let page = self.store.scan(range, most).await?;
        let next = page.entries.last().filter(|_| page.more).map(|last| last.key.clone());
        let mut done = Resealed { next, ..Resealed::default() };
        for entry in &page.entries {
            let Some(name) = keys::sealed_at(&entry.key) else { continue };
            done.seen += 1;
            let Ok(mut record) = Record::read(&entry.value) else {
                done.damaged += 1;
                continue;
            };
            let resealed = reseal(&Binding::of(&name, &record).context(), &record.sealed);
            let Some(sealed) = resealed else { continue };
            record.sealed = sealed.into();
            done.replaced += usize::from(self.replace(entry, &record).await?);
        }
        Ok(done)
    }

    /// Puts a record into an entry's place, if it is still as it was read.
    async fn replace(&self, entry: &Entry, record: &Record) -> Result<bool, store::Error> {
        let op = Op::put(&entry.key, record.write()).when(Precondition::Update(entry.revision));
        let op = match entry.expires {
            Some(expires) => op.until(expires),
            None => op,
        };
        match self.store.commit(Batch::try_from(op)?).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }
}
