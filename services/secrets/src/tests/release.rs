//! Release: to the suite's own services, for a destination in the secret's scope.

use tonic::Code;

use super::*;

#[tokio::test]
async fn a_secret_is_released_for_its_origin_alone() {
    let suite = Suite::new();
    suite.put("crm", "s3cret").await;
    for url in
        ["https://api.example.com", "https://API.example.com:443/v2?x=1", "https://api.example.com/other"]
    {
        let released = suite.release("crm", url).await.unwrap();
        assert_eq!((&released.value[..], released.version), (&b"s3cret"[..], 1), "{url}");
    }
    for (url, host) in [
        ("https://api.example.com:44300/v1", "api.example.com"),
        ("https://example.com/v1", "example.com"),
        ("https://api.example.com.evil.example/v1", "api.example.com.evil.example"),
        ("https://93.184.215.14/v1", "93.184.215.14"),
    ] {
        let refused = suite.release("crm", url).await.unwrap_err();
        assert_eq!(
            (reason(&refused).as_str(), refused.code()),
            ("SECRET_OUT_OF_SCOPE", Code::PermissionDenied)
        );
        assert_eq!(metadata(&refused, "secret").as_deref(), Some("crm"));
        assert_eq!(metadata(&refused, "host").as_deref(), Some(host));
    }
}

#[tokio::test]
async fn the_bytes_are_those_that_were_put() {
    let suite = Suite::new();
    let value: Vec<u8> = (0..=255).collect();
    let request = PutSecretRequest { value: value.clone().into(), ..put("raw", "", URL) };
    suite.configurator().put_secret(request).await.unwrap();
    assert_eq!(suite.release("raw", URL).await.unwrap().value, value);
}

#[tokio::test]
async fn a_missing_secret_is_named() {
    let suite = Suite::new();
    let refused = suite.release("nope", URL).await.unwrap_err();
    assert_eq!((reason(&refused).as_str(), refused.code()), ("SECRET_NOT_FOUND", Code::NotFound));
    assert_eq!(metadata(&refused, "secret").as_deref(), Some("nope"));
}

#[tokio::test]
async fn a_destination_and_a_purpose_are_wanted() {
    let suite = Suite::new();
    suite.put("crm", "s3cret").await;
    let request = release("crm", URL);
    for (field, request) in [
        ("name", ReleaseSecretRequest { name: "tenants/acme".into(), ..request.clone() }),
        ("destination_url", ReleaseSecretRequest { destination_url: String::new(), ..request.clone() }),
        (
            "destination_url",
            ReleaseSecretRequest { destination_url: "http://api.example.com".into(), ..request.clone() },
        ),
        (
            "destination_url",
            ReleaseSecretRequest { destination_url: "https://a@api.example.com".into(), ..request.clone() },
        ),
        ("purpose", ReleaseSecretRequest { purpose: 0, ..request.clone() }),
        ("purpose", ReleaseSecretRequest { purpose: 99, ..request.clone() }),
    ] {
        let refused =
            suite.releasing(Caller::service("integrations")).release_secret(request).await.unwrap_err();
        assert_eq!(reason(&refused), "FIELD_INVALID");
        assert_eq!(metadata(&refused, "field").as_deref(), Some(field));
    }
}

#[tokio::test]
async fn only_a_releaser_has_anything_released() {
    let suite = Suite::new();
    suite.put("crm", "s3cret").await;
    for role in [Role::Configurator, Role::Operator, Role::Caller] {
        let refused =
            suite.releasing(caller("eve", role, None)).release_secret(release("crm", URL)).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), refused.code()), ("ROLE_MISSING", Code::PermissionDenied));
        assert_eq!(metadata(&refused, "role").as_deref(), Some("releaser"));
    }
    let mut stranger = suite.releasing(caller("other", Role::Releaser, Some("other")));
    let there = stranger.release_secret(release("crm", URL)).await.unwrap_err();
    let absent = stranger.release_secret(release("nope", URL)).await.unwrap_err();
    assert_eq!(seen(&there), seen(&absent));
}
