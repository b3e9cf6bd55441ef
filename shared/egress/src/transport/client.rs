//! Makes the clients of one policy.

use std::{fs, path::Path, sync::Arc, time::Duration};

use data_encoding::BASE64;
use http::HeaderValue;
use reqwest::{Client, redirect, retry};
use rustls::{
    ClientConfig,
    client::danger::ServerCertVerifier,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, pem::PemObject},
    version::{TLS12, TLS13},
};
use rustls_platform_verifier::Verifier;
use zeroize::Zeroizing;

use super::{certificate::Parts, names::ProxyAlone, pins::PinnedResolver};
use crate::{EgressPolicy, Error, ErrorKind, Proxy, Resolver, header::MAX_HEAD};

/// How long a connection may take, with TLS, on a machine that is busy too. The addresses of a host share it, so that one
/// that says nothing leaves time for the next.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long after a connection of HTTP/2 was quiet, or was written to in vain, it is asked for a sign of life, and how long
/// that may take. A counterpart that reads nothing would hold a connection for ever that no request waits for any more.
const ARE_YOU_THERE: Duration = Duration::from_secs(15);

/// What a counterpart may send of one answer before anybody reads it, in bytes, over HTTP/2.
const STREAM_WINDOW: u32 = 2 << 20;

/// So many answers that nobody reads hold up no other call on their connection: it takes the windows of all of them
/// together, 512 MiB. Counterparts rarely allow more streams.
const STREAMS: u32 = 256;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the clients of one policy have in common.
pub(super) struct Settings {
    https_only: bool,
    provider: Arc<CryptoProvider>,
    /// One for all clients: the certificate authorities are read once.
    verifier: Arc<dyn ServerCertVerifier>,
    way: Way,
}

/// How a client gets to where it goes.
enum Way {
    /// To the addresses that were vetted.
    Direct,
    /// Through the operator's proxy.
    Proxied(Box<reqwest::Proxy>, ProxyAlone),
}

impl Settings {
    pub(super) fn new(policy: &EgressPolicy, resolver: &Arc<dyn Resolver>) -> Result<Self, Error> {
        let way = match &policy.proxy {
            None => Way::Direct,
            Some(proxy) => Way::Proxied(
                Box::new(through(proxy)?),
                ProxyAlone { name: proxy.name().map(Arc::from), resolver: Arc::clone(resolver) },
            ),
        };
        let provider = Arc::new(ring::default_provider());
        let verifier = Verifier::new_with_extra_roots(authorities(policy)?, Arc::clone(&provider));
        let verifier = verifier.map_err(|source| {
            let message = "certificates cannot be verified; check the system's CA certificates";
            Error::new(ErrorKind::PolicyInvalid, message).with_source(source)
        })?;
        Ok(Self { https_only: !policy.allow_http, provider, verifier: Arc::new(verifier), way })
    }

    /// A client with connections of its own, that shows the certificate to counterparts that ask. What goes wrong is told
    /// without anything of the key.
    pub(super) fn client(&self, certificate: Option<Parts>) -> Result<Client, BoxError> {
        let head = u32::try_from(MAX_HEAD).unwrap_or(u32::MAX);
        #[expect(
            clippy::disallowed_methods,
            reason = "these are the guarded door's own clients, the only ones there are"
        )]
        let builder = Client::builder()
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .https_only(self.https_only)
            .http2_max_header_list_size(head)
            .http2_initial_stream_window_size(STREAM_WINDOW)
            .http2_initial_connection_window_size(STREAMS * STREAM_WINDOW)
            .http2_keep_alive_interval(ARE_YOU_THERE)
            .http2_keep_alive_timeout(ARE_YOU_THERE)
            .http2_keep_alive_while_idle(true)
            .tls_backend_preconfigured(self.tls(certificate)?);
        let builder = match &self.way {
            Way::Direct => builder.dns_resolver(PinnedResolver),
            Way::Proxied(proxy, name) => {
                builder.proxy(reqwest::Proxy::clone(proxy)).dns_resolver(name.clone())
            }
        };
        Ok(builder.build().map_err(reqwest::Error::without_url)?)
    }

    /// TLS 1.2 or 1.3, the server's certificate verified. Sessions are resumed within one client alone.
    fn tls(&self, certificate: Option<Parts>) -> Result<ClientConfig, rustls::Error> {
        let builder = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&self.verifier));
        let mut config = match certificate {
            Some(Parts { chain, key }) => builder.with_client_auth_cert(chain, key)?,
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn authorities(policy: &EgressPolicy) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut all = Vec::new();
    for path in &policy.ca_files {
        let unusable = |what: &str| {
            let message = format!("the CA file {} {what}; check `egress.ca_files`", path.display());
            Error::new(ErrorKind::PolicyInvalid, message)
        };
        let pem = fs::read(path).map_err(|source| unusable("cannot be read").with_source(source))?;
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|source| unusable("is not PEM").with_source(source))?;
        if certificates.is_empty() {
            return Err(unusable("holds no certificate"));
        }
        all.extend(certificates);
    }
    Ok(all)
}

/// Everything through the proxy, whatever the environment says, with its credentials where it has some.
fn through(proxy: &Proxy) -> Result<reqwest::Proxy, Error> {
    let unusable = |source: reqwest::Error| {
        Error::new(ErrorKind::PolicyInvalid, "the proxy cannot be used; check `egress.proxy`")
            .with_source(source.without_url())
    };
    let all = reqwest::Proxy::all(proxy.url().clone()).map_err(unusable)?;
    match proxy.credentials_file() {
        None => Ok(all),
        Some(path) => Ok(all.custom_http_auth(credentials(path)?)),
    }
}

/// HTTP Basic (RFC 7617) with what stands in the file.
fn credentials(path: &Path) -> Result<HeaderValue, Error> {
    let unusable = |what: &str| {
        let message = format!("the file {} {what}; check `egress.proxy_credentials_file`", path.display());
        Error::new(ErrorKind::PolicyInvalid, message)
    };
    let text = fs::read(path).map(Zeroizing::new);
    let text = text.map_err(|source| unusable("cannot be read").with_source(source))?;
    let pair = text.trim_ascii();
    let fits = pair.contains(&b':') && !pair.iter().any(u8::is_ascii_control);
    let encoded = Zeroizing::new(format!("Basic {}", BASE64.encode(pair)));
    let value = HeaderValue::from_str(&encoded).ok().filter(|_| fits);
    let mut value = value.ok_or_else(|| unusable("does not hold `user:password` on one line"))?;
    value.set_sensitive(true);
    Ok(value)
}
