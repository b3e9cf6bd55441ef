//! The registers of tenants in memory, each tenant's kept true by a watch of the registers service.

mod document;
mod follow;
mod view;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use proto::{
    errors::v1::Reason,
    registers::v1::{GetRegisterRequest, Resolution, register_service_client::RegisterServiceClient},
};
use runtime::{
    Link, Refusal,
    names::{self, Id, Name},
};
use store::Revision;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

pub(crate) use document::Document;
pub(crate) use view::{Snapshot, View};

/// The largest message of the registers service: a register of 1 MiB with its value and layer, and room.
const MESSAGE_BYTES: usize = 16 << 20;
/// The longest that a run waits for a register that is there and not yet in memory.
const CATCH_UP: Duration = Duration::from_secs(5);

/// The registers of the tenants that runs are made for.
pub(crate) struct Registers {
    client: RegisterServiceClient<Link>,
    most: usize,
    clock: AtomicU64,
    tenants: Mutex<HashMap<Id, Arc<Tenant>>>,
}

/// One tenant's registers. Its watch ends when nobody holds it any more.
pub(crate) struct Tenant {
    view: Arc<View>,
    last_use: AtomicU64,
    _watch: AbortOnDropHandle<()>,
}

impl Registers {
    /// Holds the registers of at most so many tenants at once.
    pub(crate) fn new(link: Link, most: usize) -> Self {
        let client = RegisterServiceClient::new(link).max_decoding_message_size(MESSAGE_BYTES);
        Self { client, most: most.max(1), clock: AtomicU64::new(0), tenants: Mutex::default() }
    }

    /// A tenant's registers, once all of them are there.
    ///
    /// # Errors
    /// Those of the registers service, when it cannot be followed.
    pub(crate) async fn of(&self, tenant: &Id) -> Result<Arc<Tenant>, Refusal> {
        let tenant = self.tenant(tenant);
        tenant.view.ready().await?;
        Ok(tenant)
    }

    /// Asks the registers service itself whether a register is there, and waits until memory shows it: what is
    /// missing in memory may have been written a moment ago.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND, and what else the registers service answers.
    pub(crate) async fn confirm(&self, tenant: &Tenant, name: &Name) -> Result<(), Refusal> {
        let shown = shown(name);
        let request = GetRegisterRequest {
            name: shown.clone(),
            resolution: Resolution::PrivateFirst.into(),
            revision: String::new(),
        };
        let answer = self.client.clone().get_register(request).await;
        let register = answer.map_err(|status| Refusal::from_peer("registers", &status))?.into_inner();
        let revision = names::revision("etag", &register.etag)?.unwrap_or(Revision::ZERO);
        match timeout(CATCH_UP, tenant.view.reached(revision)).await {
            Ok(()) => Ok(()),
            Err(_) => Err(Refusal::new(
                Reason::ServiceUnavailable,
                format!("`{shown}` is not in memory yet; try again"),
            )
            .with("service", "registers")),
        }
    }

    fn tenant(&self, id: &Id) -> Arc<Tenant> {
        // Nothing that could panic happens under the lock.
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        if let Some(tenant) = tenants.get(id) {
            tenant.last_use.store(now, Ordering::Relaxed);
            return tenant.clone();
        }
        if tenants.len() >= self.most {
            let oldest = tenants.iter().min_by_key(|(_, tenant)| tenant.last_use.load(Ordering::Relaxed));
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                tenants.remove(&oldest);
            }
        }
        let view = Arc::new(View::default());
        let watch = tokio::spawn(follow::follow(self.client.clone(), id.clone(), view.clone()));
        let tenant =
            Arc::new(Tenant { view, last_use: AtomicU64::new(now), _watch: AbortOnDropHandle::new(watch) });
        tenants.insert(id.clone(), tenant.clone());
        tenant
    }
}

impl Tenant {
    /// What is in memory.
    pub(crate) fn view(&self) -> &View {
        &self.view
    }
}

/// A register's name as the contract writes it.
pub(crate) fn shown(name: &Name) -> String {
    name.parent.child("registers", &name.id)
}
