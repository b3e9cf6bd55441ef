//! Sends one call through the guarded door, with its credential, within its time, as often as its route allows.

mod download;
mod streaming;
mod upload;

use std::{sync::Arc, time::Duration};

use egress::{Answer, Body, Door, Error, ErrorKind, Outbound};
use mapping::Template;
use proto::{errors::v1::Reason, secrets::v1::Cause};
use runtime::{
    Caller, Refusal,
    names::{Id, Parent},
    server::deadline,
    telemetry,
};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    credentials::Sources,
    definition::{Definition, Route},
    limits::Gates,
    retry::{Head, Tries},
};

pub(crate) use download::{Download, Part};
pub(crate) use upload::Chunks;

/// Sends calls.
pub(crate) struct Executor {
    door: Arc<Door>,
    sources: Sources,
    gates: Gates,
}

/// One request, rendered, its secrets still holes.
pub(crate) struct Call {
    /// The HTTP method.
    pub(crate) method: String,
    /// The whole URL.
    pub(crate) url: Template,
    /// The headers that were asked for.
    pub(crate) headers: Vec<(String, Template)>,
    /// The body.
    pub(crate) body: Payload,
    /// How long it may take; the route's own time is the longest.
    pub(crate) timeout: Option<Duration>,
    /// The business unit that it is made for, whose private copies of secrets come first.
    pub(crate) unit: Option<Id>,
    /// What the audit ledger is told of it.
    pub(crate) cause: Cause,
}

impl Call {
    /// The same through an integration, for the end user of a caller.
    fn through(mut self, definition: &Definition, caller: &Caller) -> Self {
        self.cause.integration = definition.name.id.to_string();
        self.cause.integration_etag.clone_from(&definition.etag);
        self.on_behalf_of(&definition.name.parent.tenant, caller)
    }

    /// The same for the end user of a caller, and with what the ledger is told of whom it is made for.
    pub(crate) fn on_behalf_of(mut self, tenant: &Id, caller: &Caller) -> Self {
        self.cause.business_unit = self.unit.as_ref().map(Id::to_string).unwrap_or_default();
        self.cause.user = caller.user(tenant).unwrap_or_default().to_owned();
        self
    }
}

/// The body of a call, which can leave several times.
#[derive(Clone)]
pub(crate) enum Payload {
    /// None.
    None,
    /// Bytes as they are.
    Bytes(bytes::Bytes),
    /// Text with holes.
    Template(Template),
}

/// What a call came to.
pub(crate) struct Outcome {
    /// The counterpart's answer, whatever its status.
    pub(crate) answer: Result<Answer, Failure>,
    /// How often the request left, or tried to.
    pub(crate) attempts: u32,
    /// How long it took with all its tries.
    pub(crate) duration: Duration,
    /// What the audit ledger was told of it.
    pub(crate) cause: Cause,
}

/// Why there is no answer.
pub(crate) enum Failure {
    /// The suite did not send the request, or does not hand out the answer.
    Refused(Refusal),
    /// The counterpart did not answer.
    Counterpart(Refusal),
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(refusal) | Failure::Counterpart(refusal) => refusal,
        }
    }
}

impl Executor {
    /// An executor with an empty count of calls.
    pub(crate) fn new(door: Arc<Door>, sources: Sources) -> Self {
        Self { door, sources, gates: Gates::default() }
    }

    /// Sends a call through an integration, on behalf of a caller.
    ///
    /// # Errors
    /// USER_REQUIRED, LIMIT_REACHED; everything that happens later is in the outcome.
    pub(crate) async fn through(
        &self,
        definition: &Definition,
        caller: &Caller,
        call: Call,
    ) -> Result<Outcome, Refusal> {
        admit(definition, caller)?;
        let _pass = self.gates.enter(definition)?;
        let call = call.through(definition, caller);
        Ok(self.send(&definition.name.parent.tenant, &definition.route, call).await)
    }

    /// Returns when the uses of secrets of all calls are in the audit ledger, or cannot be written there in time.
    pub(crate) async fn finish(&self) {
        self.sources.finish().await;
    }

    /// Sends a call of a tenant by a route.
    pub(crate) async fn send(&self, tenant: &Id, route: &Route, call: Call) -> Outcome {
        let started = Instant::now();
        let end = started + time_for(route, &call);
        let source = self.sources.of(owner(tenant, &call), route.credential.grant(), &call.cause);
        let mut tries = Tries::new(route.attempts, &call.method);
        let mut renewed = false;
        let mut attempts = 0;
        let answer = loop {
            attempts += 1;
            let left = end.saturating_duration_since(Instant::now());
            let result = self.door.send(outbound(tenant, route, &call, left), &source).await;
            let came = result.as_ref().map(Head::of);
            // Once: what is not accepted the second time either is the counterpart's answer.
            if let Some(head) = came.as_ref().ok().filter(|head| !renewed && head.rejects_credentials()) {
                let left = end.saturating_duration_since(Instant::now());
                renewed = timeout(left, source.rejected()).await.unwrap_or(false);
                if renewed && tries.may_repeat(head) {
                    continue;
                }
            }
            match tries.next(came, end.saturating_duration_since(Instant::now())) {
                Some(pause) => sleep(pause).await,
                None => break result,
            }
        };
        if answer.as_ref().is_ok_and(|answer| Head::of(answer).accepts_credentials()) {
            source.accepted().await;
        }
        let answer = answer.map_err(failure);
        drop(source);
        Outcome { answer, attempts, duration: started.elapsed(), cause: call.cause }
    }
}

/// Insists on an end user where the integration does.
pub(crate) fn admit(definition: &Definition, caller: &Caller) -> Result<(), Refusal> {
    if definition.anonymous || caller.user(&definition.name.parent.tenant).is_some() {
        return Ok(());
    }
    let id = &definition.name.id;
    let text = format!(
        "integration `{id}` is not open to anonymous users; send the end user's token, or have a caller with the role \
         `voucher` name the end user"
    );
    Err(Refusal::new(Reason::UserRequired, text).with("integration", id))
}

/// The shortest of what the integration, the adapter and the caller allow.
fn time_for(route: &Route, call: &Call) -> Duration {
    let own = call.timeout.map_or(route.timeout, |timeout| timeout.min(route.timeout));
    deadline::remaining().map_or(own, |left| left.min(own))
}

/// Whom a call is made for.
fn owner(tenant: &Id, call: &Call) -> Parent {
    Parent { tenant: tenant.clone(), unit: call.unit.clone() }
}

/// The call as the door takes it.
pub(crate) fn outbound(tenant: &Id, route: &Route, call: &Call, timeout: Duration) -> Outbound {
    Outbound {
        tenant: tenant.as_str().to_owned(),
        integration: route.integration.clone(),
        method: call.method.clone(),
        url: call.url.clone(),
        headers: call.headers.clone(),
        credentials: route.credential.headers(),
        query_credentials: route.credential.query(),
        trace_headers: if route.trace { telemetry::current() } else { Vec::new() },
        body: match &call.body {
            Payload::None => Body::None,
            Payload::Bytes(bytes) => Body::Bytes(bytes.clone()),
            Payload::Template(template) => Body::Template(template.clone()),
        },
        endpoints: route.endpoints.clone(),
        redirects: route.redirects,
        client_certificate: route.client_certificate.clone(),
        timeout,
        response_bytes: route.response_bytes,
    }
}

fn failure(error: Error) -> Failure {
    match error.kind() {
        ErrorKind::ResolveFailed
        | ErrorKind::ConnectFailed
        | ErrorKind::TlsFailed
        | ErrorKind::Timeout
        | ErrorKind::BrokeOff => Failure::Counterpart(error.into()),
        _ => Failure::Refused(error.into()),
    }
}
