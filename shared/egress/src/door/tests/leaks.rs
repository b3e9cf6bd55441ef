//! What a log at its most talkative holds of a request: no query value. That it holds no secret is what the oracle finds,
//! here as in every other test; here it is made sure that there is a log to look into.

use std::time::Duration;

use mapping::{Content, Encoder};

use super::{
    Keeper, after,
    counterpart::{Counterpart, Identity, Reaction, ok},
    door, get, secret,
};

#[tokio::test]
async fn the_log_that_is_searched_is_as_talkative_as_can_be() {
    const CANARY: &[u8] = b"cAnArY/+7f3e\"9d&<1b>5a==zq";
    let keeper = Keeper::with(&[("canary", CANARY)]);
    let reactions: [fn(&str) -> Reaction; 5] = [
        |request| ok(request),
        |_| Reaction::Write(b"no http at all\r\n\r\n".to_vec()),
        |request| Reaction::Write(request.as_bytes().to_vec()),
        |request| Reaction::Stall(format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{request}").into()),
        |request| Reaction::Http2(request.to_owned()),
    ];
    let mut answered = 0;
    for reaction in reactions {
        let counterpart = match reaction("") {
            Reaction::Http2(_) => Counterpart::start_as(Identity::TrustedHttp2, reaction).await,
            _ => Counterpart::start(reaction).await,
        };
        let mut outbound = get(&counterpart, "/v1/");
        outbound.timeout = Duration::from_millis(500);
        outbound.url.push_hole(Content::Secret("canary".into()), Encoder::PathSegment);
        outbound.url.push_text("?plain=visible-value&secret=");
        outbound.url.push_hole(Content::Secret("canary".into()), Encoder::Query);
        outbound.headers = vec![("x-key".into(), after("k ", "canary", Encoder::Header))];
        outbound.query_credentials = vec![("api_key".into(), secret("canary", Encoder::Query))];
        answered += usize::from(door(&counterpart).send(outbound, &keeper).await.is_ok());
    }
    assert_eq!(answered, 2, "the answers of the first and of HTTP/2 are whole");
    let log = oracle::log();
    assert!(log.contains("TRACE"), "the log is as talkative as can be");
    assert!(log.contains("server.address=\"counterpart.example\""), "the span is there: {log}");
    assert!(log.contains("error.type=\"broke_off\"") && log.contains("error.type=\"timeout\""), "{log}");
    assert!(log.contains("h2::"), "HTTP/2 was spoken");
    assert!(log.contains("plain=REDACTED"), "query values are left out: {log}");
    assert!(!log.contains("visible-value"), "query values are left out");
}
