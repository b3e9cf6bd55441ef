//! Threads for what takes long: compiling adapters, building large requests, mapping large answers. Those that serve calls
//! must not do it.

use std::{num::NonZeroUsize, sync::Arc, thread};

use proto::errors::v1::Reason;
use runtime::Refusal;
use tokio::{sync::Semaphore, task::spawn_blocking};
use tracing::Span;

/// So many pieces of long work happen at once; the others wait, in order.
#[derive(Clone)]
pub(crate) struct Threads(Arc<Semaphore>);

impl Threads {
    /// As many as the machine has processors, and at least two: one may wait for a script.
    pub(crate) fn new() -> Self {
        Self::of(thread::available_parallelism().map_or(2, NonZeroUsize::get).max(2))
    }

    fn of(many: usize) -> Self {
        Self(Arc::new(Semaphore::new(many)))
    }

    /// What `work` gives, done in the span of the caller. Begun work goes on, and counts, where nobody waits for it any more.
    ///
    /// # Errors
    /// INTERNAL where it panics.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let failed = || Refusal::new(Reason::Internal, "working on an adapter failed inside the suite");
        let permit = self.0.clone().acquire_owned().await.map_err(|error| failed().because(error))?;
        let span = Span::current();
        let work = move || {
            let made = span.in_scope(work);
            drop(permit);
            made
        };
        spawn_blocking(work).await.map_err(|error| failed().because(error))
    }
}

#[cfg(test)]
mod tests;
