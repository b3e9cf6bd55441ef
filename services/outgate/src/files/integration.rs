//! `kind: Integration`.

use std::time::Duration;

use bytes::Bytes;
use mapping::Value;
use proto::integrations::v1::{
    AnonymousAccess, ClientCertificate, Endpoint, Integration, Limits, Retry, TraceContext,
};
use runtime::names::Id;
use serde::{Deserialize, de::IgnoredAny};

use super::{
    Document,
    data::Data,
    problem::Problem,
    quantity::{Size, Timeout},
    source::Source,
};

pub(crate) use shown::shown;

mod auth;
mod shown;

/// The most tries of a call.
const MAX_ATTEMPTS: u32 = 10;
/// The most redirects that are followed.
const MAX_REDIRECTS: u32 = 5;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Spec {
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    name: Name,
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    anonymous_access: bool,
    endpoints: Endpoints,
    constants: Option<Data>,
    auth: Option<auth::Auth>,
    client_certificate: Option<ClientCertificateSpec>,
    #[serde(default)]
    limits: LimitsSpec,
    retry: Option<RetrySpec>,
    trace_context: Option<TraceContextSpec>,
}

/// The id of a document.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Name(Id);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Id::parse("name", &text).map(Self).map_err(|refusal| refusal.message().to_owned())
    }
}

impl From<Name> for Id {
    fn from(name: Name) -> Self {
        name.0
    }
}

/// At least one endpoint.
#[derive(Deserialize)]
#[serde(try_from = "Vec<EndpointSpec>")]
struct Endpoints(Vec<EndpointSpec>);

impl TryFrom<Vec<EndpointSpec>> for Endpoints {
    type Error = &'static str;

    fn try_from(endpoints: Vec<EndpointSpec>) -> Result<Self, Self::Error> {
        if endpoints.is_empty() {
            return Err("an integration without an endpoint can call nothing; list at least one");
        }
        Ok(Self(endpoints))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EndpointSpec {
    url: EndpointUrl,
    #[serde(default)]
    methods: Vec<Method>,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct EndpointUrl(String);

impl TryFrom<String> for EndpointUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match egress::Endpoint::parse(&text, &[]) {
            Ok(_) => Ok(Self(text)),
            Err(error) => Err(error.to_string()),
        }
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Method(String);

impl TryFrom<String> for Method {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-');
        if fits {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` is no HTTP method; write one such as `GET`, in capitals"))
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct LimitsSpec {
    timeout: Option<Timeout>,
    response_bytes: Option<Size>,
    rate_per_second: u32,
    concurrency: u32,
    redirects: Redirects,
}

#[derive(Default, Deserialize)]
#[serde(try_from = "u32")]
struct Redirects(u32);

impl TryFrom<u32> for Redirects {
    type Error = String;

    fn try_from(redirects: u32) -> Result<Self, String> {
        match redirects {
            0..=MAX_REDIRECTS => Ok(Self(redirects)),
            _ => Err(format!("{redirects} is not between 0 (a redirect is an answer) and {MAX_REDIRECTS}")),
        }
    }
}

/// What the counterpart is shown in TLS.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClientCertificateSpec {
    identity: auth::SecretName,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RetrySpec {
    attempts: Attempts,
}

#[derive(Deserialize)]
#[serde(try_from = "u32")]
struct Attempts(u32);

impl TryFrom<u32> for Attempts {
    type Error = String;

    fn try_from(attempts: u32) -> Result<Self, String> {
        match attempts {
            1..=MAX_ATTEMPTS => Ok(Self(attempts)),
            _ => Err(format!("{attempts} is not between 1 (no second try) and {MAX_ATTEMPTS}")),
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum TraceContextSpec {
    Sent,
    Withheld,
}

/// Reads the document; `value` is the same as data, where the notation keeps more digits than typed reading.
pub(super) fn read(source: &Source<'_>, value: Option<&Value>) -> Result<Document, Vec<Problem>> {
    let mut spec: Spec = source.read()?;
    if let Some(exact) = value.and_then(Value::as_object).and_then(|object| object.get("constants")) {
        spec.constants = Some(Data(exact.clone()));
    }
    if spec.constants.as_ref().is_some_and(|data| data.0.as_object().is_none()) {
        return Err(vec![source.at_member(
            "constants",
            "`constants` is an object of names and values",
            None,
        )]);
    }
    let id = spec.name.0.clone();
    Ok(Document::Integration { id, definition: Box::new(definition(spec)) })
}

fn definition(spec: Spec) -> Integration {
    let access = if spec.anonymous_access { AnonymousAccess::Allowed } else { AnonymousAccess::Refused };
    let endpoints = spec.endpoints.0.into_iter();
    Integration {
        display_name: spec.display_name,
        anonymous_access: access.into(),
        endpoints: endpoints.map(EndpointSpec::into_proto).collect(),
        auth: spec.auth.map(auth::Auth::into_proto),
        client_certificate: spec
            .client_certificate
            .map(|certificate| ClientCertificate { identity: certificate.identity.into_text() }),
        constants: spec.constants.map(|data| Bytes::from(data.0.to_json())).unwrap_or_default(),
        limits: Some(limits(&spec.limits)),
        retry: spec.retry.map(|retry| Retry { attempts: retry.attempts.0 }),
        trace_context: match spec.trace_context {
            Some(TraceContextSpec::Sent) => TraceContext::Sent,
            Some(TraceContextSpec::Withheld) | None => TraceContext::Withheld,
        }
        .into(),
        ..Integration::default()
    }
}

impl EndpointSpec {
    fn into_proto(self) -> Endpoint {
        Endpoint { url: self.url.0, methods: self.methods.into_iter().map(|method| method.0).collect() }
    }
}

fn limits(spec: &LimitsSpec) -> Limits {
    Limits {
        timeout: spec.timeout.map(|timeout| duration(timeout.0)),
        response_bytes: spec.response_bytes.map_or(0, |size| size.0),
        rate_per_second: spec.rate_per_second,
        concurrency: spec.concurrency,
        redirects: spec.redirects.0,
    }
}

/// Bounded to ten minutes before, so both parts fit.
fn duration(time: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(time.subsec_nanos()).unwrap_or(0),
    }
}
