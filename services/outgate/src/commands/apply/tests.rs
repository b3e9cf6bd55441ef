use proto::integrations::v1::{Diagnostic, Severity};

use super::*;

#[test]
fn a_difference_shows_what_goes_and_what_comes() {
    let difference = difference::difference("a\nb\nc\n", "a\nB\nc\n");
    assert_eq!(difference, "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
    assert_eq!(difference::difference("a\n", "a\n"), "");
}

#[test]
fn what_is_around_an_adapter_does_not_keep_it_from_being_applied() {
    let found = |code: &str, key: &str| Diagnostic {
        code: code.to_owned(),
        severity: Severity::Error.into(),
        rendered: format!("error[{code}]: x\n --> {key}:1:1\n"),
        ..Diagnostic::default()
    };
    let codes: Vec<_> = mapping::CODES
        .iter()
        .map(|code| code.code)
        .filter(|code| !adapters::is_own(&found(code, "ADAPTER.A-B"), "ADAPTER.A-B"))
        .collect();
    let around = [
        "endpoint-not-listed",
        "save-scope",
        "secret-scope",
        "unknown-connector",
        "unknown-integration",
        "unknown-register",
        "unknown-secret",
    ];
    assert_eq!(codes, around);
    assert!(
        !adapters::is_own(&found("arity", "TEMPLATE-A"), "ADAPTER.A-B"),
        "another register is told of after"
    );
    let warning = Diagnostic { severity: Severity::Warning.into(), ..found("arity", "ADAPTER.A-B") };
    assert!(!adapters::is_own(&warning, "ADAPTER.A-B"));
}
