//! RunAdapter: from the register to the mapped answer.

use egress::EgressPolicy;
use proto::{
    integrations::v1::{Basic, Bearer, RunAdapterRequest, auth::Kind},
    registers::v1::{PatchRegisterRequest, register_service_client::RegisterServiceClient},
};
use runtime::Role;
use serde_json::json;

use super::{
    counterpart::{Counterpart, answer, json},
    world::{TENANT, World, caller, caller_in, metadata, open, refused, refused_field, value},
};

const SEED: &str = include_str!("../../../../tests/fixtures/seeds/ADAPTER.COMPANY-ACCOUNTANCY.json");
const COMPANY: &str =
    r#"{"id": 17, "name": "Müller & Söhne \"GmbH\"", "address": {"zip": "1010", "city": "Wien"}}"#;

/// An adapter that sends its input and hands back what it sees.
fn mirror(origin: &str) -> String {
    format!(
        r#"{{
            "requestMapping": {{
                "method": "POST",
                "url": "{origin}/mirror",
                "headers": {{"Content-Type": "application/json"}},
                "body": "${{currentObject:input}}"
            }},
            "responseMapping": {{
                "response": "${{currentObject:response}}",
                "meta": "${{currentObject:meta}}",
                "unit": "${{currentAgency:id}}", "unitName": "${{currentAgency:name}}",
                "tenant": "${{currentClan:id}}", "tenantName": "${{currentClan:name}}",
                "constants": "${{currentObject:constants}}"
            }}
        }}"#
    )
}

#[tokio::test]
async fn the_printed_adapter_runs_as_printed() {
    let counterpart = Counterpart::start(|_, _| json(200, r#"{"id": "ACC-1"}"#)).await;
    let world = World::new(&counterpart).await;
    world.secret("secret_name", "key-of-accounting", &counterpart.origin()).await;
    world
        .register("ADAPTER.COMPANY-ACCOUNTANCY", SEED.replace("https://xxx.yyyy.com", &counterpart.origin()))
        .await;
    let run = world.run("ADAPTER.COMPANY-ACCOUNTANCY", COMPANY).await.unwrap();

    let seen = counterpart.one();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/company"));
    assert_eq!(seen.header("x-api-key"), "key-of-accounting");
    assert_eq!(seen.header("content-type"), "application/json");
    let body = value(&seen.body);
    assert_eq!((&body["id"], &body["name"]), (&json!(17), &json!("Müller & Söhne \"GmbH\"")));
    assert_eq!((&body["address"]["city"], &body["address"]["street"]), (&json!("Wien"), &json!(null)));

    let meta = run.meta.clone().unwrap();
    assert_eq!((meta.error, meta.status, meta.message.as_str(), meta.attempts), (false, 200, "", 1));
    assert!(meta.duration.is_some());
    let result = value(&run.result);
    let properties = result.get("properties").unwrap_or(&result);
    assert_eq!((&properties["extName"], &properties["extId"]), (&json!("Accounting"), &json!("ACC-1")));
    assert_eq!((&properties["extStatus"], &properties["extMessage"]), (&json!("EXT.OK"), &json!("")));
    assert!(properties["extTimestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(run.steps.len(), 1);
    assert_eq!(
        (run.steps[0].adapter.as_str(), &run.steps[0].result),
        ("ADAPTER.COMPANY-ACCOUNTANCY", &run.result)
    );
}

#[tokio::test]
async fn the_printed_adapter_maps_a_counterpart_s_error() {
    let counterpart = Counterpart::start(|_, _| json(500, r#"{"oops": true}"#)).await;
    let world = World::new(&counterpart).await;
    world.secret("secret_name", "key-of-accounting", &counterpart.origin()).await;
    world
        .register("ADAPTER.COMPANY-ACCOUNTANCY", SEED.replace("https://xxx.yyyy.com", &counterpart.origin()))
        .await;
    let run = world.run("ADAPTER.COMPANY-ACCOUNTANCY", COMPANY).await.unwrap();
    let meta = run.meta.unwrap();
    assert_eq!((meta.error, meta.status, meta.message.as_str()), (true, 500, "Internal Server Error"));
    let result = value(&run.result);
    let properties = result.get("properties").unwrap_or(&result);
    assert_eq!(
        (&properties["extStatus"], &properties["extMessage"]),
        (&json!("EXT.ERROR"), &json!("Internal Server Error"))
    );
}

#[tokio::test]
async fn the_secret_of_an_adapter_is_bound_to_its_own_origin() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world
        .register("ADAPTER.COMPANY-ACCOUNTANCY", SEED.replace("https://xxx.yyyy.com", &counterpart.origin()))
        .await;
    let status = refused(world.run("ADAPTER.COMPANY-ACCOUNTANCY", COMPANY).await, "SECRET_NOT_FOUND");
    assert_eq!(metadata(&status, "secret"), "secret_name");
    world.secret("secret_name", "key-of-accounting", &counterpart.other_origin()).await;
    refused(world.run("ADAPTER.COMPANY-ACCOUNTANCY", COMPANY).await, "SECRET_OUT_OF_SCOPE");
    assert!(counterpart.seen().is_empty());
}

#[tokio::test]
async fn an_xml_answer_is_mapped_as_json() {
    let xml =
        r#"<?xml version="1.0"?><company id="7"><name>Ada &amp; Co</name><tag>a</tag><tag>b</tag></company>"#;
    let counterpart = Counterpart::start(move |_, _| answer(200, "application/xml", xml)).await;
    let world = World::new(&counterpart).await;
    world.register("ADAPTER.A-B", mirror(&counterpart.origin())).await;
    let run = world.run("ADAPTER.A-B", "{}").await.unwrap();
    let expected = json!({"company": {"@id": "7", "name": "Ada & Co", "tag": ["a", "b"]}});
    assert_eq!(value(&run.result)["response"], expected);
}

#[tokio::test]
async fn an_answer_in_another_character_set_is_text_and_an_echo_in_it_is_masked() {
    const SECRET: &str = "pässwört-4f9d2c71";
    let utf16 =
        |text: &str, order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let json = format!(r#"{{"name": "Zoë", "echo": "{SECRET}"}}"#);
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><r><name>Zoë</name><echo>{SECRET}</echo></r>"
    );
    let latin =
        |text: &str| text.chars().map(|each| u8::try_from(u32::from(each)).unwrap()).collect::<Vec<u8>>();
    let mapped = serde_json::json!({"name": "Zoë", "echo": "[secret removed]"});
    let as_text = "{\"name\": \"Zoë\", \"echo\": \"[secret removed]\"}";
    let answers = [
        ("application/json; charset=utf-16", utf16(&json, u16::to_le_bytes), mapped.clone()),
        ("application/json", utf16(&json, u16::to_be_bytes), mapped.clone()),
        ("application/json; charset=ISO-8859-1", latin(&json), mapped.clone()),
        ("text/plain; charset=windows-1252", latin(&json), as_text.into()),
        ("text/plain", [b"\xff\xfe".to_vec(), utf16(&json, u16::to_le_bytes)].concat(), as_text.into()),
        ("application/xml", latin(&xml), serde_json::json!({"r": mapped.clone()})),
        (
            "text/xml",
            [b"\xfe\xff".to_vec(), utf16(&xml, u16::to_be_bytes)].concat(),
            serde_json::json!({"r": mapped}),
        ),
    ];
    for (content_type, body, expected) in answers {
        let counterpart = Counterpart::start(move |_, _| answer(200, content_type, body.clone())).await;
        let world = World::new(&counterpart).await;
        world.secret("pw", SECRET, &counterpart.origin()).await;
        let basic = Basic { username: "ada".into(), password: "{{secret:pw}}".into() };
        world.crm(&counterpart, Some(Kind::Basic(basic))).await;
        let adapter = format!(
            r#"{{"integration": "CRM", "requestMapping": {{"method": "GET", "url": "{}/x"}},
                "responseMapping": {{"got": "${{currentObject:response}}"}}}}"#,
            counterpart.origin()
        );
        world.register("ADAPTER.A-B", adapter).await;
        let run = world.run("ADAPTER.A-B", "").await.unwrap();
        assert_eq!(value(&run.result)["got"], expected, "{content_type}");
    }
}

#[tokio::test]
async fn an_answer_that_is_not_what_it_says_is_an_error_and_is_handed_on_as_text() {
    let counterpart = Counterpart::start(|_, _| answer(200, "application/json", "<html>proxy</html>")).await;
    let world = World::new(&counterpart).await;
    world.register("ADAPTER.A-B", mirror(&counterpart.origin())).await;
    let run = world.run("ADAPTER.A-B", "{}").await.unwrap();
    let meta = run.meta.unwrap();
    assert!(meta.error && meta.status == 200 && meta.message.contains("JSON"), "{meta:?}");
    assert_eq!(value(&run.result)["response"], "<html>proxy</html>");
}

#[tokio::test]
async fn meta_tells_more_than_it_must() {
    let counterpart = Counterpart::start(|_, _| answer(201, "application/json", "")).await;
    let world = World::new(&counterpart).await;
    world.register("ADAPTER.A-B", mirror(&counterpart.origin())).await;
    let run = world.run("ADAPTER.A-B", "").await.unwrap();
    let mapped = value(&run.result);
    let meta = &mapped["meta"];
    assert_eq!((&meta["error"], &meta["message"], &meta["status"]), (&json!(false), &json!(""), &json!(201)));
    assert_eq!((&meta["attempts"], &meta["contentType"]), (&json!(1), &json!("application/json")));
    assert!(meta["durationMs"].is_u64() && meta["headers"]["content-type"] == "application/json");
    assert!(mapped["response"].is_null());
}

#[tokio::test]
async fn a_large_answer_is_mapped_whole() {
    let items: Vec<_> = (0..60_000).map(|number| json!({"id": number})).collect();
    let body = serde_json::to_string(&items).unwrap();
    let counterpart = Counterpart::start(move |_, _| json(200, &body)).await;
    let world = World::new(&counterpart).await;
    world.register("ADAPTER.A-B", mirror(&counterpart.origin())).await;
    let run = world.run("ADAPTER.A-B", "{}").await.unwrap();
    assert_eq!(value(&run.result)["response"].as_array().unwrap().len(), 60_000);
}

#[tokio::test]
async fn data_is_never_a_template() {
    let counterpart =
        Counterpart::start(|_, _| json(200, r#"{"text": "${currentObject:input} {{secret:pw}}"}"#)).await;
    let world = World::new(&counterpart).await;
    world.secret("pw", "value-of-the-secret", &counterpart.origin()).await;
    world.register("ADAPTER.A-B", mirror(&counterpart.origin())).await;
    let input = r#"{"text": "{{secret:pw}} ${currentObject:meta}"}"#;
    let run = world.run("ADAPTER.A-B", input).await.unwrap();
    assert_eq!(value(&counterpart.one().body), value(input.as_bytes()));
    assert_eq!(value(&run.result)["response"]["text"], "${currentObject:input} {{secret:pw}}");
}

#[tokio::test]
async fn an_adapter_sends_through_the_integration_it_names() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.secret("crm-token", "t0ken-of-the-crm", &counterpart.origin()).await;
    let token = Kind::Bearer(Bearer { token: "{{secret:crm-token}}".into() });
    let mut integration = open(&counterpart, Some(token));
    integration.constants = r#"{"region": "eu"}"#.into();
    integration.endpoints[0].url = format!("{}/mirror", counterpart.origin());
    world.create("CRM", integration).await.unwrap();
    let text = mirror(&counterpart.origin()).replacen('{', r#"{"integration": "CRM","#, 1);
    world.register("ADAPTER.A-B", text.clone()).await;
    let run = world.run("ADAPTER.A-B", "{}").await.unwrap();
    assert_eq!(counterpart.one().header("authorization"), "Bearer t0ken-of-the-crm");
    assert_eq!(value(&run.result)["constants"]["region"], "eu");

    world.register("ADAPTER.A-C", text.replace("/mirror", "/elsewhere")).await;
    refused(world.run("ADAPTER.A-C", "{}").await, "ENDPOINT_NOT_LISTED");
    world.register("ADAPTER.A-D", text.replace("CRM", "nowhere")).await;
    let status = refused(world.run("ADAPTER.A-D", "{}").await, "INTEGRATION_NOT_FOUND");
    assert_eq!(metadata(&status, "name"), "tenants/acme/integrations/nowhere");
}

#[tokio::test]
async fn an_adapter_without_an_integration_is_held_by_policy_alone() {
    let counterpart = Counterpart::quiet().await;
    let world =
        World::with_policy(EgressPolicy { ca_files: vec![counterpart.ca_file()], ..EgressPolicy::default() });
    let cases = [
        ("https://api.example.com:1/x", "PORT_REFUSED"),
        ("http://api.example.com/x", "SCHEME_REFUSED"),
        ("https://127.0.0.1/x", "ADDRESS_REFUSED"),
        ("https://api.example.com/x", "ADDRESS_REFUSED"),
        ("https://localhost/x", "ADDRESS_REFUSED"),
        ("https://a b/x", "URL_INVALID"),
    ];
    for (index, (url, reason)) in cases.into_iter().enumerate() {
        let key = format!("ADAPTER.A-{index}");
        let text =
            format!(r#"{{"requestMapping": {{"method": "GET", "url": "{url}"}}, "responseMapping": {{}}}}"#);
        world.register(&key, text).await;
        let run = world.run(&key, "{}").await;
        assert!(run.is_err(), "{url}");
        refused(run, reason);
    }
}

#[tokio::test]
async fn a_unit_has_its_own_copy_and_its_profile() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.register("ADAPTER.A-B", mirror(&counterpart.origin())).await;
    let private = mirror(&counterpart.origin()).replace("/mirror", "/private");
    world.put(&format!("{TENANT}/businessUnits/north/registers/ADAPTER.A-B"), private).await;
    world.register("PROFILE.UNIT", r#"{"name": "any unit", "id": "forged"}"#).await;
    world.put(&format!("{TENANT}/businessUnits/north/registers/PROFILE.UNIT"), r#"{"name": "North"}"#).await;
    world.register("PROFILE.TENANT", r#"{"name": "Acme"}"#).await;
    let run = async |parent: &str| {
        let name = format!("{parent}/registers/ADAPTER.A-B");
        let request = RunAdapterRequest { name, input: "{}".into() };
        value(&world.adapters().run_adapter(request).await.unwrap().into_inner().result)
    };
    let tenant = run(TENANT).await;
    assert_eq!(
        (&tenant["unit"], &tenant["tenant"], &tenant["tenantName"]),
        (&json!(null), &json!("acme"), &json!("Acme"))
    );
    let north = run(&format!("{TENANT}/businessUnits/north")).await;
    assert_eq!((&north["unit"], &north["unitName"]), (&json!("north"), &json!("North")));
    let south = run(&format!("{TENANT}/businessUnits/south")).await;
    assert_eq!((&south["unit"], &south["unitName"]), (&json!("south"), &json!("any unit")));
    let targets: Vec<_> = counterpart.seen().iter().map(|seen| seen.target.clone()).collect();
    assert_eq!(targets, ["/mirror", "/private", "/mirror"]);
}

#[tokio::test]
async fn an_adapter_that_cannot_run_is_told_with_its_place() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.register("ADAPTER.A-B", "{\n  \"requestMapping\": {\n    \"method\": \"${nothing:x}\",\n    \"url\": \"https://a.example/\"\n  }\n}").await;
    let status = refused(world.run("ADAPTER.A-B", "").await, "ADAPTER_INVALID");
    assert_eq!(metadata(&status, "name"), "tenants/acme/registers/ADAPTER.A-B");
    assert_eq!(metadata(&status, "line"), "3");
    assert!(status.message().contains("nothing") && status.message().contains('^'), "{}", status.message());
}

#[tokio::test]
async fn a_consequence_that_is_not_carried_out_is_refused_before_anything_is_sent() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let text = mirror(&counterpart.origin());
    for (key, member) in [
        (
            "ADAPTER.A-B",
            r#""onResponseActions": [{"action": "patchRegister", "parameter": "A-B", "data": {"value": {}}}],"#,
        ),
        ("ADAPTER.A-C", r#""onResponseConnector": {"connector": "MOCKUP.TEST", "data": {}},"#),
    ] {
        world.register(key, text.replacen('{', &format!("{{\n{member}"), 1)).await;
        let status = refused(world.run(key, "{}").await, "ADAPTER_INVALID");
        assert_eq!(metadata(&status, "line"), "2");
    }
    assert!(counterpart.seen().is_empty());
    world.register("ADAPTER.A-D", text.replacen('{', r#"{"onResponseActions": [],"#, 1)).await;
    world.run("ADAPTER.A-D", "{}").await.unwrap();
}

#[tokio::test]
async fn a_mapping_that_fails_names_its_place_and_no_value() {
    let counterpart = Counterpart::start(|_, _| json(200, r#"{"number": "canary-0123456789"}"#)).await;
    let world = World::new(&counterpart).await;
    let text = format!(
        r#"{{
            "requestMapping": {{"method": "GET", "url": "{}/x"}},
            "responseMapping": {{"properties": {{"amount": {{"value": "${{currentObject:response.number}}", "type": "number"}}}}}}
        }}"#,
        counterpart.origin()
    );
    world.register("ADAPTER.A-B", text).await;
    let status = refused(world.run("ADAPTER.A-B", "").await, "MAPPING_FAILED");
    assert_eq!(metadata(&status, "name"), "tenants/acme/registers/ADAPTER.A-B");
    assert_eq!(metadata(&status, "stage"), "responseMapping");
    assert!(status.message().contains("amount") && !format!("{status:?}").contains("canary"), "{status}");
}

#[tokio::test]
async fn a_run_is_checked_before_anything_is_looked_up() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    world.register("ADAPTER.A-B", mirror(&counterpart.origin())).await;
    refused_field(world.run("ADAPTER.A-B", "{").await, "input");
    refused_field(world.run("a b", "{}").await, "name");
    let status = refused(world.run("ADAPTER.A-C", "{}").await, "REGISTER_NOT_FOUND");
    assert_eq!(metadata(&status, "name"), "tenants/acme/registers/ADAPTER.A-C");
    for stranger in [caller(&[Role::Configurator]), caller_in("other", &[Role::Caller])] {
        let request =
            RunAdapterRequest { name: format!("{TENANT}/registers/ADAPTER.A-B"), input: "{}".into() };
        refused(world.adapters_of(stranger).run_adapter(request).await, "ROLE_MISSING");
    }
    let other = RunAdapterRequest { name: "tenants/other/registers/ADAPTER.A-B".into(), input: "{}".into() };
    refused(world.adapters().run_adapter(other).await, "REGISTER_NOT_FOUND");
    assert!(counterpart.seen().is_empty());
}

#[tokio::test]
async fn what_runs_wrote_into_an_adapter_is_data() {
    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let text = mirror(&counterpart.origin()).replacen('{', r#"{"constants": {"a": 1},"#, 1);
    world.register("ADAPTER.A-B", text).await;
    let request = PatchRegisterRequest {
        name: format!("{TENANT}/registers/ADAPTER.A-B"),
        merge_patch: r#"{"constants": {"a": "${currentObject:input}"}}"#.into(),
        etag: String::new(),
    };
    RegisterServiceClient::new(world.registers.clone()).patch_register(request).await.unwrap();
    let run = world.run("ADAPTER.A-B", r#"{"x": 1}"#).await.unwrap();
    assert_eq!(value(&run.result)["constants"]["a"], "${currentObject:input}");
}
