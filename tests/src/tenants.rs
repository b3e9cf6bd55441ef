//! Tenants that use the same names for everything, all at once: each counterpart sees what is its own tenant's, and nothing
//! else.

use std::{collections::BTreeSet, env, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use futures::{StreamExt, TryStreamExt, stream};
use proto::{
    integrations::v1::{
        CreateIntegrationRequest, ExecuteIntegrationRequest, RunAdapterRequest,
        adapter_service_client::AdapterServiceClient, auth::Kind,
        integration_service_client::IntegrationServiceClient,
    },
    registers::v1::{PutRegisterRequest, register_service_client::RegisterServiceClient},
    secrets::v1::{PutSecretRequest, secret_service_client::SecretServiceClient},
    tokens::v1::ClientAuthentication,
};
use serde_json::{Value, json};
use tonic::Status;

use crate::harness::{
    Answer, Authority, Canary, Client, Counterpart, Received, Setup, Suite, anybody, bearer,
    client_credentials, raise_open_files,
};

const TENANTS: usize = 64;
/// Calls of each tenant in an ordinary run, of each of the three kinds; `OUTGATE_TENANT_CALLS` asks for another number.
const CALLS: usize = 6;
/// Calls at once.
const AT_ONCE: usize = 32;
/// Connections that the calls come over.
const CONNECTIONS: usize = 8;

/// A tenant, and where its calls go. Every name in it is every other tenant's name as well.
struct Tenant {
    id: String,
    key: Canary,
    there: Counterpart,
}

impl Tenant {
    fn name(&self, rest: &str) -> String {
        format!("tenants/{}/{rest}", self.id)
    }

    /// What the token endpoint gives for this tenant's client secret.
    fn token(&self) -> String {
        // Both parts are form-encoded first (RFC 6749, 2.3.1).
        let secret: String = form_urlencoded::byte_serialize(self.key.text().as_bytes()).collect();
        token_for(&format!("Basic {}", STANDARD.encode(format!("client:{secret}"))))
    }

    async fn define(&self, suite: &Suite, token_url: String) {
        let mut secrets = SecretServiceClient::new(suite.connection());
        for (id, url) in [("key", self.there.url("/")), ("client", token_url.clone())] {
            let request = PutSecretRequest {
                name: self.name(&format!("secrets/{id}")),
                value: self.key.text().to_owned().into(),
                url,
                token_urls: vec![self.there.url("/")],
                ..PutSecretRequest::default()
            };
            secrets.put_secret(request).await.expect("the secret is kept");
        }
        let by_token = client_credentials(token_url, "client", "client", ClientAuthentication::Basic);
        self.integrate(suite, "BY-KEY", bearer("key")).await;
        self.integrate(suite, "BY-TOKEN", by_token).await;
        let adapter = json!({
            "constants": { "key": "{{secret:key}}" },
            "requestMapping": {
                "method": "GET",
                "url": self.there.url("/run"),
                "headers": {
                    "x-key": "${currentObject:constants.key}",
                    "x-input": "${currentObject:input.mark}",
                },
            },
            "responseMapping": {
                "properties": { "mark": { "value": "${currentObject:response.mark}", "type": "string" } },
            },
        });
        let request = PutRegisterRequest {
            name: self.name("registers/ADAPTER.MARK"),
            text: adapter.to_string().into(),
            etag: String::new(),
        };
        RegisterServiceClient::new(suite.connection()).put_register(request).await.expect("it is kept");
    }

    async fn integrate(&self, suite: &Suite, id: &str, kind: Option<Kind>) {
        let request = CreateIntegrationRequest {
            parent: format!("tenants/{}", self.id),
            integration_id: id.to_owned(),
            integration: Some(anybody(self.there.url("/**"), kind)),
        };
        let mut integrations = IntegrationServiceClient::new(suite.connection());
        integrations.create_integration(request).await.expect("the integration is made");
    }

    /// One call of each kind; each answers with the mark of the counterpart.
    async fn calls(&self, connection: Client) -> Result<(), Status> {
        let mut integrations = IntegrationServiceClient::new(connection.clone());
        for id in ["BY-KEY", "BY-TOKEN"] {
            let request = ExecuteIntegrationRequest {
                name: self.name(&format!("integrations/{id}")),
                method: "GET".to_owned(),
                url: self.there.url(&format!("/{id}")),
                ..ExecuteIntegrationRequest::default()
            };
            let answer = integrations.execute_integration(request).await?.into_inner();
            assert_eq!((answer.status, mark(&answer.body)), (200, self.id.clone()), "{id}");
        }
        let input = json!({ "mark": self.id }).to_string().into();
        let request = RunAdapterRequest { name: self.name("registers/ADAPTER.MARK"), input };
        let run = AdapterServiceClient::new(connection).run_adapter(request).await?.into_inner();
        assert_eq!(mark(&run.result), self.id);
        Ok(())
    }

    /// Everything secret that a counterpart got, by the path that it came to.
    fn got(&self) -> BTreeSet<(String, String)> {
        let secret = |received: &Received| match received.path.as_str() {
            "/run" => format!("{} for {}", received.header("x-key"), received.header("x-input")),
            _ => received.header("authorization").to_owned(),
        };
        self.there.received().iter().map(|received| (received.path.clone(), secret(received))).collect()
    }
}

fn mark(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).expect("the answer is JSON");
    body["mark"].as_str().expect("it has a mark").to_owned()
}

/// A token that tells whose credential it was given for.
fn token_for(authorization: &str) -> String {
    format!("token-for-{}", STANDARD.encode(authorization))
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_with_the_same_names_never_mix() {
    raise_open_files();
    let calls =
        env::var("OUTGATE_TENANT_CALLS").map_or(CALLS, |text| text.parse().expect("a number of calls"));
    let authority = Authority::new();
    let tokens = Counterpart::start(&authority, |received| {
        let token = token_for(received.header("authorization"));
        Answer::json(200, &json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 }))
    })
    .await;
    let setup = Setup::new(&authority);
    // At TRACE, so many calls would say gigabytes.
    let setup = if calls > CALLS { setup.environment("OUTGATE_TELEMETRY__LOG", "info") } else { setup };
    let suite = setup.start().await;
    let tenants: Vec<_> = stream::iter(0..TENANTS)
        .then(async |number| {
            let id = format!("tenant-{number}");
            let body = json!({ "mark": id });
            let there = Counterpart::start(&authority, move |_| Answer::json(200, &body)).await;
            Arc::new(Tenant { id, key: Canary::new(), there })
        })
        .collect()
        .await;
    for tenant in &tenants {
        tenant.define(&suite, tokens.url("/token")).await;
    }

    let connections: Vec<_> = (0..CONNECTIONS).map(|_| suite.connection()).collect();
    // By turns, so that neighbours in time are of different tenants.
    let in_turn = (0..calls).flat_map(|_| &tenants).enumerate();
    stream::iter(in_turn)
        .map(|(number, tenant)| {
            let (tenant, connection) = (tenant.clone(), connections[number % CONNECTIONS].clone());
            async move { tenant.calls(connection).await }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await
        .expect("every call is answered");

    for tenant in &tenants {
        let key = tenant.key.text();
        let expected = BTreeSet::from([
            ("/BY-KEY".to_owned(), format!("Bearer {key}")),
            ("/BY-TOKEN".to_owned(), format!("Bearer {}", tenant.token())),
            ("/run".to_owned(), format!("{key} for {}", tenant.id)),
        ]);
        assert_eq!(tenant.there.received().len(), 3 * calls);
        assert_eq!(tenant.got(), expected, "{} got its own alone", tenant.id);
    }
    assert_eq!(tokens.received().len(), TENANTS, "one token for each tenant");
}
