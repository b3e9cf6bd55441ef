//! How much of an integration may happen at once in this process.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError},
};

use governor::{
    DefaultDirectRateLimiter, Quota as Rate, RateLimiter,
    clock::{Clock, DefaultClock},
};
use proto::errors::v1::Reason;
use runtime::{Refusal, names::Name};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::definition::{Definition, Quota};

/// Gates beyond this many are looked through for ones that nobody is using.
const MANY: usize = 4096;

/// The gates of all integrations that have a quota. They outlive a changed definition, as long as its quota stays.
#[derive(Default)]
pub(crate) struct Gates(Mutex<HashMap<Name, Arc<Gate>>>);

/// What counts the calls of one integration.
struct Gate {
    quota: Quota,
    rate: Option<DefaultDirectRateLimiter>,
    room: Option<Arc<Semaphore>>,
}

/// The right to make one call; given back when dropped.
#[must_use = "the call counts as over when this is dropped"]
pub(crate) struct Pass(#[expect(dead_code, reason = "held for its drop")] Option<OwnedSemaphorePermit>);

impl Gates {
    /// Lets one call in.
    ///
    /// # Errors
    /// LIMIT_REACHED.
    pub(crate) fn enter(&self, definition: &Definition) -> Result<Pass, Refusal> {
        if definition.quota == Quota::default() {
            return Ok(Pass(None));
        }
        // Room first: it can be given back, a count in a rate cannot.
        let gate = self.gate(definition);
        let permit = match &gate.room {
            None => None,
            Some(room) => Some(
                room.clone()
                    .try_acquire_owned()
                    .map_err(|_| reached(definition, "concurrency", "calls at once"))?,
            ),
        };
        if let Some(rate) = &gate.rate
            && let Err(not_until) = rate.check()
        {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            return Err(reached(definition, "rate_per_second", "calls a second").retry_after(wait));
        }
        Ok(Pass(permit))
    }

    fn gate(&self, definition: &Definition) -> Arc<Gate> {
        // Nothing that could panic happens under the lock.
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(&definition.name).filter(|gate| gate.quota == definition.quota) {
            return gate.clone();
        }
        if gates.len() >= MANY {
            gates.retain(|_, gate| gate.in_use());
        }
        let gate = Arc::new(Gate::new(definition.quota));
        gates.insert(definition.name.clone(), gate.clone());
        gate
    }
}

impl Gate {
    fn new(quota: Quota) -> Self {
        let rate = NonZeroU32::new(quota.rate_per_second).map(|n| RateLimiter::direct(Rate::per_second(n)));
        let room = (quota.concurrency > 0).then(|| {
            let permits = usize::try_from(quota.concurrency).unwrap_or(Semaphore::MAX_PERMITS);
            Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)))
        });
        Self { quota, rate, room }
    }

    /// Whether calls are on their way through it.
    fn in_use(&self) -> bool {
        // Every permit that is out holds the semaphore.
        self.room.as_ref().is_some_and(|room| Arc::strong_count(room) > 1)
    }
}

fn reached(definition: &Definition, limit: &str, what: &str) -> Refusal {
    let id = &definition.name.id;
    let text = format!(
        "integration `{id}`: its limit of {what} is reached; try again later, or raise `limits.{limit}`"
    );
    Refusal::new(Reason::LimitReached, text).with("integration", id).with("limit", limit)
}
