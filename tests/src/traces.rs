//! One trace through all four services, from the caller's context to the counterpart, without anything secret in it.

use std::collections::BTreeSet;

use proto::{
    integrations::v1::{Integration, RunAdapterRequest, TraceContext},
    registers::v1::PutRegisterRequest,
    tokens::v1::ClientAuthentication,
};
use serde_json::json;
use tonic::Request;

use crate::harness::{
    Answer, Authority, Canary, Counterpart, OauthServer, Span, Suite, anybody, client_credentials, random,
};

const SERVICES: [&str; 4] = [
    "outgate.registers.v1.RegisterService/PutRegister",
    "outgate.integrations.v1.AdapterService/RunAdapter",
    "outgate.tokens.v1.TokenService/GetToken",
    "outgate.secrets.v1.SecretReleaseService/ReleaseSecret",
];

/// A suite that exports its spans, an adapter behind an integration with a token of a real authorization server.
struct Scene {
    crm: Counterpart,
    _oauth: OauthServer,
    suite: Suite,
    adapter: String,
    _authority: Authority,
}

impl Scene {
    async fn new(context: TraceContext) -> Self {
        let authority = Authority::new();
        let client_secret = Canary::new();
        let oauth = OauthServer::start(&authority, client_secret.text()).await;
        let crm = Counterpart::start(&authority, |_| Answer::json(200, &json!({ "id": 7 }))).await;
        let suite = Suite::start(&authority).await;
        let tokens_for = vec![crm.url("/")];
        suite.put_client_secret("client", oauth.token_url(), client_secret.text(), tokens_for).await;
        let auth = client_credentials(oauth.token_url(), "basic", "client", ClientAuthentication::Basic);
        let integration = anybody(crm.url("/api/**"), auth);
        suite.create_integration("CRM", Integration { trace_context: context.into(), ..integration }).await;
        let adapter = json!({
            "integration": "CRM",
            "requestMapping": { "method": "GET", "url": crm.url("/api/customers?name=visible-nowhere") },
            "responseMapping": { "id": "${currentObject:response.id}" }
        });
        let adapter = adapter.to_string();
        Self { crm, _oauth: oauth, suite, adapter, _authority: authority }
    }

    /// Writes the adapter and runs it, both within one trace of the caller, whose id is handed back.
    async fn run(&self) -> String {
        let trace_id = format!("{:016x}{:016x}", random(), random());
        let name = "tenants/default/registers/ADAPTER.CUSTOMER".to_owned();
        let put =
            PutRegisterRequest { name: name.clone(), text: self.adapter.clone().into(), etag: String::new() };
        self.suite.registers().put_register(within(&trace_id, put)).await.expect("it is an adapter");
        let run = RunAdapterRequest { name, input: "{}".into() };
        self.suite.adapters().run_adapter(within(&trace_id, run)).await.expect("the adapter runs");
        trace_id
    }
}

/// The caller's own span.
const CALLERS_SPAN: &str = "00f067aa0ba902b7";

/// A request with the caller's context.
fn within<T>(trace_id: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let traceparent = format!("00-{trace_id}-{CALLERS_SPAN}-01");
    request.metadata_mut().insert("traceparent", traceparent.parse().expect("visible text"));
    request
}

#[tokio::test]
async fn one_trace_goes_through_all_four_services() {
    let scene = Scene::new(TraceContext::Withheld).await;
    let trace_id = scene.run().await;
    let mine = |spans: &[Span]| -> Vec<Span> {
        spans.iter().filter(|span| span.trace_id == trace_id).cloned().collect()
    };
    let all =
        |spans: &[Span]| SERVICES.iter().all(|service| mine(spans).iter().any(|span| span.name == *service));
    let spans = mine(&scene.suite.collector().wait_for(all).await);

    let known: BTreeSet<_> = spans.iter().map(|span| span.span_id.as_str()).collect();
    for span in &spans {
        // The calls that the caller made itself hang below the caller's span, everything else below one of those.
        let called = SERVICES[..2].contains(&span.name.as_str());
        let below =
            if called { span.parent_span_id == CALLERS_SPAN } else { known.contains(&*span.parent_span_id) };
        assert!(below, "`{}` hangs in the air: {spans:#?}", span.name);
    }
    for span in spans.iter().filter(|span| SERVICES.contains(&span.name.as_str())) {
        assert_eq!(span.attributes["rpc.response.status_code"], "OK", "{span:#?}");
    }
}

#[tokio::test]
async fn no_span_holds_a_secret_a_token_or_a_query() {
    let scene = Scene::new(TraceContext::Sent).await;
    let trace_id = scene.run().await;
    let door = |spans: &[Span]| {
        spans.iter().filter(|span| span.trace_id == trace_id && span.name == "GET").count() > 0
    };
    let spans = scene.suite.collector().wait_for(door).await;
    // Secrets and tokens are the oracle's to find; these are no canaries.
    let text = format!("{spans:?}");
    for hidden in ["visible-nowhere", "Bearer ", "Basic "] {
        assert!(!text.contains(hidden), "`{hidden}` is in the exported spans");
    }
    let call = spans.iter().find(|span| span.name == "GET").expect("it was waited for");
    assert_eq!(call.attributes["url.full"], scene.crm.url("/api/customers?name=REDACTED"));
    assert_eq!(call.attributes["http.response.status_code"], "200");
}

#[tokio::test]
async fn what_is_exported_and_searched_is_as_talkative_as_can_be() {
    let scene = Scene::new(TraceContext::Withheld).await;
    scene.run().await;
    let talks = |spans: &[Span]| {
        spans.iter().any(|span| span.levels.contains("TRACE"))
            && spans.iter().any(|span| span.levels.contains("DEBUG"))
    };
    scene.suite.collector().wait_for(talks).await;
}

#[tokio::test]
async fn the_counterpart_gets_the_trace_context_when_the_integration_says_so() {
    let scene = Scene::new(TraceContext::Sent).await;
    let trace_id = scene.run().await;
    let received = scene.crm.only();
    let traceparent: Vec<_> = received.header("traceparent").split('-').collect();
    assert_eq!((traceparent[0], traceparent[1]), ("00", trace_id.as_str()));
    assert_ne!(traceparent[2], CALLERS_SPAN, "the parent is the suite's own span");
}

#[tokio::test]
async fn the_counterpart_gets_no_trace_context_otherwise() {
    for context in [TraceContext::Withheld, TraceContext::Unspecified] {
        let scene = Scene::new(context).await;
        scene.run().await;
        let received = scene.crm.only();
        for header in ["traceparent", "tracestate", "baggage"] {
            assert!(!received.headers.contains_key(header), "{header} left: {received:?}");
        }
    }
}
