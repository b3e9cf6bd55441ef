//! The operator's upstream proxy.

use std::path::{Path, PathBuf};

use url::{Host, Url};

/// A proxy that takes `CONNECT` (RFC 9110, 9.3.6), and plain http in the absolute form (RFC 9112, 3.2.2).
///
/// Where it is, is the operator's word: its address is not vetted. What is sent through it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    url: Url,
    credentials_file: Option<PathBuf>,
}

/// An address that is no proxy's. It holds nothing of the text, in which a password may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ProxyError(&'static str);

impl Proxy {
    /// Reads `http://host:port` or `https://host:port`. The file, where one is given, holds `user:password` on one line,
    /// which is sent to the proxy and to nobody else.
    ///
    /// # Errors
    ///
    /// When it is no such URL, or says more than where the proxy is.
    pub fn parse(text: &str, credentials_file: Option<PathBuf>) -> Result<Self, ProxyError> {
        let url = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or(ProxyError("is no proxy; write one such as \"http://proxy.example.com:3128\""))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(ProxyError(
                "names a user or password; put `user:password` in a file and name it in proxy_credentials_file",
            ));
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(ProxyError("says more than scheme, host and port"));
        }
        Ok(Self { url, credentials_file })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the way to the proxy itself goes over TLS.
    pub(crate) fn speaks_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Its name, where it has one that must be looked up.
    pub(crate) fn name(&self) -> Option<&str> {
        match self.url.host()? {
            Host::Domain(name) => Some(name),
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        }
    }

    pub(crate) fn credentials_file(&self) -> Option<&Path> {
        self.credentials_file.as_deref()
    }
}

#[cfg(test)]
mod tests;
