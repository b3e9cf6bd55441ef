//! What an operator lets out, for everybody and for each tenant.

mod by_tenant;
mod narrow;
mod proxy;

use std::{net::IpAddr, ops::RangeInclusive, path::PathBuf};

use ipnet::IpNet;

use crate::address;

pub(crate) use by_tenant::ByTenant;
pub use narrow::{Narrowing, Policies, TooWide};
pub use proxy::{Proxy, ProxyError};

/// What may leave at all. Endpoints narrow it per integration; nothing widens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressPolicy {
    /// Ports that a request may go to.
    pub ports: Vec<RangeInclusive<u16>>,
    /// Whether plain `http` may leave. A request with a hole in it never does.
    pub allow_http: bool,
    /// Networks beyond the public addresses.
    pub networks: Vec<IpNet>,
    /// PEM files of certificate authorities beside the system's.
    pub ca_files: Vec<PathBuf>,
    /// The proxy through which everything leaves. None: everything leaves directly. What the environment says of
    /// proxies is never looked at.
    pub proxy: Option<Proxy>,
    /// Whether the proxy alone looks names up. Then only addresses in URLs and special names are vetted here, and the
    /// proxy must keep away from inner addresses itself. Without a proxy it means nothing.
    pub proxy_resolves: bool,
    /// Whether an answer that echoes a secret is refused as a whole, rather than handed out without it.
    pub refuse_echoes: bool,
}

impl Default for EgressPolicy {
    /// `https` alone, directly, to public addresses, on port 443 and 44300 to 44399.
    fn default() -> Self {
        Self {
            ports: vec![443..=443, 44300..=44399],
            allow_http: false,
            networks: vec![],
            ca_files: vec![],
            proxy: None,
            proxy_resolves: false,
            refuse_echoes: false,
        }
    }
}

impl EgressPolicy {
    /// Whether a request may go to the port.
    #[must_use]
    pub fn permits_port(&self, port: u16) -> bool {
        self.ports.iter().any(|range| range.contains(&port))
    }

    /// Whether a connection to the address may be made: it is public, or in a network that was opened.
    #[must_use]
    pub fn permits_address(&self, address: IpAddr) -> bool {
        address::is_public(address) || self.opens(address)
    }

    /// Whether the address is in a network that the operator opened.
    pub(crate) fn opens(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address.to_canonical()))
    }

    /// Whether names are left to the proxy to look up.
    pub(crate) fn leaves_names_to_proxy(&self) -> bool {
        self.proxy_resolves && self.proxy.is_some()
    }
}
