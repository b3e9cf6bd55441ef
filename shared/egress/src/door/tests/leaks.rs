//! What a log at its most talkative holds of a secret: nothing.

use std::{error::Error as _, sync::LazyLock, time::Duration};

use mapping::{Content, Encoder};
use tracing_subscriber::fmt::format::FmtSpan;

use super::{
    Keeper, after,
    counterpart::{Counterpart, Identity, Reaction, ok},
    door, get,
    log::Log,
    secret,
};
use crate::scrub;

/// Everything that any test of this binary logs, at TRACE, from every crate.
static LOG: LazyLock<Log> = LazyLock::new(|| {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(FmtSpan::FULL)
        .with_writer(log.clone())
        .with_ansi(false)
        .init();
    log
});

/// An error with its whole chain, in both of its forms.
fn told(error: &crate::Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text += &format!(" {cause} {cause:?}");
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn no_log_and_no_error_holds_a_secret_in_any_form() {
    const CANARY: &[u8] = b"cAnArY/+7f3e\"9d&<1b>5a==zq";
    let log = &*LOG;
    let keeper = Keeper::with(&[("canary", CANARY)]);
    let mut tellings = String::new();
    let reactions: [fn(&str) -> Reaction; 5] = [
        |request| ok(request),
        |_| Reaction::Write(b"no http at all\r\n\r\n".to_vec()),
        |request| Reaction::Write(request.as_bytes().to_vec()),
        |request| Reaction::Stall(format!("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{request}").into()),
        |request| Reaction::Http2(request.to_owned()),
    ];
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
        match door(&counterpart).send(outbound, &keeper).await {
            Ok(answer) => tellings += &format!("{answer:?}"),
            Err(error) => tellings += &told(&error),
        }
    }
    let log = String::from_utf8_lossy(&log.bytes()).into_owned();
    assert!(log.contains("TRACE"), "the log is as talkative as can be");
    assert!(log.contains("server.address=\"counterpart.example\""), "the span is there: {log}");
    assert!(log.contains("error.type=\"broke_off\"") && log.contains("error.type=\"timeout\""), "{log}");
    assert!(log.contains("h2::"), "HTTP/2 was spoken");
    assert!(log.contains("plain=REDACTED"), "query values are left out: {log}");
    assert!(!log.contains("visible-value"), "query values are left out");
    for form in scrub::forms_of(CANARY) {
        let form = String::from_utf8_lossy(&form).into_owned();
        assert!(!log.contains(&form), "the log holds {form}");
        assert!(!tellings.contains(&form), "an answer or error holds {form}: {tellings}");
    }
}
