//! Whom the door speaks to.

mod certificates;
mod handshakes;

use std::{net::Ipv4Addr, sync::Arc};

use mapping::Template;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{
    Door, HOST, Keeper, Loopback,
    counterpart::{Counterpart, ok},
    get, policy,
};
use crate::{EgressPolicy, Endpoint, ErrorKind, Outbound};

#[tokio::test]
async fn an_authority_that_nobody_named_is_unknown() {
    let counterpart = Counterpart::start(|_| ok("")).await;
    let mut strangers = policy(&counterpart);
    strangers.ca_files.clear();
    let door = Door::new(strangers, Arc::new(Loopback)).unwrap();
    let error = door.send(get(&counterpart, "/"), &Keeper::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TlsFailed), "{error:?}");
    assert_eq!(counterpart.requests(), Vec::<String>::new());
}

/// A GET of `/?q=canary` at a port of this machine, and a door that lets it out.
fn at_port(port: u16, trusted: &Counterpart) -> (Door, Outbound) {
    let wide = EgressPolicy { ports: vec![port..=port], ..policy(trusted) };
    let origin = format!("https://{HOST}:{port}");
    let outbound = Outbound {
        url: Template::text(format!("{origin}/?q=canary")),
        endpoints: [Endpoint::parse(&format!("{origin}/**"), &[]).unwrap()].into(),
        ..get(trusted, "/")
    };
    (Door::new(wide, Arc::new(Loopback)).unwrap(), outbound)
}

#[tokio::test]
async fn plain_http_behind_an_https_url_is_no_tls() {
    let trusted = Counterpart::start(|_| ok("")).await;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (door, outbound) = at_port(listener.local_addr().unwrap().port(), &trusted);
    let answering = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let mut received = Vec::new();
        // Until the client hangs up, in whatever way.
        let _ = socket.read_to_end(&mut received).await;
        received
    };
    let keeper = Keeper::default();
    let (answer, received) = tokio::join!(door.send(outbound, &keeper), answering);
    let error = answer.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::TlsFailed), "{error:?}");
    assert!(!String::from_utf8_lossy(&received).contains("GET"), "{received:?}");
}

#[tokio::test]
async fn nobody_listens() {
    let trusted = Counterpart::start(|_| ok("")).await;
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let (door, outbound) = at_port(gone.local_addr().unwrap().port(), &trusted);
    drop(gone);
    let error = door.send(outbound, &Keeper::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ConnectFailed), "{error:?}");
    assert_eq!(error.host(), Some(HOST));
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
}

#[test]
fn an_unusable_ca_file_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (missing, empty) = (folder.path().join("missing.pem"), folder.path().join("empty.pem"));
    std::fs::write(&empty, "not a certificate").unwrap();
    for path in [missing, empty] {
        let policy = EgressPolicy { ca_files: vec![path.clone()], ..EgressPolicy::default() };
        let error = Door::new(policy, Arc::new(Loopback)).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::PolicyInvalid), "{error:?}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    }
}
