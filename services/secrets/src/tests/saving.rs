//! What a run saves of an answer.

use std::collections::BTreeMap;

use proto::secrets::v1::{Cause, PatchSecretRequest, SaveSecretRequest, SaveSecretResponse};
use runtime::grants::{Grants, Origins};

use super::*;

const LOGIN: &str = "https://login.example.com";
const API: &str = "https://api.example.com";

/// A suite in which `acme` may bind what the login answers to the API.
fn granting() -> Suite {
    let granted = Origins::from([(LOGIN.to_owned(), [API.to_owned()].into())]);
    let tenants = BTreeMap::from([(Id::parse("tenant", "acme").unwrap(), granted)]);
    let config = Config { grants: Grants::new(tenants), ..Config::default() };
    Suite::with(config, Arc::new(MemoryStore::new().unwrap()))
}

/// What `LOGIN` answered, for itself, by one step of one run.
fn save(id: &str, value: &str, step: &str) -> SaveSecretRequest {
    if value.len() >= Canary::SHORTEST {
        Canary::known("a secret", value).may_be_in(RELEASED, "releasing it is what that is for");
    }
    SaveSecretRequest {
        name: full(id),
        value: value.to_owned().into(),
        url: format!("{LOGIN}/session"),
        answered_url: format!("{LOGIN}/login?user=ada"),
        request_id: step.to_owned(),
        cause: Some(Cause {
            adapter: "ADAPTER.LOGIN-CRM".into(),
            adapter_etag: "\"7\"".into(),
            ..Default::default()
        }),
    }
}

impl Suite {
    async fn save(&self, request: SaveSecretRequest) -> Result<SaveSecretResponse, Status> {
        let releaser = Caller::service("integrations");
        self.releasing(releaser).save_secret(request).await.map(tonic::Response::into_inner)
    }

    /// Asserts that it is refused, and that nothing of it is there.
    async fn refuses(&self, request: SaveSecretRequest, expected: &str) -> Status {
        let before = self.list(0, "").await.unwrap();
        let refused = self.save(request).await.unwrap_err();
        assert_eq!(reason(&refused), expected, "{refused:?}");
        assert_eq!(self.list(0, "").await.unwrap(), before);
        refused
    }

    async fn value(&self, id: &str, url: &str) -> String {
        String::from_utf8(self.release(id, url).await.unwrap().value.to_vec()).unwrap()
    }
}

#[tokio::test]
async fn a_saved_value_is_for_the_origin_that_answered_and_says_who_saved_it() {
    let suite = Suite::new();
    let saved = suite.save(save("session", CANARY, "run-1")).await.unwrap();
    assert_eq!((saved.name, saved.version), (full("session"), 1));
    assert_eq!(suite.value("session", LOGIN).await, CANARY);
    assert_eq!(reason(&suite.release("session", API).await.unwrap_err()), "SECRET_OUT_OF_SCOPE");
    let [secret] = &suite.list(0, "").await.unwrap().secrets[..] else { panic!("one secret") };
    assert_eq!((secret.scope.as_str(), secret.saved_by.as_str()), (LOGIN, "ADAPTER.LOGIN-CRM"));
    assert_eq!(secret.token_origins, [LOGIN]);
    assert_eq!(suite.put("crm", "put by a person").await.saved_by, "");

    assert_eq!(suite.save(save("session", "the next session", "run-2")).await.unwrap().version, 2);
    assert_eq!(suite.value("session", LOGIN).await, "the next session");
}

#[tokio::test]
async fn another_origin_is_refused_unless_it_is_granted_to_this_tenant_for_what_this_origin_answers() {
    let suite = granting();
    let to_api = || SaveSecretRequest { url: API.into(), ..save("session", CANARY, "run-1") };
    let others = SaveSecretRequest { name: "tenants/umbrella/secrets/session".into(), ..to_api() };
    let refused = suite.refuses(others, "SCOPE_NOT_GRANTED").await;
    assert_eq!(metadata(&refused, "host").unwrap(), "api.example.com");
    let elsewhere = SaveSecretRequest { answered_url: "https://evil.example".into(), ..to_api() };
    suite.refuses(elsewhere, "SCOPE_NOT_GRANTED").await;
    let other_port = SaveSecretRequest { url: format!("{API}:8443"), ..to_api() };
    suite.refuses(other_port, "SCOPE_NOT_GRANTED").await;
    let other_way =
        SaveSecretRequest { url: LOGIN.into(), answered_url: API.into(), ..save("session", CANARY, "run-1") };
    suite.refuses(other_way, "SCOPE_NOT_GRANTED").await;
    suite.save(to_api()).await.unwrap();
    assert_eq!(suite.value("session", API).await, CANARY);

    // Without the grant the service refuses, whatever whoever asks believes.
    Suite::new().refuses(to_api(), "SCOPE_NOT_GRANTED").await;
}

#[tokio::test]
async fn what_somebody_put_is_never_taken_over() {
    let suite = Suite::new();
    let put = PutSecretRequest { url: LOGIN.into(), ..put("session", "put by a person", LOGIN) };
    suite.put_as(put.clone()).await;
    let refused = suite.refuses(save("session", CANARY, "run-1"), "SECRET_TAKEN").await;
    assert_eq!(metadata(&refused, "secret").unwrap(), "session");
    assert_eq!(suite.value("session", LOGIN).await, "put by a person");

    // Whoever puts over a saved one, or changes it, has it for their own.
    suite.delete("session", "").await.unwrap();
    suite.save(save("session", r#"{"a":"1234567890123"}"#, "run-1")).await.unwrap();
    let patch = PatchSecretRequest {
        name: full("session"),
        member: "a".into(),
        value: "changed".into(),
        ..Default::default()
    };
    assert_eq!(suite.configurator().patch_secret(patch).await.unwrap().into_inner().saved_by, "");
    suite.refuses(save("session", CANARY, "run-2"), "SECRET_TAKEN").await;
    suite.delete("session", "").await.unwrap();
    suite.save(save("session", CANARY, "run-3")).await.unwrap();
    suite.put_as(put).await;
    suite.refuses(save("session", CANARY, "run-4"), "SECRET_TAKEN").await;
}

#[tokio::test]
async fn a_saved_value_takes_the_place_of_one_for_the_same_origin_alone() {
    let suite = granting();
    suite.save(save("session", CANARY, "run-1")).await.unwrap();
    let to_api = SaveSecretRequest { url: API.into(), ..save("session", "another session", "run-2") };
    let refused = suite.refuses(to_api.clone(), "SECRET_TAKEN").await;
    assert!(refused.message().contains(LOGIN), "{refused:?}");
    suite.delete("session", "").await.unwrap();
    assert_eq!(suite.save(to_api).await.unwrap().version, 2);
}

#[tokio::test]
async fn a_private_copy_that_is_saved_hides_nothing_that_somebody_put() {
    let suite = Suite::new();
    let north = |value: &str, step: &str| SaveSecretRequest {
        name: "tenants/acme/businessUnits/north/secrets/session".into(),
        ..save("", value, step)
    };
    suite.put_as(PutSecretRequest { url: LOGIN.into(), ..put("session", "put by a person", LOGIN) }).await;
    suite.refuses(north(CANARY, "run-1"), "SECRET_TAKEN").await;
    suite.delete("session", "").await.unwrap();
    suite.save(save("session", "the tenant's session", "run-2")).await.unwrap();
    let saved = suite.save(north(CANARY, "run-3")).await.unwrap();
    assert_eq!(saved.name, "tenants/acme/businessUnits/north/secrets/session");
    assert_eq!(suite.value("session", LOGIN).await, "the tenant's session");
    let name = saved.name.clone();
    let request = ReleaseSecretRequest { name, ..release("", LOGIN) };
    let released = suite.releasing(Caller::service("integrations")).release_secret(request).await.unwrap();
    assert_eq!(released.into_inner().value, CANARY);
}

#[tokio::test]
async fn one_step_of_one_run_saves_once() {
    let suite = Suite::new();
    for _ in 0..3 {
        assert_eq!(suite.save(save("session", CANARY, "run-1")).await.unwrap().version, 1);
    }
    assert_eq!(suite.save(save("session", "the next session", "run-2")).await.unwrap().version, 2);
}

#[tokio::test]
async fn that_a_value_was_saved_is_bound_to_it() {
    let suite = Suite::new();
    suite.save(save("session", CANARY, "run-1")).await.unwrap();
    suite.edit("session", |record| record.set_format(2)).await;
    suite.assert_unreadable("session", LOGIN).await;
    suite.put("crm", CANARY).await;
    suite.edit("crm", |record| record.set_saved()).await;
    suite.assert_unreadable("crm", URL).await;
}

#[tokio::test]
async fn only_the_suite_itself_saves_and_only_what_is_whole() {
    let suite = Suite::new();
    for role in [Role::Caller, Role::Configurator, Role::Operator, Role::Voucher] {
        let stranger = suite.releasing(caller("ada", role, None));
        let refused = { stranger }.save_secret(save("session", CANARY, "run-1")).await.unwrap_err();
        assert_eq!(reason(&refused), "ROLE_MISSING");
    }
    let good = || save("session", CANARY, "run-1");
    for (request, field) in [
        (SaveSecretRequest { name: "session".into(), ..good() }, "name"),
        (SaveSecretRequest { value: "abc".into(), ..good() }, "value"),
        (SaveSecretRequest { value: vec![b'x'; (64 << 10) + 1].into(), ..good() }, "value"),
        (SaveSecretRequest { url: String::new(), ..good() }, "url"),
        (SaveSecretRequest { url: "http://login.example.com".into(), ..good() }, "url"),
        (SaveSecretRequest { answered_url: String::new(), ..good() }, "answered_url"),
        (SaveSecretRequest { answered_url: "http://login.example.com".into(), ..good() }, "answered_url"),
        (SaveSecretRequest { request_id: String::new(), ..good() }, "request_id"),
        (SaveSecretRequest { request_id: "a b".into(), ..good() }, "request_id"),
        (SaveSecretRequest { request_id: "x".repeat(65), ..good() }, "request_id"),
        (SaveSecretRequest { cause: None, ..good() }, "cause.adapter"),
    ] {
        let refused = suite.refuses(request, "FIELD_INVALID").await;
        assert_eq!(metadata(&refused, "field").as_deref(), Some(field), "{refused:?}");
    }
}

#[tokio::test]
async fn what_is_saved_and_what_is_refused_is_in_the_ledger() {
    let suite = Suite::new();
    suite.save(save("session", CANARY, "run-1")).await.unwrap();
    let to_api = SaveSecretRequest { url: API.into(), ..save("session", CANARY, "run-2") };
    suite.refuses(to_api, "SCOPE_NOT_GRANTED").await;
    let entries = suite.entries().await;
    let of = |entry: &serde_json::Value, keys: &[&str]| {
        keys.iter().map(|key| entry[key].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let keys = ["kind", "by", "secret", "destination", "answered", "adapter", "adapter_etag", "reason"];
    let [saved, refused] = &entries[..] else { panic!("two entries: {entries:?}") };
    let name = full("session");
    assert_eq!(
        of(saved, &keys),
        ["saved", "integrations", &name, LOGIN, LOGIN, "ADAPTER.LOGIN-CRM", "\"7\"", ""]
    );
    assert_eq!(saved["version"], 1);
    assert_eq!(
        of(refused, &keys),
        [
            "save_refused",
            "integrations",
            &name,
            API,
            LOGIN,
            "ADAPTER.LOGIN-CRM",
            "\"7\"",
            "SCOPE_NOT_GRANTED"
        ]
    );
}

#[tokio::test]
async fn a_saved_secret_counts_for_the_quota_and_a_ledger_that_fails_refuses_it() {
    let limits = runtime::quota::Limits { secrets: Some(1), ..Default::default() };
    let quotas = runtime::quota::Quotas::new(limits, BTreeMap::new());
    let suite = Suite::with(Config { quotas, ..Config::default() }, Arc::new(MemoryStore::new().unwrap()));
    suite.save(save("session", CANARY, "run-1")).await.unwrap();
    suite.refuses(save("another", CANARY, "run-2"), "QUOTA_EXCEEDED").await;

    let suite = Suite::new().full();
    suite.refuses(save("session", CANARY, "run-1"), "AUDIT_UNAVAILABLE").await;
}
