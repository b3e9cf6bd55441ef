//! Why a request was not sent, or got no answer.

use std::{error, fmt};

use crate::SourceError;

type BoxError = Box<dyn error::Error + Send + Sync>;

/// What went wrong, in a closed set. The caller maps each to its own machine-readable reason.
#[derive(Debug)]
pub enum ErrorKind {
    /// The door itself cannot be built as the operator asked.
    PolicyInvalid,
    /// The method is no HTTP method, or one that the door does not send.
    MethodInvalid,
    /// The URL is malformed, ambiguous, or has a hole before its path.
    UrlInvalid,
    /// No listed endpoint covers the URL with this method.
    EndpointNotListed,
    /// The scheme may not leave, or a hole would leave without TLS.
    SchemeRefused,
    /// The port may not leave.
    PortRefused {
        /// The port asked for.
        port: u16,
    },
    /// The host is, or resolves to, an address that may not be reached.
    AddressRefused,
    /// The counterpart redirects, and the redirect cannot be followed: there were as many as allowed, or its `Location` is no
    /// URL of ours, or it would take a body with a secret in it to another origin.
    RedirectRefused,
    /// A header would change framing, routing or identity, is malformed, or is too large.
    HeaderRefused {
        /// Its name, cut and with everything but visible ASCII escaped.
        header: String,
    },
    /// The host has no address.
    ResolveFailed,
    /// As many look-ups are under way as may be, of the tenant or in all, and none of them ended within the time. Nothing was
    /// looked up.
    LookupsBusy,
    /// A secret or token could not be had for this destination.
    SecretRefused(SourceError),
    /// The content of a secret does not fit the place it is used in. It is not shown.
    SecretUnfit {
        /// The hole, as the author wrote it: `{{secret:name}}`.
        hole: String,
    },
    /// No connection could be made.
    ConnectFailed,
    /// The counterpart's certificate or TLS version is not acceptable; nothing of the request was sent.
    TlsFailed,
    /// There was no whole answer within the time.
    Timeout,
    /// The body that was to be sent is a stream that ended with an error, or that has been sent already.
    UploadFailed,
    /// The connection broke, or what came over it was not HTTP.
    BrokeOff,
    /// The head or the body of the answer is larger than allowed.
    ResponseTooLarge {
        /// The limit that was passed, in bytes.
        limit: usize,
    },
    /// The answer came in a content encoding that was not asked for, so that an echoed secret could not be found in it; or
    /// not in the one that it names.
    ResponseEncoded,
    /// The answer held a secret that was sent, and the policy refuses such answers.
    SecretEchoed,
}

/// A request that was refused or failed.
///
/// `Display` names the host at most: never a path, a query, a header's value or anything secret. The cause, where
/// there is one, is in `source` and is for the log; it holds nothing secret either.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    host: Option<String>,
    redirected: bool,
    message: String,
    source: Option<BoxError>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, host: None, redirected: false, message: message.into(), source: None }))
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Names the host, unless one is named already.
    pub(crate) fn at(mut self, host: &str) -> Self {
        self.0.host.get_or_insert_with(|| host.to_owned());
        self
    }

    /// The same, of a request that a redirect led to.
    pub(crate) fn after_redirect(mut self) -> Self {
        self.0.redirected = true;
        self.0.message.insert_str(0, "the counterpart redirected here: ");
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Whether redirects came before it: then a request was sent and answered, whatever the kind.
    #[must_use]
    pub fn is_after_redirect(&self) -> bool {
        self.0.redirected
    }

    /// The host that the request was for, once it is known. Without port.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.0.host.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.host {
            Some(host) => write!(f, "{host}: {}", self.0.message),
            None => f.write_str(&self.0.message),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::SecretRefused(source) => Some(source),
            _ => self.0.source.as_deref().map(|source| source as &(dyn error::Error + 'static)),
        }
    }
}

impl ErrorKind {
    /// The value of `error.type` on a span: low in cardinality, stable.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::PolicyInvalid => "policy_invalid",
            Self::MethodInvalid => "method_invalid",
            Self::UrlInvalid => "url_invalid",
            Self::EndpointNotListed => "endpoint_not_listed",
            Self::SchemeRefused => "scheme_refused",
            Self::PortRefused { .. } => "port_refused",
            Self::AddressRefused => "address_refused",
            Self::RedirectRefused => "redirect_refused",
            Self::HeaderRefused { .. } => "header_refused",
            Self::ResolveFailed => "resolve_failed",
            Self::LookupsBusy => "lookups_busy",
            Self::SecretRefused(_) => "secret_refused",
            Self::SecretUnfit { .. } => "secret_unfit",
            Self::ConnectFailed => "connect_failed",
            Self::TlsFailed => "tls_failed",
            Self::Timeout => "timeout",
            Self::UploadFailed => "upload_failed",
            Self::BrokeOff => "broke_off",
            Self::ResponseTooLarge { .. } => "response_too_large",
            Self::ResponseEncoded => "response_encoded",
            Self::SecretEchoed => "secret_echoed",
        }
    }
}
