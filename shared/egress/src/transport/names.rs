//! The one name that a client behind a proxy looks up: the proxy's own.

use std::{io, net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::Resolver;

/// Resolves the proxy, and nothing else: whatever leaves, leaves through it.
#[derive(Clone)]
pub(super) struct ProxyAlone {
    pub(super) name: Option<Arc<str>>,
    pub(super) resolver: Arc<dyn Resolver>,
}

impl Resolve for ProxyAlone {
    fn resolve(&self, name: Name) -> Resolving {
        let Some(proxy) = self.name.clone().filter(|proxy| **proxy == *name.as_str()) else {
            let refused = io::Error::other("nothing but the proxy is looked up");
            return Box::pin(std::future::ready(Err(refused.into())));
        };
        let resolver = Arc::clone(&self.resolver);
        Box::pin(async move {
            // Where the proxy is, is the operator's word: its addresses are not vetted.
            let addresses = resolver.resolve(&proxy).await?;
            let addresses: Addrs = Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests;
