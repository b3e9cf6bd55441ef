//! What came back.

use bytes::Bytes;
use url::Url;

/// What a counterpart answered, whatever its status: a redirect and an error are answers too.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case, in the order they came.
    pub headers: Vec<(String, Bytes)>,
    /// The body.
    pub body: Bytes,
    /// The URL that was asked, with holes shown as the author wrote them and without a fragment.
    pub url: Url,
    /// Whether something of the secrets that were sent came back and was taken out.
    pub echoed: bool,
}

impl Answer {
    /// The first value of a header (its name in lower case), where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        std::str::from_utf8(value).ok()
    }
}
