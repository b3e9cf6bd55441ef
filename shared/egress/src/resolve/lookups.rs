//! The look-ups under way: how many, and whose.
//!
//! A look-up cannot be called off: the system's resolver works on a thread of its own until the name servers have answered
//! or it gives up, whether or not anybody still waits. Those threads are few, and the process has other work for them. So
//! every look-up is a job that goes on by itself and holds its places until it has ended, and a call that gave up frees none.
//! One tenant's names, however slow their servers, take up that tenant's places alone.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use async_trait::async_trait;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::Instrument;

use super::Resolver;
use crate::{Error, ErrorKind, door::Time};

/// How many look-ups may be under way at once: half of the threads that tokio has for blocking work, so that the other half
/// is there for the rest of it, such as mapping large answers.
pub(crate) const ALL: usize = 256;

/// How many of them may be one tenant's: at 20 ms for a name that makes 1,600 look-ups a second, and eight tenants with
/// dead name servers are needed to take up all.
pub(crate) const OF_ONE_TENANT: usize = 32;

/// Whose look-ups are those of the operator's proxy. No tenant is called so.
const OPERATOR: &str = "";

/// A resolver that is asked within bounds.
#[derive(Debug)]
pub(crate) struct Lookups {
    resolver: Arc<dyn Resolver>,
    all: Arc<Semaphore>,
    /// The places of those tenants that have look-ups under way, or wait for one.
    by_tenant: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// What a look-up holds while it is under way.
struct Places {
    _own: Option<OwnedSemaphorePermit>,
    _shared: Option<OwnedSemaphorePermit>,
}

impl Lookups {
    /// Bounds for what the resolver is asked.
    pub(crate) fn new(resolver: Arc<dyn Resolver>) -> Self {
        Self { resolver, all: Arc::new(Semaphore::new(ALL)), by_tenant: Mutex::default() }
    }

    /// Every address of a host that a tenant's request names.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::LookupsBusy`] when no look-up could be begun within the time, [`ErrorKind::Timeout`] when one was
    /// begun and did not end, [`ErrorKind::ResolveFailed`] when it ended without an answer.
    pub(crate) async fn resolve(&self, tenant: &str, host: &str, time: Time) -> Result<Vec<IpAddr>, Error> {
        let places = time.within(self.places(tenant)).await.ok_or_else(busy)?;
        let looked_up = async {
            self.look_up(host, places).await.map_err(|source| {
                Error::new(ErrorKind::ResolveFailed, "the name cannot be looked up").with_source(source)
            })
        };
        time.bounds("the name was not looked up", looked_up).await
    }

    /// Waits until a look-up may begin. The tenant's own place comes first: who waits for one takes up none of the others'.
    async fn places(&self, tenant: &str) -> Places {
        // Nobody closes a semaphore of these, and so there is always a permit.
        let own = self.of(tenant).acquire_owned().await.ok();
        let shared = Arc::clone(&self.all).acquire_owned().await.ok();
        Places { _own: own, _shared: shared }
    }

    fn of(&self, tenant: &str) -> Arc<Semaphore> {
        // Nothing panics while holding it, and the map is whole after every step.
        let mut by_tenant = self.by_tenant.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = by_tenant.get(tenant).and_then(Weak::upgrade) {
            return known;
        }
        by_tenant.retain(|_, places| places.strong_count() > 0);
        let own = Arc::new(Semaphore::new(OF_ONE_TENANT));
        by_tenant.insert(tenant.to_owned(), Arc::downgrade(&own));
        own
    }

    /// A look-up that ends when it has ended, and not when nobody waits for it any more.
    async fn look_up(&self, host: &str, places: Places) -> io::Result<Vec<IpAddr>> {
        let (resolver, host) = (Arc::clone(&self.resolver), host.to_owned());
        let job = async move {
            let found = resolver.resolve(&host).await;
            drop(places);
            found
        };
        tokio::spawn(job.in_current_span()).await.map_err(|_| io::Error::other("the look-up failed"))?
    }
}

/// The proxy's own name is looked up by the transport, and within the same bounds.
#[async_trait]
impl Resolver for Lookups {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let places = self.places(OPERATOR).await;
        self.look_up(host, places).await
    }
}

fn busy() -> Error {
    let message = "as many names are being looked up as may be at once, and none of those look-ups ended within the time; \
                   try again later, or call names whose servers answer";
    Error::new(ErrorKind::LookupsBusy, message)
}

#[cfg(test)]
mod tests;
