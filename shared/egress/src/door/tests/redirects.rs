//! Where redirects lead, and what goes along.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION};
use mapping::{Content, Encoder, Template};

use super::{
    Door, HOST, Keeper, after,
    counterpart::{Counterpart, Identity, Reaction, ok},
    get, policy, secret,
};
use crate::{
    Body, EgressPolicy, Endpoint, Error, ErrorKind, Outbound, Reply, Resolver, Transport, TransportError,
    Vetted,
};

const TOKEN: &[u8] = b"tok-4f9d2c71aa05e8b6";

/// A redirect, its headers as they are written.
fn redirect(status: u16, headers: &str) -> Reaction {
    Reaction::Write(format!("HTTP/1.1 {status} Moved\r\n{headers}Content-Length: 0\r\n\r\n").into())
}

fn to(status: u16, location: &str) -> Reaction {
    redirect(status, &format!("Location: {location}\r\n"))
}

/// The path and query that a request asks for.
fn path(request: &str) -> &str {
    request.split(' ').nth(1).unwrap()
}

/// Redirects `/start` by the status to the location, and answers everything else with what it got.
async fn starting(status: u16, location: impl Into<String>) -> Counterpart {
    let location = location.into();
    Counterpart::start(move |request| match path(request).split('?').next().unwrap() {
        "/start" => to(status, &location),
        _ => ok(request),
    })
    .await
}

/// This machine, and the address of a cloud's metadata service under a name.
#[derive(Debug)]
struct Names;

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let metadata = Ipv4Addr::new(169, 254, 169, 254);
        Ok(vec![if host == "metadata.example" { metadata } else { Ipv4Addr::LOCALHOST }.into()])
    }
}

/// A door to all of the counterparts, and every endpoint of theirs.
fn between(counterparts: &[&Counterpart]) -> (Door, Arc<[Endpoint]>) {
    let policies: Vec<EgressPolicy> = counterparts.iter().map(|each| policy(*each)).collect();
    let policy = EgressPolicy {
        ports: policies.iter().flat_map(|policy| policy.ports.clone()).collect(),
        ca_files: policies.iter().flat_map(|policy| policy.ca_files.clone()).collect(),
        allow_http: true,
        ..policies[0].clone()
    };
    let endpoint = |each: &&Counterpart| Endpoint::parse(&format!("{}/**", each.origin()), &[]).unwrap();
    (Door::new(policy, Arc::new(Names)).unwrap(), counterparts.iter().map(endpoint).collect())
}

/// A GET of `/start` with a secret in every place, that follows as many redirects as may be.
fn laden(first: &Counterpart, endpoints: &Arc<[Endpoint]>) -> Outbound {
    Outbound {
        headers: vec![
            ("X-Plain".into(), Template::text("plain")),
            ("X-Key".into(), secret("key", Encoder::Header)),
            ("Cookie".into(), Template::text("session=mine")),
            ("Referer".into(), Template::text("https://caller.example/")),
        ],
        credentials: vec![("authorization".into(), after("Bearer ", "key", Encoder::Header))],
        query_credentials: vec![("api_key".into(), secret("key", Encoder::Query))],
        redirects: 5,
        endpoints: endpoints.clone(),
        ..get(first, "/start")
    }
}

fn keeper() -> Keeper {
    Keeper::with(&[("key", TOKEN)])
}

/// Sends a GET of `/start` that may follow redirects, and gives the reason why there was no answer.
async fn refusal(door: &Door, first: &Counterpart, endpoints: &Arc<[Endpoint]>) -> Error {
    let outbound = Outbound { redirects: 5, endpoints: endpoints.clone(), ..get(first, "/start") };
    door.send(outbound, &keeper()).await.unwrap_err()
}

#[tokio::test]
async fn none_is_followed_unless_it_is_allowed() {
    let counterpart = starting(302, "/end").await;
    let (door, endpoints) = between(&[&counterpart]);
    let outbound = Outbound { endpoints, ..get(&counterpart, "/start") };
    let answer = door.send(outbound, &keeper()).await.unwrap();
    assert_eq!((answer.status, answer.header("location")), (302, Some("/end")));
    assert_eq!(counterpart.requests().len(), 1);
}

#[tokio::test]
async fn within_the_origin_a_request_stays_what_it_is() {
    let counterpart = Counterpart::start(|request| match path(request).split('?').next().unwrap() {
        "/start" => to(302, "/middle?q=1#fragment"),
        "/middle" => to(301, "end"),
        _ => ok(request),
    })
    .await;
    let (door, endpoints) = between(&[&counterpart]);
    let keeper = keeper();
    let answer = door.send(laden(&counterpart, &endpoints), &keeper).await.unwrap();
    assert_eq!((answer.status, answer.url.path(), answer.url.fragment()), (200, "/end", None));
    assert!(answer.echoed);
    let requests = counterpart.requests();
    let paths: Vec<&str> = requests.iter().map(|request| path(request)).collect();
    let key = "api_key=tok-4f9d2c71aa05e8b6";
    assert_eq!(paths, [format!("/start?{key}"), format!("/middle?q=1&{key}"), format!("/end?{key}")]);
    for request in &requests {
        assert!(request.contains("\r\nauthorization: Bearer tok-4f9d2c71aa05e8b6\r\n"), "{request}");
        assert!(request.contains("\r\nx-key: tok-4f9d2c71aa05e8b6\r\n"), "{request}");
        assert!(request.contains("\r\ncookie: session=mine\r\n"), "{request}");
    }
    assert_eq!(keeper.asked().len(), 3, "each hop asks for the secret anew, for its own origin");
}

#[tokio::test]
async fn nothing_secret_crosses_an_origin_nor_comes_back_to_the_first() {
    let home = Arc::new(std::sync::OnceLock::<String>::new());
    let origin = Arc::clone(&home);
    let other = Counterpart::start(move |_| to(302, &format!("{}/back", origin.get().unwrap()))).await;
    let first = starting(302, format!("{}/away", other.origin())).await;
    home.set(first.origin()).unwrap();
    let (door, endpoints) = between(&[&first, &other]);
    let keeper = keeper();
    let answer = door.send(laden(&first, &endpoints), &keeper).await.unwrap();
    assert_eq!((answer.status, answer.url.as_str()), (200, format!("{}/back", first.origin()).as_str()));
    let [start, back] = &first.requests()[..] else { panic!("two requests: {:?}", first.requests()) };
    assert!(start.contains("authorization: Bearer tok-") && start.contains("cookie"), "{start}");
    for request in [back, &other.request()] {
        assert!(request.contains("\r\nx-plain: plain\r\n"), "what no secret touched goes along: {request}");
        for gone in ["tok-", "authorization", "cookie", "x-key", "api_key", "referer", "secret"] {
            assert!(!request.contains(gone), "{gone}: {request}");
        }
    }
    assert_eq!(keeper.asked(), [(Content::Secret("key".into()), format!("{}/", first.origin()))]);
}

#[tokio::test]
async fn a_text_of_the_callers_for_one_origin_does_not_cross_either() {
    let other = Counterpart::start(|_| ok("")).await;
    let first = starting(307, format!("{}/", other.origin())).await;
    let (door, endpoints) = between(&[&first, &other]);
    let mut outbound = Outbound { redirects: 1, endpoints, ..get(&first, "/start") };
    outbound.headers = vec![
        ("AUTHORIZATION".into(), Template::text("Bearer mine")),
        ("Cookie".into(), Template::text("session=mine")),
    ];
    outbound.credentials = vec![("x-user".into(), Template::text("mine"))];
    door.send(outbound, &keeper()).await.unwrap();
    assert!(!other.request().contains("mine"), "{}", other.request());
}

#[tokio::test]
async fn a_secret_that_reached_another_origin_by_itself_is_still_taken_out_of_its_answer() {
    // Whoever was sent the secret tells it to the other, who gives it back.
    let other = Counterpart::start(|_| ok("heard of tok-4f9d2c71aa05e8b6")).await;
    let first = starting(302, format!("{}/", other.origin())).await;
    let (door, endpoints) = between(&[&first, &other]);
    let answer = door.send(laden(&first, &endpoints), &keeper()).await.unwrap();
    assert_eq!(answer.body, "heard of [secret removed]");
    assert!(answer.echoed);
}

#[tokio::test]
async fn an_echo_on_the_way_is_told_of_the_answer() {
    let counterpart = Counterpart::start(|request| match path(request).split('?').next().unwrap() {
        "/start" => redirect(302, "Location: /end\r\nX-Echo: tok-4f9d2c71aa05e8b6\r\n"),
        _ => ok("clean"),
    })
    .await;
    let (door, endpoints) = between(&[&counterpart]);
    let answer = door.send(laden(&counterpart, &endpoints), &keeper()).await.unwrap();
    assert_eq!((answer.body, answer.echoed), (Bytes::from_static(b"clean"), true));
}

#[tokio::test]
async fn the_method_is_kept_or_becomes_get_as_http_says() {
    for (status, method, expected) in [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (303, "POST", "GET"),
        (307, "POST", "POST"),
        (308, "POST", "POST"),
        (301, "PUT", "PUT"),
        (302, "PATCH", "PATCH"),
        (303, "PUT", "GET"),
        (303, "DELETE", "GET"),
        (303, "HEAD", "HEAD"),
        (302, "HEAD", "HEAD"),
        (307, "DELETE", "DELETE"),
        (308, "GET", "GET"),
    ] {
        let counterpart = starting(status, "/end").await;
        let (door, endpoints) = between(&[&counterpart]);
        let mut outbound = Outbound { redirects: 1, endpoints, ..get(&counterpart, "/start") };
        outbound.method = method.to_owned();
        outbound.headers = vec![("Content-Type".into(), Template::text("text/plain"))];
        outbound.body = Body::Bytes(Bytes::from_static(b"the body"));
        if matches!(method, "HEAD" | "GET") {
            outbound.body = Body::None;
        }
        let answer = door.send(outbound, &keeper()).await.unwrap();
        assert_eq!((answer.status, answer.url.path()), (200, "/end"));
        let request = counterpart.requests().pop().unwrap();
        assert!(
            request.starts_with(&format!("{expected} /end HTTP/1.1\r\n")),
            "{status} {method}: {request}"
        );
        let kept = expected == method;
        assert_eq!(request.ends_with("the body"), kept && !matches!(method, "HEAD" | "GET"), "{request}");
        assert_eq!(request.contains("content-type"), kept && status != 303, "{status} {method}: {request}");
    }
}

#[tokio::test]
async fn what_is_no_redirect_to_follow_is_an_answer() {
    for (status, headers) in [
        (300, "Location: /end\r\n"),
        (304, "Location: /end\r\n"),
        (305, "Location: /end\r\n"),
        (306, "Location: /end\r\n"),
        (200, "Location: /end\r\n"),
        (201, "Location: /end\r\n"),
        (302, ""),
        (308, "Refresh: 0; url=/end\r\n"),
    ] {
        let counterpart = Counterpart::start(move |_| redirect(status, headers)).await;
        let (door, endpoints) = between(&[&counterpart]);
        let outbound = Outbound { redirects: 5, endpoints, ..get(&counterpart, "/start") };
        let answer = door.send(outbound, &keeper()).await.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(counterpart.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_body_that_is_gone_makes_the_redirect_an_answer() {
    for (status, followed) in [(307, false), (308, false), (303, true)] {
        let counterpart = starting(status, "/end").await;
        let (door, endpoints) = between(&[&counterpart]);
        let mut outbound = Outbound { redirects: 5, endpoints, ..get(&counterpart, "/start") };
        outbound.method = "POST".to_owned();
        outbound.body = Body::stream(stream::iter([Ok(Bytes::from_static(b"once"))]));
        let answer = door.stream(outbound, &keeper()).await.unwrap();
        assert_eq!(answer.status, if followed { 200 } else { status });
    }
}

#[tokio::test]
async fn a_stream_follows_too() {
    let counterpart = starting(302, "/end").await;
    let (door, endpoints) = between(&[&counterpart]);
    let answer = door.stream(laden(&counterpart, &endpoints), &keeper()).await.unwrap();
    assert_eq!((answer.status, answer.url.path()), (200, "/end"));
    let body: Vec<Bytes> = answer.body.try_collect().await.unwrap();
    assert!(String::from_utf8(body.concat()).unwrap().contains("authorization: Bearer [secret removed]"));
}

#[tokio::test]
async fn a_body_with_a_secret_in_it_does_not_cross_an_origin() {
    let other = Counterpart::start(|_| ok("")).await;
    for status in [307, 308] {
        let first = starting(status, format!("{}/", other.origin())).await;
        let (door, endpoints) = between(&[&first, &other]);
        let mut outbound = Outbound { redirects: 1, endpoints, ..get(&first, "/start") };
        outbound.method = "POST".to_owned();
        outbound.body = Body::Template(after("key=", "key", Encoder::Form));
        let error = door.send(outbound, &keeper()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::RedirectRefused), "{error:?}");
        assert_eq!(error.host(), Some(HOST));
        assert_eq!(other.connections(), 0);
    }
    // Without the body, and within the origin, it may be followed.
    let first = starting(302, format!("{}/", other.origin())).await;
    let same = starting(307, "/end").await;
    for counterpart in [&first, &same] {
        let (door, endpoints) = between(&[counterpart, &other]);
        let mut outbound = Outbound { redirects: 1, endpoints, ..get(counterpart, "/start") };
        outbound.method = "POST".to_owned();
        outbound.body = Body::Template(after("key=", "key", Encoder::Form));
        assert_eq!(door.send(outbound, &keeper()).await.unwrap().status, 200);
    }
    assert!(same.requests()[1].ends_with("key=tok-4f9d2c71aa05e8b6"));
    assert!(!other.request().contains("tok-"));
}

#[tokio::test]
async fn each_hop_is_guarded_like_the_first() {
    let plain = Counterpart::start_as(Identity::Plain, |_| ok("")).await;
    let other = Counterpart::start(|_| ok("")).await;
    let closed = Counterpart::start(|_| ok("")).await;
    let port = closed.port();
    type Check = fn(&ErrorKind) -> bool;
    let cases: [(String, Check, &str); 9] = [
        (
            "https://169.254.169.254/latest".into(),
            |kind| matches!(kind, ErrorKind::EndpointNotListed),
            "169.254.169.254",
        ),
        (
            "https://metadata.example/latest".into(),
            |kind| matches!(kind, ErrorKind::AddressRefused),
            "metadata.example",
        ),
        (
            "https://169.254.169.253/latest".into(),
            |kind| matches!(kind, ErrorKind::AddressRefused),
            "169.254.169.253",
        ),
        (format!("{}/", other.origin()), |kind| matches!(kind, ErrorKind::EndpointNotListed), HOST),
        ("/unlisted/..".into(), |kind| matches!(kind, ErrorKind::EndpointNotListed), HOST),
        (format!("https://{HOST}/"), |kind| matches!(kind, ErrorKind::EndpointNotListed), HOST),
        (format!("https://{HOST}:{port}/"), |kind| matches!(kind, ErrorKind::PortRefused { .. }), HOST),
        (format!("{}/", plain.origin()), |kind| matches!(kind, ErrorKind::SchemeRefused), HOST),
        ("http://127.0.0.1/".into(), |kind| matches!(kind, ErrorKind::EndpointNotListed), "127.0.0.1"),
    ];
    for (location, expected, host) in cases {
        let first = starting(302, location.clone()).await;
        let mut policy = policy(&first);
        policy.ports.extend([plain.port()..=plain.port(), other.port()..=other.port(), 443..=443]);
        let door = Door::new(policy, Arc::new(Names)).unwrap();
        let listed = [
            format!("{}/start", first.origin()),
            format!("{}/**", plain.origin()),
            format!("https://{HOST}:{port}/**"),
            "https://metadata.example/**".to_owned(),
            "https://169.254.169.253/**".to_owned(),
        ];
        let endpoints = listed.iter().map(|endpoint| Endpoint::parse(endpoint, &[]).unwrap()).collect();
        let error = refusal(&door, &first, &endpoints).await;
        assert!(expected(error.kind()), "{location}: {error:?}");
        assert_eq!(error.host(), Some(host), "{location}");
        assert!(error.to_string().contains("the counterpart redirected here: "), "{error}");
        assert_eq!(first.requests().len(), 1, "{location}");
    }
    assert_eq!((plain.connections(), other.connections(), closed.connections()), (0, 0, 0));
}

#[tokio::test]
async fn an_endpoint_covers_a_hop_by_its_own_method() {
    let counterpart = starting(303, "/end").await;
    let (door, _) = between(&[&counterpart]);
    let post = Endpoint::parse(&format!("{}/**", counterpart.origin()), &["POST".to_owned()]).unwrap();
    let mut outbound = Outbound { redirects: 1, endpoints: [post].into(), ..get(&counterpart, "/start") };
    outbound.method = "POST".to_owned();
    let error = door.send(outbound, &keeper()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::EndpointNotListed), "{error:?}");
}

#[tokio::test]
async fn a_secret_is_not_taken_to_plain_http_but_what_has_none_may_go_there() {
    let plain = Counterpart::start_as(Identity::Plain, ok).await;
    let first = starting(302, format!("{}/end", plain.origin())).await;
    let (door, endpoints) = between(&[&first, &plain]);
    let answer = door.send(laden(&first, &endpoints), &keeper()).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(!plain.request().contains("tok-") && !plain.request().contains("authorization"));
}

#[tokio::test]
async fn a_location_that_is_no_unambiguous_url_is_refused() {
    let locations = [
        "Location: \r\n".to_owned(),
        "Location: //counterpart.example/\r\n".to_owned(),
        "Location: https:\\\\counterpart.example\r\n".to_owned(),
        "Location: /\\counterpart.example\r\n".to_owned(),
        "Location: https:counterpart.example\r\n".to_owned(),
        "Location: https:/counterpart.example\r\n".to_owned(),
        "Location: https:///counterpart.example\r\n".to_owned(),
        "Location: https://ada:pw@counterpart.example/\r\n".to_owned(),
        "Location: https://@counterpart.example/\r\n".to_owned(),
        "Location: https://counterpart.example:0443/\r\n".to_owned(),
        "Location: https://counterp%61rt.example/\r\n".to_owned(),
        "Location: https://counterpart.example./\r\n".to_owned(),
        "Location: ftp://counterpart.example/\r\n".to_owned(),
        "Location: javascript:1\r\n".to_owned(),
        "Location: /a b\r\n".to_owned(),
        "Location: /a\tb\r\n".to_owned(),
        "Location: /\u{e9}\r\n".to_owned(),
        "Location: /%00\r\n".to_owned(),
        "Location: /one\r\nLocation: /two\r\n".to_owned(),
        "Location: /one\r\nlocation: /one\r\n".to_owned(),
        format!("Location: /{}\r\n", "a".repeat(9000)),
    ];
    for headers in locations {
        let shown = headers.clone();
        let counterpart = Counterpart::start(move |_| redirect(302, &headers)).await;
        let (door, endpoints) = between(&[&counterpart]);
        let error = refusal(&door, &counterpart, &endpoints).await;
        assert!(matches!(error.kind(), ErrorKind::RedirectRefused), "{shown}: {error:?}");
        assert_eq!(error.host(), Some(HOST), "{shown}");
        assert_eq!(counterpart.requests().len(), 1, "{shown}");
        assert!(!format!("{error} {error:?}").contains("pw"), "nothing of it is told: {error:?}");
    }
}

#[tokio::test]
async fn a_location_with_a_control_byte_ends_the_answer() {
    for byte in [0u8, 1, b'\n', 0x0b, 0x7f] {
        let headers =
            [b"HTTP/1.1 302 Found\r\nLocation: /a", &[byte][..], b"b\r\nContent-Length: 0\r\n\r\n"].concat();
        let counterpart = Counterpart::start(move |_| Reaction::Write(headers.clone())).await;
        let (door, endpoints) = between(&[&counterpart]);
        let error = refusal(&door, &counterpart, &endpoints).await;
        assert!(
            matches!(error.kind(), ErrorKind::RedirectRefused | ErrorKind::BrokeOff),
            "{byte}: {error:?}"
        );
        assert_eq!(counterpart.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_location_that_echoes_a_secret_leads_nowhere() {
    let other = Counterpart::start(|_| ok("")).await;
    for location in
        ["/next?key=tok-4f9d2c71aa05e8b6".to_owned(), format!("{}/tok-4f9d2c71aa05e8b6", other.origin())]
    {
        let first = Counterpart::start(move |_| to(302, &location)).await;
        let (door, endpoints) = between(&[&first, &other]);
        let error = door.send(laden(&first, &endpoints), &keeper()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::RedirectRefused), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("tok-"), "{error:?}");
        assert_eq!(first.requests().len(), 1);
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn what_is_relative_to_a_secret_leads_nowhere() {
    for location in ["next", "?page=2", "#top", "./next"] {
        let counterpart = Counterpart::start(move |_| to(302, location)).await;
        let (door, endpoints) = between(&[&counterpart]);
        let mut outbound = Outbound { redirects: 1, endpoints, ..get(&counterpart, "/v1/") };
        outbound.url.push_hole(Content::Secret("key".into()), Encoder::PathSegment);
        outbound.url.push_text("/start");
        let error = door.send(outbound, &keeper()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::RedirectRefused), "{location}: {error:?}");
        assert_eq!(counterpart.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_location_is_data_and_its_braces_are_text() {
    let counterpart = starting(302, "/v1/{{secret:key}}/${x}?q={{secret:key}}").await;
    let (door, endpoints) = between(&[&counterpart]);
    let keeper = keeper();
    let outbound = Outbound { redirects: 1, endpoints, ..get(&counterpart, "/start") };
    door.send(outbound, &keeper).await.unwrap();
    let request = counterpart.requests().pop().unwrap();
    assert!(request.contains("secret:key") && !request.contains("tok-"), "{request}");
    assert_eq!(keeper.asked(), []);
}

#[tokio::test]
async fn so_many_and_no_more() {
    let counterpart = Counterpart::start(|request| {
        let hop: u32 = path(request).trim_start_matches('/').parse().unwrap();
        if hop == 6 { ok("the end") } else { to(302, &format!("/{}", hop + 1)) }
    })
    .await;
    let (door, endpoints) = between(&[&counterpart]);
    let keeper = keeper();
    let from = |start: u8, redirects: u8| {
        let endpoints = endpoints.clone();
        door.send(Outbound { redirects, endpoints, ..get(&counterpart, &format!("/{start}")) }, &keeper)
    };
    assert_eq!(from(1, 5).await.unwrap().body, "the end");
    assert_eq!(from(5, 1).await.unwrap().body, "the end");
    for (start, redirects, requests) in [(0, 5, 6), (0, 255, 6), (4, 1, 2)] {
        let sent = counterpart.requests().len();
        let error = from(start, redirects).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::RedirectRefused), "{error:?}");
        assert_eq!(counterpart.requests().len() - sent, requests);
    }

    let circle = starting(302, "/start").await;
    let (door, endpoints) = between(&[&circle]);
    let error = refusal(&door, &circle, &endpoints).await;
    assert!(matches!(error.kind(), ErrorKind::RedirectRefused), "{error:?}");
    assert_eq!(circle.requests().len(), 6);
}

/// A name server that takes its time, and a counterpart that redirects for ever.
#[derive(Debug)]
struct Slow;

#[async_trait]
impl Resolver for Slow {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        tokio::time::sleep(Duration::from_millis(400)).await;
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

#[async_trait]
impl Transport for Slow {
    async fn send(&self, _: Vetted) -> Result<Reply, TransportError> {
        let headers = HeaderMap::from_iter([(LOCATION, HeaderValue::from_static("/"))]);
        Ok(Reply { status: StatusCode::FOUND, headers, body: stream::empty().boxed() })
    }
}

#[tokio::test]
async fn one_time_for_all_hops() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let door = Door::with_transport(policy(&counterpart), Arc::new(Slow), Arc::new(Slow));
    let mut outbound = Outbound { redirects: 5, ..get(&counterpart, "/") };
    outbound.timeout = Duration::from_secs(1);
    // From here on the clock is the runtime's own: it moves when everybody waits.
    tokio::time::pause();
    let error = door.send(outbound, &keeper()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Timeout), "{error:?}");
    assert_eq!(error.host(), Some(HOST));
}

/// Redirects once, to where it is told, and writes down what it is asked for after that.
#[derive(Debug)]
struct Once {
    status: StatusCode,
    location: HeaderValue,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Transport for Once {
    async fn send(&self, request: Vetted) -> Result<Reply, TransportError> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(request.url.to_string());
        let first = asked.len() == 1;
        let headers = HeaderMap::from_iter(first.then(|| (LOCATION, self.location.clone())));
        let status = if first { self.status } else { StatusCode::NO_CONTENT };
        Ok(Reply { status, headers, body: stream::empty().boxed() })
    }
}

#[tokio::test]
async fn every_redirect_of_the_vectors_is_decided_as_written() {
    let vectors = super::vectors::read("ssrf_vectors.jsonl");
    let vectors: Vec<_> = vectors.iter().filter(|vector| vector["via"] == "redirect").collect();
    assert_eq!(vectors.len(), 32);
    for vector in vectors {
        let text = |key: &str| vector[key].as_str().unwrap();
        // A line break ends the answer before there is a header to look at.
        let Ok(location) = HeaderValue::from_str(text("url")) else {
            assert_eq!(text("expected"), "deny");
            continue;
        };
        let status = u16::try_from(vector["status"].as_u64().unwrap()).unwrap();
        let status = StatusCode::from_u16(status).unwrap();
        let once = Arc::new(Once { status, location, asked: Mutex::default() });
        let policy = EgressPolicy { allow_http: true, ports: vec![1..=65535], ..EgressPolicy::default() };
        let door = Door::with_transport(policy, Arc::new(Public), Arc::<Once>::clone(&once));
        let entries = vector["allowlist"].as_array().unwrap().iter().map(|entry| entry.as_str().unwrap());
        let endpoints = entries.map(|entry| Endpoint::parse(&format!("{entry}**"), &[]).unwrap()).collect();
        let counterpart = Counterpart::start(|_| ok("")).await;
        let outbound =
            Outbound { url: Template::text(text("from")), endpoints, redirects: 1, ..get(&counterpart, "/") };
        let followed = door.send(outbound, &keeper()).await.is_ok();
        assert_eq!(followed, text("expected") == "allow", "{vector}");
        assert_eq!(once.asked.lock().unwrap().len(), if followed { 2 } else { 1 }, "{vector}");
    }
}

/// Every name is on one public address.
#[derive(Debug)]
struct Public;

#[async_trait]
impl Resolver for Public {
    async fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![Ipv4Addr::new(93, 184, 215, 14).into()])
    }
}

#[tokio::test]
async fn an_origin_is_the_same_however_it_is_written() {
    let counterpart = Counterpart::start(move |request| match path(request).split('?').next().unwrap() {
        "/start" => {
            let authority = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
            to(302, &format!("HTTPS://{}/end#there", authority.to_uppercase()))
        }
        _ => ok("fine"),
    })
    .await;
    let (door, endpoints) = between(&[&counterpart]);
    let answer = door.send(laden(&counterpart, &endpoints), &keeper()).await.unwrap();
    assert_eq!((answer.followed, answer.crossed), (1, false));
    let end = counterpart.requests().pop().unwrap();
    assert!(end.contains("authorization: Bearer tok-") && end.contains("api_key=tok-"), "{end}");
}

#[tokio::test]
async fn a_text_that_a_credential_replaced_is_not_let_out_at_another_origin() {
    let other = Counterpart::start(|_| ok("")).await;
    let first = starting(302, format!("{}/", other.origin())).await;
    let (door, endpoints) = between(&[&first, &other]);
    let mut outbound = Outbound { redirects: 1, endpoints, ..get(&first, "/start") };
    outbound.headers = vec![
        ("X-Api-Key".into(), Template::text("mine")),
        ("x_api_key".into(), Template::text("mine")),
        ("Origin".into(), Template::text("https://mine.example")),
        ("X-Plain".into(), Template::text("plain")),
    ];
    outbound.credentials = vec![("x-api-key".into(), secret("key", Encoder::Header))];
    let answer = door.send(outbound, &keeper()).await.unwrap();
    assert_eq!((answer.followed, answer.crossed), (1, true));
    assert!(first.request().contains("origin: https://mine.example"), "{}", first.request());
    let request = other.request();
    assert!(!request.contains("mine") && request.contains("x-plain: plain"), "{request}");
}

#[tokio::test]
async fn what_was_said_of_a_body_goes_with_it() {
    const NAMES: [&str; 10] = [
        "Content-Type",
        "Content-Language",
        "Content-Location",
        "Content-MD5",
        "Content-Disposition",
        "content-range",
        "Content-Digest",
        "Repr-Digest",
        "Digest",
        "Last-Modified",
    ];
    for (status, gone) in [(303, true), (307, false)] {
        let counterpart = starting(status, "/end").await;
        let (door, endpoints) = between(&[&counterpart]);
        let mut outbound = Outbound { redirects: 1, endpoints, ..get(&counterpart, "/start") };
        outbound.method = "POST".to_owned();
        outbound.body = Body::Bytes(Bytes::from_static(b"the body"));
        outbound.headers = NAMES.map(|name| (name.into(), Template::text("of the body"))).into();
        outbound.headers.push(("Contentment".into(), Template::text("great")));
        door.send(outbound, &keeper()).await.unwrap();
        let request = counterpart.requests().pop().unwrap();
        assert_eq!(request.matches("of the body").count(), if gone { 0 } else { NAMES.len() }, "{request}");
        assert!(request.contains("contentment: great"), "{request}");
    }
}

#[tokio::test]
async fn where_it_went_is_told_of_a_stream_too() {
    let home = Arc::new(std::sync::OnceLock::<String>::new());
    let origin = Arc::clone(&home);
    let other = Counterpart::start(move |_| to(302, &format!("{}/back", origin.get().unwrap()))).await;
    let first = starting(302, format!("{}/away", other.origin())).await;
    home.set(first.origin()).unwrap();
    let (door, endpoints) = between(&[&first, &other]);
    let answer = door.stream(laden(&first, &endpoints), &keeper()).await.unwrap();
    assert_eq!((answer.followed, answer.crossed), (2, true), "though it is back where it began");
}
