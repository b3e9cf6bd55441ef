//! However many calls wait for the same token, one request for it leaves.

use futures::{StreamExt, TryStreamExt, stream};
use proto::{
    integrations::v1::{Integration, Limits, integration_service_client::IntegrationServiceClient},
    tokens::v1::ClientAuthentication,
};
use serde_json::json;

use crate::harness::{
    Answer, Authority, Canary, Counterpart, OauthServer, Suite, anybody, client_credentials, get,
    raise_open_files,
};

const CALLS: usize = 1000;
/// Connections that the calls come over.
const CONNECTIONS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_at_once_on_a_cold_token_make_one_token_request() {
    raise_open_files();
    let authority = Authority::new();
    let secret = Canary::new();
    let mut oauth = OauthServer::start(&authority, secret.text()).await;
    let crm = Counterpart::start(&authority, |_| Answer::json(200, &json!("hello"))).await;
    let suite = Suite::start(&authority).await;
    suite.put_client_secret("client", oauth.token_url(), secret.text(), vec![crm.url("/")]).await;
    let auth = client_credentials(oauth.token_url(), "basic", "client", ClientAuthentication::Basic);
    // A thousand handshakes take a small machine a while, and how long is not what this is about.
    let timeout = Some(prost_types::Duration { seconds: 300, nanos: 0 });
    let limits = Some(Limits { timeout, ..Limits::default() });
    suite.create_integration("CRM", Integration { limits, ..anybody(crm.url("/**"), auth) }).await;

    let connections: Vec<_> = (0..CONNECTIONS).map(|_| suite.connection()).collect();
    let statuses: Vec<_> = stream::iter(0..CALLS)
        .map(|call| {
            let mut integrations = IntegrationServiceClient::new(connections[call % CONNECTIONS].clone());
            let request = get("CRM", crm.url(&format!("/customers/{call}")));
            async move {
                Ok::<_, tonic::Status>(integrations.execute_integration(request).await?.into_inner().status)
            }
        })
        .buffer_unordered(CALLS)
        .try_collect()
        .await
        .expect("every call is answered");

    assert_eq!(statuses, [200; CALLS]);
    let seen = oauth.seen().await;
    assert_eq!(seen.token_requests, ["basic"], "one token request");
    let expected = format!("Bearer {}", seen.access_tokens[0]);
    let received = crm.received();
    assert_eq!(received.len(), CALLS);
    assert!(received.iter().all(|received| received.header("authorization") == expected));
}
