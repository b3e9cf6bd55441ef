//! A secret that is not for the place: the refusal comes before the name is looked up.

use std::{
    io,
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, atomic::Ordering},
};

use async_trait::async_trait;
use mapping::{Algorithm, Content, Digest, Encoder, Template};

use super::{
    Door, HOST, Keeper, after,
    counterpart::{Counterpart, Reaction, ok},
    door, get, policy, secret,
};
use crate::{Body, EgressPolicy, Endpoint, Error, ErrorKind, Outbound, Resolver, SourceErrorKind};

const VALUE: &[u8] = b"hunter2-hunter21";
const ELSEWHERE: &str = "https://api.example.com/";

/// Everything is on this machine. Keeps what it was asked.
#[derive(Debug, Default)]
struct Names(Mutex<Vec<String>>);

impl Names {
    fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

#[async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.0.lock().unwrap().push(host.to_owned());
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

fn watched(policy: EgressPolicy) -> (Door, Arc<Names>) {
    let names = Arc::<Names>::default();
    (Door::new(policy, Arc::<Names>::clone(&names)).unwrap(), names)
}

/// A keeper of secrets that are for one origin alone.
fn keeper(scope: &str) -> Keeper {
    let keeper = Keeper::with(&[("key", VALUE), ("other", VALUE)]);
    *keeper.scope.lock().unwrap() = Some(scope.to_owned());
    keeper
}

fn is_out_of_scope(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::SecretRefused(source) if source.kind() == SourceErrorKind::OutOfScope)
}

fn content(name: &str) -> Content {
    Content::Secret(name.to_owned())
}

/// A request with a secret in one place, for every place there is.
fn laden(counterpart: &Counterpart) -> Vec<(&'static str, Outbound)> {
    let with = |change: &dyn Fn(&mut Outbound)| {
        let mut outbound = get(counterpart, "/v1/");
        change(&mut outbound);
        outbound
    };
    let header = |template: Template| vec![("x-key".to_owned(), template)];
    let digest = Digest {
        algorithm: Algorithm::Sha256,
        key: Some(secret("key", Encoder::Raw)),
        message: Template::text("GET"),
    };
    let pair = Content::Template(Box::new(after("ada:", "key", Encoder::Raw)));
    vec![
        ("header", with(&|outbound| outbound.headers = header(secret("key", Encoder::Header)))),
        ("credential", with(&|outbound| outbound.credentials = header(secret("key", Encoder::Header)))),
        (
            "template",
            with(&|outbound| outbound.headers = header(Template::hole(pair.clone(), Encoder::Base64))),
        ),
        (
            "digest",
            with(&|outbound| {
                let digest = Content::Digest(Box::new(digest.clone()));
                outbound.headers = header(Template::hole(digest, Encoder::Hex));
            }),
        ),
        ("path", with(&|outbound| outbound.url.push_hole(content("key"), Encoder::PathSegment))),
        (
            "query",
            with(&|outbound| outbound.query_credentials = vec![("k".into(), secret("key", Encoder::Query))]),
        ),
        ("body", with(&|outbound| outbound.body = Body::Template(secret("key", Encoder::JsonString)))),
        ("certificate", with(&|outbound| outbound.client_certificate = Some(content("key")))),
    ]
}

#[tokio::test]
async fn nothing_is_looked_up_for_a_secret_that_is_not_for_the_place() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let (door, names) = watched(policy(&counterpart));
    for (place, outbound) in laden(&counterpart) {
        let keeper = keeper(ELSEWHERE);
        let error = door.send(outbound, &keeper).await.unwrap_err();
        assert!(is_out_of_scope(&error), "{place}: {error:?}");
        assert_eq!(error.host(), Some(HOST), "{place}");
        let destination = format!("{}/", counterpart.origin());
        assert_eq!(keeper.checked(), [(vec![content("key")], destination)], "{place}");
        assert_eq!(keeper.asked(), [], "{place}: nothing is opened");
    }
    for (place, outbound) in laden(&counterpart) {
        let error = door.stream(outbound, &keeper(ELSEWHERE)).await.err().unwrap();
        assert!(is_out_of_scope(&error), "{place}: {error:?}");
    }
    assert_eq!((names.asked(), counterpart.connections()), (vec![], 0));
}

#[tokio::test]
async fn an_address_in_the_place_of_a_name_is_no_way_round() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let (door, names) = watched(policy(&counterpart));
    for host in ["127.0.0.1", "169.254.169.254"] {
        let origin = format!("https://{host}:{}", counterpart.port());
        let mut outbound = get(&counterpart, "/");
        outbound.url = Template::text(format!("{origin}/"));
        outbound.credentials = vec![("x-key".into(), secret("key", Encoder::Header))];
        outbound.endpoints = Arc::from([Endpoint::anywhere()]);
        let keeper = keeper(ELSEWHERE);
        let error = door.send(outbound, &keeper).await.unwrap_err();
        assert!(is_out_of_scope(&error), "{host}: {error:?}");
        assert_eq!(keeper.checked(), [(vec![content("key")], format!("{origin}/"))]);
    }
    assert_eq!((names.asked(), counterpart.connections()), (vec![], 0));
}

#[tokio::test]
async fn all_secrets_of_a_request_are_asked_about_at_once_and_opened_one_by_one() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let (door, names) = watched(policy(&counterpart));
    let mut outbound = get(&counterpart, "/");
    outbound.headers = vec![("x-key".into(), secret("key", Encoder::Header))];
    outbound.credentials = vec![
        ("x-pair".into(), after("ada:", "other", Encoder::Header)),
        ("x-token".into(), Template::hole(Content::Token("key".into()), Encoder::Header)),
    ];
    let here = format!("{}/", counterpart.origin());
    let keeper = keeper(&here);
    door.send(outbound, &keeper).await.unwrap();
    let all = vec![content("key"), content("other"), Content::Token("key".into())];
    assert_eq!(keeper.checked(), [(all.clone(), here)]);
    assert_eq!(keeper.asked().into_iter().map(|(content, _)| content).collect::<Vec<_>>(), all);

    door.send(get(&counterpart, "/"), &keeper).await.unwrap();
    assert_eq!(keeper.checked().len(), 1, "a request without secrets asks nobody");
    assert_eq!(names.asked(), [HOST, HOST]);
}

#[tokio::test]
async fn what_is_not_let_out_at_all_is_refused_first() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let (door, names) = watched(EgressPolicy { ports: vec![443..=443], ..policy(&counterpart) });
    let mut unlisted = get(&counterpart, "/");
    unlisted.endpoints = Arc::from([]);
    for mut outbound in [get(&counterpart, "/"), unlisted] {
        outbound.credentials = vec![("x-key".into(), secret("key", Encoder::Header))];
        let keeper = keeper(ELSEWHERE);
        let error = door.send(outbound, &keeper).await.unwrap_err();
        let first = matches!(error.kind(), ErrorKind::PortRefused { .. } | ErrorKind::EndpointNotListed);
        assert!(first, "{error:?}");
        assert_eq!(keeper.checked(), []);
    }
    assert_eq!(names.asked(), [""; 0]);
}

fn to(location: &str) -> Reaction {
    let head = format!("HTTP/1.1 307 Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
    Reaction::Write(head.into())
}

/// A POST of `/start` with a secret in the body, that may follow a redirect to anywhere.
fn posting(counterpart: &Counterpart) -> Outbound {
    Outbound {
        method: "POST".to_owned(),
        body: Body::Template(secret("key", Encoder::JsonString)),
        redirects: 1,
        endpoints: Arc::from([Endpoint::anywhere()]),
        ..get(counterpart, "/start")
    }
}

#[tokio::test]
async fn each_hop_is_asked_about_before_its_name_is_looked_up() {
    let scope = Arc::<Mutex<Option<String>>>::default();
    // Between the hops the secret becomes one for elsewhere.
    let changed = Arc::clone(&scope);
    let counterpart = Counterpart::start(move |_| {
        *changed.lock().unwrap() = Some(ELSEWHERE.to_owned());
        to("/end")
    })
    .await;
    let (door, names) = watched(policy(&counterpart));
    let keeper = Keeper { scope, ..Keeper::with(&[("key", VALUE)]) };
    let error = door.send(posting(&counterpart), &keeper).await.unwrap_err();
    assert!(is_out_of_scope(&error) && error.is_after_redirect(), "{error:?}");
    assert_eq!((keeper.checked().len(), keeper.asked().len()), (2, 1));
    assert_eq!((names.asked(), counterpart.connections()), (vec![HOST.to_owned()], 1));
}

#[tokio::test]
async fn a_hop_that_would_take_a_secret_to_another_origin_is_not_looked_up() {
    let location = Arc::new(std::sync::OnceLock::<String>::new());
    let away = Arc::clone(&location);
    let counterpart = Counterpart::start(move |_| to(away.get().unwrap())).await;
    location.set(format!("https://attacker.example:{}/", counterpart.port())).unwrap();
    let (door, names) = watched(policy(&counterpart));
    let keeper = keeper(&format!("{}/", counterpart.origin()));
    let error = door.send(posting(&counterpart), &keeper).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::RedirectRefused), "{error:?}");
    assert_eq!(names.asked(), [HOST]);

    // Without the secret it is another request, and nobody is asked about one.
    let mut outbound = posting(&counterpart);
    outbound.body = Body::None;
    outbound.credentials = vec![("x-key".into(), secret("key", Encoder::Header))];
    let error = door.send(outbound, &keeper).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TlsFailed), "{error:?}");
    assert_eq!(names.asked(), [HOST, HOST, "attacker.example"]);
    assert_eq!((keeper.checked().len(), keeper.asked().len()), (2, 2), "each time for the first hop");
}

#[tokio::test]
async fn what_leaves_is_said_to_and_what_may_not_does_not() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let door = door(&counterpart);
    let origin = format!("{}/", counterpart.origin());
    // What is opened as a certificate is none: such a request is not whole, and does not leave.
    for (place, outbound) in laden(&counterpart).into_iter().filter(|(place, _)| *place != "certificate") {
        let keeper = keeper(&origin);
        door.send(outbound, &keeper).await.unwrap();
        assert_eq!(keeper.left(), [(vec![content("key")], origin.clone())], "{place}");
    }
    let connections = counterpart.connections();
    for (place, outbound) in laden(&counterpart) {
        let keeper = keeper(&origin);
        keeper.shut.store(true, Ordering::Relaxed);
        let error = door.send(outbound, &keeper).await.unwrap_err();
        let refused = matches!(error.kind(), ErrorKind::SecretRefused(_));
        assert!(refused || place == "certificate", "{place}: {error:?}");
        assert_eq!((keeper.asked().len(), keeper.left().len()), (1, 0), "{place}");
    }
    for (_, outbound) in laden(&counterpart).into_iter().take(1) {
        let keeper = keeper(&origin);
        keeper.shut.store(true, Ordering::Relaxed);
        assert!(door.stream(outbound, &keeper).await.is_err());
    }
    assert_eq!(counterpart.connections(), connections);
    // Without a secret there is nothing to say.
    let shut = keeper(&origin);
    shut.shut.store(true, Ordering::Relaxed);
    door.send(get(&counterpart, "/v1/"), &shut).await.unwrap();
}
