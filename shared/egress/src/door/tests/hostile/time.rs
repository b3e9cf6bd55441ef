//! Counterparts that take their time: the clock of the test runs on as soon as nothing else does.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Notify, time::Instant};

use super::label;
use crate::{
    Answer, Error,
    door::tests::{
        Keeper, door, get,
        raw::{Raw, stalled},
    },
};

const TIMEOUT: Duration = Duration::from_secs(30);
/// Statement 19 of the threat model: the deadline, and so much more.
const GRACE: Duration = Duration::from_millis(50);

/// What a request comes to whose counterpart stalls once it says so, and that it ends by its deadline.
async fn outcome(raw: &Raw, stalls: &Notify) -> Result<Answer, Error> {
    let (door, keeper) = (door(raw), Keeper::default());
    let mut outbound = get(raw, "/");
    outbound.timeout = TIMEOUT;
    let started = Instant::now();
    let result = stalled(door.send(outbound, &keeper), stalls).await;
    assert!(started.elapsed() <= TIMEOUT + GRACE, "{:?}", started.elapsed());
    result
}

/// A counterpart that reads a request, writes these bytes, says that it stalls, and does.
async fn stalling(bytes: &'static [u8], reads: bool) -> (Raw, Arc<Notify>) {
    let stalls = Arc::new(Notify::new());
    let told = Arc::clone(&stalls);
    let raw = Raw::start(move |mut wire| {
        let told = Arc::clone(&told);
        async move {
            if reads {
                wire.request().await;
            }
            wire.write(bytes).await;
            told.notify_one();
            std::future::pending::<()>().await;
        }
    })
    .await;
    (raw, stalls)
}

#[tokio::test]
async fn a_counterpart_that_stalls() {
    let places: [&[u8]; 8] = [
        b"",
        b"HTTP/1.1 ",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nwithout a length",
    ];
    for bytes in places {
        let (raw, stalls) = stalling(bytes, true).await;
        let result = outcome(&raw, &stalls).await;
        assert_eq!(label(&result), "timeout", "{:?}: {result:?}", String::from_utf8_lossy(bytes));
    }
    let (raw, stalls) = stalling(b"", false).await;
    assert_eq!(label(&outcome(&raw, &stalls).await), "timeout", "it does not even read");
}

#[tokio::test]
async fn a_counterpart_that_drips_a_byte_a_second() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    // The head itself drips, or the body does.
    for at_once in [0, head.len()] {
        let stalls = Arc::new(Notify::new());
        let told = Arc::clone(&stalls);
        let raw = Raw::start(move |mut wire| {
            let told = Arc::clone(&told);
            async move {
                wire.request().await;
                wire.write(&head[..at_once]).await;
                told.notify_one();
                for byte in head[at_once..].iter().chain(&[b'x'; 1000]) {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    wire.write(&[*byte]).await;
                }
            }
        })
        .await;
        let result = outcome(&raw, &stalls).await;
        assert_eq!(label(&result), "timeout", "{result:?}");
    }
}

#[tokio::test]
async fn a_counterpart_that_stalls_over_http2() {
    // An empty SETTINGS frame; the same and the acknowledgement of the client's; head; head and part of the body.
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const ACK: [u8; 9] = [0, 0, 0, 4, 1, 0, 0, 0, 0];
    const HEAD: [u8; 10] = [0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88];
    const DATA: [u8; 13] = [0, 0, 4, 0, 0, 0, 0, 0, 1, b'h', b'a', b'l', b'f'];
    let places: [&'static [&'static [u8]]; 5] =
        [&[], &[&SETTINGS], &[&SETTINGS, &ACK], &[&SETTINGS, &ACK, &HEAD], &[&SETTINGS, &ACK, &HEAD, &DATA]];
    for frames in places {
        let stalls = Arc::new(Notify::new());
        let told = Arc::clone(&stalls);
        let raw = Raw::start_http2(move |mut wire| {
            let told = Arc::clone(&told);
            async move {
                for (index, frame) in frames.iter().enumerate() {
                    if index == 2 {
                        wire.read_until(&super::http2::HEADERS_OF_1).await;
                    }
                    wire.write(frame).await;
                }
                told.notify_one();
                std::future::pending::<()>().await;
            }
        })
        .await;
        let result = outcome(&raw, &stalls).await;
        assert_eq!(label(&result), "timeout", "{frames:?}: {result:?}");
    }
}
