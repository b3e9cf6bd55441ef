//! The only names the client can resolve: the one that the guard has vetted for the request at hand, to the addresses
//! that it has vetted for that same request.
//!
//! What was vetted belongs to the request and not to a table that requests share: the client asks for the name while it is
//! polled by the request's own task, so no request can be told what was vetted for another one, be it for another port of
//! the same host.

use std::{io, net::SocketAddr, sync::Arc};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static PIN: Pin;
}

/// A host, and the only addresses that it has for one request.
pub(super) struct Pin {
    host: String,
    addresses: Arc<[SocketAddr]>,
}

impl Pin {
    pub(super) fn new(host: &str, addresses: Arc<[SocketAddr]>) -> Self {
        Self { host: host.to_owned(), addresses }
    }

    /// The work, and for as long as it is polled the host's addresses.
    pub(super) fn during<F: Future>(self, work: F) -> TaskLocalFuture<Self, F> {
        PIN.scope(self, work)
    }

    fn addresses_of(&self, host: &str) -> Option<Vec<SocketAddr>> {
        (self.host == host).then(|| self.addresses.to_vec())
    }
}

/// What the client asks in place of a name server. Outside of a request, every name is unknown.
#[derive(Debug, Clone, Copy)]
pub(super) struct PinnedResolver;

impl Resolve for PinnedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let answer = match PIN.try_with(|pin| pin.addresses_of(name.as_str())).ok().flatten() {
            Some(addresses) => {
                let addresses: Addrs = Box::new(addresses.into_iter());
                Ok(addresses)
            }
            None => Err(io::Error::other("the guard vetted no address for this host").into()),
        };
        Box::pin(std::future::ready(answer))
    }
}

#[cfg(test)]
mod tests;
