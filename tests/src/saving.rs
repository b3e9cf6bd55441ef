//! `saveSecret`: a login's session becomes a secret, for whom the operator lets it, and comes out nowhere.

use std::net::SocketAddr;

use proto::{
    integrations::v1::{CheckAdapterRequest, Run, RunAdapterRequest},
    registers::v1::PutRegisterRequest,
    secrets::v1::{
        Cause, ListSecretsRequest, SaveSecretRequest, Secret,
        secret_release_service_client::SecretReleaseServiceClient,
    },
};
use serde_json::{Value, json};
use tonic::{Status, service::interceptor::InterceptedService};
use tonic_types::StatusExt;

use crate::harness::{
    Answer, Authority, Bearer, Canary, Counterpart, Known, Setup, Suite, Tap, anybody, bearer, free_port,
    reason,
};

const LOGIN: &str = "ADAPTER.LOGIN-CRM";

/// A counterpart that answers a login with a session, and everything else with nothing.
async fn crm(authority: &Authority, session: &Canary) -> Counterpart {
    let session = session.text().to_owned();
    Counterpart::start(authority, move |received| match received.path.as_str() {
        "/login" => Answer::json(200, &json!({ "session": session, "user": "ada" })),
        _ => Answer::json(200, &json!({})),
    })
    .await
}

/// An adapter that logs in at `there`, and saves the session for `url`.
fn login(there: &Counterpart, url: &str) -> Value {
    json!({
        "requestMapping": { "method": "POST", "url": there.url("/login"), "body": { "user": "ada" } },
        "responseMapping": {
            "user": "${currentObject:response.user}",
            "session": "${currentObject:response.session}",
            "basic": "${base64:ada:${currentObject:response.session}}"
        },
        "onResponseActions": [{
            "action": "saveSecret",
            "data": { "key": "session", "value": "${currentObject:response.session}", "url": url }
        }]
    })
}

/// Runs an adapter of this text for a tenant. Another text of the same tenant has another key: a changed register is known
/// after a while alone.
async fn run(suite: &Suite, tenant: &str, key: &str, adapter: &Value) -> Result<Run, Status> {
    let name = format!("tenants/{tenant}/registers/{key}");
    let text = adapter.to_string().into();
    let put = PutRegisterRequest { name: name.clone(), text, ..Default::default() };
    suite.registers().put_register(put).await.expect("the adapter is taken");
    let request = RunAdapterRequest { name, input: "{}".into() };
    suite.adapters().run_adapter(request).await.map(tonic::Response::into_inner)
}

/// The codes of what the check finds in an adapter of this text.
async fn check(suite: &Suite, tenant: &str, adapter: &Value) -> Vec<String> {
    let name = format!("tenants/{tenant}/registers/{LOGIN}");
    let request = CheckAdapterRequest { name, text: adapter.to_string().into() };
    let checked = suite.adapters().check_adapter(request).await.expect("it is checked").into_inner();
    checked.diagnostics.into_iter().map(|found| found.code).collect()
}

async fn secrets(suite: &Suite, tenant: &str) -> Vec<Secret> {
    let request = ListSecretsRequest { parent: format!("tenants/{tenant}"), ..Default::default() };
    suite.secrets().list_secrets(request).await.expect("listed").into_inner().secrets
}

/// Asserts that the action failed for this reason.
fn assert_failed(run: Result<Run, Status>, cause: &str) {
    let refusal = run.expect_err("the action fails");
    assert_eq!(reason(&refusal), "ACTION_FAILED", "{refusal:?}");
    let details = refusal.get_error_details();
    let metadata = &details.error_info().expect("it has a reason").metadata;
    assert_eq!(
        (metadata["action"].as_str(), metadata["cause"].as_str()),
        ("onResponseActions[0]", cause),
        "{refusal:?}"
    );
    assert!(refusal.message().contains("onResponseActions[0]"), "{refusal:?}");
}

/// The origin of a counterpart.
fn origin(there: &Counterpart) -> String {
    there.url("")
}

/// The lines of the configuration by which what `from` answers to a tenant may be for `to`.
fn grant(tenant: &str, from: &Counterpart, to: &Counterpart) -> String {
    format!("[save_secret.tenants.{tenant}]\n{:?} = [{:?}]\n", origin(from), origin(to))
}

#[tokio::test]
async fn a_session_that_a_login_saved_is_used_by_the_next_call_and_seen_by_nobody() {
    let (authority, session) = (Authority::new(), Canary::new());
    let crm = crm(&authority, &session).await;
    let suite = Suite::start(&authority).await;
    let done = run(&suite, "default", LOGIN, &login(&crm, &crm.url("/"))).await.expect("the adapter runs");
    let result: Value = serde_json::from_slice(&done.result).expect("JSON");
    assert_eq!((&result["user"], &result["session"]), (&json!("ada"), &json!("[secret removed]")));

    suite.create_integration("CRM", anybody(crm.url("/**"), bearer("session"))).await;
    suite.get("CRM", crm.url("/accounts")).await.expect("the call is made");
    assert_eq!(crm.last().header("authorization"), format!("Bearer {}", session.text()));

    let [secret] = &secrets(&suite, "default").await[..] else { panic!("one secret") };
    assert_eq!((secret.scope.as_str(), secret.saved_by.as_str()), (origin(&crm).as_str(), LOGIN));
    let listed = suite.command(&["secret", "list"]).await.stdout;
    assert!(listed.contains(&format!("saved by {LOGIN}")), "{listed}");
    let listed = suite.command(&["--json", "secret", "list"]).await.success();
    assert_eq!(listed["secrets"][0]["savedBy"], LOGIN, "{listed}");
    let exported = suite.command(&["audit", "export", "--all-tenants"]).await;
    assert!(exported.stdout.contains("\"kind\":\"saved\""), "{exported:?}");
    assert!(exported.stdout.contains(&format!("\"adapter\":\"{LOGIN}\"")), "{exported:?}");
    suite.command_with_input(&["--json", "explain", LOGIN, "--input", "-"], "{}").await;
    // That nobody saw it, in any encoding, is what the oracle finds out.
}

#[tokio::test]
async fn a_foreign_origin_is_refused_and_a_grant_is_one_tenant_s() {
    let (authority, session) = (Authority::new(), Canary::new());
    let (there, other) = (crm(&authority, &session).await, crm(&authority, &session).await);
    let suite = Suite::start(&authority).await;
    assert_failed(run(&suite, "default", LOGIN, &login(&there, &other.url("/"))).await, "SCOPE_NOT_GRANTED");
    assert!(secrets(&suite, "default").await.is_empty());
    // The check says so without a call.
    assert_eq!(check(&suite, "default", &login(&there, &other.url("/"))).await, ["save-scope"]);
    assert_eq!(check(&suite, "default", &login(&there, &there.url("/"))).await, [""; 0]);

    let suite = Setup::new(&authority).config(&grant("default", &there, &other)).start().await;
    let other_way = "ADAPTER.LOGIN-OTHER";
    for (tenant, key, from, to) in
        [("umbrella", LOGIN, &there, &other), ("default", other_way, &other, &there)]
    {
        assert_failed(run(&suite, tenant, key, &login(from, &to.url("/"))).await, "SCOPE_NOT_GRANTED");
        assert_eq!(check(&suite, tenant, &login(from, &to.url("/"))).await, ["save-scope"]);
        assert!(secrets(&suite, tenant).await.is_empty());
    }
    assert_eq!(check(&suite, "default", &login(&there, &other.url("/"))).await, [""; 0]);
    run(&suite, "default", LOGIN, &login(&there, &other.url("/"))).await.expect("it is granted");
    suite.create_integration("CRM", anybody(other.url("/**"), bearer("session"))).await;
    suite.get("CRM", other.url("/accounts")).await.expect("the call is made");
    assert_eq!(other.last().header("authorization"), format!("Bearer {}", session.text()));
}

#[tokio::test]
async fn a_secret_that_somebody_put_is_not_taken_over() {
    let (authority, session, own) = (Authority::new(), Canary::new(), Canary::new());
    let crm = crm(&authority, &session).await;
    let suite = Suite::start(&authority).await;
    let put = suite.put_secret("session", crm.url("/"), own.text()).await;
    assert_failed(run(&suite, "default", LOGIN, &login(&crm, &crm.url("/"))).await, "SECRET_TAKEN");
    assert_eq!(secrets(&suite, "default").await, [put]);
    suite.create_integration("CRM", anybody(crm.url("/**"), bearer("session"))).await;
    suite.get("CRM", crm.url("/accounts")).await.expect("the call is made");
    assert_eq!(crm.last().header("authorization"), format!("Bearer {}", own.text()));
}

/// The secrets service in a process of its own, and all the others in another.
struct Apart {
    secrets: Suite,
    others: [Suite; 2],
    internal: SocketAddr,
    link: Known,
    _folder: tempfile::TempDir,
}

impl Apart {
    /// With these lines in the configuration of the one that runs adapters, and these in that of the one that seals.
    async fn new(authority: &Authority, running: &str, sealing: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let link = Known::new("link", &["caller"]);
        let links = format!("[links]\ntoken_file = {:?}\n", link.token_file(folder.path()));
        let internal = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let registers = Setup::new(authority).only("registers").know(&link).start().await;
        let secrets = Setup::new(authority)
            .only("secrets")
            .config(&format!("[server]\ninternal_listen = \"{internal}\"\n{links}{sealing}"))
            .start()
            .await;
        let links = format!(
            "{links}secrets = \"http://{internal}\"\ntokens = \"http://{internal}\"\nregisters = \"http://{}\"\n{running}",
            registers.address()
        );
        let integrations = Setup::new(authority).only("integrations").config(&links).start().await;
        Self { secrets, others: [registers, integrations], internal, link, _folder: folder }
    }

    async fn run(&self, adapter: &Value) -> Result<Run, Status> {
        let [registers, integrations] = &self.others;
        registers.put_register(LOGIN, &adapter.to_string()).await.expect("the adapter is taken");
        integrations.run(LOGIN, &json!({})).await
    }
}

#[tokio::test]
async fn the_service_that_seals_decides_by_its_own_copy_of_the_policy() {
    let (authority, session) = (Authority::new(), Canary::new());
    let (there, other) = (crm(&authority, &session).await, crm(&authority, &session).await);
    let granted = grant("default", &there, &other);
    let suite = Apart::new(&authority, &granted, "").await;
    assert_failed(suite.run(&login(&there, &other.url("/"))).await, "SCOPE_NOT_GRANTED");
    assert!(secrets(&suite.secrets, "default").await.is_empty());
    let told = suite.secrets.command(&["audit", "export", "--all-tenants"]).await;
    assert!(told.stdout.contains("\"kind\":\"save_refused\""), "{told:?}");

    let suite = Apart::new(&authority, &granted, &granted).await;
    suite.run(&login(&there, &other.url("/"))).await.expect("both grant it");
    let [secret] = &secrets(&suite.secrets, "default").await[..] else { panic!("one secret") };
    assert_eq!(secret.scope, origin(&other));
}

#[tokio::test]
async fn a_secrets_service_that_is_down_fails_the_action_by_its_name() {
    let (authority, session) = (Authority::new(), Canary::new());
    let crm = crm(&authority, &session).await;
    let mut suite = Apart::new(&authority, "", "").await;
    suite.run(&login(&crm, &crm.url("/"))).await.expect("it is up");
    suite.secrets.kill().await;
    assert_failed(suite.run(&login(&crm, &crm.url("/"))).await, "SERVICE_UNAVAILABLE");
    suite.secrets.restart().await;
    suite.run(&login(&crm, &crm.url("/"))).await.expect("it is up again");
    assert_eq!(secrets(&suite.secrets, "default").await[0].version, 2);
    assert_eq!(crm.received().len(), 3, "no call is made again");
}

#[tokio::test]
async fn nobody_but_the_suite_saves_what_an_answer_brought() {
    let (authority, session) = (Authority::new(), Canary::new());
    let suite = Apart::new(&authority, "", "").await;
    let request = SaveSecretRequest {
        name: "tenants/default/secrets/session".to_owned(),
        value: session.text().to_owned().into(),
        url: "https://crm.example.com".to_owned(),
        answered_url: "https://crm.example.com/login".to_owned(),
        request_id: "run-1".to_owned(),
        cause: Some(Cause { adapter: LOGIN.to_owned(), ..Default::default() }),
    };
    let enter = |address, token: &str| {
        SecretReleaseServiceClient::new(InterceptedService::new(Tap::to(address), Bearer::new(token)))
    };
    let operator = suite.secrets.token();
    let refused =
        enter(suite.internal, operator).save_secret(request.clone()).await.expect_err("no releaser");
    assert_eq!(reason(&refused), "UNAUTHENTICATED", "{refused:?}");
    for token in [operator, suite.link.token()] {
        let public = enter(suite.secrets.address(), token).save_secret(request.clone()).await;
        assert_eq!(public.expect_err("it is not served there").code(), tonic::Code::Unimplemented);
    }
    assert!(secrets(&suite.secrets, "default").await.is_empty());
    enter(suite.internal, suite.link.token()).save_secret(request).await.expect("the suite may");
    assert_eq!(secrets(&suite.secrets, "default").await.len(), 1);
}
