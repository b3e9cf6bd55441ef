//! Names to addresses, once per request.

mod lookups;

use std::{fmt, io, net::IpAddr};

use async_trait::async_trait;

pub(crate) use lookups::Lookups;

/// Looks a name up. The guarded send asks once per request, checks every address of the answer, and connects to
/// those alone.
///
/// A look-up that was begun is left to end, though its request may be over: at most 256 are under way at once, and 32 of one
/// tenant.
#[async_trait]
pub trait Resolver: Send + Sync + fmt::Debug {
    /// Every address of the host, which is a name in ASCII and never an address.
    ///
    /// # Errors
    ///
    /// When the name does not exist or cannot be looked up now.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let addresses = tokio::net::lookup_host((host, 0)).await?;
        Ok(addresses.map(|address| address.ip()).collect())
    }
}
