//! The only names the client can resolve: those that the guard has vetted, to the addresses that it has vetted.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

type Addresses = Arc<[SocketAddr]>;

/// Vetted addresses by host, for as long as a request is on its way.
#[derive(Debug, Default)]
pub(super) struct Pins(Mutex<HashMap<String, Vec<Addresses>>>);

impl Pins {
    /// Makes the host resolve to the addresses until the pin is dropped.
    pub(super) fn hold(self: &Arc<Self>, host: &str, addresses: Addresses) -> Pin {
        self.lock().entry(host.to_owned()).or_default().push(Arc::clone(&addresses));
        Pin { pins: Arc::clone(self), host: host.to_owned(), addresses }
    }

    /// What was vetted last for the host, by a request that is still on its way.
    fn vetted(&self, host: &str) -> Option<Addresses> {
        self.lock().get(host)?.last().cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<Addresses>>> {
        // Nothing panics while holding it, and the map is whole after every step.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Holds a host's addresses in place.
pub(super) struct Pin {
    pins: Arc<Pins>,
    host: String,
    addresses: Addresses,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = self.pins.lock();
        if let Some(held) = pins.get_mut(&self.host) {
            if let Some(index) = held.iter().position(|addresses| Arc::ptr_eq(addresses, &self.addresses)) {
                held.remove(index);
            }
            if held.is_empty() {
                pins.remove(&self.host);
            }
        }
    }
}

/// What the client asks in place of a name server.
#[derive(Debug, Clone)]
pub(super) struct PinnedResolver(pub(super) Arc<Pins>);

impl Resolve for PinnedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let answer = match self.0.vetted(name.as_str()) {
            Some(addresses) => {
                let addresses: Addrs = Box::new(Vec::from(&*addresses).into_iter());
                Ok(addresses)
            }
            None => Err(io::Error::other("the guard vetted no address for this host").into()),
        };
        Box::pin(std::future::ready(answer))
    }
}

#[cfg(test)]
mod tests;
