//! Names with every class of characters, and values beyond the limit: refused with the field, and the limit, named.

use proto::{
    integrations::v1::CreateIntegrationRequest,
    registers::v1::{PatchRegisterRequest, PutRegisterRequest},
    secrets::v1::{PatchSecretRequest, PutSecretRequest, VerifySecretRequest},
};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::harness::{Authority, Canary, Suite, anybody, random, reason};

const URL: &str = "https://crm.example.com/";
const MEBIBYTE: usize = 1 << 20;

/// The field that a refusal is about, and what it says of it.
#[track_caller]
fn invalid<T: std::fmt::Debug>(answer: Result<T, Status>, what: &str) -> (String, String) {
    let refusal = answer.expect_err(what);
    let told = (reason(&refusal), refusal.code());
    assert_eq!(told, ("FIELD_INVALID".to_owned(), Code::InvalidArgument), "{what}: {refusal:?}");
    let details = refusal.get_error_details();
    let metadata = &details.error_info().expect("it has a reason").metadata;
    (metadata["field"].clone(), refusal.message().to_owned())
}

/// Puts a secret, a register and an integration of a tenant with an id.
async fn put(suite: &Suite, value: &Canary, tenant: &str, id: &str) -> [Result<(), Status>; 3] {
    let secret = PutSecretRequest {
        name: format!("tenants/{tenant}/secrets/{id}"),
        value: value.text().to_owned().into(),
        url: URL.to_owned(),
        ..Default::default()
    };
    let register = PutRegisterRequest {
        name: format!("tenants/{tenant}/registers/{id}"),
        text: "{}".into(),
        ..Default::default()
    };
    let integration = CreateIntegrationRequest {
        parent: format!("tenants/{tenant}"),
        integration_id: id.to_owned(),
        integration: Some(anybody(format!("{URL}**"), None)),
    };
    [
        suite.secrets().put_secret(secret).await.map(drop),
        suite.registers().put_register(register).await.map(drop),
        suite.integrations().create_integration(integration).await.map(drop),
    ]
}

/// That all three are put, or all refused for their names.
#[track_caller]
fn assert_taken(answers: [Result<(), Status>; 3], is_good: bool, what: &str) {
    for (kind, answer) in ["secret", "register", "integration"].into_iter().zip(answers) {
        let what = format!("{what} of a {kind}");
        if is_good {
            answer.unwrap_or_else(|refusal| panic!("{what}: {refusal:?}"));
        } else {
            let (field, _) = invalid(answer, &what);
            assert!(["name", "parent", "integration_id"].contains(&&*field), "{what}: {field}");
        }
    }
}

fn is_good(character: &str) -> bool {
    character.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_of_letters_digits_dots_underscores_and_hyphens() {
    let (suite, value) = (Suite::start(&Authority::new()).await, Canary::new());
    let beyond = ["\u{e4}", "\u{ff21}", "\u{430}", "\u{202e}", "\u{200b}", "\u{1f600}", "\u{80}", "\u{feff}"];
    let characters = (0..=127_u8).map(|byte| char::from(byte).to_string());
    for character in characters.chain(beyond.map(str::to_owned)) {
        let answers = put(&suite, &value, "default", &format!("a{character}b")).await;
        assert_taken(answers, is_good(&character), &format!("{character:?} in the id"));
    }
    for character in
        ["\0", "\n", " ", "%", "*", "/", "\\", "\u{7f}", "\u{e4}", "\u{202e}", ".", "-", "_", "0", "Z"]
    {
        let answers = put(&suite, &value, &format!("t{character}u"), "a").await;
        assert_taken(answers, is_good(character), &format!("{character:?} in the tenant"));
    }
    let long = "x".repeat(128);
    assert_taken(put(&suite, &value, "default", &long).await, true, "the longest id");
    for id in ["", ".", "..", "...", &format!("{long}x")] {
        assert_taken(put(&suite, &value, "default", id).await, false, id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_a_mebibyte_is_refused_with_the_limit() {
    let suite = Suite::start(&Authority::new()).await;
    let large = || format!("{:016x}", random()).repeat(MEBIBYTE / 16);
    let name = "tenants/default/secrets/crm".to_owned();
    suite.put_secret("crm", URL.to_owned(), &format!("{{\"password\":\"{}\"}}", Canary::new().text())).await;
    let put = PutSecretRequest {
        name: name.clone(),
        value: large().into(),
        url: URL.to_owned(),
        ..Default::default()
    };
    let patch = PatchSecretRequest {
        name: name.clone(),
        member: "password".to_owned(),
        value: large().into(),
        ..Default::default()
    };
    let verify = VerifySecretRequest { name, candidate: large().into() };
    for (field, answer) in [
        ("value", suite.secrets().put_secret(put).await.map(drop)),
        ("value", suite.secrets().patch_secret(patch).await.map(drop)),
        ("candidate", suite.secrets().verify_secret(verify).await.map(drop)),
    ] {
        let (told, message) = invalid(answer, field);
        assert_eq!(told, field, "{message}");
        assert!(message.contains("1 to 65536 bytes"), "{message}");
    }
    let command = ["--json", "secret", "put", "crm", "--url", URL];
    let told = suite.command_with_input(&command, &large()).await;
    assert_eq!(told.reason(2), "USAGE");
    assert!(told.stdout.contains("longer than 65536 bytes"), "{}", told.stdout);

    // A register may be as long, and no longer; neither by a patch.
    let text = |length: usize| format!("{{ \"a\": \"{}\" }}", "x".repeat(length - 11));
    suite.put_register("LARGE", &text(MEBIBYTE)).await.expect("this fits");
    let (_, message) = invalid(suite.put_register("LARGE", &text(MEBIBYTE + 1)).await, "a register");
    assert!(message.contains("1048576 bytes") || message.contains("1 MiB"), "{message}");
    let patch = PatchRegisterRequest {
        name: "tenants/default/registers/LARGE".to_owned(),
        merge_patch: text(MEBIBYTE + 1).into(),
        ..Default::default()
    };
    let (_, message) = invalid(suite.registers().patch_register(patch).await, "a patch");
    assert!(message.contains("1048576 bytes") || message.contains("1 MiB"), "{message}");
}
