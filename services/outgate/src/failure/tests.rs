use std::collections::HashMap;

use tonic::Code;
use tonic_types::ErrorDetails;

use super::*;

#[test]
fn a_refusal_of_the_suite_keeps_reason_message_and_metadata() {
    let metadata: HashMap<String, String> = [("host".to_owned(), "a.example".to_owned())].into();
    let details = ErrorDetails::with_error_info("ENDPOINT_NOT_LISTED", "outgate", metadata);
    let status = Status::with_error_details(Code::PermissionDenied, "not listed; list it", details);
    let failure = Failure::of_status(&status, "http://127.0.0.1:1");
    assert_eq!(
        failure.to_value().to_string(),
        r#"{"error":{"reason":"ENDPOINT_NOT_LISTED","message":"not listed; list it","metadata":{"host":"a.example"}}}"#
    );
    assert_eq!(failure.exit(), Exit::Refused);
}

#[test]
fn a_status_without_a_reason_is_named_by_its_code() {
    let failure = Failure::of_status(&Status::unimplemented(""), "http://127.0.0.1:1");
    assert_eq!(failure.reason(), "UNIMPLEMENTED");
    assert!(failure.message().starts_with("http://127.0.0.1:1: "), "{}", failure.message());
}

#[tokio::test]
async fn nobody_there_is_told_with_the_next_step() {
    // A port that was free a moment ago, and that nobody listens on.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = format!("http://{address}");
    let link = runtime::Link::remote(&server, runtime::link::Credentials::default()).unwrap();
    let mut client = tonic_health::pb::health_client::HealthClient::new(link);
    let status = client.check(tonic_health::pb::HealthCheckRequest::default()).await.unwrap_err();
    let failure = Failure::of_status(&status, &server);
    assert_eq!(failure.reason(), "SERVER_UNREACHABLE");
    assert!(failure.message().contains("outgate serve"), "{}", failure.message());
}

#[test]
fn exit_codes_are_the_documented_ones() {
    let codes = [Exit::Success, Exit::Refused, Exit::Usage, Exit::Answer].map(|exit| exit as u8);
    assert_eq!(codes, [0, 1, 2, 3]);
    assert_eq!(Failure::usage("").exit(), Exit::Usage);
    assert_eq!(Failure::file("").exit(), Exit::Usage);
}
