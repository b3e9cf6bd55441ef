use tonic_types::StatusExt as _;

use super::*;

/// Every value of the enum.
fn every_reason() -> impl Iterator<Item = Reason> {
    (1..200).filter_map(|number| Reason::try_from(number).ok())
}

#[test]
fn a_status_tells_programs_the_reason_and_people_the_text() {
    let refusal = Refusal::new(Reason::EndpointNotListed, "not listed").with("host", "example.com");
    let status = Status::from(refusal);
    assert_eq!((status.code(), status.message()), (Code::PermissionDenied, "not listed"));
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.domain.as_str()), ("ENDPOINT_NOT_LISTED", DOMAIN));
    assert_eq!(info.metadata["host"], "example.com");
}

#[test]
fn a_wrong_field_is_named_in_its_own_detail() {
    let status = Status::from(Refusal::field("grant.token_url", "is no URL"));
    let details = status.get_error_details();
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(violation.field, "grant.token_url");
    assert_eq!(status.message(), "grant.token_url: is no URL");
}

#[test]
fn a_cause_is_for_the_log_alone() {
    let refusal = Refusal::new(Reason::Internal, "it failed").because("the disk said canary");
    let status = Status::from(refusal);
    assert!(!format!("{status:?}").contains("canary"));
    assert!(!String::from_utf8_lossy(status.details()).contains("canary"));
}

#[test]
fn a_peers_refusal_passes_through_unchanged() {
    let sent = Refusal::new(Reason::LimitReached, "too fast")
        .with("integration", "CRM")
        .retry_after(Duration::from_millis(250));
    let got = Refusal::from_peer("secrets", &Status::from(sent));
    assert_eq!((got.reason(), got.message()), (Reason::LimitReached, "too fast"));
    assert_eq!(got.metadata("integration"), Some("CRM"));
    let again = Status::from(got).get_error_details();
    assert_eq!(again.retry_info().unwrap().retry_delay, Some(Duration::from_millis(250)));
}

#[test]
fn a_peer_that_is_away_or_slow_is_said_to_be() {
    let away = Refusal::from_peer("tokens", &Status::unavailable("connection refused to 10.0.0.1"));
    assert_eq!((away.reason(), away.metadata("service")), (Reason::ServiceUnavailable, Some("tokens")));
    assert!(!away.message().contains("10.0.0.1"));
    let slow = Refusal::from_peer("tokens", &Status::cancelled("Timeout expired"));
    assert_eq!(slow.reason(), Reason::DeadlineExceeded);
    let odd = Refusal::from_peer("tokens", &Status::unknown("h2 protocol error"));
    assert_eq!(odd.reason(), Reason::Internal);
}

#[test]
fn every_reason_travels_under_its_own_name() {
    assert!(every_reason().count() > 30);
    for reason in every_reason() {
        assert_eq!(reason_from_name(name(reason)), Some(reason));
        assert_ne!(code(reason), Code::Ok);
    }
}

#[test]
fn the_contract_documents_the_code_of_every_reason() {
    let text = include_str!("../../../../proto/outgate/errors/v1/reason.proto");
    for reason in every_reason() {
        let (before, _) = text.split_once(&format!("  {} = ", reason.as_str_name())).unwrap();
        let comment = before.rsplit_once("\n  REASON_").map_or(before, |(_, comment)| comment).to_owned();
        let code = code_name(code(reason));
        assert!(comment.contains(code), "{reason:?} is sent as {code}, and its comment says {comment}");
    }
}
