//! The guarded send.

mod request;
mod response;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures::future::try_join_all;
use mapping::Content;
use seal::Plaintext;
use tracing::Instrument;
use url::Host;

use crate::{
    Answer, EgressPolicy, Error, ErrorKind, Outbound, Resolver, SecretSource, Transport,
    destination::Destination,
    fill::Contents,
    span,
    transport::{ReqwestTransport, TransportError, TransportErrorKind, Vetted},
};

use self::request::{Draft, Filled};

/// The way out: it knows what the operator lets out, looks names up, and holds the one HTTP client.
///
/// Made once and shared: the client pools its connections.
#[derive(Debug)]
pub struct Door {
    policy: EgressPolicy,
    resolver: Arc<dyn Resolver>,
    transport: Arc<dyn Transport>,
}

impl Door {
    /// A door for the policy, over reqwest.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PolicyInvalid`] when a CA file cannot be used, or the system has no CA certificates.
    pub fn new(policy: EgressPolicy, resolver: Arc<dyn Resolver>) -> Result<Self, Error> {
        let transport = ReqwestTransport::new(&policy)?;
        Ok(Self::with_transport(policy, resolver, Arc::new(transport)))
    }

    /// A door over another client.
    #[must_use]
    pub fn with_transport(
        policy: EgressPolicy,
        resolver: Arc<dyn Resolver>,
        transport: Arc<dyn Transport>,
    ) -> Self {
        Self { policy, resolver, transport }
    }

    /// Sends a request, if it may leave, and gives the answer, whatever its status.
    ///
    /// Nothing is connected to and no secret is asked for before everything about the destination was checked.
    ///
    /// # Errors
    ///
    /// An [`ErrorKind`] for each reason why the request was not sent or got no whole answer.
    pub async fn send(&self, outbound: Outbound, secrets: &dyn SecretSource) -> Result<Answer, Error> {
        let draft = Draft::vet(&outbound, &self.policy)?;
        let host = draft.destination().host_text().to_owned();
        let span = span::open(draft.method(), draft.destination().url());
        let exchange = self.exchange(&outbound, &draft, secrets).instrument(span.clone());
        let result = match tokio::time::timeout(outbound.timeout, exchange).await {
            Ok(result) => result,
            Err(_) => Err(Error::new(
                ErrorKind::Timeout,
                format!("no whole answer came within {:?}", outbound.timeout),
            )),
        };
        let result = result.map_err(|error| error.at(&host));
        span::close(&span, &result);
        result
    }

    async fn exchange(
        &self,
        outbound: &Outbound,
        draft: &Draft,
        secrets: &dyn SecretSource,
    ) -> Result<Answer, Error> {
        let addresses = self.addresses(draft).await?;
        let contents = Contents::opened(open(draft.asked_for(), draft.destination(), secrets).await?);
        let Filled { url, headers, body } = draft.fill(outbound, &contents)?;
        let vetted = Vetted { method: draft.method().clone(), url, addresses, headers, body };
        // The scrubber is built while the counterpart thinks. Without one no answer is handed out.
        let building = async { draft.scrubber(outbound, &contents) };
        let (reply, scrubber) = tokio::join!(biased; self.transport.send(vetted), building);
        let (reply, scrubber) = (reply.map_err(transport_error)?, scrubber?);
        let has_secrets = !draft.asked_for().is_empty();
        response::read(reply, outbound.response_bytes, &scrubber, has_secrets, draft.destination().url())
            .await
    }

    /// Every address of the destination, all of them checked. One bad address refuses the request.
    async fn addresses(&self, draft: &Draft) -> Result<Arc<[SocketAddr]>, Error> {
        let destination = draft.destination();
        if draft.stays_inside() && self.policy.networks.is_empty() {
            return Err(refused_address("the name leads inside"));
        }
        let resolved = match destination.host() {
            Host::Ipv4(address) => vec![IpAddr::V4(address)],
            Host::Ipv6(address) => vec![IpAddr::V6(address)],
            Host::Domain(name) => self.resolver.resolve(name).await.map_err(|source| {
                Error::new(ErrorKind::ResolveFailed, "the name cannot be looked up").with_source(source)
            })?,
        };
        if resolved.is_empty() {
            return Err(Error::new(ErrorKind::ResolveFailed, "the name has no address"));
        }
        let permitted = |address: IpAddr| match draft.stays_inside() {
            true => self.policy.opens(address),
            false => self.policy.permits_address(address),
        };
        if let Some(refused) = resolved.iter().find(|address| !permitted(**address)) {
            // The address itself is for the log: a caller must not read the inner name servers through refusals.
            return Err(refused_address("the host has an address that may not be reached")
                .with_source(format!("it resolves to {refused}")));
        }
        let port = destination.port();
        Ok(resolved.into_iter().map(|address| SocketAddr::new(address.to_canonical(), port)).collect())
    }
}

/// Opens what the request asks for, all at once, for the destination's origin.
async fn open(
    asked: &[Content],
    destination: &Destination,
    secrets: &dyn SecretSource,
) -> Result<Vec<(Content, Plaintext)>, Error> {
    let origin = &destination.origin();
    let opening = asked.iter().map(|content| async move {
        let plaintext = secrets.open(content, origin).await.map_err(|source| {
            let message = format!("`{}` cannot be used for this request", source.name());
            Error::new(ErrorKind::SecretRefused(source), message)
        })?;
        Ok((content.clone(), plaintext))
    });
    try_join_all(opening).await
}

fn refused_address(what: &str) -> Error {
    let message = format!("{what}; an operator can open its network in `egress.networks`");
    Error::new(ErrorKind::AddressRefused, message)
}

fn transport_error(error: TransportError) -> Error {
    let kind = match error.kind() {
        TransportErrorKind::Connect => ErrorKind::ConnectFailed,
        TransportErrorKind::Tls => ErrorKind::TlsFailed,
        TransportErrorKind::HeadTooLarge => ErrorKind::ResponseTooLarge { limit: crate::header::MAX_HEAD },
        TransportErrorKind::BrokeOff => ErrorKind::BrokeOff,
    };
    let message = error.to_string();
    Error::new(kind, message).with_source(error)
}

#[cfg(test)]
pub(crate) mod tests;
