//! Neither side can be made to take more than it reads.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    super::counterpart::Counterpart,
    exchange::{Served, chunk, head, message, next, whole},
    raw,
};

/// Far more than all buffers on the way together.
const MUCH: usize = 96 << 20;
/// More than all buffers on the way together: two sockets, a window, what the libraries keep.
const BUFFERS: usize = 32 << 20;
const PIECE: usize = 64 << 10;
/// How long anything that must come may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many bodies that nobody reads share a connection.
const STUCK: usize = 16;

/// Waits until a count stands still.
async fn stalled(count: &AtomicUsize) -> usize {
    let mut before = usize::MAX;
    loop {
        let now = count.load(Ordering::SeqCst);
        if now == before {
            return now;
        }
        before = now;
        sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test]
async fn a_caller_who_does_not_read_stops_the_counterpart_s_sending() {
    let sent = Arc::<AtomicUsize>::default();
    let count = sent.clone();
    let counterpart = Counterpart::raw(move |mut wire| {
        let count = count.clone();
        async move {
            raw::head(&mut wire).await;
            raw::say(&mut wire, &format!("HTTP/1.1 200 OK\r\ncontent-length: {MUCH}\r\n\r\n")).await;
            let piece = vec![b'x'; PIECE];
            while count.load(Ordering::SeqCst) < MUCH && wire.write_all(&piece).await.is_ok() {
                count.fetch_add(PIECE, Ordering::SeqCst);
            }
            drop(wire.flush().await);
            raw::rest(&mut wire).await;
        }
    })
    .await;
    let served = Served::new(&counterpart).await;
    let mut parts = served.begun(head("GET", format!("{}/x", counterpart.origin())), None).await;
    let taken = stalled(&sent).await;
    assert!(taken < BUFFERS, "{taken} bytes were taken that nobody read");
    let mut read = 0;
    while read < MUCH {
        read += next(&mut parts).await.unwrap().len();
    }
    assert_eq!((read, sent.load(Ordering::SeqCst)), (MUCH, MUCH), "nothing is lost by the wait");
}

#[tokio::test]
async fn a_counterpart_that_does_not_read_stops_the_caller_s_sending() {
    let go_on = Arc::new(Notify::new());
    let told = go_on.clone();
    let counterpart = Counterpart::raw(move |mut wire| {
        let told = told.clone();
        async move {
            raw::head(&mut wire).await;
            told.notified().await;
            let (mut read, mut buffer) = (0, vec![0; PIECE]);
            // The framing in chunks takes some more.
            while read < MUCH {
                read += wire.read(&mut buffer).await.unwrap();
            }
            raw::say(&mut wire, "HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\nread")
                .await;
            raw::rest(&mut wire).await;
        }
    })
    .await;
    let served = Served::new(&counterpart).await;
    let mut call = served.open(None);
    call.send(message(head("PUT", format!("{}/x", counterpart.origin())))).await;
    let sent = AtomicUsize::new(0);
    let sending = async {
        let piece = Bytes::from(vec![b'x'; PIECE]);
        while sent.load(Ordering::SeqCst) < MUCH && call.send(chunk(piece.clone())).await {
            sent.fetch_add(PIECE, Ordering::SeqCst);
        }
    };
    let watching = async {
        let taken = stalled(&sent).await;
        assert!(taken < BUFFERS, "{taken} bytes were taken that nobody read");
        go_on.notify_one();
    };
    tokio::join!(sending, watching);
    call.close();
    assert_eq!(whole(call.answer().await.unwrap()).await.unwrap().body, b"read");
    assert_eq!(sent.load(Ordering::SeqCst), MUCH);
}

#[tokio::test]
async fn bodies_that_nobody_reads_hold_up_no_other_call_of_the_connection() {
    let counterpart = Counterpart::raw(|mut wire| async move {
        if raw::head(&mut wire).await.starts_with("put") {
            // Reads nothing more, as long as the test lasts.
            std::future::pending::<()>().await;
        }
        raw::say(&mut wire, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        raw::rest(&mut wire).await;
    })
    .await;
    let served = Served::new(&counterpart).await;
    let client = served.client();
    let url = format!("{}/x", counterpart.origin());
    let sent = Arc::<AtomicUsize>::default();
    let mut stuck = JoinSet::new();
    for _ in 0..STUCK {
        let (mut client, count) = (client.clone(), sent.clone());
        let head = message(head("PUT", url.clone()));
        let endless = stream::iter([head]).chain(stream::repeat_with(move || {
            count.fetch_add(PIECE, Ordering::SeqCst);
            chunk(vec![b'x'; PIECE])
        }));
        stuck.spawn(async move { client.stream_integration(endless).await.map(drop) });
    }
    stalled(&sent).await;
    let (mut other, upload) = (client, [message(head("POST", url)), chunk("body")]);
    let call = async { whole(other.stream_integration(stream::iter(upload)).await?.into_inner()).await };
    assert_eq!(timeout(PATIENCE, call).await.expect("there is room left").unwrap().body, b"ok");
}

#[tokio::test]
async fn answers_that_nobody_reads_hold_up_no_other_call_to_the_counterpart() {
    let sent = Arc::<AtomicUsize>::default();
    let count = sent.clone();
    let counterpart = Counterpart::flowing(move |path| {
        let (count, pieces) = (count.clone(), if path == "/endless" { usize::MAX } else { 1 });
        let piece = Bytes::from(vec![b'x'; PIECE]);
        stream::iter(0..pieces).map(move |_| {
            count.fetch_add(PIECE, Ordering::SeqCst);
            piece.clone()
        })
    })
    .await;
    let served = Served::new(&counterpart).await;
    let mut stuck = Vec::new();
    for _ in 0..STUCK {
        // Each caller on a connection of its own: what they share is the one to the counterpart.
        stuck.push(served.begun(head("GET", format!("{}/endless", counterpart.origin())), None).await);
    }
    stalled(&sent).await;
    let call = served.exchange(head("GET", format!("{}/x", counterpart.origin())), []);
    let answer = timeout(PATIENCE, call).await.expect("there is room left").unwrap();
    assert_eq!(answer.body.len(), PIECE);
    assert_eq!(counterpart.connections(), 1);
}
