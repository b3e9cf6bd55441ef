//! One member of a structured secret is changed, and nobody sees the value.

use proto::secrets::v1::PatchSecretRequest;
use tonic::Code;

use super::*;

impl Suite {
    pub(super) async fn patch(&self, request: PatchSecretRequest) -> Result<Secret, Status> {
        self.configurator().patch_secret(request).await.map(tonic::Response::into_inner)
    }
}

fn set(member: &str, text: &str) -> PatchSecretRequest {
    PatchSecretRequest {
        name: full("crm"),
        member: member.into(),
        value: text.to_owned().into(),
        ..Default::default()
    }
}

fn remove(member: &str) -> PatchSecretRequest {
    PatchSecretRequest { remove: true, ..set(member, "") }
}

#[tokio::test]
async fn a_member_is_set_or_removed_and_the_rest_stays_as_it_is_written() {
    let suite = Suite::new();
    let before =
        r#" { "user" : "ada", "n": 1.50e3 , "deep": {"a": [ 1 ]}, "user": "twice", "\u0061": "x" } "#;
    for (patch, after) in [
        (
            set("password", "new"),
            r#"{"user":"ada","n":1.50e3,"deep":{"a": [ 1 ]},"user":"twice","a":"x","password":"new"}"#,
        ),
        (
            set("n", "q\"\\\n\u{1}ä"),
            r#"{"user":"ada","deep":{"a": [ 1 ]},"user":"twice","a":"x","n":"q\"\\\u000a\u0001ä"}"#,
        ),
        (set("user", "one"), r#"{"n":1.50e3,"deep":{"a": [ 1 ]},"a":"x","user":"one"}"#),
        (remove("user"), r#"{"n":1.50e3,"deep":{"a": [ 1 ]},"a":"x"}"#),
        (remove("a"), r#"{"user":"ada","n":1.50e3,"deep":{"a": [ 1 ]},"user":"twice"}"#),
        (remove("absent"), r#"{"user":"ada","n":1.50e3,"deep":{"a": [ 1 ]},"user":"twice","a":"x"}"#),
    ] {
        let version = suite.put("crm", before).await.version;
        let secret = suite.patch(patch).await.unwrap();
        assert_eq!((secret.version, secret.updated_by.as_str()), (version + 1, "ada"));
        let released = suite.release("crm", URL).await.unwrap();
        assert_eq!((std::str::from_utf8(&released.value).unwrap(), released.version), (after, version + 1));
        serde_json::from_slice::<serde::de::IgnoredAny>(&released.value).unwrap();
    }
    suite.put("crm", r#"{"a":1}"#).await;
    suite.patch(remove("a")).await.unwrap();
    assert_eq!(suite.release("crm", URL).await.unwrap().value, "{}");
}

#[tokio::test]
async fn the_terms_stay_and_the_old_value_may_overlap() {
    let clock = clock();
    let suite = Suite::at(&clock);
    let put = PutSecretRequest {
        token_urls: vec!["https://www.example.com".into()],
        expire_time: Some(seconds(clock.now() + Duration::from_secs(3600))),
        ..put("crm", r#"{"a":"1"}"#, URL)
    };
    let before = suite.put_as(put).await;
    let patch = PatchSecretRequest { overlap: lasting(60), etag: before.etag.clone(), ..set("a", "2") };
    let after = suite.patch(patch.clone()).await.unwrap();
    assert_eq!((&after.scope, &after.token_origins), (&before.scope, &before.token_origins));
    assert_eq!((after.expire_time, after.create_time), (before.expire_time, before.create_time));
    assert_eq!(after.previous_version, 1);
    assert_eq!(suite.release_version("crm", 1).await.unwrap().value, r#"{"a":"1"}"#);
    assert_eq!(suite.release("crm", URL).await.unwrap().value, r#"{"a":"2"}"#);
    assert_eq!(reason(&suite.patch(patch).await.unwrap_err()), "ETAG_MISMATCH");
}

#[tokio::test]
async fn patches_at_once_lose_nothing() {
    let suite = Suite::new();
    suite.put("crm", "{}").await;
    let names: Vec<_> = (0..20).map(|n| format!("m{n}")).collect();
    let patches = names.iter().map(|name| suite.patch(set(name, "x")));
    for patched in futures::future::join_all(patches).await {
        patched.unwrap();
    }
    let released = suite.release("crm", URL).await.unwrap();
    assert_eq!(released.version, 21);
    let text = std::str::from_utf8(&released.value).unwrap();
    assert!(names.iter().all(|name| text.contains(&format!("\"{name}\":\"x\""))), "{text}");
}

#[tokio::test]
async fn what_cannot_be_changed_is_told_without_the_value() {
    let suite = Suite::new();
    assert_eq!(reason(&suite.patch(set("a", "b")).await.unwrap_err()), "SECRET_NOT_FOUND");
    for value in [CANARY, "[1]", "\"text\"", "{\"a\":1} x", "{'a':1}"] {
        suite.put("crm", value).await;
        let refused = suite.patch(set("a", "b")).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), refused.code()), ("SECRET_UNFIT", Code::FailedPrecondition));
        assert!(!format!("{refused:?}").contains(CANARY));
        assert_eq!(suite.release("crm", URL).await.unwrap().value, value);
    }
    suite.put("crm", "{}").await;
    let room = 64 * 1024 - r#"{"a":""}"#.len();
    suite.patch(set("a", &"x".repeat(room))).await.unwrap();
    let refused = suite.patch(set("a", &"x".repeat(room + 1))).await.unwrap_err();
    assert_eq!(metadata(&refused, "field").as_deref(), Some("value"));
    for (field, request) in [
        ("name", PatchSecretRequest { name: "crm".into(), ..set("a", "b") }),
        ("member", set("", "b")),
        ("member", set(&"m".repeat(257), "b")),
        ("value", set("a", "")),
        ("value", PatchSecretRequest { value: b"\xff".as_slice().into(), ..set("a", "") }),
        ("value", set("a", &"x".repeat(64 * 1024 + 1))),
        ("remove", PatchSecretRequest { remove: true, ..set("a", "b") }),
        ("overlap", PatchSecretRequest { overlap: lasting(0), ..set("a", "b") }),
        ("etag", PatchSecretRequest { etag: "1".into(), ..set("a", "b") }),
    ] {
        let refused = suite.patch(request).await.unwrap_err();
        assert_eq!(metadata(&refused, "field").as_deref(), Some(field), "{refused}");
    }
    let mut eve = suite.writing(caller("eve", Role::Caller, Some("acme")));
    assert_eq!(reason(&eve.patch_secret(set("a", "b")).await.unwrap_err()), "ROLE_MISSING");
}
