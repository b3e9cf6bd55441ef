//! Counterparts that say too much.

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{label, sent};
use crate::{
    ErrorKind,
    door::tests::{Keeper, door, get, raw::Raw},
};

/// What the sockets and TLS may hold beside what the door holds.
const IN_THE_PIPES: usize = 32 << 20;

/// A counterpart that writes a head, and then the same over and over; and how much was taken from it in the end.
async fn flooding(head: &'static [u8], again: Vec<u8>) -> (Raw, UnboundedReceiver<usize>) {
    let (done, ended) = unbounded_channel();
    let raw = Raw::start(move |mut wire| {
        let (done, again) = (done.clone(), again.clone());
        async move {
            wire.request().await;
            wire.write(head).await;
            done.send(wire.flood(&again).await).unwrap();
        }
    })
    .await;
    (raw, ended)
}

/// It hangs up on the counterpart, having taken no more than so much.
pub(super) async fn hangs_up(mut ended: UnboundedReceiver<usize>, limit: usize) {
    let taken = tokio::time::timeout(Duration::from_secs(60), ended.recv()).await;
    let taken = taken.expect("it hangs up").expect("the counterpart says so");
    assert!(taken <= limit + IN_THE_PIPES, "{taken} bytes were taken");
}

#[tokio::test]
async fn a_body_of_a_gigabyte_is_cut_off_at_the_limit() {
    let block = vec![b'x'; 64 << 10];
    let chunk = [b"10000\r\n".as_slice(), &block, b"\r\n"].concat();
    let cases: [(&[u8], Vec<u8>); 3] = [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", block.clone()),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk),
        (b"HTTP/1.1 200 OK\r\n\r\n", block),
    ];
    for (head, again) in cases {
        let (raw, ended) = flooding(head, again).await;
        let door = door(&raw);
        let error = door.send(get(&raw, "/"), &Keeper::default()).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ResponseTooLarge { limit: 1_048_576 }), "{error:?}");
        hangs_up(ended, 1_048_576).await;
    }
}

#[tokio::test]
async fn a_head_without_an_end_is_cut_off() {
    let line = b"X-Header-Of-The-Flood: and one more\r\n".repeat(1000);
    let cases: [(&[u8], Vec<u8>); 4] = [
        // A hundred thousand lines and more; one line; one name; a status line.
        (b"HTTP/1.1 200 OK\r\n", line),
        (b"HTTP/1.1 200 OK\r\nX: ", vec![b'x'; 64 << 10]),
        (b"HTTP/1.1 200 OK\r\n", vec![b'x'; 64 << 10]),
        (b"HTTP/1.1 200 ", vec![b'x'; 64 << 10]),
    ];
    for (head, again) in cases {
        let (raw, ended) = flooding(head, again).await;
        let error = sent(&raw).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::ResponseTooLarge { limit: 65_536 }), "{error:?}");
        hangs_up(ended, 65_536).await;
    }
}

#[tokio::test]
async fn chunks_that_are_all_talk_are_cut_off() {
    const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let extension = vec![b'x'; 64 << 10];
    let trailers = b"X-Trailer: and one more\r\n".repeat(1000);
    let cases: [(&[u8], Vec<u8>); 3] = [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;", extension),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", trailers),
        // A byte a chunk, with as much talk as is let through.
        (HEAD, [b"1;".as_slice(), &[b'x'; 4000], b"\r\nx\r\n"].concat()),
    ];
    for (head, again) in cases {
        let (raw, ended) = flooding(head, again).await;
        let result = sent(&raw).await;
        assert_eq!(label(&result), "broke off", "{result:?}");
        hangs_up(ended, 65_536).await;
    }
}

#[tokio::test]
async fn heads_that_announce_another_end_with_the_time_and_are_kept_nowhere() {
    for interim in
        ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"]
    {
        let (raw, ended) = flooding(b"", interim.repeat(1000).into_bytes()).await;
        let mut outbound = get(&raw, "/");
        outbound.timeout = Duration::from_millis(400);
        let result = door(&raw).send(outbound, &Keeper::default()).await;
        assert_eq!(label(&result), "timeout", "{result:?}");
        // How much came in that time is the machine's affair; that nobody listens any more is not.
        hangs_up(ended, usize::MAX - IN_THE_PIPES).await;
    }
}
