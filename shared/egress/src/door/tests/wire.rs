//! The header vectors on the wire: what a counterpart reads that knows nothing but bytes; over HTTP/2 below.

mod http2;

use std::sync::Arc;

use bytes::Bytes;
use mapping::Template;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{Door, HOST, Keeper, Peer, door, get, raw::Raw, vectors::read};
use crate::{Body, ErrorKind, Outbound};

const BODY: &[u8] = b"{\"whole\": true}";

/// What the door makes itself, whatever a caller asks for.
const MADE_BY_THE_DOOR: [&str; 1] = ["accept-encoding"];

/// A counterpart that answers every request on a connection of its own, and tells what came over it to its very end.
async fn listener() -> (Raw, UnboundedReceiver<Vec<u8>>) {
    let (done, ended) = unbounded_channel();
    let raw = Raw::start(move |mut wire| {
        let done = done.clone();
        async move {
            wire.request().await;
            wire.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
            wire.until_closed().await;
            done.send(wire.taken()).unwrap();
        }
    })
    .await;
    (raw, ended)
}

/// The vector's header, as a caller's and as an integration's, with a body and without.
fn requests(peer: &impl Peer, vector: &Value) -> Vec<Outbound> {
    let header = || {
        let [name, value] = ["name", "value"].map(|field| vector[field].as_str().unwrap().to_owned());
        vec![(name, Template::text(value))]
    };
    let asked = Outbound { headers: header(), ..get(peer, "/v?x=1") };
    let injected = Outbound { credentials: header(), ..get(peer, "/v?x=1") };
    let mut both = [asked, injected];
    for outbound in &mut both {
        outbound.method = "POST".to_owned();
        outbound.body = Body::Bytes(Bytes::from_static(BODY));
    }
    let plain = Outbound { headers: header(), ..get(peer, "/v?x=1") };
    both.into_iter().chain([plain]).collect()
}

async fn send(door: &Door, outbound: Outbound) -> Result<(), crate::Error> {
    door.send(outbound, &Keeper::default()).await.map(drop)
}

#[tokio::test]
async fn every_accepted_header_leaves_in_one_well_formed_request_and_a_refused_one_sends_no_byte() {
    let (raw, mut ended) = listener().await;
    let door = Arc::new(door(&raw));
    let (mut accepted, mut refused) = (0, 0);
    for vector in read("header_vectors.jsonl") {
        for outbound in requests(&raw, &vector) {
            let has_body = matches!(outbound.body, Body::Bytes(_));
            let before = raw.connections();
            let sent = send(&door, outbound).await;
            if vector["expected"] == "allow" {
                sent.unwrap_or_else(|error| panic!("{vector}: {error}"));
                assert_eq!(raw.connections(), before + 1);
                one_request(&ended.recv().await.unwrap(), &raw, &vector, has_body);
                accepted += 1;
            } else {
                let error = sent.expect_err(&vector.to_string());
                assert!(matches!(error.kind(), ErrorKind::HeaderRefused { .. }), "{vector}: {error:?}");
                assert_eq!(raw.connections(), before, "{vector}: not even a connection");
                refused += 1;
            }
        }
    }
    assert_eq!((accepted, refused, ended.is_empty()), (3 * 37, 3 * 77, true));
}

/// Reads the bytes as RFC 9112 has them and not a bit more freely, and holds them against what was asked for.
fn one_request(bytes: &[u8], raw: &Raw, vector: &Value, has_body: bool) {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let (head, body) = (std::str::from_utf8(&bytes[..end]).unwrap(), &bytes[end + 4..]);
    assert!(head.bytes().all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~')), "{head:?}");
    assert_eq!(head.matches('\n').count(), head.matches("\r\n").count(), "{head:?}");
    assert_eq!(head.matches('\r').count(), head.matches("\r\n").count(), "{head:?}");
    let mut lines = head.split("\r\n");
    let method = if has_body { "POST" } else { "GET" };
    assert_eq!(lines.next(), Some(&*format!("{method} /v?x=1 HTTP/1.1")));
    let headers: Vec<(&str, &str)> = lines
        .map(|line| {
            let (name, value) =
                line.split_once(": ").or(line.strip_suffix(':').map(|name| (name, ""))).unwrap();
            assert!(!name.is_empty() && name.bytes().all(is_token) && value == value.trim(), "{line:?}");
            (name, value)
        })
        .collect();
    let all = |wanted: &str| -> Vec<&str> {
        let named = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        named.map(|(_, value)| *value).collect()
    };

    assert_eq!(all("host"), [format!("{HOST}:{}", raw.port())]);
    assert_eq!(all("transfer-encoding"), [""; 0]);
    assert_eq!(all("connection"), [""; 0]);
    let expected = if has_body { BODY } else { b"" };
    assert_eq!(body, expected, "nothing follows the request");
    let length = expected.len().to_string();
    assert_eq!(all("content-length"), if has_body { vec![length.as_str()] } else { vec![] });

    let [name, value] = ["name", "value"].map(|field| vector[field].as_str().unwrap());
    if !MADE_BY_THE_DOOR.contains(&name.to_ascii_lowercase().as_str()) {
        assert_eq!(all(name), [value.trim()], "{vector}");
    }
}

/// RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}
