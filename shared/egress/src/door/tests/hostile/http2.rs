//! What is no HTTP/2, frame by frame (RFC 9113).

mod floods;

use super::{label, sent};
use crate::{
    Answer, Error,
    door::tests::raw::{Raw, Wire},
};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PUSH_PROMISE: u8 = 5;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// `:status: 200`, from HPACK's static table.
const OK: u8 = 0x88;

/// How the client's HEADERS on its first stream goes on after the length: its type, END_STREAM and END_HEADERS, stream 1.
pub(super) const HEADERS_OF_1: [u8; 6] = [HEADERS, END_STREAM | END_HEADERS, 0, 0, 0, 1];

/// The client's first bytes on a connection.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A header field that is in no table, its name and value as they are (RFC 7541, 6.2.2).
fn field(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
    [vec![0], text(name), text(value)].concat()
}

/// Waits for the request and has the connection's settings agreed on.
async fn greeted(wire: &mut Wire) {
    wire.write(&frame(SETTINGS, 0, 0, &[])).await;
    wire.read_until(&HEADERS_OF_1).await;
    wire.write(&frame(SETTINGS, ACK, 0, &[])).await;
}

/// A counterpart that answers the request with these frames, and closes.
async fn that_answers(frames: Vec<u8>) -> (Raw, Result<Answer, Error>) {
    let raw = Raw::start_http2(move |mut wire| {
        let frames = frames.clone();
        async move {
            greeted(&mut wire).await;
            wire.write(&frames).await;
            wire.close().await;
        }
    })
    .await;
    let result = sent(&raw).await;
    (raw, result)
}

/// Each answer must end the request as broken off, and the request was sent once.
async fn break_off(answers: impl IntoIterator<Item = (&'static str, Vec<u8>)>) {
    for (what, frames) in answers {
        let (raw, result) = that_answers(frames).await;
        assert_eq!(label(&result), "broke off", "{what}: {result:?}");
        assert_eq!(super::count(&raw.received(), PREFACE), 1, "{what}: one connection");
        assert_eq!(super::count(&raw.received(), &HEADERS_OF_1[..5]), 1, "{what}: one request");
    }
}

#[tokio::test]
async fn what_is_well_formed_is_an_answer() {
    let head = frame(HEADERS, END_HEADERS, 1, &[OK]);
    let unknown = frame(0xee, 0xff, 1, b"what is this");
    let ping = frame(PING, 0, 0, b"01234567");
    let data = frame(DATA, END_STREAM, 1, b"fine");
    let (_, result) = that_answers([unknown, ping, head, data].concat()).await;
    assert_eq!(result.unwrap().body, "fine");
}

#[tokio::test]
async fn streams_that_are_ended_or_were_never_begun() {
    let ok = |stream| frame(HEADERS, END_HEADERS | END_STREAM, stream, &[OK]);
    let reset = |reason: u32| frame(RST_STREAM, 0, 1, &reason.to_be_bytes());
    let head = frame(HEADERS, END_HEADERS, 1, &[OK]);
    break_off([
        ("closed", vec![]),
        ("reset without an error", reset(0)),
        ("reset as refused", reset(7)),
        ("reset as cancelled", reset(8)),
        ("reset in the middle", [head.clone(), reset(2)].concat()),
        ("goodbye before the request", frame(GOAWAY, 0, 0, &[0; 8])),
        ("goodbye with an error", frame(GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 11])),
        ("closed in the middle", [head.clone(), frame(DATA, 0, 1, b"half")].concat()),
        ("data before the head", frame(DATA, END_STREAM, 1, b"early")),
        ("an answer to a request that was not made", ok(3)),
        ("an answer on a stream of its own", ok(2)),
        ("a promise", frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2, OK])),
        ("data on no stream", frame(DATA, END_STREAM, 0, b"lost")),
    ])
    .await;
}

#[tokio::test]
async fn heads_that_are_none() {
    let head = |fields: &[u8]| frame(HEADERS, END_HEADERS | END_STREAM, 1, fields);
    let with = |name, value| head(&[vec![OK], field(name, value)].concat());
    break_off([
        ("no status", head(&field("x-a", "b"))),
        ("two statuses", head(&[OK, OK])),
        ("a status that is none", head(&field(":status", "abc"))),
        ("a status of four digits", head(&field(":status", "2000"))),
        ("a pseudo-header after the others", head(&[field("x-a", "b"), vec![OK]].concat())),
        ("a name in upper case", with("X-Upper", "a")),
        ("an empty name", with("", "a")),
        ("a line break in a value", with("x-a", "a\r\nb: c")),
        ("a NUL in a value", with("x-a", "a\0b")),
        ("index 0", head(&[0x80])),
        ("an index beyond the tables", head(&[0xff, 0xff, 0xff, 0xff, 0x0f])),
        ("a string that is cut short", head(&[OK, 0, 0x7f])),
        ("Huffman code that is none", head(&[OK, 0, 0x84, 0xff, 0xff, 0xff, 0xff, 1, b'a'])),
        ("a table larger than agreed on", head(&[0x3f, 0xff, 0xff, 0x7f, OK])),
        ("a continuation of nothing", frame(CONTINUATION, END_HEADERS, 1, &[OK])),
        (
            "another frame in the middle of a head",
            [frame(HEADERS, 0, 1, &[OK]), frame(DATA, END_STREAM, 1, b"x")].concat(),
        ),
    ])
    .await;
}

#[tokio::test]
async fn lengths_that_lie() {
    let head =
        |length: &str| frame(HEADERS, END_HEADERS, 1, &[vec![OK], field("content-length", length)].concat());
    let data = |bytes: &[u8]| frame(DATA, END_STREAM, 1, bytes);
    let padded = frame(DATA, END_STREAM | 8, 1, &[9, b'x']);
    break_off([
        ("too long", [head("9"), data(b"half")].concat()),
        ("too short", [head("2"), data(b"hello")].concat()),
        ("negative", [head("-1"), data(b"hello")].concat()),
        ("no number", [head("five"), data(b"hello")].concat()),
        ("more padding than data", [head("5"), padded].concat()),
        ("a frame larger than agreed on", [head("20000"), data(&vec![b'x'; 20_000])].concat()),
    ])
    .await;
}

#[tokio::test]
async fn frames_that_break_the_connection() {
    let settings =
        |id: u16, value: u32| frame(SETTINGS, 0, 0, &[&id.to_be_bytes()[..], &value.to_be_bytes()].concat());
    let window = |by: u32| frame(WINDOW_UPDATE, 0, 0, &by.to_be_bytes());
    break_off([
        ("garbage", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff".repeat(100)),
        ("HTTP/1.1", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()),
        ("settings that are none", settings(2, 2)),
        ("frames of no size", settings(5, 1)),
        ("a window beyond all bounds", settings(4, u32::MAX)),
        ("settings cut short", frame(SETTINGS, 0, 0, &[0, 1, 0])),
        ("settings of a stream", frame(SETTINGS, 0, 1, &[])),
        ("a window that does not grow", window(0)),
        ("a window that grows beyond bounds", [window(0x7fff_ffff), window(0x7fff_ffff)].concat()),
        ("a ping cut short", frame(PING, 0, 0, b"123")),
    ])
    .await;
}
