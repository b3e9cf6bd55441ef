//! How many secrets a tenant may have.
//!
//! What is there is counted before one more is put, where the operator bounds it, so that no second record of it can be
//! wrong. Who puts secrets of one tenant does so one after the other; of several processes over one store, each could let in
//! one too many.

use runtime::{Refusal, names::Id, quota};
use store::Range;
use tokio::sync::MutexGuard;

use super::{Vault, keys};

impl Vault {
    /// The turn of a writer, for a tenant that is bounded.
    pub(super) async fn room(&self, tenant: &Id) -> Option<MutexGuard<'_, ()>> {
        let is_bounded = self.quotas.of(tenant).secrets.is_some();
        if is_bounded { Some(self.rooms.take(tenant).await) } else { None }
    }

    /// Insists that a tenant may have one secret more, private copies included.
    ///
    /// # Errors
    /// QUOTA_EXCEEDED.
    pub(super) async fn admit_one_more(&self, tenant: &Id) -> Result<(), Refusal> {
        let Some(most) = self.quotas.of(tenant).secrets else { return Ok(()) };
        let mut secrets = 0;
        for prefix in keys::all_records_of(tenant) {
            let mut range = Range::prefix(prefix);
            loop {
                let page = self.store.scan(range.clone(), store::MAX_PAGE_ENTRIES).await?;
                secrets += page.entries.len() as u64;
                if secrets >= most {
                    return Err(quota::exceeded(tenant, "secrets", most));
                }
                match page.entries.last() {
                    Some(last) if page.more => range = range.after(&last.key),
                    _ => break,
                }
            }
        }
        Ok(())
    }
}
