//! The kinds of authentication, each compiled into the header or query parameter it injects.

use mapping::{Content, Encoder, Part, Template};
use proto::{integrations::v1 as api, tokens::v1 as tokens};
use runtime::Refusal;
use url::Url;

use super::{bounds, parse::unknown};
use crate::credentials::{Credential, Grant, reference};

/// Headers that an API key cannot be sent in: they frame or route the message.
const FRAMING: [&str; 9] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
];

/// Compiles what the counterpart knows us by.
pub(super) fn credential(auth: Option<&api::Auth>) -> Result<Credential, Refusal> {
    let Some(auth) = auth else { return Ok(Credential::None) };
    match &auth.kind {
        None => Err(Refusal::field("integration.auth", "names no kind; leave it out, or give one")),
        Some(api::auth::Kind::Bearer(bearer)) => bearer_token(bearer),
        Some(api::auth::Kind::Basic(basic)) => user_and_password(basic),
        Some(api::auth::Kind::ApiKey(key)) => api_key(key),
        Some(api::auth::Kind::ClientCredentials(grant)) => client_credentials(grant),
    }
}

/// RFC 6750, section 2.1.
fn bearer_token(bearer: &api::Bearer) -> Result<Credential, Refusal> {
    let secret = secret("integration.auth.bearer.token", &bearer.token)?;
    let mut value = Template::text("Bearer ");
    value.push_hole(secret, Encoder::Header);
    Ok(Credential::Header { name: "authorization".to_owned(), value })
}

/// RFC 7617, section 2: the pair is joined first and encoded as a whole.
fn user_and_password(basic: &api::Basic) -> Result<Credential, Refusal> {
    const USER: &str = "integration.auth.basic.username";
    let password = secret("integration.auth.basic.password", &basic.password)?;
    let mut pair = template(USER, &basic.username, Encoder::Raw)?;
    if pair.is_empty() {
        return Err(Refusal::field(USER, "is empty"));
    }
    if pair.parts().any(|part| matches!(part, Part::Text(text) if text.contains(':'))) {
        return Err(Refusal::field(USER, "holds a colon, which ends the user in HTTP Basic (RFC 7617)"));
    }
    pair.push_text(":");
    pair.push_hole(password, Encoder::Raw);
    let mut value = Template::text("Basic ");
    value.push_hole(Content::Template(Box::new(pair)), Encoder::Base64);
    Ok(Credential::Header { name: "authorization".to_owned(), value })
}

fn api_key(key: &api::ApiKey) -> Result<Credential, Refusal> {
    const VALUE: &str = "integration.auth.api_key.value";
    let credential = match &key.place {
        Some(api::api_key::Place::Header(name)) => Credential::Header {
            name: header_name(name)?,
            value: template(VALUE, &key.value, Encoder::Header)?,
        },
        // The door encodes a query's value as a whole.
        Some(api::api_key::Place::Query(name)) => {
            Credential::Query { name: query_name(name)?, value: template(VALUE, &key.value, Encoder::Raw)? }
        }
        None => {
            let text = "says no place; give a header or a query parameter";
            return Err(Refusal::field("integration.auth.api_key", text));
        }
    };
    match &credential {
        Credential::Header { value, .. } | Credential::Query { value, .. } if value.has_holes() => {
            Ok(credential)
        }
        _ => Err(literal(VALUE)),
    }
}

/// RFC 6749, section 4.4. What the tokens service checks in full is checked here as far as saving it would be a mistake.
fn client_credentials(grant: &tokens::ClientCredentials) -> Result<Credential, Refusal> {
    let field = |part: &str| format!("integration.auth.client_credentials.{part}");
    short(&field("token_url"), &grant.token_url)?;
    short(&field("client_id"), &grant.client_id)?;
    short(&field("audience"), &grant.audience)?;
    let url = Url::parse(&grant.token_url).ok().filter(|url| url.scheme() == "https" && url.has_host());
    if url.is_none() {
        return Err(Refusal::field(field("token_url"), "is no https URL"));
    }
    if grant.client_id.is_empty() {
        return Err(Refusal::field(field("client_id"), "is empty"));
    }
    let client_secret = secret_name(&field("client_secret"), &grant.client_secret)?;
    if tokens::ClientAuthentication::try_from(grant.client_authentication).is_err() {
        return Err(unknown(&field("client_authentication")));
    }
    for (part, list) in [("scope", &grant.scope), ("resource", &grant.resource)] {
        if list.len() > bounds::SCOPES {
            return Err(Refusal::field(field(part), format!("holds more than {} entries", bounds::SCOPES)));
        }
        for (index, entry) in list.iter().enumerate() {
            let field = format!("{}[{index}]", field(part));
            short(&field, entry)?;
            if entry.is_empty() || entry.contains(char::is_whitespace) {
                return Err(Refusal::field(field, "is empty or holds a space; write each on its own"));
            }
        }
    }
    Ok(Credential::Token(Grant::client_credentials(grant.clone(), client_secret)))
}

/// The secret that the counterpart is shown in TLS.
pub(super) fn client_certificate(
    certificate: Option<&api::ClientCertificate>,
) -> Result<Option<Content>, Refusal> {
    certificate
        .map(|certificate| secret("integration.client_certificate.identity", &certificate.identity))
        .transpose()
}

/// The one secret that the whole text must be.
fn secret(field: &str, text: &str) -> Result<Content, Refusal> {
    secret_name(field, text).map(Content::Secret)
}

/// Its name.
fn secret_name(field: &str, text: &str) -> Result<String, Refusal> {
    short(field, text)?;
    if text.is_empty() {
        return Err(Refusal::field(field, "is empty; name a stored secret as `{{secret:name}}`"));
    }
    reference::whole(field, text)?.ok_or_else(|| literal(field))
}

fn template(field: &str, text: &str, encoder: Encoder) -> Result<Template, Refusal> {
    short(field, text)?;
    reference::template(field, text, encoder)
}

fn header_name(name: &str) -> Result<String, Refusal> {
    const FIELD: &str = "integration.auth.api_key.header";
    short(FIELD, name)?;
    let name =
        http::HeaderName::try_from(name).map_err(|_| Refusal::field(FIELD, "is no name of a header"))?;
    if FRAMING.contains(&name.as_str()) || name.as_str().starts_with("proxy-") {
        return Err(Refusal::field(
            FIELD,
            format!("`{name}` frames or routes the message and cannot carry a key"),
        ));
    }
    Ok(name.as_str().to_owned())
}

fn query_name(name: &str) -> Result<String, Refusal> {
    const FIELD: &str = "integration.auth.api_key.query";
    short(FIELD, name)?;
    if name.is_empty() || name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Refusal::field(FIELD, "is empty or holds a space; give the parameter's name alone"));
    }
    Ok(name.to_owned())
}

fn short(field: &str, text: &str) -> Result<(), Refusal> {
    if text.len() > bounds::TEXT {
        return Err(Refusal::field(field, format!("is longer than {} bytes", bounds::TEXT)));
    }
    Ok(())
}

fn literal(field: &str) -> Refusal {
    Refusal::field(
        field,
        "holds literal text where a secret belongs; store it with `outgate secret put NAME` and write `{{secret:NAME}}` here",
    )
}
