//! Every example of the founding documents, as printed.

use crate::{Adapter, Register, Run, Value, relaxed};

use super::known::{self, Known};
use super::{NOW, parse_answer, show_request};

fn fixture(name: &str) -> String {
    let path = format!("{}/../../tests/fixtures/seeds/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Printed members, between the braces that were left out.
fn members(name: &str) -> String {
    let printed = fixture(name);
    let lines = printed.lines().filter(|line| line.trim() != "...");
    format!("{{\n{}\n}}", lines.collect::<Vec<_>>().join("\n"))
}

fn registers(key: &str) -> Option<Register> {
    let template =
        r#"{ "id": "${currentObject:input.id}", "label": "Company \"${currentObject:input.name}\"" }"#;
    match key {
        "INTEGRATION.TEMPLATE-COMPANY.JSON.10" => Some(Register::authored(template)),
        // What the printed connectors name.
        "MOCKUP.TEST" => Some(Register::authored(r#"["BANK.TRANSACTIONS.LIST"]"#)),
        "BANK.TRANSACTIONS.LIST" => Some(Register::authored(r#"{ "requestMapping": {} }"#)),
        _ => None,
    }
}

/// An adapter that has the printed members beside the least that an adapter needs.
fn adapter_with(name: &str) -> Adapter {
    let mut text = members(name);
    if !text.contains("requestMapping") {
        text = text.replacen('{', "{ \"requestMapping\": { \"url\": \"https://xxx.yyyy.com/\" },", 1);
    }
    let text = text.replacen('{', "{ \"constants\": { \"name\": \"Our accounting\" },", 1);
    Adapter::compile(name, &text, None, &registers)
        .unwrap_or_else(|found| panic!("{}", found.iter().map(|f| f.render(name, &text)).collect::<String>()))
}

fn company() -> Run {
    let input = r#"{ "id": 12345678901234567890, "name": "A \"B\" ${currentObject:constants.apiKey} {{secret:x}}",
        "address": { "zip": "01234", "city": "Brno", "state": null, "street": "Main\n1", "country": "CZ" } }"#;
    Run { input: Value::from_json(input.as_bytes()).unwrap(), timestamp_ms: NOW, ..Run::default() }
}

fn accountancy() -> Adapter {
    let text = fixture("ADAPTER.COMPANY-ACCOUNTANCY.json");
    Adapter::compile("ADAPTER.COMPANY-ACCOUNTANCY", &text, None, &()).unwrap()
}

#[test]
fn the_printed_adapter_makes_its_request_with_the_secret_as_a_hole() {
    let adapter = accountancy();
    assert_eq!(adapter.warnings(), []);
    assert_eq!(adapter.secrets(), ["secret_name"]);
    let mut shown = String::new();
    show_request(&adapter.request(&company()).unwrap(), &mut shown);
    let expected = r#"POST https://xxx.yyyy.com/company
Content-Type: application/json
X-Api-Key: {{secret:secret_name}}

{"id":12345678901234567890,"name":"A \"B\" ${currentObject:constants.apiKey} {{secret:x}}","address":{"zip":"01234","city":"Brno","state":null,"street":"Main\n1","country":"CZ"}}
"#;
    assert_eq!(shown, expected);
}

#[test]
fn the_printed_adapter_maps_json_and_xml_and_errors() {
    let adapter = accountancy();
    let mapped =
        |argument, body| adapter.respond(&company(), &parse_answer(argument, body)).unwrap().to_string();
    assert_eq!(
        mapped("200", r#"{"id": 12345678901234567890}"#),
        r#"{"extName":"Accounting","extId":"12345678901234567890","extStatus":"EXT.OK","extMessage":"","extTimestamp":"2026-11-21T22:04:04.120Z"}"#
    );
    assert_eq!(
        mapped("500 application/xml", "<?xml version='1.0'?><id>7</id>"),
        r#"{"extName":"Accounting","extId":"7","extStatus":"EXT.ERROR","extMessage":"Internal Server Error","extTimestamp":"2026-11-21T22:04:04.120Z"}"#
    );
}

#[test]
fn the_printed_result_maps_with_the_if_that_lacks_a_brace() {
    let adapter = adapter_with("response-mapping.txt");
    let codes: Vec<_> = adapter.warnings().iter().map(|warning| warning.code).collect();
    assert_eq!(codes, ["brace-missing", "brace-missing"]);
    let ok = adapter.respond(&company(), &parse_answer("200", "{}")).unwrap();
    assert_eq!(ok.get("extStatus"), Some(&Value::from("EXT.OK")));
    assert_eq!(ok.get("editDisabled"), Some(&Value::from("true")));
    assert_eq!(ok.get("extName"), Some(&Value::from("Our accounting")));
    let failed = adapter.respond(&company(), &parse_answer("500", "{}")).unwrap();
    assert_eq!(failed.get("extStatus"), Some(&Value::from("EXT.ERROR")));
    assert_eq!(failed.get("editDisabled"), Some(&Value::from("false")));
}

#[test]
fn the_printed_login_proxy_takes_its_data_from_the_register_and_keeps_the_session_name() {
    let adapter = adapter_with("login-proxy.txt");
    assert_eq!(adapter.registers(), ["INTEGRATION.TEMPLATE-COMPANY.JSON.10"]);
    let request = adapter.request(&company()).unwrap();
    let body = request.body.unwrap().masked();
    let value = Value::from_json(body.as_bytes()).unwrap();
    assert_eq!(value.get("dataHeader[0].value"), Some(&Value::from("{{SessionId}}; ROUTEID=.node1")));
    assert_eq!(value.get("dataBody.id").unwrap().to_string(), "12345678901234567890");
    let label = "Company \"A \"B\" ${currentObject:constants.apiKey} {{secret:x}}\"";
    assert_eq!(value.get("dataBody.label"), Some(&Value::from(label)));
    assert!(request.headers.iter().any(|(name, value)| name == "x-method-data" && value.masked() == "POST"));
}

#[test]
fn the_printed_bodies_are_made() {
    for name in ["body-direct.txt", "body-register.txt"] {
        let text = format!(
            r#"{{ "requestMapping": {{ "method": "POST", "url": "https://x.y/", {} }}"#,
            &members(name)[1..]
        );
        let adapter = Adapter::compile(name, &text, None, &registers).unwrap();
        let body = adapter.request(&company()).unwrap().body.unwrap().masked();
        assert_eq!(
            Value::from_json(body.as_bytes()).unwrap().get("id").unwrap().to_string(),
            "12345678901234567890"
        );
    }
}

#[test]
fn the_printed_connectors_and_actions_are_carried_out() {
    let run = company();
    let answer = parse_answer("200", r#"{"refresh_token": "r", "meta": {"next_id": 7}}"#);
    let follow = |name| {
        let adapter = adapter_with(name);
        let mapped = adapter.map(&run, &answer).unwrap();
        let actions = adapter.actions(&run, &answer, &mapped).unwrap().actions;
        (actions, adapter.connector(&run, &answer, &mapped).unwrap().next)
    };
    let (_, next) = follow("connector-other-adapter.txt");
    let next = next.unwrap();
    assert_eq!(next.connectors, ["MOCKUP.TEST"]);
    assert_eq!(next.data.get("firstInput"), Some(&run.input));
    assert_eq!(next.data.get("firstMeta"), Some(&answer.meta));
    let (_, next) = follow("connector-paging.txt");
    assert_eq!(
        next.unwrap().data.to_string(),
        r#"{"variables":{"nextPageId":7,"repeatedCall":true,"buffer":null}}"#
    );
    let (actions, _) = follow("actions-patch-register.txt");
    let patches: Vec<_> = actions
        .iter()
        .map(|due| match &due.action {
            crate::Action::PatchRegister { key, value } => (due.index, key.as_str(), value),
            crate::Action::SaveSecret { .. } => panic!("a register is patched: {due:?}"),
        })
        .collect();
    assert_eq!(
        patches,
        [(0, "MAINKEY1-SUBKEY1", &Value::object()), (1, "MAINKEY2-SUBKEY2", &answer.response)]
    );
    let (actions, _) = follow("actions-save-secret.txt");
    let [crate::Due { index: 0, action: crate::Action::SaveSecret { key, value, url } }] = &actions[..]
    else {
        panic!("one secret is saved: {actions:?}")
    };
    assert_eq!((key.as_str(), value.expose()), ("microsoftRefreshToken", &b"r"[..]));
    assert_eq!(url, "https://login.microsoftonline.com");
    assert!(!format!("{actions:?}").contains("\"r\""), "a value that is to be sealed shows in Debug");
}

/// The one password that is printed in them is found; nothing else looks like a key.
#[test]
fn the_printed_texts_hold_one_key() {
    let names = [
        "response-mapping.txt",
        "login-proxy.txt",
        "connector-other-adapter.txt",
        "connector-paging.txt",
        "actions-patch-register.txt",
        "actions-save-secret.txt",
    ];
    let keys = |name: &&str| {
        let adapter = adapter_with(name);
        adapter.warnings().iter().filter(|warning| warning.code == "looks-like-a-key").count()
    };
    assert_eq!(names.iter().map(keys).collect::<Vec<_>>(), [0, 1, 0, 0, 0, 0]);
    assert_eq!(accountancy().warnings(), []);
}

#[test]
fn the_printed_answer_is_relaxed_json() {
    let value = relaxed::parse(&fixture("answer-structure.txt")).unwrap().to_value();
    assert_eq!(
        value.to_string(),
        r#"{"meta":{"error":true,"message":"Internal Server Error","status":500},"response":{}}"#
    );
}

/// Under the policy that an operator starts with: `https` on 443 and nothing else.
#[test]
fn the_printed_urls_are_what_the_policy_says_of_them() {
    let known = Known { policy: Some(known::policy("443")), ..Known::default() };
    let told = |line: &str| {
        let printed = line.split(" but ").next().unwrap();
        let url = [
            ("[ip.address]", "192.0.2.7"),
            ("[domain]", "example.com"),
            ("[port]", "8443"),
            ("[subfolder]", "run"),
        ]
        .into_iter()
        .fold(printed.to_owned(), |url, (place, value)| url.replace(place, value));
        let text = format!("{{ \"requestMapping\": {{ {url} }} }}");
        match Adapter::compile("ADAPTER.PRINTED", &text, None, &known) {
            Ok(adapter) => {
                assert_eq!(adapter.warnings(), [], "{url}");
                format!("\"url\": \"{}\"", adapter.request(&Run::default()).unwrap().url.masked()) == url
            }
            Err(found) => {
                let codes: Vec<_> = found.iter().map(|found| found.code).collect();
                let refused = if url.contains("http:") { "scheme-refused" } else { "port-refused" };
                assert_eq!(codes, [refused], "{url}");
                false
            }
        }
    };
    let forms = fixture("url-forms.txt");
    let leave: Vec<bool> = forms.lines().map(told).collect();
    assert_eq!(leave, [false, true, false, true, false]);
}

#[test]
fn the_printed_query_is_encoded_once() {
    let url = |name| {
        let printed =
            fixture(name).trim_end().replace("[domain]", "example.com").replace("[subfolder]", "run");
        let text = format!(r#"{{ "requestMapping": {{ {printed}" }} }}"#);
        let adapter = Adapter::compile(name, &text, None, &()).unwrap();
        let codes: Vec<_> = adapter.warnings().iter().map(|warning| warning.code).collect();
        (adapter.request(&Run::default()).unwrap().url.masked(), codes)
    };
    let sent = "https://example.com/run?sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0".to_owned();
    assert_eq!(url("url-query-unencoded.txt"), (sent.clone(), vec![]));
    assert_eq!(url("url-query-encoded.txt"), (sent, vec!["encoded-query"]));
}
