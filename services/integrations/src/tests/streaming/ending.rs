//! How streams end: by their caller, their time, their counterpart, the server's end.

use std::{
    future::pending,
    sync::Arc,
    time::{Duration, Instant},
};

use proto::integrations::v1::{Integration, Limits};
use tokio::{
    io::AsyncWriteExt,
    sync::{Notify, mpsc},
    time::timeout,
};

use super::{
    super::{
        counterpart::Counterpart,
        world::{World, metadata, open, refused},
    },
    exchange::{Served, chunk, head, message, next, whole},
    raw,
};

/// Far longer than anything here takes; whoever waits that long waits in vain.
const PATIENCE: Duration = Duration::from_secs(20);

/// A counterpart that answers with a head and the first bytes of an endless body, and tells when its peer is gone.
async fn endless(gone: mpsc::Sender<()>) -> Counterpart {
    Counterpart::raw(move |mut wire| {
        let gone = gone.clone();
        async move {
            raw::head(&mut wire).await;
            raw::say(&mut wire, "HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\nfirst").await;
            raw::rest(&mut wire).await;
            let _ = gone.send(()).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_caller_who_goes_away_ends_the_work_behind_it() {
    let (gone, mut told) = mpsc::channel(1);
    let counterpart = endless(gone).await;
    let served = Served::new(&counterpart).await;
    let parts = served.begun(head("GET", format!("{}/x", counterpart.origin())), None).await;
    drop(parts);
    timeout(PATIENCE, told.recv()).await.expect("the counterpart sees its peer go").unwrap();
}

#[tokio::test]
async fn a_caller_who_goes_away_while_sending_ends_the_work_behind_it() {
    let (gone, mut told) = mpsc::channel(1);
    let counterpart = Counterpart::raw(move |mut wire| {
        let gone = gone.clone();
        async move {
            raw::head(&mut wire).await;
            let _ = gone.send(()).await;
            let body = raw::rest(&mut wire).await;
            assert!(!body.ends_with(b"0\r\n\r\n"), "what broke off must not look whole");
            let _ = gone.send(()).await;
        }
    })
    .await;
    let served = Served::new(&counterpart).await;
    let call = served.open(None);
    call.send(message(head("PUT", format!("{}/x", counterpart.origin())))).await;
    call.send(chunk("some of it")).await;
    timeout(PATIENCE, told.recv()).await.expect("the request leaves").unwrap();
    call.abandon();
    timeout(PATIENCE, told.recv()).await.expect("the counterpart sees its peer go").unwrap();
}

#[tokio::test]
async fn a_stream_ends_at_its_caller_s_deadline_also_after_chunks() {
    let (gone, mut told) = mpsc::channel(1);
    let counterpart = endless(gone).await;
    let served = Served::new(&counterpart).await;
    let mut parts = served
        .begun(head("GET", format!("{}/x", counterpart.origin())), Some(Duration::from_millis(500)))
        .await;
    next(&mut parts).await.unwrap();
    refused(next(&mut parts).await, "DEADLINE_EXCEEDED");
    timeout(PATIENCE, told.recv()).await.expect("the work behind it ends").unwrap();
}

#[tokio::test]
async fn the_time_of_the_integration_ends_a_stream_that_nobody_reads() {
    let (gone, mut told) = mpsc::channel(1);
    let counterpart = Counterpart::raw(move |mut wire| {
        let gone = gone.clone();
        async move {
            raw::head(&mut wire).await;
            raw::say(&mut wire, "HTTP/1.1 200 OK\r\ncontent-length: 999999999\r\n\r\n").await;
            let piece = vec![b'x'; 64 << 10];
            while wire.write_all(&piece).await.is_ok() {}
            let _ = gone.send(()).await;
        }
    })
    .await;
    let world = World::new(&counterpart).await;
    let limits = Some(Limits {
        timeout: prost_types::Duration::try_from(Duration::from_millis(500)).ok(),
        concurrency: 1,
        ..Default::default()
    });
    world.create("CRM", Integration { limits, ..open(&counterpart, None) }).await.unwrap();
    let served = Served::over(world).await;
    let request = || head("GET", format!("{}/x", counterpart.origin()));
    let mut parts = served.begun(request(), None).await;
    // Nothing is read, and so nothing asks for more: the end must come by itself.
    timeout(PATIENCE, told.recv()).await.expect("the work behind it ends").unwrap();
    let status = loop {
        if let Err(status) = next(&mut parts).await {
            break status;
        }
    };
    let status = refused(Err::<(), _>(status), "DEADLINE_EXCEEDED");
    assert_eq!(metadata(&status, "host"), super::super::counterpart::HOST);
}

#[tokio::test]
async fn a_body_that_does_not_come_ends_by_the_time_of_the_integration() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let timeout = prost_types::Duration::try_from(Duration::from_millis(200)).ok();
    let limits = Some(Limits { timeout, ..Default::default() });
    world.create("CRM", Integration { limits, ..open(&counterpart, None) }).await.unwrap();
    let served = Served::over(world).await;
    for body in [None, Some(chunk("begun"))] {
        let mut call = served.open(None);
        call.send(message(head("PUT", format!("{}/x", counterpart.origin())))).await;
        if let Some(body) = body {
            call.send(body).await;
        }
        refused(call.answer().await, "DEADLINE_EXCEEDED");
    }
    assert!(counterpart.seen().is_empty());
}

#[tokio::test]
async fn a_counterpart_that_answers_early_and_stops_reading_is_heard() {
    let counterpart = Counterpart::raw(|mut wire| async move {
        raw::head(&mut wire).await;
        raw::say(&mut wire, "HTTP/1.1 413 Content Too Large\r\ncontent-length: 8\r\n\r\ntoo much").await;
        pending::<()>().await;
    })
    .await;
    let served = Served::new(&counterpart).await;
    let mut call = served.open(None);
    call.send(message(head("PUT", format!("{}/x", counterpart.origin())))).await;
    call.send(chunk("begun")).await;
    let answer = call.answer().await.unwrap();
    let answer = whole(answer).await.unwrap();
    assert_eq!((answer.head.status, &answer.body[..]), (413, &b"too much"[..]));
    // The rest is not asked for any more.
    let piece = vec![b'x'; 64 << 10];
    timeout(PATIENCE, async { while call.send(chunk(piece.clone())).await {} }).await.expect("sending ends");
}

#[tokio::test]
async fn a_counterpart_that_breaks_off_is_an_error_after_the_chunks() {
    for framing in ["content-length: 100\r\n\r\nsome", "transfer-encoding: chunked\r\n\r\n4\r\nsome\r\n"] {
        let counterpart = Counterpart::raw(move |mut wire| async move {
            raw::head(&mut wire).await;
            raw::say(&mut wire, &format!("HTTP/1.1 200 OK\r\n{framing}")).await;
            drop(wire.shutdown().await);
        })
        .await;
        let served = Served::new(&counterpart).await;
        let mut parts = served.begun(head("GET", format!("{}/x", counterpart.origin())), None).await;
        assert_eq!(&next(&mut parts).await.unwrap()[..], b"some");
        let status = refused(next(&mut parts).await, "COUNTERPART_BROKE_OFF");
        assert_eq!(metadata(&status, "host"), super::super::counterpart::HOST);
    }
}

#[tokio::test]
async fn a_stream_that_was_accepted_finishes_after_the_server_was_told_to_stop() {
    let go_on = Arc::new(Notify::new());
    let told = go_on.clone();
    let counterpart = Counterpart::raw(move |mut wire| {
        let told = told.clone();
        async move {
            raw::head(&mut wire).await;
            raw::say(&mut wire, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst").await;
            told.notified().await;
            raw::say(&mut wire, "later").await;
            raw::rest(&mut wire).await;
        }
    })
    .await;
    let mut served = Served::new(&counterpart).await;
    let mut parts = served.begun(head("GET", format!("{}/x", counterpart.origin())), None).await;
    assert_eq!(&next(&mut parts).await.unwrap()[..], b"first");
    served.drain.cancel();
    // A turn through the server, in which a stream that only waits for news would end.
    let early = timeout(Duration::from_millis(200), parts.message()).await;
    assert!(early.is_err(), "ended by the drain: {early:?}");
    go_on.notify_one();
    assert_eq!(&next(&mut parts).await.unwrap()[..], b"later");
    assert!(parts.message().await.unwrap().is_some(), "the trailer");
    assert!(parts.message().await.unwrap().is_none());
    let began = Instant::now();
    (&mut served.server).await.unwrap().unwrap();
    assert!(began.elapsed() < PATIENCE);
}
