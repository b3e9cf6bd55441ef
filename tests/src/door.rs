//! What the guarded door does with a tenant's policy, redirects, client certificates and a proxy.

use std::{fs, os::unix::fs::PermissionsExt};

use data_encoding::BASE64;
use futures::stream;
use proto::{
    integrations::v1::{
        ClientCertificate, CreateIntegrationRequest, ExecuteIntegrationRequest, ExecuteIntegrationResponse,
        ExplainRunRequest, Integration, Limits, StreamIntegrationRequest, StreamIntegrationRequestHead,
        Verdict, stream_integration_request::Part,
    },
    registers::v1::PutRegisterRequest,
    secrets::v1::PutSecretRequest,
    tokens::v1::ClientAuthentication,
};
use serde_json::json;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::harness::{
    Answer, Authority, Canary, Counterpart, Proxy, Received, Setup, Suite, anybody, bearer,
    client_credentials, endpoint, get, random, reason,
};

/// Says what arrived.
fn fine(received: &Received) -> Answer {
    Answer::json(200, &json!({ "path": received.path }))
}

fn detail(status: &Status, key: &str) -> String {
    let details = status.get_error_details();
    details.error_info().and_then(|info| info.metadata.get(key).cloned()).unwrap_or_default()
}

/// Makes an integration for a tenant.
async fn create(suite: &Suite, tenant: &str, id: &str, integration: Integration) {
    let request = CreateIntegrationRequest {
        parent: format!("tenants/{tenant}"),
        integration_id: id.to_owned(),
        integration: Some(integration),
    };
    suite.integrations().create_integration(request).await.expect("the integration is made");
}

async fn call(
    suite: &Suite,
    tenant: &str,
    id: &str,
    url: String,
) -> Result<ExecuteIntegrationResponse, Status> {
    let name = format!("tenants/{tenant}/integrations/{id}");
    let request = ExecuteIntegrationRequest { name, ..get(id, url) };
    Ok(suite.integrations().execute_integration(request).await?.into_inner())
}

#[tokio::test]
async fn a_tenants_policy_holds_for_its_calls_its_tokens_and_what_is_explained_to_it() {
    let authority = Authority::new();
    let crm = Counterpart::start(&authority, fine).await;
    let login = Counterpart::start(&authority, |_| {
        Answer::json(
            200,
            &json!({
                "access_token": format!("{:016x}{:016x}", random(), random()),
                "token_type": "Bearer",
                "expires_in": 60,
            }),
        )
    })
    .await;
    let (api, tokens) = (crm.port(), login.port());
    let suite = Setup::new(&authority)
        .config(&format!(
            "[egress.tenants.strict]\nports = [\"{tokens}\"]\n[egress.tenants.half]\nports = [\"{api}\"]\n\
             [egress.tenants.\"*\"]\nnetworks = []\n[egress.tenants.default]\n"
        ))
        .start()
        .await;
    for tenant in ["default", "strict", "half", "other"] {
        let grant = client_credentials(login.url("/token"), "outgate", "cs", ClientAuthentication::Basic);
        create(&suite, tenant, "CRM", anybody(crm.url("/**"), grant)).await;
        let secret = PutSecretRequest {
            name: format!("tenants/{tenant}/secrets/cs"),
            value: Canary::new().text().to_owned().into(),
            url: login.url("/"),
            token_urls: vec![crm.url("/")],
            ..Default::default()
        };
        suite.secrets().put_secret(secret).await.expect("the secret is kept");
    }

    let answer =
        call(&suite, "default", "CRM", crm.url("/v1")).await.expect("a tenant with all of the operator's");
    assert_eq!(answer.status, 200);
    let (calls, logins) = (crm.received().len(), login.received().len());
    let refusal = call(&suite, "strict", "CRM", crm.url("/v1")).await.unwrap_err();
    assert_eq!((reason(&refusal).as_str(), detail(&refusal, "port")), ("PORT_REFUSED", api.to_string()));
    let refusal = call(&suite, "half", "CRM", crm.url("/v1")).await.unwrap_err();
    assert_eq!((reason(&refusal).as_str(), detail(&refusal, "port")), ("PORT_REFUSED", tokens.to_string()));
    let refusal = call(&suite, "other", "CRM", crm.url("/v1")).await.unwrap_err();
    assert_eq!(reason(&refusal), "ADDRESS_REFUSED");
    assert_eq!((crm.received().len(), login.received().len()), (calls, logins), "nothing was sent");

    let adapter =
        json!({ "requestMapping": { "method": "GET", "url": crm.url("/v1") }, "integration": "CRM" });
    for (tenant, allowed) in [("default", true), ("strict", false)] {
        let register = format!("tenants/{tenant}/registers/ADAPTER.A-B");
        let text = adapter.to_string().into();
        let put = PutRegisterRequest { name: register.clone(), text, etag: String::new() };
        suite.registers().put_register(put).await.expect("the register is kept");
        let explain = ExplainRunRequest { name: register, input: Default::default() };
        let explained = suite.adapters().explain_run(explain).await.expect("explained").into_inner();
        let port = explained.decisions.iter().find(|decision| decision.subject == "port").expect("the port");
        assert_eq!(port.verdict() == Verdict::Allowed, allowed, "{tenant}: {:?}", explained.decisions);
    }
}

#[tokio::test]
async fn redirects_are_followed_as_far_as_allowed_and_take_no_secret_along() {
    let token = Canary::new();
    let authority = Authority::new();
    let other = Counterpart::start(&authority, fine).await;
    let away = other.url("/elsewhere");
    let crm = Counterpart::start(&authority, move |received| match received.path.as_str() {
        "/v1/near" => Answer::redirect(307, "/v1/here".to_owned()),
        "/v1/away" => Answer::redirect(302, away.clone()),
        "/v1/circle" => Answer::redirect(302, "/v1/circle".to_owned()),
        "/v1/metadata" => Answer::redirect(302, "https://169.254.169.254/latest".to_owned()),
        _ => fine(received),
    })
    .await;
    let suite = Suite::start(&authority).await;
    suite.put_secret("crm", crm.url("/"), token.text()).await;
    let limits = Some(Limits { redirects: 2, ..Limits::default() });
    let mut following = anybody(crm.url("/v1/**"), bearer("crm"));
    following.endpoints.push(endpoint(other.url("/**")));
    suite.create_integration("STAYING", following.clone()).await;
    suite.create_integration("FOLLOWING", Integration { limits, ..following }).await;

    let answer = suite.get("STAYING", crm.url("/v1/near")).await.expect("a redirect is an answer");
    assert_eq!((answer.status, crm.received().len()), (307, 1));
    let answer = suite.get("FOLLOWING", crm.url("/v1/near")).await.expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!(crm.last().path, "/v1/here");
    assert_eq!(crm.last().header("authorization"), format!("Bearer {}", token.text()));
    let answer = suite.get("FOLLOWING", crm.url("/v1/away")).await.expect("an answer");
    assert_eq!(answer.status, 200);
    assert_eq!((other.only().path.as_str(), other.only().header("authorization")), ("/elsewhere", ""));
    assert!(!format!("{:?}", other.only()).contains(token.text()));

    let refusal = suite.get("FOLLOWING", crm.url("/v1/circle")).await.unwrap_err();
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("REDIRECT_REFUSED", Code::PermissionDenied));
    assert_eq!(detail(&refusal, "host"), "127.0.0.1");
    let refusal = suite.get("FOLLOWING", crm.url("/v1/metadata")).await.unwrap_err();
    assert_eq!(
        (reason(&refusal).as_str(), detail(&refusal, "host").as_str()),
        ("ENDPOINT_NOT_LISTED", "169.254.169.254")
    );
}

#[tokio::test]
async fn a_counterpart_that_demands_a_client_certificate_gets_the_sealed_one() {
    let authority = Authority::new();
    let bank = Counterpart::start_demanding(&authority, fine).await;
    let suite = Suite::start(&authority).await;
    let read = |file| fs::read_to_string(file).expect("it was written");
    let identity = format!("{}{}", read(authority.cert_file()), read(authority.key_file()));
    suite.put_secret("identity", bank.url("/"), &identity).await;
    suite.put_secret("broken", bank.url("/"), &identity.replace("-----END", "----END")).await;
    suite.put_secret("elsewhere", "https://other.example/".to_owned(), &identity).await;
    for name in ["identity", "broken", "elsewhere"] {
        let certificate = ClientCertificate { identity: format!("{{{{secret:{name}}}}}") };
        let integration =
            Integration { client_certificate: Some(certificate), ..anybody(bank.url("/**"), None) };
        suite.create_integration(name, integration).await;
    }
    suite.create_integration("nameless", anybody(bank.url("/**"), None)).await;

    let answer = suite.get("identity", bank.url("/accounts")).await.expect("it is let in");
    assert_eq!((answer.status, bank.only().path.as_str()), (200, "/accounts"));
    for (integration, expected) in [
        ("broken", &["SECRET_UNFIT"][..]),
        ("elsewhere", &["SECRET_OUT_OF_SCOPE"]),
        ("nameless", &["COUNTERPART_TLS_FAILED", "COUNTERPART_BROKE_OFF"]),
    ] {
        let refusal = suite.get(integration, bank.url("/accounts")).await.unwrap_err();
        assert!(expected.contains(&reason(&refusal).as_str()), "{integration}: {refusal:?}");
    }
    assert_eq!(bank.received().len(), 1);
    let key = read(authority.key_file());
    let said = format!("{}{}", suite.said("stdout"), suite.said("stderr"));
    for line in key.lines().filter(|line| !line.starts_with('-') && line.len() > 30) {
        assert!(!said.contains(line), "the log holds a line of the key");
    }
}

#[tokio::test]
async fn everything_leaves_through_the_operators_proxy_and_nothing_through_the_environments() {
    // "ada:hunter2-hunter2" in base64.
    const CREDENTIAL: &str = "Basic YWRhOmh1bnRlcjItaHVudGVyMg==";
    let token = Canary::new();
    let authority = Authority::new();
    let crm = Counterpart::start(&authority, fine).await;
    let (own, stranger) = (Proxy::start(Some(CREDENTIAL)).await, Proxy::start(None).await);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let credentials = folder.path().join("proxy");
    fs::write(&credentials, "ada:hunter2-hunter2\n").expect("a temporary file can be written");
    fs::set_permissions(&credentials, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let mut setup = Setup::new(&authority).config(&format!(
        "proxy = {:?}\nproxy_credentials_file = {credentials:?}\n[egress.tenants.direct]\nproxy = \"\"\n\
         [egress.tenants.stranger]\nproxy = {:?}\n[egress.tenants.refused]\nproxy = {:?}\n",
        own.url(),
        stranger.url(),
        own.url(),
    ));
    for variable in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        setup = setup.environment(variable, stranger.url());
    }
    let suite = setup.environment("NO_PROXY", "127.0.0.1").start().await;
    for tenant in ["default", "direct", "stranger", "refused"] {
        create(&suite, tenant, "CRM", anybody(crm.url("/**"), None)).await;
    }
    suite.put_secret("crm", crm.url("/"), token.text()).await;
    suite.create_integration("SECRET", anybody(crm.url("/**"), bearer("crm"))).await;

    let answer = suite.get("SECRET", crm.url("/v1")).await.expect("an answer");
    assert_eq!(answer.status, 200);
    let authority_form = format!("127.0.0.1:{}", crm.port());
    let [head] = &own.heads()[..] else { panic!("one tunnel: {:?}", own.heads()) };
    assert!(head.starts_with(&format!("CONNECT {authority_form} HTTP/1.1\r\n")), "{head}");
    assert!(!head.contains(token.text()) && !head.contains("/v1"), "{head}");
    assert!(stranger.heads().is_empty(), "what the environment says of proxies is not looked at");

    call(&suite, "direct", "CRM", crm.url("/direct")).await.expect("a tenant without a proxy");
    assert_eq!((own.heads().len(), stranger.heads().len()), (1, 0));
    call(&suite, "stranger", "CRM", crm.url("/other")).await.expect("a tenant with another proxy");
    let [head] = &stranger.heads()[..] else { panic!("one tunnel: {:?}", stranger.heads()) };
    assert!(!head.to_lowercase().contains("proxy-authorization"), "the operator's credentials stay: {head}");
    let refusal = call(&suite, "refused", "CRM", crm.url("/refused")).await.unwrap_err();
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("COUNTERPART_UNREACHABLE", Code::Unavailable));
    assert!(crm.received().iter().all(|received| received.path != "/refused"));
    assert!(!format!("{:?}", crm.received()).contains("proxy-authorization"));
    let said = format!("{}{}{refusal:?}", suite.said("stdout"), suite.said("stderr"));
    assert!(
        !said.contains("hunter2") && !said.contains("YWRhOmh1bnRlcjI"),
        "the proxy's credentials are told"
    );
}

/// Gives back what it was sent, in the way that the path says.
fn echoing(received: &Received) -> Answer {
    let sent = received.header("authorization");
    match received.path.as_str() {
        "/v1/plain" => Answer::json(200, &json!({ "before": "x".repeat(100_000), "echo": sent })),
        "/v1/base64" => Answer::json(200, &json!({ "echo": BASE64.encode(sent.as_bytes()) })),
        "/v1/error" => Answer::json(500, &json!({ "error": sent })),
        _ => fine(received),
    }
}

/// What a streamed GET ends with; none where all of it came.
async fn streamed(suite: &Suite, url: String) -> Option<Status> {
    let name = "tenants/default/integrations/CRM".to_owned();
    let head = StreamIntegrationRequestHead { name, method: "GET".to_owned(), url, ..Default::default() };
    let message = StreamIntegrationRequest { part: Some(Part::Head(head)) };
    let mut answer = match suite.integrations().stream_integration(stream::iter([message])).await {
        Ok(answer) => answer.into_inner(),
        Err(status) => return Some(status),
    };
    loop {
        match answer.message().await {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(status) => return Some(status),
        }
    }
}

#[tokio::test]
async fn where_echoes_are_refused_nothing_of_an_answer_that_holds_a_secret_comes_out() {
    let token = Canary::new();
    let authority = Authority::new();
    let crm = Counterpart::start(&authority, echoing).await;
    let suite = Setup::new(&authority).config("refuse_echoes = true\n").start().await;
    suite.put_secret("crm", crm.url("/"), token.text()).await;
    suite.create_integration("CRM", anybody(crm.url("/v1/**"), bearer("crm"))).await;
    for (index, path) in ["/v1/plain", "/v1/base64", "/v1/error"].into_iter().enumerate() {
        let url = crm.url(path);
        let adapter = json!({
            "integration": "CRM",
            "requestMapping": { "method": "GET", "url": url },
            "responseMapping": { "mapped": "${currentObject:response}" }
        });
        let register = format!("ADAPTER.A-{index}");
        suite.put_register(&register, &adapter.to_string()).await.expect("it is an adapter");
        let called = suite.get("CRM", url.clone()).await.expect_err("the answer is refused");
        let run = suite.run(&register, &json!({})).await.expect_err("the answer is not mapped");
        let streamed = streamed(&suite, url).await.expect("the stream ends with the refusal");
        for refusal in [called, run, streamed] {
            assert_eq!(
                (reason(&refusal).as_str(), refusal.code(), detail(&refusal, "host").as_str()),
                ("SECRET_ECHOED", Code::FailedPrecondition, "127.0.0.1"),
                "{path}"
            );
            assert!(!format!("{refusal:?}").contains(token.text()), "{path}");
        }
    }
    // The requests were carried out, each once: nothing repeats what would show the secret again.
    assert_eq!(crm.received().len(), 9);
    let said = suite.said("stderr");
    let alarms: Vec<_> = said.lines().filter(|line| line.contains("\"alarm\":\"SECRET_ECHOED\"")).collect();
    assert_eq!(alarms.len(), 9, "{alarms:?}");
    assert!(alarms.iter().all(|alarm| alarm.contains("\"refused\":true")), "{alarms:?}");

    // What gives nothing back is an answer like any other.
    let answer = suite.get("CRM", crm.url("/v1/quiet")).await.expect("an answer");
    assert!(answer.status == 200 && !answer.secret_echoed);
    assert!(streamed(&suite, crm.url("/v1/quiet")).await.is_none());
}

#[tokio::test]
async fn a_secret_that_is_for_elsewhere_is_refused_with_one_entry_in_the_ledger() {
    let token = Canary::new();
    let authority = Authority::new();
    let crm = Counterpart::start(&authority, fine).await;
    let suite = Suite::start(&authority).await;
    suite.put_secret("crm", crm.url("/"), token.text()).await;
    // No name server knows it: were it looked up, it would be unreachable and not refused.
    let evil = format!("https://attacker.invalid:{}", crm.port());
    let mut wide = anybody(crm.url("/**"), bearer("crm"));
    wide.endpoints.push(endpoint(format!("{evil}/**")));
    suite.create_integration("CRM", wide).await;
    let refusal = suite.get("CRM", format!("{evil}/v1?q=visible-nowhere")).await.unwrap_err();
    assert_eq!((reason(&refusal).as_str(), refusal.code()), ("SECRET_OUT_OF_SCOPE", Code::PermissionDenied));
    let export = suite.command(&["audit", "export", "--json"]).await.success();
    let entries = export["entries"].as_array().expect("entries").iter();
    let refused: Vec<_> = entries.filter(|entry| entry["kind"] == "refused").collect();
    let [entry] = refused[..] else { panic!("one entry: {export}") };
    let told = ["by", "secret", "destination", "purpose", "reason", "integration"].map(|key| &entry[key]);
    let expected =
        ["integrations", "tenants/default/secrets/crm", &evil, "PURPOSE_CALL", "SECRET_OUT_OF_SCOPE", "CRM"];
    assert_eq!(told, expected);
    assert!(!export.to_string().contains("visible-nowhere"));
    assert!(crm.received().is_empty());
}
