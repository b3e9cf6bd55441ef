//! Puts over OpenBao's HTTP API.

use serde_json::json;

use crate::{Outcome, Writer};

#[derive(Clone)]
pub(crate) struct Client {
    client: reqwest::Client,
    server: String,
    token: String,
}

/// A connection for each writer, kept, as clients of this API have.
pub(crate) fn connect(server: &str, token: &str) -> Outcome<Client> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "the counterpart is what the suite is measured against")]
    let client = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build()?;
    Ok(Client { client, server: server.to_owned(), token: token.to_owned() })
}

impl Writer for Client {
    async fn put(&mut self, name: String, value: String) -> Outcome<()> {
        let answer = self
            .client
            .post(format!("{}/v1/kv/data/{name}", self.server))
            .header("x-vault-token", &self.token)
            .header("content-type", "application/json")
            .body(json!({ "data": { "value": value } }).to_string())
            .send()
            .await?
            .error_for_status()?;
        answer.bytes().await?;
        Ok(())
    }
}
