//! What never leaves: no connection is made, and no secret is asked for.

use std::{net::Ipv4Addr, sync::Arc};

use async_trait::async_trait;
use mapping::{Content, Encoder, Template};

use super::{
    Door, HOST, Keeper, Loopback, after,
    counterpart::{Counterpart, Identity, ok},
    door, get, policy, secret,
};
use crate::{Body, EgressPolicy, Endpoint, Error, ErrorKind, Outbound, Resolver, SystemResolver};

const VALUE: &[u8] = b"hunter2-hunter21";

/// A trusted counterpart, and a keeper of one secret.
async fn parties() -> (Counterpart, Keeper) {
    (Counterpart::start(|_| ok("")).await, Keeper::with(&[("key", VALUE)]))
}

/// A GET that would carry the secret.
fn with_secret(counterpart: &Counterpart, path: &str) -> Outbound {
    let mut outbound = get(counterpart, path);
    outbound.credentials = vec![("x-key".into(), secret("key", Encoder::Header))];
    outbound
}

/// Sends, and asserts that the refusal came before everything else.
async fn refused(door: &Door, outbound: Outbound, counterpart: &Counterpart, keeper: &Keeper) -> Error {
    let error = door.send(outbound, keeper).await.expect_err("it must not leave");
    assert_eq!(counterpart.connections(), 0, "connected: {error}");
    assert_eq!(keeper.asked(), [], "asked: {error}");
    error
}

#[tokio::test]
async fn an_unlisted_endpoint() {
    let (counterpart, keeper) = parties().await;
    let door = door(&counterpart);
    let origin = counterpart.origin();
    let listed = |text: &str, methods: &[&str]| {
        let methods: Vec<String> = methods.iter().map(|method| (*method).to_owned()).collect();
        Arc::from([Endpoint::parse(text, &methods).unwrap()])
    };
    let lists: [Arc<[Endpoint]>; 5] = [
        Arc::from([]),
        listed(&format!("{origin}/v2/**"), &[]),
        listed(&format!("{origin}/v1/*"), &[]),
        listed(&format!("{origin}/**"), &["POST"]),
        listed("https://other.example/**", &[]),
    ];
    for endpoints in lists {
        let mut outbound = with_secret(&counterpart, "/v1/a/b?token=canary");
        outbound.endpoints = endpoints;
        let error = refused(&door, outbound, &counterpart, &keeper).await;
        assert!(matches!(error.kind(), ErrorKind::EndpointNotListed), "{error:?}");
        assert_eq!(error.host(), Some(HOST));
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_port_or_scheme_that_policy_does_not_let_out() {
    let (counterpart, keeper) = parties().await;
    let mut narrow = policy(&counterpart);
    narrow.ports = EgressPolicy::default().ports;
    let door = Door::new(narrow, Arc::new(Loopback)).unwrap();
    let error = refused(&door, with_secret(&counterpart, "/"), &counterpart, &keeper).await;
    assert!(
        matches!(error.kind(), ErrorKind::PortRefused { port } if *port == counterpart.port()),
        "{error:?}"
    );

    let plain = Counterpart::start_as(Identity::Plain, |_| ok("")).await;
    let door = super::door(&plain);
    let error = refused(&door, get(&plain, "/"), &plain, &keeper).await;
    assert!(matches!(error.kind(), ErrorKind::SchemeRefused), "{error:?}");
}

#[tokio::test]
async fn a_secret_over_plain_http() {
    let plain = Counterpart::start_as(Identity::Plain, |_| ok("fine")).await;
    let keeper = Keeper::with(&[("key", VALUE)]);
    let mut open = policy(&plain);
    open.allow_http = true;
    let door = Door::new(open, Arc::new(Loopback)).unwrap();

    let in_header = with_secret(&plain, "/");
    let mut in_url = get(&plain, "/");
    in_url.url.push_hole(Content::Secret("key".into()), Encoder::PathSegment);
    let mut in_query = get(&plain, "/");
    in_query.query_credentials = vec![("key".into(), secret("key", Encoder::Query))];
    let mut in_body = get(&plain, "/");
    in_body.body = Body::Template(secret("key", Encoder::JsonString));
    let mut token = get(&plain, "/");
    token.headers = vec![("x".into(), Template::hole(Content::Token("key".into()), Encoder::Header))];
    let mut nested = get(&plain, "/");
    let pair = Content::Template(Box::new(after("ada:", "key", Encoder::Raw)));
    nested.headers = vec![("x".into(), Template::hole(pair, Encoder::Base64))];
    for outbound in [in_header, in_url, in_query, in_body, token, nested] {
        let error = refused(&door, outbound, &plain, &keeper).await;
        assert!(matches!(error.kind(), ErrorKind::SchemeRefused), "{error:?}");
    }

    let answer = door.send(get(&plain, "/"), &keeper).await.unwrap();
    assert_eq!(answer.body, "fine", "without a secret it may leave");
}

#[tokio::test]
async fn this_machine_by_default() {
    let (counterpart, keeper) = parties().await;
    let port = counterpart.port();
    let mut public = policy(&counterpart);
    public.networks.clear();
    let door = Door::new(public, Arc::new(SystemResolver)).unwrap();
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let origin = format!("https://{host}:{port}");
        let mut outbound = with_secret(&counterpart, "/");
        outbound.url = Template::text(format!("{origin}/"));
        outbound.endpoints = Arc::from([Endpoint::parse(&format!("{origin}/**"), &[]).unwrap()]);
        let error = refused(&door, outbound, &counterpart, &keeper).await;
        assert!(matches!(error.kind(), ErrorKind::AddressRefused), "{host}: {error:?}");
    }
}

#[tokio::test]
async fn a_special_name_that_nobody_listed_leads_to_networks_that_were_opened_and_nowhere_else() {
    let counterpart = Counterpart::start(|_| ok("inside")).await;
    let keeper = Keeper::default();
    let anywhere = |url: String| Outbound {
        url: Template::text(url),
        endpoints: Arc::from([Endpoint::anywhere()]),
        ..get(&counterpart, "/")
    };
    let port = counterpart.port();
    let send = |policy: EgressPolicy, resolver: Arc<dyn Resolver>| async {
        let door = Door::new(policy, resolver).unwrap();
        door.send(anywhere(format!("https://erp.internal:{port}/")), &keeper).await.unwrap_err()
    };
    let closed = EgressPolicy { networks: vec![], ..policy(&counterpart) };
    let other = EgressPolicy { networks: vec!["10.0.0.0/8".parse().unwrap()], ..policy(&counterpart) };
    for error in [
        // A resolver that would panic, were it asked.
        send(closed, Arc::new(Unasked)).await,
        send(other.clone(), Arc::new(Loopback)).await,
        send(other, Arc::new(Public)).await,
    ] {
        assert!(matches!(error.kind(), ErrorKind::AddressRefused), "{error:?}");
    }
    assert_eq!(counterpart.connections(), 0);

    // The certificate is for another name, so it is only the handshake that fails where the network is open.
    let error = send(policy(&counterpart), Arc::new(Loopback)).await;
    assert!(matches!(error.kind(), ErrorKind::TlsFailed), "{error:?}");
    assert_eq!(counterpart.connections(), 1);
}

/// Must not be asked.
#[derive(Debug)]
struct Unasked;

#[async_trait]
impl Resolver for Unasked {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
        panic!("{host} was looked up")
    }
}

/// Everything is on the public network.
#[derive(Debug)]
struct Public;

#[async_trait]
impl Resolver for Public {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
        Ok(vec![Ipv4Addr::new(93, 184, 215, 14).into()])
    }
}

/// A name with a good and a bad address.
#[derive(Debug)]
struct Mixed;

#[async_trait]
impl Resolver for Mixed {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
        Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv4Addr::new(169, 254, 169, 254).into()])
    }
}

/// A name that does not exist.
#[derive(Debug)]
struct Nowhere;

#[async_trait]
impl Resolver for Nowhere {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<std::net::IpAddr>> {
        Ok(vec![])
    }
}

#[tokio::test]
async fn a_name_with_one_bad_address_or_none() {
    let (counterpart, keeper) = parties().await;
    let door = Door::new(policy(&counterpart), Arc::new(Mixed)).unwrap();
    let error = refused(&door, with_secret(&counterpart, "/"), &counterpart, &keeper).await;
    assert!(matches!(error.kind(), ErrorKind::AddressRefused), "{error:?}");
    assert!(!error.to_string().contains("169.254"), "a caller learns nothing of the inner network: {error}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("169.254.169.254"), "the log does: {source}");

    let door = Door::new(policy(&counterpart), Arc::new(Nowhere)).unwrap();
    let error = refused(&door, with_secret(&counterpart, "/"), &counterpart, &keeper).await;
    assert!(matches!(error.kind(), ErrorKind::ResolveFailed), "{error:?}");
}

#[tokio::test]
async fn a_hole_before_the_path_or_in_the_fragment() {
    let (counterpart, keeper) = parties().await;
    let door = door(&counterpart);
    let origin = counterpart.origin();
    let [mut scheme, mut host, mut port, mut fragment] =
        ["", "https://", &format!("https://{HOST}:"), &format!("{origin}/#")].map(Template::text);
    for (url, rest) in [(&mut scheme, "://x/"), (&mut host, "/"), (&mut port, "/"), (&mut fragment, "")] {
        url.push_hole(Content::Secret("key".into()), Encoder::Raw);
        url.push_text(rest);
        let mut outbound = get(&counterpart, "/");
        outbound.url = url.clone();
        let error = refused(&door, outbound, &counterpart, &keeper).await;
        assert!(matches!(error.kind(), ErrorKind::UrlInvalid), "{error:?}");
        assert!(error.to_string().contains("{{secret:key}}"), "{error}");
    }
}

#[tokio::test]
async fn a_header_that_is_not_the_callers_to_set() {
    let (counterpart, keeper) = parties().await;
    let door = door(&counterpart);
    for name in ["Host", "connection", "Transfer-Encoding", "X\r\nEvil"] {
        let mut asked = with_secret(&counterpart, "/");
        asked.headers = vec![(name.to_owned(), Template::text("x"))];
        let mut injected = with_secret(&counterpart, "/");
        injected.credentials.push((name.to_owned(), Template::text("x")));
        for outbound in [asked, injected] {
            let error = refused(&door, outbound, &counterpart, &keeper).await;
            assert!(matches!(error.kind(), ErrorKind::HeaderRefused { .. }), "{error:?}");
            assert!(!error.to_string().contains(['\r', '\n']), "{error}");
        }
    }
    let mut much = with_secret(&counterpart, "/");
    much.headers = (0..9).map(|index| (format!("x-{index}"), Template::text("x".repeat(8000)))).collect();
    let error = refused(&door, much, &counterpart, &keeper).await;
    assert!(matches!(error.kind(), ErrorKind::HeaderRefused { .. }), "{error:?}");
}

#[tokio::test]
async fn a_method_that_is_none_or_not_for_here() {
    let (counterpart, keeper) = parties().await;
    for method in ["CONNECT", "trace", "", "GE T", "GET / HTTP/1.1\r\nX: y\r\n\r\n"] {
        let mut outbound = with_secret(&counterpart, "/");
        outbound.method = method.to_owned();
        let error = refused(&door(&counterpart), outbound, &counterpart, &keeper).await;
        assert!(matches!(error.kind(), ErrorKind::MethodInvalid), "{error:?}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[tokio::test]
async fn a_secret_whose_value_would_change_more_than_its_place() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let door = door(&counterpart);
    for value in [
        "a-long-canary\r\nX-Evil: 1",
        "canary-fa6c91-canary\n",
        "canary-fa6c91-canary\0",
        "canary-fa6c91-canary\u{e9}",
    ] {
        let keeper = Keeper::with(&[("key", value.as_bytes())]);
        for encoder in [Encoder::Header, Encoder::Raw] {
            let mut outbound = get(&counterpart, "/");
            outbound.credentials = vec![("x-key".into(), after("Bearer ", "key", encoder))];
            let error = door.send(outbound, &keeper).await.unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::SecretUnfit { hole } if hole == "{{secret:key}}"),
                "{error:?}"
            );
            assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
        }
    }
    for value in ["..", ".", "%2e%2e", "..%2fadmin", "a/../../admin", "a%00", "\u{ff0e}\u{ff0e}/x"] {
        let keeper = Keeper::with_short(&[("key", value.as_bytes())]);
        let mut outbound = get(&counterpart, "/v1/");
        outbound.endpoints =
            Arc::from([Endpoint::parse(&format!("{}/v1/*/x", counterpart.origin()), &[]).unwrap()]);
        outbound.url.push_hole(Content::Secret("key".into()), Encoder::PathSegment);
        outbound.url.push_text("/x");
        let error = door.send(outbound, &keeper).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::SecretUnfit { .. }), "{value}: {error:?}");
        assert!(!format!("{error} {error:?}").contains(value) || value.len() < 3, "{error:?}");
    }
    assert_eq!(counterpart.connections(), 0);
}
