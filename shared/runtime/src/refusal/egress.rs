//! What an error of the guarded door means to a caller.

use std::{error::Error as _, time::Duration};

use egress::ErrorKind;
use proto::errors::v1::Reason;

use crate::Refusal;

/// When to come back where too many names were being looked up. What holds the places are name servers that do not answer,
/// which resolvers wait seconds for.
const LOOKUPS_PAUSE: Duration = Duration::from_secs(5);

impl From<egress::Error> for Refusal {
    /// A secret or token that was refused keeps the refusal of the service that keeps it.
    fn from(error: egress::Error) -> Self {
        let host = error.host().unwrap_or_default().to_owned();
        let here = |reason| Self::new(reason, error.to_string()).with("host", &host);
        let refusal = match error.kind() {
            ErrorKind::MethodInvalid => return Self::field("method", &error),
            ErrorKind::UrlInvalid => Self::new(Reason::UrlInvalid, error.to_string()),
            ErrorKind::EndpointNotListed => here(Reason::EndpointNotListed),
            ErrorKind::SchemeRefused => here(Reason::SchemeRefused),
            ErrorKind::PortRefused { port } => here(Reason::PortRefused).with("port", port),
            ErrorKind::AddressRefused => here(Reason::AddressRefused),
            ErrorKind::RedirectRefused => here(Reason::RedirectRefused),
            ErrorKind::HeaderRefused { header } => {
                Self::new(Reason::HeaderRefused, error.to_string()).with("header", header)
            }
            ErrorKind::SecretRefused(source) => {
                return source
                    .source()
                    .and_then(|cause| cause.downcast_ref::<Self>())
                    .cloned()
                    .unwrap_or_else(|| {
                        Self::new(Reason::Internal, "a secret could not be opened")
                            .with("secret", source.name())
                    });
            }
            ErrorKind::SecretUnfit { hole } => {
                Self::new(Reason::SecretUnfit, error.to_string()).with("secret", hole)
            }
            ErrorKind::ResolveFailed | ErrorKind::ConnectFailed => here(Reason::CounterpartUnreachable),
            ErrorKind::LookupsBusy => {
                Self::new(Reason::Overloaded, error.to_string()).retry_after(LOOKUPS_PAUSE)
            }
            ErrorKind::TlsFailed => here(Reason::CounterpartTlsFailed),
            ErrorKind::Timeout => here(Reason::DeadlineExceeded),
            ErrorKind::UploadFailed => return upload(&error),
            ErrorKind::BrokeOff => here(Reason::CounterpartBrokeOff),
            ErrorKind::ResponseTooLarge { limit } => here(Reason::ResponseTooLarge).with("limit", limit),
            ErrorKind::ResponseEncoded => here(Reason::ResponseEncoded),
            ErrorKind::SecretEchoed => here(Reason::SecretEchoed),
            ErrorKind::PolicyInvalid => {
                Self::new(Reason::Internal, "the guarded door cannot be opened as configured")
            }
        };
        // A refusal by policy is the caller's affair; only what failed below has a cause for the log.
        if error.source().is_some() { refusal.because(error) } else { refusal }
    }
}

/// The caller's own body failed: with the refusal that it ended with, where there is one.
fn upload(error: &egress::Error) -> Refusal {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(refusal) = found.downcast_ref::<Refusal>() {
            return refusal.clone();
        }
        cause = found.source();
    }
    Refusal::field("body", error)
}
