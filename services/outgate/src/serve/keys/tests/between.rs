//! A store in which something happens between two steps of whoever uses it.

use std::fmt::Debug;

use async_trait::async_trait;
use futures::stream::BoxStream;
use store::{Event, Page, Range, Revision};

use super::*;

/// What happens, and when.
#[async_trait]
pub(super) trait Happens: Debug + Send + Sync {
    /// Before a commit, which fails where this does.
    async fn before_a_commit(&self, store: &dyn Store) -> Result<(), store::Error>;

    /// After a scan, before its page is handed out.
    async fn after_a_scan(&self, _: &dyn Store) {}
}

/// A store, and what happens in it.
#[derive(Debug)]
pub(super) struct Between<H> {
    pub(super) store: Arc<dyn Store>,
    pub(super) happens: H,
}

#[async_trait]
impl<H: Happens> Store for Between<H> {
    async fn get(&self, key: &str) -> Result<Option<Entry>, store::Error> {
        self.store.get(key).await
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Page, store::Error> {
        let page = self.store.scan(range, limit).await;
        self.happens.after_a_scan(&*self.store).await;
        page
    }

    async fn commit(&self, batch: Batch) -> Result<Revision, store::Error> {
        self.happens.before_a_commit(&*self.store).await?;
        self.store.commit(batch).await
    }

    async fn watch(
        &self,
        prefix: &str,
        after: Revision,
    ) -> Result<BoxStream<'static, Result<Event, store::Error>>, store::Error> {
        self.store.watch(prefix, after).await
    }

    async fn check(&self) -> Result<(), store::Error> {
        self.store.check().await
    }
}
