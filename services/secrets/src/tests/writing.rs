//! Putting and deleting.

use futures::future::join_all;
use runtime::{Role, refusal::DOMAIN};
use tokio::time::timeout;
use tonic::{Code, Request};
use tonic_types::StatusExt as _;

use super::*;

#[tokio::test]
async fn a_secret_is_described_by_all_but_its_value() {
    let suite = Suite::new();
    let secret = suite.put("crm", "s3cret").await;
    assert_eq!(secret.name, "tenants/acme/secrets/crm");
    assert_eq!(secret.scope, "https://api.example.com");
    assert_eq!(secret.version, 1);
    assert_eq!(secret.updated_by, "ada");
    assert_eq!(secret.create_time, secret.update_time);
    assert!(secret.create_time.is_some_and(|time| time.seconds > 1_700_000_000));
    assert!(secret.etag.starts_with('"') && secret.etag.ends_with('"'));
}

#[tokio::test]
async fn a_new_value_takes_the_next_version_and_may_move_to_another_origin() {
    let suite = Suite::new();
    let first = suite.put("crm", "one").await;
    let moved = PutSecretRequest { url: "https://other.example:44301/x".into(), ..put("crm", "two", URL) };
    let second = suite.configurator().put_secret(moved).await.unwrap().into_inner();
    assert_eq!((second.version, second.scope.as_str()), (2, "https://other.example:44301"));
    assert_eq!(second.create_time, first.create_time);
    assert_ne!(second.etag, first.etag);
    assert_eq!(reason(&suite.release("crm", URL).await.unwrap_err()), "SECRET_OUT_OF_SCOPE");
    assert_eq!(&suite.release("crm", "https://other.example:44301/").await.unwrap().value[..], b"two");
}

#[tokio::test]
async fn an_etag_guards_a_put() {
    let suite = Suite::new();
    let with = |etag: &str| PutSecretRequest { etag: etag.to_owned(), ..put("crm", "value", URL) };
    let mut client = suite.configurator();

    let absent = client.put_secret(with("\"7\"")).await.unwrap_err();
    assert_eq!((reason(&absent).as_str(), absent.code()), ("ETAG_MISMATCH", Code::Aborted));
    assert_eq!(metadata(&absent, "name").as_deref(), Some("tenants/acme/secrets/crm"));

    let first = client.put_secret(with("\"0\"")).await.unwrap().into_inner();
    assert_eq!(reason(&client.put_secret(with("\"0\"")).await.unwrap_err()), "ETAG_MISMATCH");
    let second = client.put_secret(with(&first.etag)).await.unwrap().into_inner();
    assert_eq!(reason(&client.put_secret(with(&first.etag)).await.unwrap_err()), "ETAG_MISMATCH");
    assert_eq!(second.version, 2);
    assert_eq!(suite.list(0, "").await.unwrap().secrets, [second]);
}

#[tokio::test]
async fn writers_at_once_each_take_a_version_of_their_own() {
    let suite = Suite::new();
    let values: Vec<String> = (0..50).map(|n| format!("value {n}")).collect();
    let puts = join_all(values.iter().map(|value| suite.put("crm", value)));
    let mut versions: Vec<u64> =
        timeout(PATIENCE, puts).await.unwrap().iter().map(|secret| secret.version).collect();
    versions.sort_unstable();
    assert_eq!(versions, (1..=50).collect::<Vec<u64>>());
    assert_eq!(suite.release("crm", URL).await.unwrap().version, 50);
}

#[tokio::test]
async fn one_of_many_writers_that_read_the_same_wins() {
    let suite = Suite::new();
    let read = suite.put("crm", "old").await;
    let puts = join_all((0..20).map(|n| {
        let mut client = suite.configurator();
        let request = PutSecretRequest { etag: read.etag.clone(), ..put("crm", &format!("new {n}"), URL) };
        async move { client.put_secret(request).await }
    }))
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = puts.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 19));
    assert!(lost.into_iter().all(|lost| reason(&lost.unwrap_err()) == "ETAG_MISMATCH"));
}

#[tokio::test]
async fn what_was_deleted_is_gone_and_its_version_never_comes_back() {
    let suite = Suite::new();
    suite.put("crm", "one").await;
    let second = suite.put("crm", "two").await;
    assert_eq!(reason(&suite.delete("crm", "\"1\"").await.unwrap_err()), "ETAG_MISMATCH");
    suite.delete("crm", &second.etag).await.unwrap();

    assert_eq!(suite.list(0, "").await.unwrap().secrets, []);
    assert_eq!(reason(&suite.release("crm", URL).await.unwrap_err()), "SECRET_NOT_FOUND");
    let again = suite.delete("crm", "").await.unwrap_err();
    assert_eq!((reason(&again).as_str(), again.code()), ("SECRET_NOT_FOUND", Code::NotFound));
    assert_eq!(metadata(&again, "secret").as_deref(), Some("crm"));

    let anew = PutSecretRequest { etag: "\"0\"".into(), ..put("crm", "three", URL) };
    let third = suite.configurator().put_secret(anew).await.unwrap().into_inner();
    assert_eq!(third.version, 3);
    assert_eq!(&suite.release("crm", URL).await.unwrap().value[..], b"three");
}

#[tokio::test]
async fn a_value_has_1_byte_to_64_kib() {
    let suite = Suite::new();
    let mut client = suite.configurator();
    for length in [1, 64 * 1024] {
        let value = "x".repeat(length);
        client.put_secret(put("crm", &value, URL)).await.unwrap();
        assert_eq!(suite.release("crm", URL).await.unwrap().value, value);
    }
    for length in [0, 64 * 1024 + 1, 1 << 20] {
        let refused = client.put_secret(put("crm", &"x".repeat(length), URL)).await.unwrap_err();
        assert_eq!(reason(&refused), "FIELD_INVALID");
        assert_eq!(metadata(&refused, "field").as_deref(), Some("value"));
        assert!(refused.message().contains("65536 bytes"), "{refused}");
    }
    assert_eq!(suite.release("crm", URL).await.unwrap().version, 2);
}

#[tokio::test]
async fn a_field_that_cannot_be_used_is_named() {
    let suite = Suite::new();
    let mut client = suite.configurator();
    let request = put("crm", "value", URL);
    for (field, request) in [
        ("name", PutSecretRequest { name: "crm".into(), ..request.clone() }),
        ("name", PutSecretRequest { name: "tenants/acme/secrets/a/b".into(), ..request.clone() }),
        ("name", PutSecretRequest { name: "tenants/acme/secrets/..".into(), ..request.clone() }),
        (
            "name",
            PutSecretRequest { name: "tenants/acme/businessUnits//secrets/crm".into(), ..request.clone() },
        ),
        ("url", PutSecretRequest { url: String::new(), ..request.clone() }),
        ("url", PutSecretRequest { url: "http://api.example.com".into(), ..request.clone() }),
        ("url", PutSecretRequest { url: "https://*.example.com".into(), ..request.clone() }),
        ("url", PutSecretRequest { url: "https://ada:pw@api.example.com".into(), ..request.clone() }),
        ("etag", PutSecretRequest { etag: "1".into(), ..request.clone() }),
        (
            "token_urls[1]",
            PutSecretRequest {
                token_urls: vec![URL.into(), "http://api.example.com".into()],
                ..request.clone()
            },
        ),
        ("token_urls", PutSecretRequest { token_urls: vec![URL.into(); 101], ..request.clone() }),
        (
            "expire_time",
            PutSecretRequest { expire_time: Some(seconds(SystemTime::now())), ..request.clone() },
        ),
        (
            "expire_time",
            PutSecretRequest {
                expire_time: Some(prost_types::Timestamp { seconds: -1, nanos: 0 }),
                ..request.clone()
            },
        ),
        ("overlap", PutSecretRequest { overlap: lasting(0), ..request.clone() }),
        ("overlap", PutSecretRequest { overlap: lasting(-1), ..request.clone() }),
        ("overlap", PutSecretRequest { overlap: lasting(90 * 24 * 3600 + 1), ..request.clone() }),
    ] {
        let refused = client.put_secret(request).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), refused.code()), ("FIELD_INVALID", Code::InvalidArgument));
        assert_eq!(metadata(&refused, "field").as_deref(), Some(field), "{refused}");
        let violations = refused.get_details_bad_request().unwrap().field_violations;
        assert_eq!(violations.len(), 1);
        assert_eq!(refused.get_details_error_info().unwrap().domain, DOMAIN);
    }
    let refused = client
        .delete_secret(DeleteSecretRequest { name: "crm".into(), etag: String::new() })
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "FIELD_INVALID");
    let refused = suite.delete("crm", "x").await.unwrap_err();
    assert_eq!(metadata(&refused, "field").as_deref(), Some("etag"));
    assert_eq!(suite.list(0, "").await.unwrap().secrets, []);
}

#[tokio::test]
async fn every_method_wants_its_role() {
    let suite = Suite::new();
    suite.put("crm", "value").await;
    for role in [Role::Caller, Role::Operator, Role::Releaser, Role::Voucher] {
        let mut client = suite.writing(caller("eve", role, Some("acme")));
        let refused = [
            client.put_secret(put("crm", "other", URL)).await.unwrap_err(),
            client
                .list_secrets(ListSecretsRequest { parent: "tenants/acme".into(), ..Default::default() })
                .await
                .unwrap_err(),
            client
                .delete_secret(DeleteSecretRequest { name: full("crm"), etag: String::new() })
                .await
                .unwrap_err(),
        ];
        for refused in refused {
            assert_eq!((reason(&refused).as_str(), refused.code()), ("ROLE_MISSING", Code::PermissionDenied));
            assert_eq!(metadata(&refused, "role").as_deref(), Some("configurator"));
        }
    }
    assert_eq!(suite.release("crm", URL).await.unwrap().version, 1);
}

#[tokio::test]
async fn nobody_is_refused_before_anything_else() {
    let suite = Suite::new();
    let mut client = SecretServiceClient::new(suite.routes());
    let refused = [
        client.put_secret(put("crm", "", "")).await.unwrap_err(),
        client.list_secrets(ListSecretsRequest::default()).await.unwrap_err(),
        client.delete_secret(DeleteSecretRequest::default()).await.unwrap_err(),
        SecretReleaseServiceClient::new(suite.routes())
            .release_secret(Request::new(ReleaseSecretRequest::default()))
            .await
            .unwrap_err(),
    ];
    for refused in refused {
        assert_eq!((reason(&refused).as_str(), refused.code()), ("UNAUTHENTICATED", Code::Unauthenticated));
    }
}

#[tokio::test]
async fn another_tenants_secret_looks_like_one_that_is_not_there() {
    let suite = Suite::new();
    suite.put("crm", "value").await;
    let mut stranger = suite.writing(caller("eve", Role::Configurator, Some("other")));
    let there = stranger.delete_secret(DeleteSecretRequest { name: full("crm"), etag: String::new() }).await;
    let absent =
        stranger.delete_secret(DeleteSecretRequest { name: full("nope"), etag: String::new() }).await;
    assert_eq!(seen(&there.unwrap_err()), seen(&absent.unwrap_err()));
    let there = stranger.put_secret(put("crm", "value", URL)).await.unwrap_err();
    let absent = stranger.put_secret(put("nope", "value", URL)).await.unwrap_err();
    assert_eq!(seen(&there), seen(&absent));
    assert_eq!(suite.release("crm", URL).await.unwrap().version, 1);
}
