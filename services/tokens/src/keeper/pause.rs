//! An endpoint that failed is left in peace for a while.

use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use runtime::Refusal;
use tokio::time::Instant;

use crate::failure::{Failure, Nature};

/// How long pauses are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pauses {
    /// After the first failure; twice as long with every failure in a row.
    pub(crate) shortest: Duration,
    /// Where the doubling ends. Chance adds up to as much again.
    pub(crate) longest: Duration,
    /// The most that an endpoint can ask for.
    pub(crate) longest_retry_after: Duration,
}

/// The pause after the last failure, and what callers are told until it is over.
pub(super) struct Pause {
    pauses: Pauses,
    delays: ExponentialBackoff,
    until: Instant,
    told: Option<Failure>,
}

impl Pause {
    pub(super) fn new(pauses: Pauses) -> Self {
        Self { pauses, delays: delays(pauses), until: Instant::now(), told: None }
    }

    /// After a success there is nothing to wait for.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.pauses);
    }

    /// Begins the pause after a failure. Answers what those are told who waited.
    pub(super) fn failed(&mut self, failure: &Failure, now: Instant) -> Refusal {
        let delay = self.delays.next().unwrap_or(self.pauses.longest);
        let delay = match failure.nature {
            Nature::Passing { retry_after: Some(asked) } => asked.min(self.pauses.longest_retry_after),
            Nature::Passing { retry_after: None } | Nature::Lasting | Nature::Here => delay,
        };
        self.until = now + delay;
        // What failed on this side may be mended at once, and trying costs nobody anything: only the renewals that
        // nobody asked for wait.
        self.told = (failure.nature != Nature::Here).then(|| failure.clone());
        refusal(failure, delay)
    }

    /// What a caller is told while the pause lasts.
    pub(super) fn refusal(&self, now: Instant) -> Option<Refusal> {
        let left = self.until.checked_duration_since(now).filter(|left| !left.is_zero())?;
        self.told.as_ref().map(|failure| refusal(failure, left))
    }

    /// When the pause is over.
    pub(super) fn until(&self) -> Instant {
        self.until
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        now >= self.until
    }
}

/// Only a failure that may pass says when to come back.
fn refusal(failure: &Failure, left: Duration) -> Refusal {
    match failure.nature {
        Nature::Passing { .. } => failure.refusal.clone().retry_after(left),
        Nature::Lasting | Nature::Here => failure.refusal.clone(),
    }
}

fn delays(pauses: Pauses) -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(pauses.shortest)
        .with_max_delay(pauses.longest)
        .with_factor(2.0)
        .with_jitter()
        // Its own seed is the same in every process.
        .with_jitter_seed(fastrand::u64(..))
        .without_max_times()
        .build()
}

#[cfg(test)]
mod tests;
