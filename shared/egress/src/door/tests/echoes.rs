//! Secrets that come back: found however they are written, counted, told of, and refused where the policy says so.

use std::{error::Error as _, sync::Arc, time::Duration};

use data_encoding::{BASE64, BASE64URL, HEXLOWER, HEXUPPER};
use futures::{StreamExt, TryStreamExt};
use mapping::{Content, Encoder, Template};
use tracing_subscriber::{Layer, layer::SubscriberExt, registry};

use super::{
    Door, HOST, Keeper, Loopback, after,
    counterpart::{Counterpart, Identity, Reaction, answer, ok},
    door, get,
    log::Log,
    policy, secret,
    streams::chunked,
};
use crate::{EgressPolicy, ErrorKind};

/// Thirty-two bytes with something that each of the writers below escapes.
const CANARY: &str = "cAnArY/+7f3e\"9d&<1b>5a==zq'\\ ~x";

/// The canary as other programs write it: each line here was made by hand or by another library than the scrubber's own.
fn writings() -> Vec<(&'static str, Vec<u8>)> {
    let url = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let strict = |text: &str| url(text).replace('+', "%20").replace('*', "%2A");
    let json = serde_json::to_string(CANARY).unwrap();
    let json = json[1..json.len() - 1].to_owned();
    let hex = |prefix: &str| CANARY.bytes().map(|byte| format!("{prefix}{byte:02x}")).collect::<String>();
    let entities = CANARY.chars().map(|each| format!("&#{};", u32::from(each))).collect::<String>();
    let utf16 = |order: fn(u16) -> [u8; 2]| CANARY.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let html = CANARY.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let texts = [
        ("raw", CANARY.to_owned()),
        ("form", url(CANARY)),
        ("percent", strict(CANARY)),
        (
            "percent in lower case",
            strict(CANARY)
                .replace("%2F", "%2f")
                .replace("%2B", "%2b")
                .replace("%3C", "%3c")
                .replace("%3E", "%3e")
                .replace("%3D", "%3d")
                .replace("%5C", "%5c")
                .replace("%7E", "%7e"),
        ),
        ("percent twice", strict(&strict(CANARY))),
        ("every byte", hex("%")),
        ("every byte twice", hex("%25")),
        ("hex", HEXLOWER.encode(CANARY.as_bytes())),
        ("HEX", HEXUPPER.encode(CANARY.as_bytes())),
        ("JSON", json.clone()),
        ("JSON of PHP", json.replace('/', "\\/")),
        ("JSON, all escaped", hex("\\u00")),
        ("HTML", html.clone()),
        ("HTML, quoted", html.replace('\'', "&#39;")),
        ("entities", entities),
        (
            "entities in hexadecimal",
            CANARY.chars().map(|each| format!("&#x{:x};", u32::from(each))).collect(),
        ),
    ];
    let mut all: Vec<_> = texts.into_iter().map(|(name, text)| (name, text.into_bytes())).collect();
    all.extend([("UTF-16LE", utf16(u16::to_le_bytes)), ("UTF-16BE", utf16(u16::to_be_bytes))]);
    all.push(("JSON in UTF-16LE", json.encode_utf16().flat_map(u16::to_le_bytes).collect()));
    all
}

/// Base64 of the canary within longer texts. What is left of it may be the digits that it shares with its neighbours.
fn in_base64() -> Vec<String> {
    let texts = ["", "u", "us", "user:"].map(|before| format!("{before}{CANARY}|after"));
    texts.iter().flat_map(|text| [BASE64, BASE64URL].map(|each| each.encode(text.as_bytes()))).collect()
}

/// What comes back when the counterpart answers with this, in chunks of the transfer cut at random.
async fn streamed_back(body: &[u8], seed: u64) -> (Vec<u8>, u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut chunks: Vec<&[u8]> = Vec::new();
    let mut left = body;
    while !left.is_empty() {
        let (chunk, rest) = left.split_at(random.usize(1..=24).min(left.len()));
        chunks.push(chunk);
        left = rest;
    }
    let wire = chunked(&chunks);
    let counterpart = Counterpart::start(move |_| Reaction::Write(wire.clone())).await;
    let mut outbound = get(&counterpart, "/");
    outbound.headers = vec![("x-key".into(), after("k ", "canary", Encoder::Header))];
    let keeper = Keeper::with(&[("canary", CANARY.as_bytes())]);
    let streamed = door(&counterpart).stream(outbound, &keeper).await.unwrap();
    let echoes = streamed.echoes.clone();
    let body = streamed.body.try_collect::<Vec<_>>().await.unwrap().concat();
    (body, echoes.count())
}

/// What stands in the place of a canary, in the writing of what is around it.
fn mark(name: &str) -> Vec<u8> {
    let order = match name {
        name if name.ends_with("UTF-16LE") => u16::to_le_bytes,
        "UTF-16BE" => u16::to_be_bytes,
        _ => return b"[secret removed]".to_vec(),
    };
    "[secret removed]".encode_utf16().flat_map(order).collect()
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_canary_is_found_in_every_writing_at_any_place_and_across_any_chunks() {
    let mut random = fastrand::Rng::with_seed(11);
    let noise = |random: &mut fastrand::Rng| -> Vec<u8> {
        let length = random.usize(0..60);
        (0..length).map(|_| random.alphanumeric() as u8).collect()
    };
    for seed in 0..4 {
        let (mut body, mut expected) = (Vec::new(), Vec::new());
        let mut writings = writings();
        random.shuffle(&mut writings);
        for (name, writing) in &writings {
            let between = [noise(&mut random), b"\n".to_vec()].concat();
            body.extend([between.as_slice(), writing].concat());
            expected.extend(between);
            expected.extend(mark(name));
        }
        let (clean, echoes) = streamed_back(&body, seed).await;
        for (name, writing) in &writings {
            assert!(!holds(&clean, writing), "{name} is left, with the seed {seed}");
        }
        assert_eq!(String::from_utf8_lossy(&clean), String::from_utf8_lossy(&expected));
        assert_eq!(echoes, u64::try_from(writings.len()).unwrap());
    }
}

#[tokio::test]
async fn a_canary_is_found_in_base64_at_every_offset() {
    for (seed, digits) in (0..).zip(in_base64()) {
        let (clean, echoes) = streamed_back(format!("Basic {digits}").as_bytes(), seed).await;
        assert_eq!(echoes, 1, "{digits}");
        let clean = String::from_utf8(clean).unwrap();
        let (before, after) = clean.split_once("[secret removed]").expect(&digits);
        // Nothing of the canary but at most four bits at each end can be read out of what is left.
        let before = before.trim_start_matches("Basic ");
        assert!(before.len() <= 8 && after.len() <= 12, "{clean}");
    }
}

fn listening() -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let warnings = tracing_subscriber::fmt::layer().with_writer(log.clone()).with_ansi(false);
    let subscriber = registry()
        .with(oracle::layer())
        .with(warnings.with_filter(tracing::level_filters::LevelFilter::WARN));
    (log, tracing::subscriber::set_default(subscriber))
}

fn keyed(counterpart: &Counterpart) -> crate::Outbound {
    let mut outbound = get(counterpart, "/");
    outbound.tenant = "acme".to_owned();
    outbound.headers = vec![("x-key".into(), secret("key", Encoder::Header))];
    outbound
}

#[tokio::test]
async fn an_echo_is_told_of_once_with_host_tenant_and_count() {
    let (log, _listening) = listening();
    let keeper = Keeper::with(&[("key", b"hunter2-hunter21")]);
    let quiet = Counterpart::start(|_| ok("nothing")).await;
    door(&quiet).send(keyed(&quiet), &keeper).await.unwrap();
    assert_eq!(log.text(), "", "nothing came back");

    let counterpart = Counterpart::start(|_| {
        answer(
            "HTTP/1.1 200 OK\r\nX-Echo: hunter2-hunter21\r\n",
            b"hunter2-hunter21 aHVudGVyMi1odW50ZXIyMQ==",
        )
    })
    .await;
    assert!(door(&counterpart).send(keyed(&counterpart), &keeper).await.unwrap().echoed);
    let warnings = log.text();
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
    for part in ["WARN", "alarm=\"SECRET_ECHOED\"", HOST, "\"acme\"", "echoes=3", "refused=false"] {
        assert!(warnings.contains(part), "{part} is not in {warnings}");
    }
    assert!(!warnings.contains("hunter2"), "{warnings}");
}

#[tokio::test]
async fn an_echo_on_the_way_is_told_of_where_it_was_and_nowhere_else() {
    let (log, _listening) = listening();
    let counterpart = Counterpart::start(|request| {
        if request.starts_with("GET /end") {
            return ok("nothing");
        }
        Reaction::Write(
            b"HTTP/1.1 302 Found\r\nLocation: /end\r\nX-Echo: hunter2-hunter21\r\nContent-Length: 0\r\n\r\n"
                .to_vec(),
        )
    })
    .await;
    let keeper = Keeper::with(&[("key", b"hunter2-hunter21")]);
    let outbound = crate::Outbound { redirects: 1, integration: "CRM".to_owned(), ..keyed(&counterpart) };
    let answer = door(&counterpart).send(outbound, &keeper).await.unwrap();
    assert!(answer.echoed && answer.followed == 1);
    let warnings = log.text();
    assert_eq!(warnings.lines().count(), 1, "{warnings}");
    assert!(warnings.contains("echoes=1") && warnings.contains("outgate.integration=\"CRM\""), "{warnings}");
}

#[tokio::test]
async fn the_name_of_a_header_holds_no_secret_in_any_case() {
    let keeper = Keeper::with(&[("key", b"Tok-4F9D2c71AAb5")]);
    let echoing = ["X-Tok-4F9D2c71AAb5-X: 1", "x-tok-4f9d2c71aab5-x: 1", "X-VG9rLTRGOUQyYzcxQUFiN-X: 1"];
    for line in echoing {
        let head = format!("HTTP/1.1 200 OK\r\n{line}\r\n");
        let counterpart = Counterpart::start(move |_| answer(&head, b"")).await;
        let answer = door(&counterpart).send(keyed(&counterpart), &keeper).await.unwrap();
        assert!(answer.echoed, "{line}");
        let names: Vec<_> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert!(names.contains(&"x-[secret removed]-x"), "{line}: {names:?}");
    }
}

#[tokio::test]
async fn an_echo_in_a_stream_that_nobody_reads_on_is_told_of_too() {
    let (log, _listening) = listening();
    let keeper = Keeper::with(&[("key", b"hunter2-hunter21")]);
    let wire = chunked(&[b"here: hunter2-hunter21\n", b"and more\n"]);
    let counterpart = Counterpart::start(move |_| Reaction::Write(wire.clone())).await;
    let mut streamed = door(&counterpart).stream(keyed(&counterpart), &keeper).await.unwrap();
    assert_eq!(streamed.body.try_next().await.unwrap().unwrap(), "here: [secret removed]\n");
    assert_eq!(log.text(), "", "it is told of when the answer is over");
    drop(streamed);
    assert!(log.text().contains("echoes=1"), "{}", log.text());
}

fn strict(counterpart: &Counterpart) -> Door {
    let policy = EgressPolicy { refuse_echoes: true, ..policy(counterpart) };
    Door::new(policy, Arc::new(Loopback)).unwrap()
}

#[tokio::test]
async fn a_strict_policy_refuses_an_answer_with_an_echo() {
    let keeper = Keeper::with(&[("key", b"hunter2-hunter21")]);
    let echoing = [
        "HTTP/1.1 200 OK\r\nX-Echo: hunter2-hunter21\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /x?hunter2-hunter21\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n-> hunter2-hunter21",
        "HTTP/1.1 200 OK\r\n\r\n-> 68756e746572322d68756e7465723231",
    ];
    for wire in echoing {
        let counterpart = Counterpart::start(|_| Reaction::Write(wire.into())).await;
        let mut outbound = keyed(&counterpart);
        outbound.redirects = 3;
        let error = strict(&counterpart).send(outbound, &keeper).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::SecretEchoed), "{wire}: {error:?}");
        assert_eq!(error.host(), Some(HOST));
        assert_eq!(counterpart.requests().len(), 1, "such an answer leads nowhere");
    }
    let quiet = Counterpart::start(|_| ok("nothing")).await;
    assert_eq!(strict(&quiet).send(keyed(&quiet), &keeper).await.unwrap().body, "nothing");
}

#[tokio::test]
async fn under_a_strict_policy_a_stream_ends_before_anything_of_an_echo() {
    let keeper = Keeper::with(&[("key", b"hunter2-hunter21")]);
    let wire = chunked(&[b"fine\n", b"fine too, and hunt", b"er2-hun", b"ter21", b" rest"]);
    let counterpart = Counterpart::start(move |_| Reaction::Write(wire.clone())).await;
    let streamed = strict(&counterpart).stream(keyed(&counterpart), &keeper).await.unwrap();
    let echoes = streamed.echoes.clone();
    let mut parts: Vec<_> = streamed.body.collect().await;
    let error = parts.pop().unwrap().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::SecretEchoed), "{error:?}");
    let before: Vec<u8> = parts.into_iter().flat_map(|part| part.unwrap()).collect();
    assert_eq!(String::from_utf8(before).unwrap(), "fine\nfine too, and ");
    assert_eq!(echoes.count(), 1);
}

/// What a hostile counterpart may answer with, each with everything that it was sent.
fn hostile(request: &str) -> Vec<Vec<u8>> {
    let head = |head: &str| format!("HTTP/1.1 200 OK\r\n{head}\r\n{request}").into_bytes();
    vec![
        request.as_bytes().to_vec(),
        format!("HTTP/1.1 {request}").into_bytes(),
        head(""),
        head("Content-Encoding: gzip\r\n"),
        head("Content-Encoding: zstd\r\n"),
        head("Content-Encoding: br\r\n"),
        head("Content-Encoding: deflate\r\n"),
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: {}\r\n\r\nx", request.lines().next().unwrap())
            .into_bytes(),
        head("Transfer-Encoding: chunked\r\n"),
        head("Content-Length: 99999\r\n"),
        head("Content-Length: what-was-sent\r\n"),
        format!(
            "HTTP/1.1 200 OK\r\n{}\r\n",
            format!("X: {}\r\n", request.lines().last().unwrap_or_default()).repeat(5000)
        )
        .into_bytes(),
        format!("HTTP/1.1 302 Found\r\nLocation: https://{}/\r\n\r\n", request.lines().next().unwrap())
            .into_bytes(),
    ]
}

#[tokio::test]
async fn no_error_of_a_hostile_answer_holds_more_than_the_host() {
    const QUERY: &str = "visible-in-the-query";
    let keeper = Keeper::with(&[("key", CANARY.as_bytes())]);
    let mut labels = std::collections::BTreeSet::new();
    for index in 0..hostile("x").len() {
        for identity in [Identity::Trusted, Identity::SelfSigned] {
            let counterpart = Counterpart::start_as(identity, move |request| {
                Reaction::Write(hostile(request).swap_remove(index))
            })
            .await;
            let mut outbound = get(&counterpart, &format!("/secret-path?q={QUERY}&key="));
            outbound.url.push_hole(Content::Secret("key".into()), Encoder::Query);
            outbound.headers = vec![("x-plain".into(), Template::text("visible-header"))];
            outbound.timeout = Duration::from_secs(5);
            outbound.redirects = 1;
            outbound.response_bytes = 50;
            let error = match strict(&counterpart).send(outbound, &keeper).await {
                Ok(answer) => panic!("{index}: answered with {}", answer.status),
                Err(error) => error,
            };
            labels.insert(error.kind().label());
            let mut told = format!("{error} {error:?}");
            let mut source = error.source();
            while let Some(cause) = source {
                told += &format!(" {cause} {cause:?}");
                source = cause.source();
            }
            for part in [QUERY, "secret-path", "visible-header", "x-plain", "what-was-sent"] {
                assert!(!told.contains(part), "{index}: {part} is in {told}");
            }
            for (name, writing) in writings() {
                let writing = String::from_utf8_lossy(&writing).into_owned();
                assert!(!told.contains(&writing), "{index}: the canary, {name}, is in {told}");
            }
            assert_eq!(error.host(), Some(HOST));
        }
    }
    let all = ["broke_off", "response_encoded", "response_too_large", "secret_echoed", "tls_failed"];
    assert_eq!(labels.into_iter().collect::<Vec<_>>(), all, "every kind that an answer can lead to");
}
