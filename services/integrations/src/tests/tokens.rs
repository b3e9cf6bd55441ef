//! A token service that counts, and calls with its tokens.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use oracle::Canary;
use proto::{
    errors::v1::Reason,
    integrations::v1::{Integration, Limits, auth},
    tokens::v1::{
        ClientCredentials, GetTokenRequest, InvalidateTokenRequest, ListTokensRequest, ListTokensResponse,
        Token,
        token_service_server::{TokenService, TokenServiceServer},
    },
};
use runtime::{Caller, Refusal, Role, names::Parent};
use tonic::{Request, Response, Status, service::Routes};

use super::{
    counterpart::{Counterpart, json},
    world::{World, get, header, metadata, open, refused},
};

const FIRST: &str = "token-1-9a4e5d1c";
const SECOND: &str = "token-2-9a4e5d1c";

/// Gives [`FIRST`], and after that was invalidated [`SECOND`], and so on. None may come out of the suite.
#[derive(Clone, Default)]
pub(super) struct TestTokens(Arc<State>);

#[derive(Default)]
struct State {
    invalidated: AtomicU64,
    refuses: Mutex<Option<Reason>>,
    kind: Mutex<String>,
}

impl TestTokens {
    pub(super) fn routes(&self) -> Routes {
        let mut routes = Routes::builder();
        routes.add_service(TokenServiceServer::new(self.clone()));
        routes.routes()
    }

    pub(super) fn invalidated(&self) -> u64 {
        self.0.invalidated.load(Ordering::SeqCst)
    }

    pub(super) fn refuse(&self, reason: Reason) {
        *self.0.refuses.lock().unwrap() = Some(reason);
    }

    fn spell(&self, kind: &str) {
        *self.0.kind.lock().unwrap() = kind.to_owned();
    }
}

#[tonic::async_trait]
impl TokenService for TestTokens {
    async fn get_token(&self, request: Request<GetTokenRequest>) -> Result<Response<Token>, Status> {
        let tenant = Parent::parse_tenant("parent", &request.get_ref().parent)?;
        Caller::of(&request)?.require(Role::Releaser, &tenant)?;
        assert!(request.get_ref().grant.as_ref().unwrap().kind.is_some());
        if let Some(reason) = *self.0.refuses.lock().unwrap() {
            return Err(Refusal::new(reason, "no token").with("host", "login.example.com").into());
        }
        let generation = self.invalidated() + 1;
        let spelled = self.0.kind.lock().unwrap().clone();
        let token_type = if spelled.is_empty() { "bearer".to_owned() } else { spelled };
        let access_token = format!("token-{generation}-9a4e5d1c");
        Canary::known("a token", &access_token);
        let secret = format!("{}/secrets/crm-client-secret", request.get_ref().parent);
        Ok(Response::new(Token {
            access_token: access_token.into(),
            token_type,
            expire_time: None,
            generation,
            secret,
            secret_version: 1,
        }))
    }

    async fn invalidate_token(
        &self,
        request: Request<InvalidateTokenRequest>,
    ) -> Result<Response<()>, Status> {
        let generation = request.get_ref().generation;
        let before = generation.checked_sub(1).unwrap();
        let _ = self.0.invalidated.compare_exchange(before, generation, Ordering::SeqCst, Ordering::SeqCst);
        Ok(Response::new(()))
    }

    async fn list_tokens(
        &self,
        _: Request<ListTokensRequest>,
    ) -> Result<Response<ListTokensResponse>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }
}

/// How a token is got whose client's secret is `crm-client-secret`.
pub(super) fn client_credentials() -> auth::Kind {
    auth::Kind::ClientCredentials(ClientCredentials {
        token_url: "https://login.example.com/token".into(),
        client_id: "outgate".into(),
        client_secret: "{{secret:crm-client-secret}}".into(),
        ..Default::default()
    })
}

/// A counterpart that takes one token alone.
async fn taking(token: &'static str) -> Counterpart {
    Counterpart::http2(move |seen, _| {
        let expected = format!("Bearer {token}");
        json(if seen.header("authorization") == expected { 200 } else { 401 }, "{}")
    })
    .await
}

#[tokio::test]
async fn a_token_goes_out_as_a_bearer() {
    let counterpart = taking(FIRST).await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, Some(client_credentials())).await;
    let mut request = get(format!("{}/customers", counterpart.origin()));
    request.headers = vec![header("Authorization", "Bearer of-the-caller")];
    assert_eq!(world.execute(request).await.unwrap().status, 200);
    assert_eq!(counterpart.one().header("authorization"), "Bearer token-1-9a4e5d1c");
    assert_eq!(world.tokens.invalidated(), 0);
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_replaced_once() {
    let counterpart = taking(SECOND).await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, Some(client_credentials())).await;
    let answer = world.execute(get(format!("{}/customers", counterpart.origin()))).await.unwrap();
    assert_eq!((answer.status, world.tokens.invalidated()), (200, 1));
    let sent: Vec<_> =
        counterpart.seen().iter().map(|seen| seen.header("authorization").to_owned()).collect();
    assert_eq!(sent, ["Bearer token-1-9a4e5d1c", "Bearer token-2-9a4e5d1c"]);
}

#[tokio::test]
async fn a_counterpart_that_accepts_no_token_has_its_answer_handed_back() {
    let counterpart = taking("token-of-somebody-else").await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, Some(client_credentials())).await;
    let answer = world.execute(get(format!("{}/customers", counterpart.origin()))).await.unwrap();
    assert_eq!((answer.status, answer.ok), (401, false));
    assert_eq!(counterpart.seen().len(), 2, "one more try, and no third");
}

#[tokio::test]
async fn a_fixed_token_that_is_not_accepted_is_not_tried_again() {
    let counterpart = Counterpart::start(|_, _| json(401, "{}")).await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    assert_eq!(world.execute(get(format!("{}/customers", counterpart.origin()))).await.unwrap().status, 401);
    assert_eq!((counterpart.seen().len(), world.tokens.invalidated()), (1, 0));
}

#[tokio::test]
async fn a_refusal_of_the_token_endpoint_reaches_the_caller_as_it_is() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, Some(client_credentials())).await;
    for (reason, name) in
        [(Reason::TokenRefused, "TOKEN_REFUSED"), (Reason::TokenUnavailable, "TOKEN_UNAVAILABLE")]
    {
        world.tokens.refuse(reason);
        let status = refused(world.execute(get(format!("{}/customers", counterpart.origin()))).await, name);
        assert_eq!(metadata(&status, "host"), "login.example.com");
    }
    assert!(counterpart.seen().is_empty());
}

#[tokio::test]
async fn a_token_of_a_type_that_is_not_understood_is_not_sent() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, Some(client_credentials())).await;
    world.tokens.spell("mac");
    refused(world.execute(get(format!("{}/customers", counterpart.origin()))).await, "TOKEN_UNAVAILABLE");
    assert!(counterpart.seen().is_empty());
    world.tokens.spell("BearerToken");
    assert_eq!(world.execute(get(format!("{}/customers", counterpart.origin()))).await.unwrap().status, 200);
}

#[tokio::test]
async fn calls_at_once_with_a_stale_token_all_get_through() {
    let counterpart = Counterpart::http2(|seen, before| {
        let expected = if before == 0 { "Bearer token-1-9a4e5d1c" } else { "Bearer token-2-9a4e5d1c" };
        json(if seen.header("authorization") == expected { 200 } else { 401 }, "{}")
    })
    .await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, Some(client_credentials())).await;
    let url = format!("{}/customers", counterpart.origin());
    // The first call is answered, and its connection serves the others.
    assert_eq!(world.execute(get(url.clone())).await.unwrap().status, 200);
    let calls = (0..200).map(|_| world.execute(get(url.clone())));
    for answer in futures::future::join_all(calls).await {
        assert_eq!(answer.unwrap().status, 200);
    }
    assert_eq!(
        world.tokens.invalidated(),
        1,
        "the second token stays, however many were told that the first is dead"
    );
}

#[tokio::test]
async fn a_thousand_calls_at_once_with_a_cold_token_make_one_token_request() {
    let counterpart =
        Counterpart::http2(|seen, _| match (seen.target.as_str(), seen.header("authorization")) {
            ("/token", _) => json(
                200,
                r#"{"access_token": "the-one-token-9a4e5d1c", "token_type": "Bearer", "expires_in": 3600}"#,
            ),
            (_, "Bearer the-one-token-9a4e5d1c") => json(200, "{}"),
            ("/open", _) => json(200, "{}"),
            _ => json(401, "{}"),
        })
        .await;
    let world = World::with_real_tokens(&counterpart).await;
    let auth::Kind::ClientCredentials(mut grant) = client_credentials() else { unreachable!() };
    grant.token_url = format!("{}/token", counterpart.origin());
    // A machine that is busy with other tests takes its time.
    let timeout = prost_types::Duration::try_from(Duration::from_secs(600)).ok();
    let limits = Some(Limits { timeout, ..Default::default() });
    let crm = Integration { limits, ..open(&counterpart, Some(auth::Kind::ClientCredentials(grant))) };
    world.create("CRM", crm).await.unwrap();
    world.client_secret("secret-of-the-client", &counterpart.origin(), &[&counterpart.origin()]).await;
    // A call without a token, so that the thousand share a connection.
    world.create("open", open(&counterpart, None)).await.unwrap();
    let mut warm = get(format!("{}/open", counterpart.origin()));
    warm.name = "tenants/acme/integrations/open".into();
    world.execute(warm).await.unwrap();

    let calls = (0..1000).map(|_| world.execute(get(format!("{}/customers", counterpart.origin()))));
    for answer in futures::future::join_all(calls).await {
        assert_eq!(answer.unwrap().status, 200);
    }
    let seen = counterpart.seen();
    let (asked, called): (Vec<_>, Vec<_>) = seen[1..].iter().partition(|seen| seen.target == "/token");
    assert_eq!((asked.len(), called.len()), (1, 1000));
    assert!(asked[0].header("authorization").starts_with("Basic "));
}
