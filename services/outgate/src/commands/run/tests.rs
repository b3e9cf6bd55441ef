use bytes::Bytes;
use proto::integrations::v1::Step;

use super::*;

fn run_of(meta: Meta, result: &'static [u8]) -> Run {
    let step =
        Step { adapter: "ADAPTER.A-B".into(), meta: Some(meta.clone()), result: Bytes::from_static(result) };
    Run { result: Bytes::from_static(result), meta: Some(meta), steps: vec![step] }
}

#[test]
fn a_run_is_result_meta_steps() {
    let meta = Meta {
        status: 201,
        attempts: 1,
        duration: Some(prost_types::Duration { seconds: 1, nanos: 2_500_000 }),
        ..Meta::default()
    };
    let report = report(&run_of(meta, br#"{"a":0.10}"#)).unwrap();
    let meta = r#"{"error":false,"message":"","status":201,"attempts":1,"durationMs":1002.5}"#;
    let expected = format!(
        r#"{{"result":{{"a":0.10}},"meta":{meta},"steps":[{{"adapter":"ADAPTER.A-B","meta":{meta},"result":{{"a":0.10}}}}]}}"#
    );
    assert_eq!(report.value.unwrap().to_string(), expected);
    assert_eq!(report.exit, Exit::Success);
}

#[test]
fn a_run_that_ended_with_an_error_is_exit_code_3() {
    let meta = Meta { error: true, message: "Internal Server Error".into(), status: 500, ..Meta::default() };
    let report = report(&run_of(meta, b"null")).unwrap();
    assert_eq!(report.exit, Exit::Answer);
    assert!(report.notes.contains("500 Internal Server Error"), "{}", report.notes);
}
