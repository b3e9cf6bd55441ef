//! Which addresses are public, another time: by the text of the registries and a general tool for networks.

use std::{net::IpAddr, sync::LazyLock};

use ipnet::IpNet;

/// What is not global unicast, or is but must not be reached: the special-purpose blocks of IANA's registries, multicast,
/// what is reserved, and one cloud's service address. `2000::/3` is all there is of global unicast in IPv6.
const SPECIAL: &str = "
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 168.63.129.16/32 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
    192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
    ::/3 4000::/2 8000::/1 2001::/23 2001:db8::/32 2002::/16 3fff::/20";

static NETWORKS: LazyLock<Vec<IpNet>> =
    LazyLock::new(|| SPECIAL.split_whitespace().map(|network| network.parse().expect("a network")).collect());

pub(crate) fn is_public(address: IpAddr) -> bool {
    let address = match address {
        // An IPv4-mapped address is the one within.
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    };
    !NETWORKS.iter().any(|network| network.contains(&address))
}
