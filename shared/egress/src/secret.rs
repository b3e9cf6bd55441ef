//! Where the content of holes comes from.

use std::error;

use async_trait::async_trait;
use mapping::Content;
use seal::Plaintext;
use url::Url;

type BoxError = Box<dyn error::Error + Send + Sync>;

/// Opens secrets and tokens for one destination.
///
/// The guarded send is the only caller. It asks [`admits`](Self::admits) once for each request that has any, before it looks
/// the destination's name up: whoever changes a URL learns by no name server that a secret would have gone there. It asks
/// [`open`](Self::open) after it has vetted the addresses, once for each different content of the request, and wipes what
/// it got when the request is over. It tells [`leaving`](Self::leaving) right before the request leaves.
#[async_trait]
pub trait SecretSource: Send + Sync {
    /// Whether all of these may be opened for the origin of `destination`, as far as can be told without opening them. It
    /// saves [`open`](Self::open) no check: that is the one that counts.
    ///
    /// # Errors
    ///
    /// When there is no such content, or it is not for this destination, or that cannot be told now.
    async fn admits(&self, contents: &[Content], destination: &Url) -> Result<(), SourceError>;

    /// The plaintext of a secret or token, for a request to the origin of `destination` (scheme, host and port; its
    /// path is always `/`).
    ///
    /// `content` is [`Content::Secret`] or [`Content::Token`], here as above: what is made of those is never asked for.
    ///
    /// # Errors
    ///
    /// When there is no such content, or it is not for this destination, or it cannot be had now.
    async fn open(&self, content: &Content, destination: &Url) -> Result<Plaintext, SourceError>;

    /// All of these were opened, the request is filled with them, and leaves for the origin of `destination` when this
    /// returns: from then on the counterpart may have them. It is where a use is written down.
    ///
    /// # Errors
    ///
    /// When the request must not leave.
    async fn leaving(&self, contents: &[Content], destination: &Url) -> Result<(), SourceError>;
}

/// Why a secret or token was not handed out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceErrorKind {
    /// There is no secret of that name.
    NotFound,
    /// The secret was made for another origin.
    OutOfScope,
    /// Its record is damaged, or sealed with a key that is not in the ring.
    Unreadable,
    /// The token endpoint answered with an OAuth error.
    TokenRefused,
    /// The token endpoint could not be reached, or its answer is no token.
    TokenUnavailable,
    /// The service that keeps the content cannot be reached.
    Unavailable,
}

/// A secret or token that was not handed out. Its text names it, and holds nothing of its content.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SourceError {
    kind: SourceErrorKind,
    name: String,
    message: String,
    source: Option<BoxError>,
}

impl SourceError {
    /// An error about the secret or token of that name; the message is for people.
    pub fn new(kind: SourceErrorKind, name: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, name: name.into(), message: message.into(), source: None }
    }

    /// The same, with its cause: for the log, and for the caller to take details from.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> SourceErrorKind {
        self.kind
    }

    /// Which secret or token it was.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}
