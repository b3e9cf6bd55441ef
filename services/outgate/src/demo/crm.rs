//! The CRM of the demo: a token endpoint, and customers for who brings a token.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;

use super::counterpart::{Api, Incoming, Reply};

/// Where tokens are given out (RFC 6749, 3.2).
pub(super) const TOKEN_PATH: &str = "/oauth/token";
/// Where the customers are.
pub(super) const CUSTOMERS_PATH: &str = "/api/v1/getAllCustomerData";
/// The client that it knows, as `examples/CRM.yaml` has it.
const CLIENT_ID: &str = "outgate";

/// A CRM that knows one client.
pub(super) struct Crm {
    basic: String,
    bearer: String,
    token: String,
}

impl Crm {
    /// Knows the client by its secret, and gives it this token. Both are hexadecimal, so that form encoding (RFC
    /// 6749, 2.3.1) changes nothing in them.
    pub(super) fn new(client_secret: &str, token: &str) -> Self {
        Self {
            basic: format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{client_secret}"))),
            bearer: format!("Bearer {token}"),
            token: token.to_owned(),
        }
    }
}

impl Api for Crm {
    fn credential(&self, incoming: &Incoming) -> (&'static str, bool) {
        let expected = if incoming.path == TOKEN_PATH { &self.basic } else { &self.bearer };
        ("authorization", incoming.header("authorization") == expected)
    }

    fn answer(&self, incoming: &Incoming) -> Reply {
        let (status, body) = match (incoming.method.as_str(), incoming.path.as_str()) {
            ("POST", TOKEN_PATH) => {
                let token = &self.token;
                (
                    StatusCode::OK,
                    format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3600}}"#),
                )
            }
            ("GET", CUSTOMERS_PATH) => (StatusCode::OK, customers(incoming.header("authorization"))),
            _ => (StatusCode::NOT_FOUND, r#"{"error":"no such path"}"#.to_owned()),
        };
        Reply { status, kind: "application/json", body }
    }
}

/// It is an indiscreet CRM: it says back what it was sent, as some debug modes do.
fn customers(authorization: &str) -> String {
    format!(
        r#"{{"customers":[{{"id":1,"name":"Ada Lovelace","city":"Wien"}},{{"id":2,"name":"Grace Hopper","city":"Graz"}}],"debug":{{"authorization":"{authorization}"}}}}"#
    )
}
