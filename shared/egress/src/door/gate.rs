//! One policy, and the clients whose connections were made under it.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use url::Host;

use super::{Time, request::Draft};
use crate::{
    EgressPolicy, Error, ErrorKind, Transport,
    destination::{Destination, Scheme},
    resolve::Lookups,
};

/// What stands between a tenant's requests and the network. Tenants with the same policy share one.
#[derive(Debug)]
pub(super) struct Gate {
    pub(super) policy: EgressPolicy,
    pub(super) transport: Arc<dyn Transport>,
}

impl Gate {
    /// Every address of the destination, all of them checked. One bad address refuses the request. None for a name that
    /// is left to the policy's proxy.
    pub(super) async fn addresses(
        &self,
        tenant: &str,
        draft: &Draft,
        lookups: &Lookups,
        time: Time,
    ) -> Result<Arc<[SocketAddr]>, Error> {
        let destination = draft.destination();
        if draft.stays_inside() && self.policy.networks.is_empty() {
            return Err(refused("the name leads inside"));
        }
        let resolved = match destination.host() {
            Host::Ipv4(address) => vec![IpAddr::V4(address)],
            Host::Ipv6(address) => vec![IpAddr::V6(address)],
            Host::Domain(_) if self.policy.leaves_names_to_proxy() => {
                // Where it would lead cannot be seen from here.
                return match destination.has_special_name() {
                    true => Err(refused("the name leads inside, and the proxy would look it up")),
                    false => Ok([].into()),
                };
            }
            Host::Domain(name) => lookups.resolve(tenant, name, time).await?,
        };
        if resolved.is_empty() {
            return Err(Error::new(ErrorKind::ResolveFailed, "the name has no address"));
        }
        let permitted = |address: IpAddr| match draft.stays_inside() {
            true => self.policy.opens(address),
            false => self.policy.permits_address(address),
        };
        if let Some(bad) = resolved.iter().find(|address| !permitted(**address)) {
            // The address itself is for the log: a caller must not read the inner name servers through refusals.
            return Err(refused("the host has an address that may not be reached")
                .with_source(format!("it resolves to {bad}")));
        }
        if self.policy.proxy.is_some() && is_ipv6_over_tls(destination) {
            let message = "an IPv6 address in an https URL cannot be reached through a proxy; write a name that leads there";
            return Err(Error::new(ErrorKind::AddressRefused, message));
        }
        let port = destination.port();
        Ok(resolved.into_iter().map(|address| SocketAddr::new(address.to_canonical(), port)).collect())
    }
}

/// What the HTTP library cannot speak TLS to inside of a tunnel: it takes the brackets for a part of the name.
fn is_ipv6_over_tls(destination: &Destination) -> bool {
    destination.scheme() == Scheme::Https && matches!(destination.host(), Host::Ipv6(_))
}

fn refused(what: &str) -> Error {
    let message = format!("{what}; an operator can open its network in `egress.networks`");
    Error::new(ErrorKind::AddressRefused, message)
}
