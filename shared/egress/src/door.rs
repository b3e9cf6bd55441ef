//! The guarded send.

mod alarm;
mod gate;
mod redirect;
mod request;
mod response;
mod time;
mod trail;

use std::{net::SocketAddr, sync::Arc};

use futures::future::try_join_all;
use mapping::Content;
use seal::Plaintext;
use tracing::{Instrument, Span};

use crate::{
    Answer, Error, ErrorKind, Outbound, Policies, Resolver, SecretSource, SourceError, Streamed, Transport,
    destination::Destination,
    fill::Contents,
    policy::ByTenant,
    resolve::Lookups,
    span,
    transport::{ReqwestTransport, TransportError, TransportErrorKind, Vetted},
};

use self::{
    alarm::Alarm,
    gate::Gate,
    request::{Draft, Filled},
    response::Reading,
    trail::Trail,
};

pub(crate) use time::Time;

/// The way out: it knows what the operator lets out, looks names up, and holds the HTTP clients.
///
/// Made once and shared: the clients pool their connections.
#[derive(Debug)]
pub struct Door {
    gates: ByTenant<Arc<Gate>>,
    lookups: Arc<Lookups>,
}

impl Door {
    /// A door for the policies, over reqwest. What was connected to under one policy never serves another.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::PolicyInvalid`] when a CA file or the proxy's credentials cannot be used, or the system has no CA
    /// certificates.
    pub fn new(policies: impl Into<Policies>, resolver: Arc<dyn Resolver>) -> Result<Self, Error> {
        let lookups = Arc::new(Lookups::new(resolver));
        let of_proxies: Arc<dyn Resolver> = Arc::<Lookups>::clone(&lookups);
        let mut made: Vec<Arc<Gate>> = Vec::new();
        let gates = policies.into().by_tenant().try_map(|policy| {
            if let Some(same) = made.iter().find(|gate| gate.policy == *policy) {
                return Ok(Arc::clone(same));
            }
            let transport = Arc::new(ReqwestTransport::new(policy, &of_proxies)?);
            let gate = Arc::new(Gate { policy: policy.clone(), transport });
            made.push(Arc::clone(&gate));
            Ok::<_, Error>(gate)
        })?;
        Ok(Self { gates, lookups })
    }

    /// A door over another client, one for all policies.
    #[must_use]
    pub fn with_transport(
        policies: impl Into<Policies>,
        resolver: Arc<dyn Resolver>,
        transport: Arc<dyn Transport>,
    ) -> Self {
        let gates = policies
            .into()
            .by_tenant()
            .map(|policy| Arc::new(Gate { policy: policy.clone(), transport: Arc::clone(&transport) }));
        Self { gates, lookups: Arc::new(Lookups::new(resolver)) }
    }

    /// Sends a request, if it may leave, and gives the whole answer, whatever its status.
    ///
    /// No name is looked up before it is known that every secret of the request may be used for its origin, and no secret is
    /// opened and nothing connected to before everything about the destination was checked.
    ///
    /// # Errors
    ///
    /// An [`ErrorKind`] for each reason why the request was not sent or got no whole answer.
    pub async fn send(&self, outbound: Outbound, secrets: &dyn SecretSource) -> Result<Answer, Error> {
        let limit = outbound.response_bytes;
        let time = Time::starting(outbound.timeout);
        let Arrived { streamed, span, host } = self.arrive(outbound, &time, secrets).await?;
        let whole = time.bounds("no whole answer came", response::collect(streamed, limit));
        let result = whole.instrument(span.clone()).await.map_err(|error| error.at(&host));
        span::close(&span, result.as_ref().map(|answer| answer.status));
        result
    }

    /// Sends a request, if it may leave, and gives the head of the answer and its body as it comes, of any size.
    ///
    /// [`Outbound::timeout`] bounds the time to the head, and from there every silence between two chunks; what bounds
    /// the whole is for the caller to keep, by dropping the body. Dropping it ends the request.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send); what happens after the head is an error of the body.
    pub async fn stream(&self, outbound: Outbound, secrets: &dyn SecretSource) -> Result<Streamed, Error> {
        let longest = outbound.timeout;
        let time = Time::starting(longest);
        let Arrived { streamed, span, host } = self.arrive(outbound, &time, secrets).await?;
        span::close(&span, Ok(streamed.status));
        Ok(response::lasting(streamed, longest, host))
    }

    /// To the head of the answer that is handed out, by as many redirects as may be followed. Each hop is a guarded send
    /// of its own.
    async fn arrive(
        &self,
        mut outbound: Outbound,
        time: &Time,
        secrets: &dyn SecretSource,
    ) -> Result<Arrived, Error> {
        let gate = self.gates.of(&outbound.tenant);
        let (mut trail, mut echoes, mut followed, mut crossed) = (Trail::default(), 0, 0, false);
        loop {
            let redirected = |error: Error| if followed > 0 { error.after_redirect() } else { error };
            let draft = Draft::vet(&outbound, &gate.policy).map_err(redirected)?;
            let host = draft.destination().host_text().to_owned();
            let span = span::open(draft.method(), draft.destination().url(), followed);
            let head = self.exchange(gate, &outbound, &draft, time, &mut trail, secrets);
            let head = head.instrument(span.clone()).await;
            let hop = head.map_err(redirected).and_then(|streamed| {
                let hop = redirect::next(&outbound, &draft, &streamed, followed)?;
                Ok((streamed, hop))
            });
            let (streamed, hop) =
                hop.map_err(|error| error.at(&host)).inspect_err(|error| span::close(&span, Err(error)))?;
            let Some(hop) = hop else {
                streamed.echoes.add(echoes);
                return Ok(Arrived { streamed: Streamed { followed, crossed, ..streamed }, span, host });
            };
            span::close(&span, Ok(streamed.status));
            echoes += streamed.echoes.count();
            followed += 1;
            crossed |= hop.crosses;
            outbound = hop.request(outbound);
        }
    }

    /// One guarded send, to the head of its answer.
    async fn exchange(
        &self,
        gate: &Gate,
        outbound: &Outbound,
        draft: &Draft,
        time: &Time,
        trail: &mut Trail,
        secrets: &dyn SecretSource,
    ) -> Result<Streamed, Error> {
        time.bounds("nothing was known of its secrets", admit(draft, secrets)).await?;
        let addresses = gate.addresses(&outbound.tenant, draft, &self.lookups, *time).await?;
        let sent = sent(gate, outbound, draft, addresses, trail, secrets);
        time.bounds("no answer came", sent).await
    }
}

/// Fills a request whose addresses were vetted, sends it, and reads the head of the answer.
async fn sent(
    gate: &Gate,
    outbound: &Outbound,
    draft: &Draft,
    addresses: Arc<[SocketAddr]>,
    trail: &mut Trail,
    secrets: &dyn SecretSource,
) -> Result<Streamed, Error> {
    let contents = Contents::opened(open(draft.asked_for(), draft.destination(), secrets).await?);
    let Filled { url, headers, body, client_certificate } = draft.fill(outbound, &contents)?;
    trail.add(outbound, &contents, client_certificate.as_ref());
    if !draft.asked_for().is_empty() {
        secrets.leaving(draft.asked_for(), &draft.destination().origin()).await.map_err(refused)?;
    }
    let (tenant, method) = (outbound.tenant.clone(), draft.method().clone());
    let vetted = Vetted { tenant, method, url, addresses, headers, body, client_certificate };
    // The scrubber is built while the counterpart thinks. Without one no answer is handed out.
    let building = async { trail.scrubber() };
    let (reply, scrubber) = tokio::join!(biased; gate.transport.send(vetted), building);
    let reply = reply.map_err(|error| match error.kind() {
        TransportErrorKind::Certificate => request::certificate_unfit(outbound).with_source(error),
        _ => transport_error(error),
    })?;
    let destination = draft.destination();
    let reading = Reading {
        scrubber,
        has_secrets: !trail.is_empty(),
        alarm: Alarm::new(outbound, destination.host_text(), gate.policy.refuse_echoes),
        method: draft.method().clone(),
        url: destination.url().clone(),
    };
    response::open(reply, reading)
}

/// The head of the answer to hand out, its body still to be read.
struct Arrived {
    streamed: Streamed,
    span: Span,
    host: String,
}

/// Asks whether all that the request would open may be used for the destination's origin.
async fn admit(draft: &Draft, secrets: &dyn SecretSource) -> Result<(), Error> {
    if draft.asked_for().is_empty() {
        return Ok(());
    }
    secrets.admits(draft.asked_for(), &draft.destination().origin()).await.map_err(refused)
}

/// Opens what the request asks for, all at once, for the destination's origin.
async fn open(
    asked: &[Content],
    destination: &Destination,
    secrets: &dyn SecretSource,
) -> Result<Vec<(Content, Plaintext)>, Error> {
    let origin = &destination.origin();
    let opening = asked.iter().map(|content| async move {
        let plaintext = secrets.open(content, origin).await.map_err(refused)?;
        Ok((content.clone(), plaintext))
    });
    try_join_all(opening).await
}

fn refused(source: SourceError) -> Error {
    let message = format!("`{}` cannot be used for this request", source.name());
    Error::new(ErrorKind::SecretRefused(source), message)
}

fn transport_error(error: TransportError) -> Error {
    let kind = match error.kind() {
        TransportErrorKind::Connect | TransportErrorKind::Certificate => ErrorKind::ConnectFailed,
        TransportErrorKind::Tls => ErrorKind::TlsFailed,
        TransportErrorKind::HeadTooLarge => ErrorKind::ResponseTooLarge { limit: crate::header::MAX_HEAD },
        TransportErrorKind::Upload => ErrorKind::UploadFailed,
        TransportErrorKind::BrokeOff => ErrorKind::BrokeOff,
    };
    let message = error.to_string();
    Error::new(kind, message).with_source(error)
}

#[cfg(test)]
pub(crate) mod tests;
