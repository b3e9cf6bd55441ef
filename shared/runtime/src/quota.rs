//! What one tenant may have and do of what all share.

use std::{
    collections::BTreeMap,
    fmt,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use governor::{
    DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use proto::errors::v1::Reason;

use crate::{Refusal, names::Id};

/// Tenants beyond this many are looked through for ones that nobody calls for.
const MANY: usize = 4096;

/// The bounds of one tenant; none: there is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Calls a second.
    pub requests_per_second: Option<NonZeroU32>,
    /// Calls at once after a silence. None: as many as a second's.
    pub burst: Option<NonZeroU32>,
    /// Secrets that are kept.
    pub secrets: Option<u64>,
    /// Registers that are kept, private copies included.
    pub registers: Option<u64>,
    /// Bytes that texts and layers of registers take.
    pub bytes: Option<u64>,
}

/// The bounds of every tenant. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Quotas(Arc<Bounds>);

#[derive(Debug, Default)]
struct Bounds {
    everybody: Limits,
    tenants: BTreeMap<Id, Limits>,
}

impl Quotas {
    /// The bounds of everybody, but those of tenants that have their own.
    pub fn new(everybody: Limits, tenants: BTreeMap<Id, Limits>) -> Self {
        Self(Arc::new(Bounds { everybody, tenants }))
    }

    /// The bounds of a tenant.
    pub fn of(&self, tenant: &Id) -> &Limits {
        self.0.tenants.get(tenant).unwrap_or(&self.0.everybody)
    }
}

/// What a caller is told whose tenant has used up a bound; `quota` is its key under `[quotas]`.
pub fn exceeded(tenant: &Id, quota: &str, limit: impl fmt::Display) -> Refusal {
    let text = format!(
        "tenant `{tenant}`: its quota is used up, {quota} = {limit}; an operator can raise it under [quotas]"
    );
    Refusal::new(Reason::QuotaExceeded, text).with("quota", quota).with("limit", limit)
}

/// Counts the calls of tenants.
pub struct Meter {
    quotas: Quotas,
    /// Tenants with bounds of their own.
    own: BTreeMap<Id, DefaultDirectRateLimiter>,
    others: Option<DefaultKeyedRateLimiter<Id>>,
}

impl Meter {
    /// Counts against these bounds.
    pub fn new(quotas: Quotas) -> Arc<Self> {
        let own = quotas.0.tenants.iter();
        let own =
            own.filter_map(|(tenant, limits)| Some((tenant.clone(), RateLimiter::direct(rate(limits)?))));
        let own = own.collect();
        let others = rate(&quotas.0.everybody).map(RateLimiter::keyed);
        Arc::new(Self { quotas, own, others })
    }

    /// What one call takes its turn by.
    pub(crate) fn turn(self: &Arc<Self>) -> Turn {
        Turn { meter: self.clone(), taken: AtomicBool::new(false) }
    }

    fn count(&self, tenant: &Id) -> Result<(), Refusal> {
        let limits = self.quotas.of(tenant);
        let Some(limit) = limits.requests_per_second else { return Ok(()) };
        let counted = match (self.own.get(tenant), &self.others) {
            (Some(own), _) => own.check(),
            (None, Some(others)) => {
                if others.len() > MANY {
                    others.retain_recent();
                }
                others.check_key(tenant)
            }
            (None, None) => Ok(()),
        };
        counted.map_err(|until| {
            let wait = until.wait_time_from(DefaultClock::default().now());
            exceeded(tenant, "requests_per_second", limit).retry_after(wait)
        })
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("quotas", &self.quotas).finish_non_exhaustive()
    }
}

fn rate(limits: &Limits) -> Option<Quota> {
    let rate = limits.requests_per_second?;
    Some(Quota::per_second(rate).allow_burst(limits.burst.unwrap_or(rate)))
}

/// One call's turn: it counts once, however often its handler asks.
#[derive(Debug)]
pub(crate) struct Turn {
    meter: Arc<Meter>,
    taken: AtomicBool,
}

impl Turn {
    /// # Errors
    /// QUOTA_EXCEEDED.
    pub(crate) fn take(&self, tenant: &Id) -> Result<(), Refusal> {
        if !self.taken.load(Ordering::Relaxed) {
            self.meter.count(tenant)?;
            self.taken.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
