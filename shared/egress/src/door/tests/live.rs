//! What arrives at a counterpart.

use std::{
    process::Command,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use http::HeaderMap;
use mapping::{Algorithm, Content, Digest, Encoder, Template};

use super::{
    Door, Keeper, Loopback, after,
    counterpart::{Counterpart, Identity, Reaction, ok},
    door, get, policy, secret,
};
use crate::{Body, Reply, SourceErrorKind, Transport, TransportError, TransportErrorKind, Vetted};

const TOKEN: &[u8] = b"tok-4f9d2c71aa05e8b6";

#[tokio::test]
async fn a_secret_arrives_and_its_echo_does_not_come_back() {
    let counterpart = Counterpart::start(|request| {
        let authorization = request.lines().find(|line| line.starts_with("authorization:")).unwrap();
        ok(&format!("you sent: {authorization}"))
    })
    .await;
    let keeper = Keeper::with(&[("crm-token", TOKEN)]);
    let mut outbound = get(&counterpart, "/v1/customers");
    outbound.credentials = vec![("Authorization".into(), after("Bearer ", "crm-token", Encoder::Header))];

    let answer = door(&counterpart).send(outbound, &keeper).await.unwrap();

    assert!(counterpart.request().contains("\r\nauthorization: Bearer tok-4f9d2c71aa05e8b6\r\n"));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, "you sent: authorization: Bearer [secret removed]");
    assert!(answer.echoed);
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.header("content-length"), None, "it is not true any more");
    let origin = format!("{}/", counterpart.origin());
    assert_eq!(keeper.asked(), [(Content::Secret("crm-token".into()), origin)]);
}

#[tokio::test]
async fn a_signature_is_made_behind_the_door_and_its_key_is_scrubbed_when_it_comes_back() {
    // The counterpart says what it thinks the key is, whole and with what was put before it.
    let counterpart = Counterpart::start(|_| ok("expected GET signed with v1-tok-4f9d2c71aa05e8b6")).await;
    let keeper = Keeper::with(&[("key", TOKEN)]);
    let digest = |key: Template| {
        let message = Template::text("GET");
        Content::Digest(Box::new(Digest { algorithm: Algorithm::Sha256, key: Some(key), message }))
    };
    let mut outbound = get(&counterpart, "/v1/orders?sig=");
    outbound.url.push_hole(digest(secret("key", Encoder::Raw)), Encoder::Base64);
    let key = after("v1-", "key", Encoder::Raw);
    outbound.headers = vec![("x-signature".into(), Template::hole(digest(key), Encoder::Hex))];

    let answer = door(&counterpart).send(outbound, &keeper).await.unwrap();

    let request = counterpart.request();
    let in_header = "2c50302dffea0fd659b67236c91985441db2d1b5dde7c3e268f24b4b6f9fd98d";
    assert!(request.contains(&format!("\r\nx-signature: {in_header}\r\n")), "{request}");
    assert!(
        request.starts_with(
            "GET /v1/orders?sig=llysv8TISIehoODMthH1%2FquwP%2FpjiTHkrtFaM29vsPc%3D HTTP/1.1\r\n"
        ),
        "{request}"
    );
    assert_eq!(answer.body, "expected GET signed with [secret removed]");
    assert!(answer.echoed);
    assert_eq!(keeper.asked().len(), 1, "the key is asked for once");
}

#[tokio::test]
async fn a_file_that_is_secret_leaves_as_its_bytes_and_they_are_scrubbed_when_they_come_back() {
    // Base64 of "certificate-4f9d2c71aa05e8b6".
    const FILE: &[u8] = b"Y2VydGlmaWNhdGUtNGY5ZDJjNzFhYTA1ZThiNg==";
    let counterpart = Counterpart::start(|_| ok("kept certificate-4f9d2c71aa05e8b6 for you")).await;
    let keeper = Keeper::with(&[("file", FILE)]);
    let mut outbound = get(&counterpart, "/v1/files");
    outbound.method = "POST".to_owned();
    let file = Content::Template(Box::new(secret("file", Encoder::Raw)));
    outbound.body = Body::Template(Template::hole(file, Encoder::FromBase64));

    let answer = door(&counterpart).send(outbound, &keeper).await.unwrap();

    assert!(counterpart.request().ends_with("\r\n\r\ncertificate-4f9d2c71aa05e8b6"));
    assert_eq!(answer.body, "kept [secret removed] for you");
    assert!(answer.echoed);
}

#[tokio::test]
async fn a_hole_is_filled_in_path_query_header_and_body_each_encoded_for_its_place() {
    let counterpart = Counterpart::start(|_| ok("fine")).await;
    let keeper = Keeper::with(&[("odd", b"a/b?c&d=\"e\"#f-7c21"), ("pw", b"hunter2!hunter2!")]);
    let mut outbound = get(&counterpart, "/v1/");
    outbound.method = "POST".to_owned();
    outbound.url.push_hole(Content::Secret("odd".into()), Encoder::PathSegment);
    outbound.url.push_text("/x?key=");
    outbound.url.push_hole(Content::Secret("odd".into()), Encoder::Raw);
    outbound.url.push_text("&z=1");
    let pair = Content::Template(Box::new(after("ada:", "pw", Encoder::Raw)));
    let mut basic = Template::text("Basic ");
    basic.push_hole(pair, Encoder::Base64);
    outbound.credentials = vec![("authorization".into(), basic)];
    let mut body = after("{\"key\":\"", "odd", Encoder::JsonString);
    body.push_text("\"}");
    outbound.body = Body::Template(body);

    let answer = door(&counterpart).send(outbound, &keeper).await.unwrap();

    let request = counterpart.request();
    let odd = "a%2Fb%3Fc%26d%3D%22e%22%23f-7c21";
    assert!(request.starts_with(&format!("POST /v1/{odd}/x?key={odd}&z=1 HTTP/1.1\r\n")), "{request}");
    assert!(request.contains("\r\nauthorization: Basic YWRhOmh1bnRlcjIhaHVudGVyMiE=\r\n"), "{request}");
    assert!(request.ends_with(r##"{"key":"a/b?c&d=\"e\"#f-7c21"}"##), "{request}");
    assert_eq!(keeper.asked().len(), 2, "each secret is asked for once");
    assert!(!answer.echoed);
    assert_eq!(answer.header("content-length"), Some("4"));
    let masked = "/v1/%7B%7Bsecret%3Aodd%7D%7D/x?key=%7B%7Bsecret%3Aodd%7D%7D&z=1";
    assert_eq!(answer.url.as_str(), format!("{}{masked}", counterpart.origin()));
}

#[tokio::test]
async fn what_the_integration_injects_wins() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let keeper = Keeper::with(&[("key", TOKEN)]);
    let mut outbound = get(&counterpart, "/?api%5Fkey=mine&q=1&api_key=mine#fragment");
    outbound.headers = vec![
        ("AUTHORIZATION".into(), Template::text("Bearer mine")),
        ("Authorization".into(), Template::text("Bearer also mine")),
        ("Traceparent".into(), Template::text("mine")),
        ("Accept-Encoding".into(), Template::text("gzip")),
        ("X_Api-Key".into(), Template::text("mine")),
        ("x-api_key".into(), Template::text("mine")),
        ("X_Apikey".into(), Template::text("theirs")),
        ("X-Many".into(), Template::text("1")),
        ("x-many".into(), Template::text("2")),
    ];
    outbound.trace_headers = vec![("traceparent".into(), "00-theirs".into())];
    outbound.credentials = vec![
        ("authorization".into(), secret("key", Encoder::Header)),
        ("x-api-key".into(), secret("key", Encoder::Header)),
    ];
    outbound.query_credentials = vec![("api_key".into(), secret("key", Encoder::Query))];

    door(&counterpart).send(outbound, &keeper).await.unwrap();

    let request = counterpart.request();
    assert!(!request.contains("mine"), "{request}");
    assert!(request.starts_with("GET /?q=1&api_key=tok-4f9d2c71aa05e8b6 HTTP/1.1\r\n"), "{request}");
    assert_eq!(request.matches("authorization: tok-4f9d2c71aa05e8b6").count(), 1, "{request}");
    assert!(request.contains("traceparent: 00-theirs"), "{request}");
    assert!(request.contains("accept-encoding: gzip, br, zstd"), "{request}");
    assert!(request.contains("x-many: 1\r\nx-many: 2"), "{request}");
    assert!(request.contains("\r\nx-api-key: tok-") && request.contains("\r\nx_apikey: theirs"), "{request}");
}

#[tokio::test]
async fn a_request_is_framed_by_the_door_alone() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let mut outbound = get(&counterpart, "/");
    outbound.method = "PUT".to_owned();
    outbound.body = Body::Bytes(Bytes::from_static(b"twelve bytes"));
    door(&counterpart).send(outbound, &Keeper::default()).await.unwrap();
    let request = counterpart.request();
    let host = counterpart.origin().replace("https://", "");
    assert_eq!(request.matches("host:").count(), 1, "{request}");
    assert!(request.contains(&format!("\r\nhost: {host}\r\n")), "{request}");
    assert_eq!(request.matches("content-length:").count(), 1, "{request}");
    assert!(request.contains("\r\ncontent-length: 12\r\n"), "{request}");
    assert!(!request.contains("transfer-encoding"), "{request}");
    assert!(!request.contains("referer"), "{request}");

    let mut empty = get(&counterpart, "/");
    empty.method = "post".to_owned();
    door(&counterpart).send(empty, &Keeper::default()).await.unwrap();
    let request = counterpart.requests().pop().unwrap();
    assert!(request.starts_with("POST / HTTP/1.1"), "{request}");
    assert!(request.contains("\r\ncontent-length: 0\r\n"), "{request}");
}

#[tokio::test]
async fn a_counterpart_that_speaks_http2_is_spoken_to_in_http2() {
    let echo = |request: &str| Reaction::Http2(request.to_owned());
    let counterpart = Counterpart::start_as(Identity::TrustedHttp2, echo).await;
    let keeper = Keeper::with(&[("key", TOKEN)]);
    let door = door(&counterpart);
    for _ in 0..3 {
        let mut outbound = get(&counterpart, "/x");
        outbound.credentials = vec![("x-key".into(), secret("key", Encoder::Header))];
        let answer = door.send(outbound, &keeper).await.unwrap();
        let body = String::from_utf8_lossy(&answer.body);
        assert!(answer.echoed && body.contains("x-key: [secret removed]"), "{body}");
        assert!(body.starts_with(&format!("GET {}/x HTTP/2", counterpart.origin())), "{body}");
    }
    assert_eq!(counterpart.connections(), 1, "the connection is kept");
    assert!(counterpart.requests()[2].contains("x-key: tok-4f9d2c71aa05e8b6"));
}

/// Keeps the headers it was given, and gets no answer.
#[derive(Debug, Default)]
struct Headers(Mutex<HeaderMap>);

#[async_trait]
impl Transport for Headers {
    async fn send(&self, request: Vetted) -> Result<Reply, TransportError> {
        *self.0.lock().unwrap() = request.headers;
        Err(TransportError::new(TransportErrorKind::BrokeOff, "nobody is there"))
    }
}

#[tokio::test]
async fn what_is_secret_in_a_header_is_marked_so_for_every_layer_below() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let headers = Arc::new(Headers::default());
    let door =
        Door::with_transport(policy(&counterpart), Arc::new(Loopback), Arc::<Headers>::clone(&headers));
    let mut outbound = get(&counterpart, "/");
    outbound.headers = vec![
        ("x-plain".into(), Template::text("visible")),
        ("x-mixed".into(), after("Bearer ", "key", Encoder::Header)),
    ];
    outbound.credentials = vec![("x-user".into(), Template::text("ada"))];
    let error = door.send(outbound, &Keeper::with(&[("key", TOKEN)])).await.unwrap_err();
    assert!(matches!(error.kind(), crate::ErrorKind::BrokeOff), "{error:?}");

    let headers = headers.0.lock().unwrap();
    let marked = |name: &str| headers[name].is_sensitive();
    assert_eq!((marked("x-plain"), marked("x-mixed"), marked("x-user")), (false, true, true));
    assert!(!format!("{headers:?}").contains("tok-4f9d"), "{headers:?}");
}

#[tokio::test]
async fn many_requests_share_the_door() {
    let counterpart = Counterpart::start(|request| ok(request.lines().next().unwrap())).await;
    let door = door(&counterpart);
    let keeper = Keeper::default();
    let sending = (0..32).map(|index| door.send(get(&counterpart, &format!("/{index}")), &keeper));
    for (index, answer) in futures::future::join_all(sending).await.into_iter().enumerate() {
        assert_eq!(answer.unwrap().body, format!("GET /{index} HTTP/1.1"));
    }
    assert_eq!(counterpart.requests().len(), 32);
}

#[tokio::test]
async fn a_secret_that_is_not_to_be_had_stops_the_request() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let mut outbound = get(&counterpart, "/");
    outbound.credentials = vec![("x-key".into(), secret("gone", Encoder::Header))];
    let error = door(&counterpart).send(outbound, &Keeper::default()).await.unwrap_err();
    let crate::ErrorKind::SecretRefused(source) = error.kind() else { panic!("{error}") };
    assert_eq!((source.kind(), source.name()), (SourceErrorKind::NotFound, "gone"));
    assert_eq!(counterpart.connections(), 0);
}

#[test]
fn proxies_of_the_environment_are_ignored() {
    // A process of its own, since the environment belongs to all of this one.
    let test = "door::tests::live::a_secret_arrives_and_its_echo_does_not_come_back";
    let nobody = "http://127.0.0.1:9";
    let run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .envs(
            ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]
                .map(|name| (name, nobody)),
        )
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&run.stdout);
    assert!(output.contains("1 passed"), "{output}");
}
