//! Counterparts that do not answer: the call's reason, and the run's meta.

use std::time::Duration;

use bytes::Bytes;
use egress::EgressPolicy;
use http::Response;
use http_body_util::Full;
use proto::integrations::v1::{
    Bearer, CreateIntegrationRequest, Endpoint, ExecuteIntegrationRequest, Integration, Limits, auth::Kind,
};
use tonic_types::StatusExt;

use super::{
    counterpart::{Counterpart, Reply, answer},
    world::{SILENT_HOST, World, get, metadata, open, refused, to, value},
};

/// A port of this machine where nobody listens.
async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

fn adapter(url: &str) -> String {
    format!(
        r#"{{
            "integration": "CRM",
            "requestMapping": {{"method": "GET", "url": "{url}"}},
            "responseMapping": {{
                "meta": "${{currentObject:meta}}",
                "response": "${{currentObject:response}}"
            }}
        }}"#
    )
}

/// What happens to a call, and what a run makes of the same.
async fn check(world: &World, url: &str, reason: &str, message: &str) {
    let status = refused(world.execute(get(url.to_owned())).await, reason);
    assert_eq!(metadata(&status, "host"), url.split("://").nth(1).unwrap().split([':', '/']).next().unwrap());
    let key = format!("ADAPTER.{message}-B").replace(' ', "");
    world.register(&key, adapter(url)).await;
    let run = world.run(&key, "").await.unwrap();
    let meta = run.meta.unwrap();
    assert!(meta.error && meta.status == 0 && meta.message.contains(message), "{meta:?}");
    let mapped = value(&run.result);
    assert_eq!((&mapped["meta"]["error"], &mapped["meta"]["status"]), (&true.into(), &0.into()));
    assert_eq!(mapped["meta"]["message"], meta.message);
    assert!(mapped["response"].is_null());
}

#[tokio::test]
async fn a_counterpart_that_is_down_is_told_and_mapped() {
    let port = closed_port().await;
    let world = World::with_policy(EgressPolicy {
        ports: vec![port..=port],
        networks: vec!["127.0.0.0/8".parse().unwrap()],
        ..EgressPolicy::default()
    });
    let endpoints = ["api", "nowhere"]
        .map(|name| Endpoint { url: format!("https://{name}.example.com:{port}/**"), methods: vec![] });
    let anonymous_access = proto::integrations::v1::AnonymousAccess::Allowed.into();
    let integration = Integration { endpoints: endpoints.to_vec(), anonymous_access, ..Default::default() };
    world.create("CRM", integration).await.unwrap();
    check(&world, &format!("https://api.example.com:{port}/x"), "COUNTERPART_UNREACHABLE", "connection")
        .await;
    check(&world, &format!("https://nowhere.example.com:{port}/x"), "COUNTERPART_UNREACHABLE", "looked up")
        .await;
}

#[tokio::test]
async fn a_counterpart_without_a_good_certificate_is_told_and_mapped() {
    let counterpart = Counterpart::quiet().await;
    let world = World::with_policy(EgressPolicy {
        ports: vec![counterpart.port()..=counterpart.port()],
        networks: vec!["127.0.0.0/8".parse().unwrap()],
        ..EgressPolicy::default()
    });
    world.crm(&counterpart, None).await;
    check(&world, &format!("{}/x", counterpart.origin()), "COUNTERPART_TLS_FAILED", "TLS").await;
    assert!(counterpart.seen().is_empty());
}

#[tokio::test]
async fn a_counterpart_that_breaks_off_is_told_and_mapped() {
    let counterpart = Counterpart::start(|_, _| Reply::Break).await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    check(&world, &format!("{}/x", counterpart.origin()), "COUNTERPART_BROKE_OFF", "broke").await;
}

#[tokio::test]
async fn an_answer_whose_encoding_could_hide_an_echoed_secret_is_not_handed_on() {
    let compressed = || {
        let response = Response::builder().header("content-encoding", "gzip");
        Reply::Answer(response.body(Full::new(Bytes::from_static(b"anything"))).unwrap())
    };
    let counterpart = Counterpart::start(move |_, _| compressed()).await;
    let world = World::new(&counterpart).await;
    world.secret("crm-token", "t0ken-of-the-crm", &counterpart.origin()).await;
    world.crm(&counterpart, Some(Kind::Bearer(Bearer { token: "{{secret:crm-token}}".into() }))).await;
    let status = refused(world.execute(get(format!("{}/x", counterpart.origin()))).await, "RESPONSE_ENCODED");
    assert_eq!(metadata(&status, "host"), "api.example.com");
}

#[tokio::test]
async fn where_echoes_are_refused_an_answer_with_one_is_neither_handed_on_nor_mapped() {
    let counterpart = Counterpart::start(|seen, _| {
        answer(200, "text/plain", format!("you sent {}", seen.header("authorization")))
    })
    .await;
    let strict = EgressPolicy { refuse_echoes: true, ..to(&counterpart) };
    for (world, refuses) in [(World::new(&counterpart).await, false), (World::with_policy(strict), true)] {
        world.secret("crm-token", "t0ken-of-the-crm", &counterpart.origin()).await;
        world.crm(&counterpart, Some(Kind::Bearer(Bearer { token: "{{secret:crm-token}}".into() }))).await;
        let url = format!("{}/x", counterpart.origin());
        world.register("ADAPTER.A-B", adapter(&url)).await;
        let executed = world.execute(get(url)).await;
        let run = world.run("ADAPTER.A-B", "").await;
        if refuses {
            for status in [refused(executed, "SECRET_ECHOED"), refused(run, "SECRET_ECHOED")] {
                assert_eq!(metadata(&status, "host"), "api.example.com");
                assert!(!format!("{status:?}").contains("t0ken"), "{status:?}");
            }
        } else {
            let answer = executed.unwrap();
            assert!(answer.secret_echoed);
            assert_eq!(answer.body, "you sent Bearer [secret removed]");
            assert_eq!(value(&run.unwrap().result)["response"], "you sent Bearer [secret removed]");
        }
    }
}

#[tokio::test]
async fn names_that_are_never_answered_end_in_overload_and_let_other_tenants_through() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let mut silent = open(&counterpart, None);
    let origin = format!("https://{SILENT_HOST}:{}", counterpart.port());
    silent.endpoints = vec![Endpoint { url: format!("{origin}/**"), methods: vec![] }];
    world.create("CRM", silent).await.unwrap();
    let other = CreateIntegrationRequest {
        parent: "tenants/other".into(),
        integration_id: "CRM".into(),
        integration: Some(open(&counterpart, None)),
    };
    world.integrations().create_integration(other).await.unwrap();

    tokio::time::pause();
    let calls = (0..33).map(|_| world.execute(get(format!("{origin}/x"))));
    let mut ended = futures::future::join_all(calls).await;
    let busy = refused(ended.pop().unwrap(), "OVERLOADED");
    assert!(busy.get_error_details().retry_info().unwrap().retry_delay.is_some());
    for one in ended {
        refused(one, "DEADLINE_EXCEEDED");
    }
    assert_eq!(world.names.asked(), [SILENT_HOST; 32]);
    tokio::time::resume();
    let name = "tenants/other/integrations/CRM".into();
    let call = ExecuteIntegrationRequest { name, ..get(format!("{}/x", counterpart.origin())) };
    assert_eq!(world.execute(call).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_counterpart_that_takes_too_long_is_told_and_mapped() {
    let counterpart = Counterpart::start(|_, _| Reply::Hang).await;
    let world = World::new(&counterpart).await;
    let mut hasty = open(&counterpart, None);
    let timeout = prost_types::Duration::try_from(Duration::from_millis(200)).ok();
    hasty.limits = Some(Limits { timeout, ..Default::default() });
    world.create("CRM", hasty).await.unwrap();
    check(&world, &format!("{}/x", counterpart.origin()), "DEADLINE_EXCEEDED", "within").await;
}

#[tokio::test]
async fn an_adapter_that_names_a_time_is_held_to_it() {
    let counterpart = Counterpart::start(|_, _| Reply::Hang).await;
    let world = World::new(&counterpart).await;
    let text = format!(
        r#"{{"requestMapping": {{"method": "GET", "url": "{}/x", "timeout": 0.2}}, "responseMapping": {{}}}}"#,
        counterpart.origin()
    );
    world.register("ADAPTER.A-B", text).await;
    let meta = world.run("ADAPTER.A-B", "").await.unwrap().meta.unwrap();
    assert!(meta.error && meta.status == 0, "{meta:?}");
}
