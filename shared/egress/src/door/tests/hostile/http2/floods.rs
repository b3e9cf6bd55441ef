//! Frames without end.

use std::time::Duration;

use tokio::sync::mpsc::unbounded_channel;

use super::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, OK, PING, SETTINGS, field, frame, greeted,
    that_answers,
};
use crate::door::tests::{
    Keeper, door, get,
    hostile::{floods::hangs_up, label},
    raw::Raw,
};

/// `accept-encoding: gzip, deflate`, a header of 63 bytes by RFC 7541's count, from one byte.
const BYTE_THAT_IS_A_HEADER: u8 = 0x90;

/// Writes a beginning, and then the same over and over. The request ends in one of these ways, in little time.
async fn ends(beginning: Vec<u8>, again: Vec<u8>, expected: &[&str], what: &str) {
    let (done, ended) = unbounded_channel();
    let raw = Raw::start_http2(move |mut wire| {
        let (done, beginning, again) = (done.clone(), beginning.clone(), again.clone());
        async move {
            greeted(&mut wire).await;
            wire.write(&beginning).await;
            done.send(wire.flood(&again).await).unwrap();
        }
    })
    .await;
    let door = door(&raw);
    let mut outbound = get(&raw, "/");
    outbound.timeout = Duration::from_secs(2);
    let result = door.send(outbound, &Keeper::default()).await;
    assert!(expected.contains(&label(&result)), "{what}: {result:?}");
    // The connection itself may live on for other requests: it ends with the door, or, where it is stuck because the
    // counterpart reads nothing, when no sign of life comes.
    drop((result, door));
    tokio::time::pause();
    hangs_up(ended, usize::MAX / 2).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_head_that_goes_on_and_on() {
    let name_and_value = [field("x-a", "b"), field("x-c", "d")].concat();
    let begin = frame(HEADERS, 0, 1, &[OK]);
    ends(begin.clone(), frame(CONTINUATION, 0, 1, &name_and_value), &["broke off", "too large"], "fields")
        .await;
    ends(begin, frame(CONTINUATION, 0, 1, &[]), &["broke off", "too large"], "nothing").await;
}

#[tokio::test]
async fn a_head_beyond_the_limit() {
    let fields = vec![BYTE_THAT_IS_A_HEADER; 16_000];
    let head = [
        frame(HEADERS, 1, 1, &[&[OK], &*fields].concat()),
        frame(CONTINUATION, 0, 1, &fields),
        frame(CONTINUATION, END_HEADERS, 1, &fields),
    ];
    let (_, result) = that_answers(head.concat()).await;
    assert!(["broke off", "too large"].contains(&label(&result)), "{result:?}");
}

#[tokio::test]
async fn a_head_up_to_the_limit_is_an_answer() {
    // A field counts as its name, its value and 32 bytes (RFC 9113, 10.5.1).
    let counted = "x-a".len() + 100 + 32;
    let head = |fields: usize| {
        let fields = field("x-a", &"v".repeat(100)).repeat(fields);
        let mut parts = fields.chunks(16_000);
        let first = frame(HEADERS, END_STREAM, 1, &[&[OK], parts.next().unwrap()].concat());
        let others = parts.map(|part| frame(CONTINUATION, 0, 1, part));
        let end = frame(CONTINUATION, END_HEADERS, 1, &[]);
        others.fold(first, |head, part| [head, part].concat()).into_iter().chain(end).collect::<Vec<u8>>()
    };
    let most = (64 << 10) / counted;
    let (_, result) = that_answers(head(most - 2)).await;
    assert_eq!(result.unwrap().headers.len(), most - 2);
    let (_, result) = that_answers(head(most + 1)).await;
    assert!(["broke off", "too large"].contains(&label(&result)), "{result:?}");
}

#[tokio::test]
async fn answers_that_announce_another() {
    // `:status: 103`, named from the static table.
    let hints = frame(HEADERS, END_HEADERS, 1, &[0x08, 3, b'1', b'0', b'3']);
    ends(vec![], hints, &["timeout", "broke off"], "103").await;
}

#[tokio::test]
async fn frames_that_say_nothing() {
    let head = frame(HEADERS, END_HEADERS, 1, &[OK]);
    ends(vec![], frame(PING, 0, 0, b"01234567"), &["timeout", "broke off"], "pings").await;
    ends(vec![], frame(SETTINGS, 0, 0, &[]), &["timeout", "broke off"], "settings").await;
    ends(head, frame(DATA, 0, 1, &[]), &["timeout", "broke off"], "empty data").await;
}

#[tokio::test]
async fn a_body_that_heeds_no_window() {
    let head = frame(HEADERS, END_HEADERS, 1, &[OK]);
    ends(head, frame(DATA, 0, 1, &[b'x'; 16_384]), &["too large", "broke off"], "a gigabyte").await;
}
