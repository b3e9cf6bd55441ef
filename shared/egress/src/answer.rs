//! What came back.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use futures::stream::BoxStream;
use url::Url;

use crate::Error;

/// What a counterpart answered, whatever its status: a redirect and an error are answers too.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case, in the order they came.
    pub headers: Vec<(String, Bytes)>,
    /// The body, decoded.
    pub body: Bytes,
    /// The URL that was asked, with holes shown as the author wrote them and without a fragment.
    pub url: Url,
    /// Whether something of the secrets that were sent came back and was taken out, here or on the way.
    pub echoed: bool,
    /// How many redirects were followed to get here.
    pub followed: u8,
    /// Whether one of them led to another origin: then this answers a request that nothing was injected into.
    pub crossed: bool,
}

impl Answer {
    /// The first value of a header (its name in lower case), where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        std::str::from_utf8(value).ok()
    }
}

/// The head of an answer, and its body as it comes.
///
/// Dropping the body ends the request: its connection is closed, or over HTTP/2 its stream is reset. Nothing is read
/// from the counterpart before it is asked for. There is no `Debug` of a body.
pub struct Streamed {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case, in the order they came.
    pub headers: Vec<(String, Bytes)>,
    /// The URL that was asked, with holes shown as the author wrote them and without a fragment.
    pub url: Url,
    /// The body, decoded and scrubbed, in chunks that are never empty. After an error there is nothing more.
    pub body: BoxStream<'static, Result<Bytes, Error>>,
    /// What was taken out so far, here and on the way. It is complete when the body has ended.
    pub echoes: Echoes,
    /// Whether the body may become shorter or longer by what is taken out of it.
    pub(crate) is_searched: bool,
    /// How many redirects were followed to get here.
    pub followed: u8,
    /// Whether one of them led to another origin: then this answers a request that nothing was injected into.
    pub crossed: bool,
}

/// How often something of the secrets that were sent came back and was taken out. Copies count together.
#[derive(Debug, Clone, Default)]
pub struct Echoes(Arc<AtomicU64>);

impl Echoes {
    pub(crate) fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// How many places it stood in.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
