//! The accounting API of the demo: takes companies for who knows its key, and answers in JSON or in XML.

use http::StatusCode;
use mapping::Value;

use super::counterpart::{Api, Incoming, Reply};

/// Where companies are taken.
pub(super) const COMPANY_PATH: &str = "/company";
/// Companies with ids that begin so come from its older half, which speaks XML.
const XML_IDS: char = 'X';

/// An accounting API with one key.
pub(super) struct Accounting {
    key: String,
}

impl Accounting {
    /// Lets in who brings this key.
    pub(super) fn new(key: &str) -> Self {
        Self { key: key.to_owned() }
    }
}

impl Api for Accounting {
    fn credential(&self, incoming: &Incoming) -> (&'static str, bool) {
        ("x-api-key", incoming.header("x-api-key") == self.key)
    }

    fn answer(&self, incoming: &Incoming) -> Reply {
        if incoming.method != http::Method::POST || incoming.path != COMPANY_PATH {
            let body = r#"{"error":"no such path"}"#.to_owned();
            return Reply { status: StatusCode::NOT_FOUND, kind: "application/json", body };
        }
        let company = Value::from_json(&incoming.body).unwrap_or_default();
        let id = company.as_object().and_then(|company| company.get("id")).and_then(Value::as_str);
        match id {
            Some(id) if id.starts_with(XML_IDS) => Reply {
                status: StatusCode::CREATED,
                kind: "application/xml",
                body: format!("<?xml version=\"1.0\"?>\n<id>ACC-{}</id>", id.replace(['<', '&'], "_")),
            },
            Some(id) => Reply {
                status: StatusCode::CREATED,
                kind: "application/json",
                body: Value::from([("id", format!("ACC-{id}").into())]).to_string(),
            },
            None => Reply {
                status: StatusCode::UNPROCESSABLE_ENTITY,
                kind: "application/json",
                body: r#"{"error":"a company needs an id"}"#.to_owned(),
            },
        }
    }
}
