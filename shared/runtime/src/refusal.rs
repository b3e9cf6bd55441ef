//! Why a call was refused, as the caller sees it, and what the log sees beside it.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use proto::errors::v1::Reason;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

mod egress;
mod store;

/// `domain` of every `google.rpc.ErrorInfo` that the suite sends (AIP-193).
pub const DOMAIN: &str = "outgate";

/// What a caller is told about a call that was refused or failed.
///
/// `message` and `metadata` go to the caller and hold neither a value nor a foreign error's text; `source` goes to
/// the log alone, once, when the refusal becomes a [`Status`].
#[derive(Clone)]
pub struct Refusal(Box<Parts>);

#[derive(Clone)]
struct Parts {
    reason: Reason,
    message: String,
    metadata: Vec<(String, String)>,
    field: Option<String>,
    retry_after: Option<Duration>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl Refusal {
    /// A refusal with its reason and a text for people: what is wrong, where, and the next step.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            reason,
            message: message.into(),
            metadata: Vec::new(),
            field: None,
            retry_after: None,
            source: None,
        }))
    }

    /// A field of the request that cannot be used; `field` is its path in the message, such as `grant.token_url`.
    pub fn field(field: impl Into<String>, message: impl fmt::Display) -> Self {
        let field = field.into();
        let mut refusal =
            Self::new(Reason::FieldInvalid, format!("{field}: {message}")).with("field", &field);
        refusal.0.field = Some(field);
        refusal
    }

    /// Adds what the reason names, for programs; see `outgate.errors.v1` for the keys of each reason.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl ToString) -> Self {
        self.0.metadata.push((key.to_owned(), value.to_string()));
        self
    }

    /// Keeps the cause for the log. The caller never sees it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.source = Some(Arc::from(source.into()));
        self
    }

    /// Says when another try can succeed.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// The reason, for those who branch on it.
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The text for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// One value of the metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.0.metadata.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    /// What another service of the suite answered, as a refusal of this one: its reason is kept, and a peer that
    /// cannot be reached becomes SERVICE_UNAVAILABLE.
    pub fn from_peer(service: &'static str, status: &Status) -> Self {
        let details = status.get_error_details();
        if let Some(info) = details.error_info().filter(|info| info.domain == DOMAIN)
            && let Some(reason) = reason_from_name(&info.reason)
        {
            let mut refusal = Self::new(reason, status.message());
            refusal.0.metadata = info.metadata.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            refusal.0.retry_after = details.retry_info().and_then(|info| info.retry_delay);
            return refusal;
        }
        match status.code() {
            Code::DeadlineExceeded | Code::Cancelled => {
                Self::new(Reason::DeadlineExceeded, format!("the {service} service did not answer in time"))
            }
            Code::Unavailable => Self::new(
                Reason::ServiceUnavailable,
                format!("the {service} service cannot be reached; try again when it is up"),
            )
            .with("service", service),
            _ => Self::new(Reason::Internal, format!("the {service} service failed")),
        }
        .because(format!("{service}: {status}"))
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refusal")
            .field("reason", &name(self.0.reason))
            .field("message", &self.0.message)
            .field("metadata", &self.0.metadata)
            .field("source", &self.0.source)
            .finish()
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        log(&refusal);
        let Parts { reason, message, metadata, field, retry_after, source: _ } = *refusal.0;
        let mut details = ErrorDetails::with_error_info(
            name(reason),
            DOMAIN,
            metadata.into_iter().collect::<std::collections::HashMap<_, _>>(),
        );
        if let Some(field) = field {
            details.add_bad_request_violation(field, message.clone());
        }
        if let Some(delay) = retry_after {
            details.set_retry_info(Some(delay));
        }
        Status::with_error_details(code(reason), message, details)
    }
}

/// Writes the chain of causes, once, where the refusal leaves the suite. A refusal without a cause is the caller's
/// affair and is no event of the log.
fn log(refusal: &Refusal) {
    let Some(first) = refusal.source() else { return };
    let mut chain = first.to_string();
    let mut next = first.source();
    while let Some(cause) = next {
        chain.push_str(": ");
        chain.push_str(&cause.to_string());
        next = cause.source();
    }
    let reason = name(refusal.reason());
    match code(refusal.reason()) {
        Code::Internal | Code::DataLoss => tracing::error!(reason, cause = chain, "{refusal}"),
        _ => tracing::warn!(reason, cause = chain, "{refusal}"),
    }
}

/// The reason's name as it travels: without the enum's prefix (AIP-193).
pub fn name(reason: Reason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("REASON_").unwrap_or(name)
}

/// The reason that travels under a name.
pub fn reason_from_name(name: &str) -> Option<Reason> {
    Reason::from_str_name(&format!("REASON_{name}"))
}

/// The one mapping from reasons to gRPC codes.
pub fn code(reason: Reason) -> Code {
    match reason {
        Reason::Unauthenticated => Code::Unauthenticated,
        Reason::FieldInvalid | Reason::RegisterInvalid | Reason::UrlInvalid | Reason::HeaderRefused => {
            Code::InvalidArgument
        }
        Reason::RoleMissing
        | Reason::UserRequired
        | Reason::EndpointNotListed
        | Reason::SchemeRefused
        | Reason::PortRefused
        | Reason::AddressRefused
        | Reason::RedirectRefused
        | Reason::SecretOutOfScope
        | Reason::ScopeNotGranted => Code::PermissionDenied,
        Reason::IntegrationNotFound | Reason::RegisterNotFound | Reason::SecretNotFound => Code::NotFound,
        Reason::AlreadyExists => Code::AlreadyExists,
        Reason::EtagMismatch => Code::Aborted,
        Reason::RevisionCompacted => Code::OutOfRange,
        Reason::AdapterInvalid
        | Reason::MappingFailed
        | Reason::ConnectorInvalid
        | Reason::ActionFailed
        | Reason::SecretUnfit
        | Reason::SecretEchoed
        | Reason::SecretExpired
        | Reason::SecretTaken
        | Reason::KeysReadOnly
        | Reason::TokenRefused => Code::FailedPrecondition,
        Reason::ResponseTooLarge | Reason::LimitReached | Reason::QuotaExceeded | Reason::Overloaded => {
            Code::ResourceExhausted
        }
        Reason::DeadlineExceeded => Code::DeadlineExceeded,
        Reason::TokenUnavailable
        | Reason::CounterpartUnreachable
        | Reason::CounterpartTlsFailed
        | Reason::CounterpartBrokeOff
        | Reason::ResponseEncoded
        | Reason::StoreUnavailable
        | Reason::KeysUnavailable
        | Reason::ServiceUnavailable
        | Reason::AuditUnavailable => Code::Unavailable,
        Reason::SecretUnreadable => Code::DataLoss,
        Reason::Unspecified | Reason::Internal => Code::Internal,
    }
}

/// A code's name as gRPC spells it, such as `NOT_FOUND`.
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests;
