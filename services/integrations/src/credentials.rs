//! Credentials: what is injected into a request, and where its content comes from.

pub(crate) mod reference;
mod source;
mod uses;

use mapping::{Content, Encoder, Template};
use proto::tokens::v1 as tokens;

pub(crate) use source::{Source, Sources};
pub use uses::Strict;

/// What is injected into every request of an integration.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// Nothing.
    None,
    /// A header.
    Header {
        /// Its name in lower case.
        name: String,
        /// Its value, with holes.
        value: Template,
    },
    /// A query parameter.
    Query {
        /// Its name.
        name: String,
        /// Its value, with holes, encoded for a query.
        value: Template,
    },
    /// A bearer token that the tokens service gets.
    Token(Grant),
}

/// How a token is got.
#[derive(Clone, Debug)]
pub(crate) struct Grant {
    message: tokens::Grant,
    /// The name of the client's secret: where tokens may go is sealed in with it.
    secret: String,
}

impl Grant {
    /// By OAuth 2.0 client credentials, whose secret has this name.
    pub(crate) fn client_credentials(credentials: tokens::ClientCredentials, secret: String) -> Self {
        let kind = Some(tokens::grant::Kind::ClientCredentials(credentials));
        Self { message: tokens::Grant { kind }, secret }
    }
}

/// What the hole of a token is called where a request is shown to people. There is never more than one in a request.
const TOKEN: &str = "access";

impl Credential {
    /// The headers to inject.
    pub(crate) fn headers(&self) -> Vec<(String, Template)> {
        match self {
            Self::Header { name, value } => vec![(name.clone(), value.clone())],
            Self::Token(_) => {
                let mut value = Template::text("Bearer ");
                value.push_hole(Content::Token(TOKEN.to_owned()), Encoder::Header);
                vec![("authorization".to_owned(), value)]
            }
            Self::None | Self::Query { .. } => Vec::new(),
        }
    }

    /// The query parameters to inject.
    pub(crate) fn query(&self) -> Vec<(String, Template)> {
        match self {
            Self::Query { name, value } => vec![(name.clone(), value.clone())],
            Self::None | Self::Header { .. } | Self::Token(_) => Vec::new(),
        }
    }

    /// How the token is got, where the credential is one.
    pub(crate) fn grant(&self) -> Option<&Grant> {
        match self {
            Self::Token(grant) => Some(grant),
            Self::None | Self::Header { .. } | Self::Query { .. } => None,
        }
    }
}
