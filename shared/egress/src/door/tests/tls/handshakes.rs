//! Handshakes written by hand: what no library of today would say.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use mapping::Template;
use tokio::{io::AsyncReadExt, net::TcpListener, sync::Notify, time::Instant};

use super::certificates::{CANARY, with_secrets};
use crate::{
    EgressPolicy, Endpoint, Error, ErrorKind, Outbound,
    door::tests::{
        Door, HOST, Keeper, Loopback, door, policy,
        raw::{Raw, Wire, stalled},
    },
};

const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const APPLICATION_DATA: u8 = 23;

const TLS_1_0: u16 = 0x0301;
const TLS_1_1: u16 = 0x0302;
const TLS_1_2: u16 = 0x0303;
const SSL_3: u16 = 0x0300;

const ECDHE_ECDSA_AES128_GCM: u16 = 0xc02b;
const RSA_AES128_CBC: u16 = 0x002f;
const NULL: u16 = 0x0000;

/// A record (RFC 5246, 6.2.1).
fn record(kind: u8, version: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [&[kind], &version.to_be_bytes()[..], &length, payload].concat()
}

/// A ServerHello of that version, with that cipher suite, without extensions (RFC 5246, 7.4.1.3).
fn server_hello(version: u16, suite: u16, random: [u8; 32]) -> Vec<u8> {
    let body = [&version.to_be_bytes()[..], &random, &[0], &suite.to_be_bytes(), &[0]].concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    record(HANDSHAKE, version, &[&[2], &length[1..], &body].concat())
}

/// The last bytes of the random of a server that could do TLS 1.3, and says that it cannot (RFC 8446, 4.1.3).
fn downgraded() -> [u8; 32] {
    let mut random = [7; 32];
    random[24..].copy_from_slice(b"DOWNGRD\x01");
    random
}

/// A counterpart that reads a ClientHello and answers with these bytes.
async fn that_says(bytes: Vec<u8>) -> Raw {
    Raw::start_by_hand(move |mut wire: Wire| {
        let bytes = bytes.clone();
        async move {
            wire.read().await;
            wire.write(&bytes).await;
            wire.until_closed().await;
        }
    })
    .await
}

async fn send(raw: &Raw) -> Error {
    door(raw).send(with_secrets(raw), &Keeper::with(&[("key", CANARY)])).await.unwrap_err()
}

/// What came were a ClientHello and alerts, in records of plain TLS: nothing of a request, encrypted or not.
fn only_a_handshake(what: &str, received: &[Vec<u8>]) {
    let [bytes] = received else { panic!("{what}: {} connections", received.len()) };
    let mut rest = bytes.as_slice();
    while let [kind, _, _, high, low, tail @ ..] = rest {
        assert!(
            matches!(*kind, HANDSHAKE | ALERT) && *kind != APPLICATION_DATA,
            "{what}: a record of kind {kind}"
        );
        rest = &tail[usize::from(u16::from_be_bytes([*high, *low]))..];
    }
    assert_eq!(rest, b"", "{what}");
    assert!(!bytes.windows(CANARY.len()).any(|window| window == CANARY), "{what}");
}

#[tokio::test]
async fn versions_and_suites_that_are_too_old_and_what_is_no_tls() {
    let hello = |version, suite| server_hello(version, suite, [7; 32]);
    let cases = [
        ("SSL 3.0", hello(SSL_3, RSA_AES128_CBC)),
        ("TLS 1.0", hello(TLS_1_0, RSA_AES128_CBC)),
        ("TLS 1.1", hello(TLS_1_1, RSA_AES128_CBC)),
        ("TLS 1.0 with a suite of today", hello(TLS_1_0, ECDHE_ECDSA_AES128_GCM)),
        ("TLS 1.2 with a key that is sent encrypted", hello(TLS_1_2, RSA_AES128_CBC)),
        ("TLS 1.2 without encryption", hello(TLS_1_2, NULL)),
        ("TLS 1.2 where it could be 1.3", server_hello(TLS_1_2, ECDHE_ECDSA_AES128_GCM, downgraded())),
        ("a version that is none", hello(0x0505, ECDHE_ECDSA_AES128_GCM)),
        ("an alert: no such version", record(ALERT, TLS_1_2, &[2, 70])),
        ("an alert: the handshake failed", record(ALERT, TLS_1_2, &[2, 40])),
        ("a handshake of nothing", record(HANDSHAKE, TLS_1_2, &[])),
        ("a message out of turn", record(HANDSHAKE, TLS_1_2, &[20, 0, 0, 0])),
        ("application data at once", record(APPLICATION_DATA, TLS_1_2, b"HTTP/1.1 200 OK\r\n\r\n")),
        ("a record larger than any", [&[HANDSHAKE, 3, 3, 0xff, 0xff][..], &[0; 0xffff]].concat()),
        (
            "a message larger than any",
            record(HANDSHAKE, TLS_1_2, &[2, 0xff, 0xff, 0xff, 3, 3]).repeat(10_000),
        ),
        ("plain http", b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec()),
        ("garbage", vec![0xff; 4096]),
        ("SSH", b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
    ];
    for (what, bytes) in cases {
        let raw = that_says(bytes).await;
        let error = send(&raw).await;
        assert!(matches!(error.kind(), ErrorKind::TlsFailed), "{what}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{what}: {error:?}");
        only_a_handshake(what, &raw.received());
    }
}

#[tokio::test]
async fn a_counterpart_that_hangs_up_in_the_handshake() {
    let goodbye = record(ALERT, TLS_1_2, &[1, 0]);
    let hellos = [vec![], goodbye, server_hello(TLS_1_2, ECDHE_ECDSA_AES128_GCM, [7; 32])];
    for hello in hellos {
        let raw = Raw::start_by_hand(move |mut wire: Wire| {
            let hello = hello.clone();
            async move {
                wire.read().await;
                wire.write(&hello).await;
                wire.close().await;
            }
        })
        .await;
        let error = send(&raw).await;
        assert!(matches!(error.kind(), ErrorKind::TlsFailed), "{error:?}");
        only_a_handshake("hangs up", &raw.received());
    }
}

#[tokio::test]
async fn a_counterpart_that_resets_the_connection_in_the_handshake() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    // Its script never runs: the connection is answered below, socket in hand.
    let raw = Raw::start_by_hand(Wire::stall).await;
    let origin = format!("https://{HOST}:{}", listener.local_addr().unwrap().port());
    let outbound = Outbound {
        url: Template::text(format!("{origin}/")),
        endpoints: [Endpoint::parse(&format!("{origin}/**"), &[]).unwrap()].into(),
        ..with_secrets(&raw)
    };
    let door =
        Door::new(EgressPolicy { ports: vec![1..=65535], ..policy(&raw) }, Arc::new(Loopback)).unwrap();
    let keeper = Keeper::with(&[("key", CANARY)]);
    let resetting = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        // Closed with bytes unread, a socket is reset.
        socket.read_exact(&mut [0; 1]).await.unwrap();
    };
    let (result, ()) = tokio::join!(door.send(outbound, &keeper), resetting);
    let error = result.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TlsFailed), "{error:?}");
}

#[tokio::test]
async fn a_counterpart_that_stalls_in_the_handshake() {
    const TIMEOUT: Duration = Duration::from_secs(9);
    for said in [vec![], vec![HANDSHAKE, 3, 3], server_hello(TLS_1_2, ECDHE_ECDSA_AES128_GCM, [7; 32])] {
        let stalls = Arc::new(Notify::new());
        let told = Arc::clone(&stalls);
        let raw = Raw::start_by_hand(move |mut wire: Wire| {
            let (told, said) = (Arc::clone(&told), said.clone());
            async move {
                wire.read().await;
                wire.write(&said).await;
                told.notify_one();
                std::future::pending::<()>().await;
            }
        })
        .await;
        let (door, keeper) = (door(&raw), Keeper::with(&[("key", CANARY)]));
        let mut outbound = with_secrets(&raw);
        outbound.timeout = TIMEOUT;
        let started = Instant::now();
        let error = stalled(door.send(outbound, &keeper), &stalls).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Timeout), "{error:?}");
        assert!(started.elapsed() <= TIMEOUT + Duration::from_millis(50), "{:?}", started.elapsed());
        only_a_handshake("stalls", &raw.received());
    }
}
