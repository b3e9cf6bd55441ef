//! `auth:` of an integration. Secrets are named here and never written.

use std::fmt;

use proto::{
    integrations::v1::{self as v1, api_key::Place, auth::Kind},
    tokens::v1::ClientAuthentication,
};
use runtime::names::Id;
use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

use crate::files::problem::HIDDEN;

/// How the counterpart knows us; exactly one kind.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Auth {
    Bearer(Bearer),
    Basic(Basic),
    ApiKey(ApiKey),
    ClientCredentials(ClientCredentials),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Bearer {
    token: SecretName,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Basic {
    username: String,
    password: SecretName,
}

#[derive(Deserialize)]
#[serde(try_from = "ApiKeySpec")]
pub(super) struct ApiKey {
    place: Place,
    value: WithSecret,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ApiKeySpec {
    header: Option<String>,
    query: Option<String>,
    value: WithSecret,
}

impl TryFrom<ApiKeySpec> for ApiKey {
    type Error = &'static str;

    fn try_from(spec: ApiKeySpec) -> Result<Self, Self::Error> {
        let place = match (spec.header, spec.query) {
            (Some(header), None) => Place::Header(header),
            (None, Some(query)) => Place::Query(query),
            _ => {
                return Err(
                    "an API key goes into a `header` or into the `query`; name exactly one of the two",
                );
            }
        };
        Ok(Self { place, value: spec.value })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ClientCredentials {
    token_url: HttpsUrl,
    client_id: String,
    client_secret: SecretName,
    #[serde(default)]
    client_authentication: Authentication,
    #[serde(default)]
    scope: Vec<String>,
    #[serde(default)]
    audience: String,
    #[serde(default)]
    resource: Vec<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Authentication {
    #[default]
    Basic,
    Body,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct HttpsUrl(String);

impl TryFrom<String> for HttpsUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let uri = text.parse::<http::Uri>().ok();
        let https = uri.is_some_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some());
        if https {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` is no https URL; a secret is sent over TLS alone"))
        }
    }
}

impl Auth {
    /// As the contract has it.
    pub(super) fn into_proto(self) -> v1::Auth {
        let kind = match self {
            Self::Bearer(bearer) => Kind::Bearer(v1::Bearer { token: bearer.token.0 }),
            Self::Basic(basic) => {
                Kind::Basic(v1::Basic { username: basic.username, password: basic.password.0 })
            }
            Self::ApiKey(key) => Kind::ApiKey(v1::ApiKey { place: Some(key.place), value: key.value.0 }),
            Self::ClientCredentials(grant) => Kind::ClientCredentials(grant.into_proto()),
        };
        v1::Auth { kind: Some(kind) }
    }
}

impl ClientCredentials {
    fn into_proto(self) -> proto::tokens::v1::ClientCredentials {
        let authentication = match self.client_authentication {
            Authentication::Basic => ClientAuthentication::Basic,
            Authentication::Body => ClientAuthentication::Body,
        };
        proto::tokens::v1::ClientCredentials {
            token_url: self.token_url.0,
            client_id: self.client_id,
            client_secret: self.client_secret.0,
            client_authentication: authentication.into(),
            scope: self.scope,
            audience: self.audience,
            resource: self.resource,
        }
    }
}

/// Exactly `{{secret:name}}`.
pub(super) struct SecretName(String);

impl SecretName {
    /// The reference as it was written.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// Text with `{{secret:name}}` in it.
struct WithSecret(String);

impl<'de> Deserialize<'de> for SecretName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_any(Unseen)?;
        let name = text.strip_prefix("{{secret:").and_then(|rest| rest.strip_suffix("}}"));
        if name.is_some_and(|name| Id::parse("secret", name).is_ok()) { Ok(Self(text)) } else { Err(plain()) }
    }
}

impl<'de> Deserialize<'de> for WithSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = deserializer.deserialize_any(Unseen)?;
        let name = text.split_once("{{secret:").and_then(|(_, rest)| rest.split_once("}}"));
        let named = name.is_some_and(|(name, _)| Id::parse("secret", name).is_ok());
        if named { Ok(Self(text)) } else { Err(plain()) }
    }
}

fn plain<E: Error>() -> E {
    E::custom(format_args!(
        "{HIDDEN} has no place in a file: seal it with `outgate secret put NAME --url URL`, and write `{{{{secret:NAME}}}}` here"
    ))
}

/// Text that no error repeats, whatever it is.
struct Unseen;

impl<'de> Visitor<'de> for Unseen {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`{{secret:NAME}}`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    /// In YAML, braces without quotes are a map.
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<String, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Err(A::Error::custom(
            "braces without quotes are a map in YAML; write \"{{secret:NAME}}\", quotes included",
        ))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<String, E> {
        Err(plain())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<String, E> {
        Err(plain())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<String, E> {
        Err(plain())
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<String, E> {
        Err(plain())
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<String, E> {
        Err(plain())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<String, E> {
        Err(plain())
    }
}
