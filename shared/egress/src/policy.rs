//! What an operator lets out.

use std::{net::IpAddr, ops::RangeInclusive, path::PathBuf};

use ipnet::IpNet;

use crate::address;

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
}

impl Default for EgressPolicy {
    /// `https` alone, to public addresses, on port 443 and 44300 to 44399.
    fn default() -> Self {
        Self { ports: vec![443..=443, 44300..=44399], allow_http: false, networks: vec![], ca_files: vec![] }
    }
}

impl EgressPolicy {
    pub(crate) fn permits_port(&self, port: u16) -> bool {
        self.ports.iter().any(|range| range.contains(&port))
    }

    /// Whether a connection to the address may be made: it is public, or in a network that was opened.
    pub(crate) fn permits_address(&self, address: IpAddr) -> bool {
        address::is_public(address) || self.opens(address)
    }

    /// Whether the address is in a network that the operator opened.
    pub(crate) fn opens(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address.to_canonical()))
    }
}
