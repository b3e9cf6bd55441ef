use std::fs;

use proto::integrations::v1::{AnonymousAccess, TraceContext, auth::Kind};
use tempfile::TempDir;

use super::*;
use crate::failure::Exit;

/// A folder with these files in it.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// What is said of one file, its folder left out.
fn refusal(name: &str, text: &str) -> String {
    let folder = folder(&[(name, text)]);
    let failure = load(&[folder.path().join(name)]).unwrap_err();
    assert_eq!((failure.reason(), failure.exit()), ("FILE_INVALID", Exit::Usage));
    failure.message().replace(&format!("{}/", folder.path().display()), "")
}

/// What an integration needs at least.
const BASE: &str = "kind: Integration\nname: CRM\nendpoints:\n  - url: https://a.example/**\n";

/// Files that cannot be used: what the case is about, the file's name, its text.
fn broken() -> Vec<(&'static str, &'static str, String)> {
    vec![
        ("an unknown key", "a.yaml", format!("{BASE}anonymousAcces: true\n")),
        ("an unknown key below", "a.yaml", format!("{BASE}limits: {{ timeout: 30s, concurency: 3 }}\n")),
        ("no time", "a.yaml", format!("{BASE}limits:\n  timeout: 30 parsecs\n")),
        ("a time without a unit", "a.yaml", format!("{BASE}limits:\n  timeout: 30\n")),
        ("a size without a unit", "a.yaml", format!("{BASE}limits:\n  responseBytes: 30\n")),
        ("too many redirects", "a.yaml", format!("{BASE}limits:\n  redirects: 6\n")),
        ("a secret in plain text for a certificate", "a.yaml", format!("{BASE}clientCertificate:\n  identity: hunter2\n")),
        ("too many attempts", "a.yaml", format!("{BASE}retry:\n  attempts: 30\n")),
        ("no URL to call", "a.yaml", "kind: Integration\nname: CRM\nendpoints:\n  - url: ftp://a.example/**\n".to_owned()),
        ("no method", "a.yaml", "kind: Integration\nname: CRM\nendpoints:\n  - url: https://a.example/**\n    methods: [GET, post]\n".to_owned()),
        ("no endpoints", "a.yaml", "kind: Integration\nname: CRM\nendpoints: []\n".to_owned()),
        ("a missing key", "a.yaml", "kind: Integration\nname: CRM\n".to_owned()),
        ("a kind there is not", "a.yaml", "kind: Policy\nname: CRM\n".to_owned()),
        ("no kind", "a.yaml", "name: CRM\n".to_owned()),
        ("a kind in lower case", "a.yaml", "kind: integration\nname: CRM\n".to_owned()),
        ("no YAML", "a.yaml", "kind: Integration\nname: [CRM\nendpoints: 3\n".to_owned()),
        ("two documents", "a.yaml", format!("{BASE}---\n{BASE}")),
        ("a secret in plain text", "a.yaml", format!("{BASE}auth:\n  bearer:\n    token: hunter2\n")),
        ("a secret in plain digits", "a.yaml", format!("{BASE}auth:\n  bearer:\n    token: 12345\n")),
        ("braces without quotes", "a.yaml", format!("{BASE}auth:\n  bearer:\n    token: {{{{secret:x}}}}\n")),
        ("an unknown kind of auth", "a.yaml", format!("{BASE}auth:\n  barer:\n    token: \"{{{{secret:x}}}}\"\n")),
        ("two kinds of auth", "a.yaml", format!("{BASE}auth:\n  bearer:\n    token: \"{{{{secret:x}}}}\"\n  basic: {{ username: a, password: \"{{{{secret:x}}}}\" }}\n")),
        ("a key that goes nowhere", "a.yaml", format!("{BASE}auth:\n  apiKey:\n    value: \"{{{{secret:x}}}}\"\n")),
        ("constants that are a list", "a.yaml", format!("{BASE}constants: [1]\n")),
        ("no id", "a.yaml", "kind: Integration\nname: a b\nendpoints:\n  - url: https://a.example/**\n".to_owned()),
        ("no boolean", "a.yaml", format!("{BASE}anonymousAccess: perhaps\n")),
        ("a key twice", "a.yaml", format!("{BASE}name: X\n")),
        ("a register with two contents", "a.yaml", "kind: Register\nname: A-B\ntext: \"1\"\ndocument: {}\n".to_owned()),
        ("a register without content", "a.yaml", "kind: Register\nname: A-B\n".to_owned()),
        ("a register whose text is broken", "a.yaml", "kind: Register\nname: A-B\ntext: |\n  {\n    \"a\": ,\n  }\n".to_owned()),
        ("an unknown key in relaxed JSON", "a.json", "{\n  // c\n  \"kind\": \"Integration\"\n  \"name\": \"CRM\",\n  \"endpoints\": [{ \"url\": \"https://a.example/**\", \"method\": [] }],\n}\n".to_owned()),
        ("no time in relaxed JSON", "a.json", "{\n  // c\n  \"kind\": \"Integration\"\n  \"name\": \"CRM\",\n  \"endpoints\": [{ \"url\": \"https://a.example/**\" }],\n \"limits\": { \"timeout\": \"1 year\" } }\n".to_owned()),
        ("a missing key in relaxed JSON", "a.json", "{\n  // c\n  \"kind\": \"Integration\"\n  \"name\": \"CRM\",\n  \"auth\": { \"basic\": { \"username\": \"a\" } } }\n".to_owned()),
        ("a secret in plain text in relaxed JSON", "a.json", "{\n  // c\n  \"kind\": \"Integration\"\n  \"name\": \"CRM\",\n  \"endpoints\": [{ \"url\": \"https://a.example/**\" }],  \"auth\": { \"basic\": { \"username\": \"a\", \"password\": \"hunter2\" } } }\n".to_owned()),
        ("an unknown kind in relaxed JSON", "a.json", "{\n  // c\n  \"kind\": \"Polcy\" }\n".to_owned()),
        ("no relaxed JSON", "A-B.json", "{\n  \"a\": 1 \"b\": 2\n  \"c\" }\n".to_owned()),
        ("a file that is not named after a key", "A B.json", "{}".to_owned()),
    ]
}

/// `files/tests/refusals.txt` holds what is said of each; run with OUTGATE_UPDATE=1 to write it anew.
#[test]
fn every_error_names_file_line_and_column_with_a_caret() {
    let mut said = String::new();
    for (case, file, text) in broken() {
        said.push_str(&format!("=== {case}\n{}\n\n", refusal(file, &text)));
    }
    if std::env::var_os("OUTGATE_UPDATE").is_some() {
        fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/src/files/tests/refusals.txt"), &said).unwrap();
    }
    let expected = include_str!("tests/refusals.txt");
    let difference = similar::TextDiff::from_lines(expected, &said).unified_diff().to_string();
    assert!(difference.is_empty(), "{difference}");
}

#[test]
fn a_secret_in_plain_text_is_never_shown() {
    for (case, file, text) in broken().into_iter().filter(|(case, ..)| case.starts_with("a secret in plain"))
    {
        let said = refusal(file, &text);
        assert!(!said.contains("hunter2") && !said.contains("12345"), "{case}: {said}");
    }
}

#[test]
fn the_first_place_is_metadata() {
    let folder = folder(&[("a.yaml", "kind: Integration\nname: CRM\nendpoint: []\n")]);
    let failure = load(&[folder.path().join("a.yaml")]).unwrap_err();
    let error = failure.to_value();
    let metadata =
        error.as_object().and_then(|o| o.get("error")?.as_object()?.get("metadata").cloned()).unwrap();
    let file = folder.path().join("a.yaml").display().to_string();
    assert_eq!(
        metadata,
        mapping::Value::from([("file", file.into()), ("line", "3".into()), ("column", "1".into())])
    );
}

#[test]
fn the_whole_example_is_read() {
    let folder = folder(&[("crm.yaml", include_str!("tests/crm.yaml"))]);
    let files = load(&[folder.path().to_owned()]).unwrap();
    let [File { document: Document::Integration { id, definition }, .. }] = &files[..] else {
        panic!("{files:?}")
    };
    assert_eq!(id.as_str(), "CRM");
    assert_eq!(definition.display_name, "Customer database");
    assert_eq!(definition.anonymous_access(), AnonymousAccess::Refused);
    assert_eq!(definition.trace_context(), TraceContext::Sent);
    assert_eq!(definition.endpoints[0].url, "https://www.mycrmendpoint.com/api/v1/**");
    assert_eq!(definition.endpoints[0].methods, ["GET", "POST"]);
    assert_eq!(definition.constants, br#"{"region":"eu","version":3}"#[..]);
    let limits = definition.limits.unwrap();
    assert_eq!(limits.timeout.unwrap().seconds, 30);
    assert_eq!((limits.response_bytes, limits.rate_per_second, limits.concurrency), (10 << 20, 50, 32));
    assert_eq!(limits.redirects, 2);
    assert_eq!(definition.client_certificate.as_ref().unwrap().identity, "{{secret:crm-identity}}");
    assert_eq!(definition.retry.unwrap().attempts, 3);
    let Some(Kind::ClientCredentials(grant)) = definition.auth.clone().unwrap().kind else { panic!() };
    assert_eq!(grant.client_secret, "{{secret:crm-client-secret}}");
    assert_eq!(grant.scope, ["customers.read"]);
}

#[test]
fn relaxed_json_says_the_same_as_yaml_and_keeps_every_digit() {
    let folder = folder(&[(
        "crm.json",
        r#"{
            // the same integration
            "kind": "Integration"
            "name": "CRM",
            "endpoints": [{ "url": "https://a.example/**", "methods": ["GET"], }],
            "constants": { "price": 0.10, "id": 12345678901234567890123 },
        }"#,
    )]);
    let files = load(&[folder.path().join("crm.json")]).unwrap();
    let Document::Integration { definition, .. } = &files[0].document else { panic!() };
    assert_eq!(definition.constants, br#"{"price":0.10,"id":12345678901234567890123}"#[..]);
    assert_eq!(definition.anonymous_access(), AnonymousAccess::Refused);
}

#[test]
fn every_kind_of_auth_is_read() {
    let auth = |text: &str| {
        let folder = folder(&[("a.yaml", &format!("{BASE}auth:\n  {text}\n"))]);
        let files = load(&[folder.path().join("a.yaml")]).unwrap();
        let Document::Integration { definition, .. } = &files[0].document else { panic!() };
        crate::show::pretty(shown(definition).as_object().unwrap().get("auth").unwrap())
            .replace(['\n', ' '], "")
    };
    assert_eq!(auth("bearer: { token: '{{secret:t}}' }"), r#"{"bearer":{"token":"{{secret:t}}"}}"#);
    assert_eq!(
        auth("basic: { username: ada, password: '{{secret:pw}}' }"),
        r#"{"basic":{"username":"ada","password":"{{secret:pw}}"}}"#
    );
    assert_eq!(
        auth("apiKey: { header: X-Api-Key, value: 'Token {{secret:k}}' }"),
        r#"{"apiKey":{"header":"X-Api-Key","value":"Token{{secret:k}}"}}"#
    );
    assert_eq!(
        auth("apiKey: { query: k, value: '{{secret:k}}' }"),
        r#"{"apiKey":{"query":"k","value":"{{secret:k}}"}}"#
    );
}

#[test]
fn a_bare_register_keeps_its_bytes() {
    let text = include_str!("../../examples/ADAPTER.COMPANY-ACCOUNTANCY.json");
    let folder = folder(&[("ADAPTER.COMPANY-ACCOUNTANCY.json", text)]);
    let files = load(&[folder.path().to_owned()]).unwrap();
    let Document::Register(register) = &files[0].document else { panic!() };
    assert_eq!((register.key.as_str(), register.text.as_str()), ("ADAPTER.COMPANY-ACCOUNTANCY", text));
}

#[test]
fn a_register_document_names_its_unit() {
    let folder = folder(&[
        ("a.yaml", "kind: Register\nname: A-B\nunit: berlin\ndocument:\n  list: [1, 2.5, x]\n  none: null\n"),
        ("b.yaml", "kind: Register\nname: A-C\ntext: |\n  { // kept\n  }\n"),
        ("c.json", r#"{ "kind": "Register", "name": "A-D", "document": 0.10 }"#),
    ]);
    let files = load(&[folder.path().to_owned()]).unwrap();
    let read: Vec<_> = files
        .iter()
        .map(|file| match &file.document {
            Document::Register(register) => {
                (register.key.as_str(), register.unit.as_ref().map(Id::as_str), register.text.as_str())
            }
            Document::Integration { .. } => panic!(),
        })
        .collect();
    let pretty = "{\n  \"list\": [\n    1,\n    2.5,\n    \"x\"\n  ],\n  \"none\": null\n}";
    assert_eq!(
        read,
        [("A-B", Some("berlin"), pretty), ("A-C", None, "{ // kept\n}\n"), ("A-D", None, "0.10")]
    );
}

#[test]
fn folders_are_walked_in_the_order_of_names() {
    let folder = folder(&[
        ("b/Y.json", "{}"),
        ("a.yaml", BASE),
        ("c.yml", "kind: Register\nname: Z\ndocument: 1\n"),
        ("b/X.json", "{}"),
        (".hidden/N.json", "{"),
        ("README.md", "no"),
    ]);
    let files = load(&[folder.path().to_owned()]).unwrap();
    let names: Vec<_> = files.iter().map(|file| file.document.to_string()).collect();
    assert_eq!(names, ["integration CRM", "register X", "register Y", "register Z"]);
}

#[test]
fn one_broken_file_is_enough_to_refuse_all_and_all_are_told() {
    let folder = folder(&[("A.json", "{"), ("B.json", "{}"), ("c.yaml", "kind: Provider\n")]);
    let failure = load(&[folder.path().to_owned()]).unwrap_err();
    let message = failure.message();
    assert!(message.starts_with("nothing was sent; 2 things are wrong"), "{message}");
    assert!(message.contains("A.json:1:") && message.contains("c.yaml:1:1"), "{message}");
}

#[test]
fn two_files_may_not_say_the_same_thing() {
    let folder = folder(&[("a.yaml", BASE), ("b.yaml", BASE)]);
    let message = load(&[folder.path().to_owned()]).unwrap_err().message().to_owned();
    assert!(
        message.contains("b.yaml: integration CRM is also in") && message.contains("a.yaml; keep one"),
        "{message}"
    );
}

#[test]
fn a_path_that_is_not_there_is_told() {
    let failure = load(&["/nowhere/at/all".into()]).unwrap_err();
    assert!(failure.message().starts_with("/nowhere/at/all: "), "{}", failure.message());
    let folder = folder(&[("README.md", "no")]);
    let failure = load(&[folder.path().to_owned()]).unwrap_err();
    assert!(failure.message().ends_with("holds no *.json, *.yaml or *.yml"), "{}", failure.message());
}

#[test]
fn a_file_that_is_no_text_is_told() {
    let folder = folder(&[]);
    fs::write(folder.path().join("A.json"), b"{\xff}").unwrap();
    let failure = load(&[folder.path().join("A.json")]).unwrap_err();
    assert!(failure.message().contains("A.json: is no UTF-8 text"), "{}", failure.message());
}

#[test]
fn two_definitions_that_mean_the_same_look_the_same() {
    let stored = Integration {
        endpoints: vec![proto::integrations::v1::Endpoint {
            url: "https://a.example/**".into(),
            methods: vec![],
        }],
        ..Integration::default()
    };
    let folder = folder(&[("a.yaml", BASE)]);
    let files = load(&[folder.path().join("a.yaml")]).unwrap();
    let Document::Integration { definition, .. } = &files[0].document else { panic!() };
    assert_eq!(shown(&stored), shown(definition));
}
