//! Integrations as the tests write them.

use proto::{
    integrations::v1::{
        AnonymousAccess, ApiKey, Auth, Basic, Bearer, Endpoint, Integration, api_key::Place, auth::Kind,
    },
    tokens::v1::{ClientAuthentication, ClientCredentials},
};

/// One endpoint, every method.
pub(crate) fn endpoint(url: String) -> Endpoint {
    Endpoint { url, methods: Vec::new() }
}

/// An integration that everybody may use, with one endpoint, and this authentication.
pub(crate) fn anybody(url: String, kind: Option<Kind>) -> Integration {
    Integration {
        anonymous_access: AnonymousAccess::Allowed.into(),
        endpoints: vec![endpoint(url)],
        auth: kind.map(|kind| Auth { kind: Some(kind) }),
        ..Integration::default()
    }
}

/// A fixed token.
pub(crate) fn bearer(secret: &str) -> Option<Kind> {
    Some(Kind::Bearer(Bearer { token: hole(secret) }))
}

/// User and password.
pub(crate) fn basic(username: &str, secret: &str) -> Option<Kind> {
    Some(Kind::Basic(Basic { username: username.to_owned(), password: hole(secret) }))
}

/// A key in a header.
pub(crate) fn api_key_in_header(header: &str, secret: &str) -> Option<Kind> {
    Some(Kind::ApiKey(ApiKey { place: Some(Place::Header(header.to_owned())), value: hole(secret) }))
}

/// A key in the query.
pub(crate) fn api_key_in_query(parameter: &str, secret: &str) -> Option<Kind> {
    Some(Kind::ApiKey(ApiKey { place: Some(Place::Query(parameter.to_owned())), value: hole(secret) }))
}

/// A token by OAuth 2.0 client credentials.
pub(crate) fn client_credentials(
    token_url: String,
    client_id: &str,
    secret: &str,
    authentication: ClientAuthentication,
) -> Option<Kind> {
    Some(Kind::ClientCredentials(ClientCredentials {
        token_url,
        client_id: client_id.to_owned(),
        client_secret: hole(secret),
        client_authentication: authentication.into(),
        ..ClientCredentials::default()
    }))
}

fn hole(secret: &str) -> String {
    format!("{{{{secret:{secret}}}}}")
}
