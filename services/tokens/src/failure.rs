//! Why there is no token, and what that means for the next try.

use std::time::Duration;

use egress::ErrorKind;
use proto::errors::v1::Reason;
use runtime::Refusal;

/// A token that did not come.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    /// What callers are told.
    pub(crate) refusal: Refusal,
    pub(crate) nature: Nature,
    /// What the log says beside it. Many callers may be told of one failure; the log hears of it once.
    pub(crate) cause: Option<String>,
}

/// What a failure says about the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    /// Nothing was sent. The cause is on this side, and the next try costs nobody anything.
    Here,
    /// The endpoint will answer the same until somebody changes something.
    Lasting,
    /// The endpoint may give a token later; it may have said when.
    Passing {
        /// What `Retry-After` said.
        retry_after: Option<Duration>,
    },
}

impl Failure {
    /// The endpoint refused the client (RFC 6749, 5.2).
    pub(crate) fn refused(host: &str, status: u16, error: &str) -> Self {
        let message = format!(
            "{host}: the token endpoint answered {status} `{error}`; check the client's id, its secret and its scopes"
        );
        let refusal = Refusal::new(Reason::TokenRefused, message)
            .with("host", host)
            .with("error", error)
            .with("status", status);
        Self { refusal, nature: Nature::Lasting, cause: None }
    }

    /// The answer is no token, and will not become one by asking again.
    pub(crate) fn unusable(host: &str, problem: &str) -> Self {
        Self { refusal: unavailable(host, problem), nature: Nature::Lasting, cause: None }
    }

    /// There is no answer, or one that says to come back.
    pub(crate) fn passing(host: &str, problem: &str, retry_after: Option<Duration>) -> Self {
        Self { refusal: unavailable(host, problem), nature: Nature::Passing { retry_after }, cause: None }
    }

    /// Something on this side failed before a request was sent.
    pub(crate) fn here(refusal: impl Into<Refusal>) -> Self {
        Self { refusal: refusal.into(), nature: Nature::Here, cause: None }
    }

    /// What the guarded door did not do, or did not get.
    pub(crate) fn from_door(host: &str, error: egress::Error) -> Self {
        let mut failure = match error.kind() {
            ErrorKind::ResolveFailed => {
                Self::passing(host, "the token endpoint's name cannot be looked up", None)
            }
            ErrorKind::ConnectFailed => {
                Self::passing(host, "the token endpoint cannot be connected to", None)
            }
            ErrorKind::TlsFailed => {
                Self::passing(host, "the token endpoint's TLS certificate is not accepted", None)
            }
            ErrorKind::Timeout => Self::passing(host, "the token endpoint did not answer in time", None),
            ErrorKind::BrokeOff => Self::passing(host, "the token endpoint broke off its answer", None),
            ErrorKind::ResponseTooLarge { .. } => {
                Self::unusable(host, "the token endpoint's answer is too large")
            }
            ErrorKind::ResponseEncoded => Self::unusable(
                host,
                "the token endpoint's answer is not in the content encoding that it names",
            ),
            ErrorKind::SecretEchoed => {
                Self::unusable(host, "the token endpoint gave back a secret, and such answers are refused")
            }
            _ => return Self::here(error),
        };
        failure.cause = Some(chain(&error));
        failure
    }
}

fn unavailable(host: &str, problem: &str) -> Refusal {
    Refusal::new(Reason::TokenUnavailable, format!("{host}: {problem}")).with("host", host)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
