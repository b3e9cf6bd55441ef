//! Where a token may go that is got with a secret.

use proto::secrets::v1::{CheckTokenUseRequest, CheckTokenUseResponse};
use tonic::Code;

use super::*;

const API: &str = "https://www.example.com/v1";

impl Suite {
    async fn may_send(&self, url: &str, version: u64) -> Result<CheckTokenUseResponse, Status> {
        let destination_url = url.into();
        let request = CheckTokenUseRequest { name: full("crm"), destination_url, version, cause: None };
        let mut client = self.releasing(Caller::service("tokens"));
        client.check_token_use(request).await.map(tonic::Response::into_inner)
    }

    async fn assert_not_for(&self, url: &str, version: u64) {
        let refused = self.may_send(url, version).await.unwrap_err();
        assert_eq!(
            (reason(&refused).as_str(), refused.code()),
            ("SECRET_OUT_OF_SCOPE", Code::PermissionDenied),
            "{refused}"
        );
        assert_eq!(metadata(&refused, "secret").as_deref(), Some("crm"));
    }
}

fn for_tokens(value: &str, urls: &[&str]) -> PutSecretRequest {
    let token_urls = urls.iter().map(|&url| url.to_owned()).collect();
    PutSecretRequest { token_urls, ..put("crm", value, URL) }
}

#[tokio::test]
async fn where_nothing_is_named_tokens_go_to_the_secret_s_own_origin() {
    let suite = Suite::new();
    let secret = suite.put("crm", CANARY).await;
    assert_eq!(secret.token_origins, [secret.scope]);
    let told = suite.may_send("https://api.example.com/other", 0).await.unwrap();
    assert_eq!((told.name, told.version, told.previous_version), (full("crm"), 1, 0));
    suite.assert_not_for(API, 0).await;
}

#[tokio::test]
async fn tokens_go_to_the_origins_that_are_named_and_nowhere_else() {
    let suite = Suite::new();
    suite.put_as(for_tokens(CANARY, &[API, "https://files.example.com:8443"])).await;
    for url in
        ["https://www.example.com", "https://WWW.example.com:443/x", "https://files.example.com:8443/y"]
    {
        suite.may_send(url, 0).await.unwrap();
    }
    for url in [
        URL,
        "https://www.example.com:8443",
        "https://files.example.com",
        "https://example.com",
        "https://www.example.com.evil.example",
    ] {
        suite.assert_not_for(url, 0).await;
    }
    // The value itself goes to its own origin alone.
    assert_eq!(reason(&suite.release("crm", API).await.unwrap_err()), "SECRET_OUT_OF_SCOPE");
}

#[tokio::test]
async fn an_old_value_s_tokens_go_where_both_values_are_for() {
    let suite = Suite::new();
    suite.put_as(for_tokens("one", &[API, "https://old.example.com"])).await;
    let second = for_tokens("two", &[API, "https://new.example.com"]);
    suite.put_as(PutSecretRequest { overlap: lasting(60), ..second }).await;
    let told = suite.may_send(API, 0).await.unwrap();
    assert_eq!((told.version, told.previous_version), (2, 1));
    let told = suite.may_send(API, 1).await.unwrap();
    assert_eq!((told.version, told.previous_version), (1, 0));
    suite.may_send("https://new.example.com", 2).await.unwrap();
    // Neither what the new value is not for any more, nor what the old one never was for.
    suite.assert_not_for("https://old.example.com", 1).await;
    suite.assert_not_for("https://new.example.com", 1).await;
}

#[tokio::test]
async fn tokens_of_a_secret_that_has_ended_go_nowhere() {
    let clock = clock();
    let suite = Suite::at(&clock);
    let end = clock.now() + Duration::from_secs(60);
    suite.put_as(PutSecretRequest { expire_time: Some(seconds(end)), ..put("crm", CANARY, URL) }).await;
    suite.may_send(URL, 0).await.unwrap();
    clock.advance(Duration::from_secs(60));
    assert_eq!(reason(&suite.may_send(URL, 0).await.unwrap_err()), "SECRET_EXPIRED");
}

#[tokio::test]
async fn an_origin_that_was_edited_in_is_sent_nothing() {
    let suite = Suite::new();
    suite.put_as(for_tokens(CANARY, &[API])).await;
    suite.edit("crm", |record| record.set_token_origins(&["https://evil.example"])).await;
    let refused = suite.may_send("https://evil.example", 0).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_UNREADABLE");
}

#[tokio::test]
async fn a_question_is_read_with_care() {
    let suite = Suite::new();
    suite.put("crm", CANARY).await;
    for url in ["", "http://api.example.com", "https://a@api.example.com"] {
        let refused = suite.may_send(url, 0).await.unwrap_err();
        assert_eq!(metadata(&refused, "field").as_deref(), Some("destination_url"));
    }
    let request = CheckTokenUseRequest {
        name: full("crm"),
        destination_url: URL.into(),
        ..CheckTokenUseRequest::default()
    };
    for role in [Role::Configurator, Role::Operator, Role::Caller] {
        let mut client = suite.releasing(caller("eve", role, None));
        let refused = client.check_token_use(request.clone()).await.unwrap_err();
        assert_eq!((reason(&refused).as_str(), refused.code()), ("ROLE_MISSING", Code::PermissionDenied));
    }
}
