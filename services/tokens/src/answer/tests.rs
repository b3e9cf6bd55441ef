use std::time::UNIX_EPOCH;

use proto::errors::v1::Reason;

use super::*;
use crate::failure::Nature;

fn read(status: u16, body: &str) -> Result<Granted, Failure> {
    Answer { status, content_type: Some("application/json"), retry_after: None, body: body.as_bytes() }
        .read("login.example.com")
}

fn token(body: &str) -> String {
    let granted = read(200, body).map_err(|failure| failure.refusal).unwrap();
    String::from_utf8(granted.value.expose().to_vec()).unwrap()
}

fn failure(status: u16, body: &str) -> Failure {
    read(status, body).map(|_| ()).unwrap_err()
}

#[test]
fn tokens_of_known_servers_are_taken() {
    for value in ["eyJhbGciOi.J9-_.x~y+z/w==", "00Dx0!AR8AQP0jITN80.x", "12|plaintext", "v1:abc"] {
        assert_eq!(token(&format!(r#"{{"access_token":"{value}","error":null}}"#)), value);
    }
    assert_eq!(token(r#"{"access_token":"a\/b"}"#), "a/b");
}

#[test]
fn two_tokens_are_none() {
    let failure = failure(200, r#"{"access_token":"a","access_token":"b"}"#);
    assert_eq!((failure.refusal.reason(), failure.nature), (Reason::TokenUnavailable, Nature::Lasting));
}

#[test]
fn of_two_lifetimes_the_shorter_counts_in_any_order() {
    for body in [
        r#"{"access_token":"a","expires_in":60,"expires_in":3600}"#,
        r#"{"access_token":"a","expires_in":3600,"expires_in":"60"}"#,
        r#"{"access_token":"a","expires_in":"soon","expires_in":60}"#,
        r#"{"access_token":"a","expires_in":60,"expires_in":null}"#,
        r#"{"access_token":"a","expires_in":60,"expires_in":[{"b":0}]}"#,
    ] {
        let granted = read(200, body).map_err(|failure| failure.refusal).unwrap();
        assert_eq!(granted.life, Some(Duration::from_secs(60)), "{body}");
    }
}

#[test]
fn a_lifetime_that_is_none_is_as_if_not_said() {
    for value in ["0", "-1", "\"-5\"", "\"NaN\"", "\"inf\"", "true", "{}", "[]", "\"\""] {
        let body = format!(r#"{{"access_token":"a","expires_in":{value}}}"#);
        assert_eq!(read(200, &body).map_err(|failure| failure.refusal).unwrap().life, None, "{value}");
    }
}

#[test]
fn only_a_code_that_looks_like_one_is_passed_on() {
    for (code, told) in [
        ("invalid_client", "invalid_client"),
        ("urn:example:no", "urn:example:no"),
        ("the secret is hunter2", NO_CODE),
        ("<b>", NO_CODE),
        ("", NO_CODE),
        (&"x".repeat(65), NO_CODE),
    ] {
        let failure = failure(400, &format!(r#"{{"error":"{code}"}}"#));
        assert_eq!(failure.refusal.metadata("error"), Some(told));
    }
    assert_eq!(failure(400, r#"{"error":{"code":7}}"#).refusal.metadata("error"), Some(NO_CODE));
    for status in [400, 401, 403] {
        let failure = failure(status, "no");
        assert_eq!(failure.refusal.reason(), Reason::TokenRefused);
        assert_eq!(failure.refusal.metadata("status"), Some(&*status.to_string()));
    }
    assert_eq!(failure(404, "{}").refusal.reason(), Reason::TokenUnavailable);
}

#[test]
fn a_retry_after_is_seconds_or_a_date_to_come() {
    let now = UNIX_EPOCH + Duration::from_secs(784_111_767);
    let date = "Sun, 06 Nov 1994 08:49:37 GMT";
    for (text, delay) in [
        ("0", Some(0)),
        (" 7 ", Some(7)),
        (date, Some(10)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", Some(10)),
        ("Fri, 06 Nov 1994 08:49:37 GMT", Some(10)),
        ("Sun, 06 Nov 1994 08:49:07 GMT", None),
        ("-1", None),
        ("soon", None),
        ("", None),
    ] {
        assert_eq!(retry_after(text, now), delay.map(Duration::from_secs), "{text}");
    }
    assert_eq!(retry_after(&"9".repeat(40), now), Some(Duration::MAX));
}
