//! The time that a request has, with all its redirects.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::{Error, ErrorKind};

/// Begins when the request does.
#[derive(Clone, Copy)]
pub(crate) struct Time {
    whole: Duration,
    end: Instant,
}

impl Time {
    pub(crate) fn starting(whole: Duration) -> Self {
        Self { whole, end: Instant::now() + whole }
    }

    /// What comes of it, if it comes within the time.
    ///
    /// # Errors
    ///
    /// Its own, and [`ErrorKind::Timeout`].
    pub(crate) async fn bounds<T>(
        &self,
        nothing: &str,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.within(work).await.unwrap_or_else(|| {
            Err(Error::new(ErrorKind::Timeout, format!("{nothing} within {:?}", self.whole)))
        })
    }

    /// The same of what has no error of its own; `None` when the time is over.
    pub(crate) async fn within<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        timeout_at(self.end, work).await.ok()
    }
}
