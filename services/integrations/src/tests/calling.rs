//! ExecuteIntegration: what goes out, and what comes back.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use proto::integrations::v1::Endpoint;
use runtime::Role;

use super::{
    counterpart::{Counterpart, Reply, answer, json},
    world::{World, caller, caller_in, get, header, metadata, open, refused, refused_field},
};

#[tokio::test]
async fn the_example_of_the_documentation_runs_as_printed() {
    // The call that tests/fixtures/seeds/execute-integration.js prints, its origin aside.
    let counterpart = Counterpart::start(|_, _| json(200, r#"[{"id":1}]"#)).await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    let mut request = get(format!("{}/api/v1/getAllCustomerData", counterpart.origin()));
    request.headers = vec![header("Content-Type", "application/json")];
    let answer = world.execute(request).await.unwrap();
    assert_eq!((answer.status, answer.ok, &answer.body[..]), (200, true, &br#"[{"id":1}]"#[..]));
    let seen = counterpart.one();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/api/v1/getAllCustomerData"));
    assert_eq!(seen.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_body_goes_out_byte_for_byte() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    let mut request = get(format!("{}/upload?a=1%2F2", counterpart.origin()));
    request.method = "POST".into();
    request.body = Bytes::from((0..=255).collect::<Vec<u8>>());
    world.execute(request.clone()).await.unwrap();
    let seen = counterpart.one();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/upload?a=1%2F2"));
    assert_eq!(seen.body, request.body);
}

#[tokio::test]
async fn text_of_a_caller_is_data_and_never_a_template() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    world.secret("pw", "value-of-the-secret", &counterpart.origin()).await;
    let mut request = get(format!("{}/x", counterpart.origin()));
    request.method = "POST".into();
    request.headers = vec![header("X-Text", "{{secret:pw}} ${currentObject:input}")];
    request.body = Bytes::from_static(b"{{secret:pw}}");
    world.execute(request).await.unwrap();
    let seen = counterpart.one();
    assert_eq!(seen.header("x-text"), "{{secret:pw}} ${currentObject:input}");
    assert_eq!(&seen.body[..], b"{{secret:pw}}");
}

#[tokio::test]
async fn an_error_status_is_an_answer() {
    for (status, ok) in [(204, true), (299, true), (302, false), (404, false), (500, false)] {
        let counterpart = Counterpart::start(move |_, _| json(status, "{}")).await;
        let world = World::new(&counterpart).await;
        world.crm(&counterpart, None).await;
        let answer = world.execute(get(format!("{}/x", counterpart.origin()))).await.unwrap();
        assert_eq!((answer.status, answer.ok), (i32::from(status), ok));
        assert_eq!(counterpart.seen().len(), 1, "nothing is followed and nothing tried again");
    }
}

#[tokio::test]
async fn headers_come_back_without_those_of_the_connection() {
    let counterpart = Counterpart::start(|_, _| {
        let response = Response::builder()
            .header("x-one", "1")
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .header("connection", "keep-alive")
            .header("keep-alive", "timeout=5");
        Reply::Answer(response.body(Full::new(Bytes::from_static(b"{}"))).unwrap())
    })
    .await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    let answer = world.execute(get(format!("{}/x", counterpart.origin()))).await.unwrap();
    let all: Vec<_> = answer.headers.iter().map(|header| (header.name.as_str(), &header.value[..])).collect();
    assert!(
        all.contains(&("x-one", b"1"))
            && all.contains(&("set-cookie", b"a=1"))
            && all.contains(&("set-cookie", b"b=2"))
    );
    assert!(
        !all.iter().any(|(name, _)| ["connection", "keep-alive", "transfer-encoding"].contains(name)),
        "{all:?}"
    );
}

#[tokio::test]
async fn a_large_answer_comes_back_whole_and_one_past_the_limit_not_at_all() {
    let large: Bytes = vec![b'x'; 20 << 20].into();
    let sent = large.clone();
    let counterpart = Counterpart::start(move |_, _| answer(200, "text/plain", sent.clone())).await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    let url = format!("{}/x", counterpart.origin());
    let status = refused(world.execute(get(url.clone())).await, "RESPONSE_TOO_LARGE");
    assert_eq!(metadata(&status, "limit"), (10 << 20).to_string(), "the documented default");
    let mut roomy = open(&counterpart, None);
    roomy.limits = Some(proto::integrations::v1::Limits { response_bytes: 32 << 20, ..Default::default() });
    world.create("roomy", roomy).await.unwrap();
    let mut request = get(url);
    request.name = "tenants/acme/integrations/roomy".into();
    assert_eq!(world.execute(request).await.unwrap().body, large);
}

#[tokio::test]
async fn what_the_door_refuses_has_a_reason_of_its_own() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let mut integration = open(&counterpart, None);
    integration.endpoints = [
        format!("{}/v1/**", counterpart.origin()),
        "https://api.example.com:4444/**".to_owned(),
        "http://api.example.com/**".to_owned(),
        format!("https://10.1.2.3:{}/**", counterpart.port()),
    ]
    .map(|url| Endpoint { url, methods: vec!["GET".into()] })
    .to_vec();
    world.create("CRM", integration).await.unwrap();
    let origin = counterpart.origin();
    let cases = [
        (format!("{origin}/v2/x"), "ENDPOINT_NOT_LISTED"),
        (format!("{origin}/v1/../v2/x"), "ENDPOINT_NOT_LISTED"),
        (format!("{}/v1/x", counterpart.other_origin()), "ENDPOINT_NOT_LISTED"),
        ("not a url".to_owned(), "URL_INVALID"),
        (format!("https://user@api.example.com:{}/v1/x", counterpart.port()), "URL_INVALID"),
        ("http://api.example.com/x".to_owned(), "SCHEME_REFUSED"),
        ("https://api.example.com:4444/x".to_owned(), "PORT_REFUSED"),
        (format!("https://10.1.2.3:{}/x", counterpart.port()), "ADDRESS_REFUSED"),
    ];
    for (url, reason) in cases {
        refused(world.execute(get(url)).await, reason);
    }
    let mut posted = get(format!("{origin}/v1/x"));
    posted.method = "POST".into();
    let status = refused(world.execute(posted).await, "ENDPOINT_NOT_LISTED");
    assert_eq!(metadata(&status, "host"), "api.example.com");
    for name in ["Host", "Content-Length", "Transfer-Encoding", "Connection", "a b"] {
        let mut framed = get(format!("{origin}/v1/x"));
        framed.headers = vec![header(name, "1")];
        refused(world.execute(framed).await, "HEADER_REFUSED");
    }
    assert!(counterpart.seen().is_empty());
}

#[tokio::test]
async fn a_request_is_checked_before_anything_is_looked_up() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let url = format!("{}/x", counterpart.origin());
    let ask = |change: fn(&mut proto::integrations::v1::ExecuteIntegrationRequest)| {
        let mut request = get(url.clone());
        change(&mut request);
        world.execute(request)
    };
    refused_field(ask(|request| request.name = "integrations/CRM".into()).await, "name");
    refused_field(ask(|request| request.name = "tenants/acme/integrations/a b".into()).await, "name");
    refused_field(ask(|request| request.method.clear()).await, "method");
    refused_field(ask(|request| request.url.clear()).await, "url");
    refused_field(
        ask(|request| request.url = "https://a.example/".to_owned() + &"x".repeat(8192)).await,
        "url",
    );
    let bytes = |request: &mut proto::integrations::v1::ExecuteIntegrationRequest| {
        request.headers = vec![header("X-A", "fine"), header("X-B", "")];
        request.headers[1].value = Bytes::from_static(b"\xff");
    };
    refused_field(ask(bytes).await, "headers[1].value");
    let status = refused(world.execute(get(url.clone())).await, "INTEGRATION_NOT_FOUND");
    assert_eq!(metadata(&status, "name"), super::world::CRM);
    for stranger in [caller(&[Role::Configurator]), caller_in("other", &[Role::Caller])] {
        let mut client = world.integrations_of(stranger);
        let status = refused(client.execute_integration(get(url.clone())).await, "ROLE_MISSING");
        assert_eq!(metadata(&status, "role"), "caller");
    }
}

#[tokio::test]
async fn a_method_that_is_none_is_refused() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.crm(&counterpart, None).await;
    for method in ["G ET", "CONNECT"] {
        let mut request = get(format!("{}/x", counterpart.origin()));
        request.method = method.into();
        refused_field(world.execute(request).await, "method");
    }
}
