//! Lists: names and metadata, one tenant, page by page.

use super::*;

#[tokio::test]
async fn secrets_come_in_the_order_of_their_ids_page_by_page() {
    let suite = Suite::new();
    for id in ["b", "a.z", "a", "a-z", "B", "a_z"] {
        suite.put(id, "value").await;
    }
    let ids = ["B", "a", "a-z", "a.z", "a_z", "b"];
    let whole = suite.list(0, "").await.unwrap();
    assert_eq!(names(&whole), ids.map(full));
    assert_eq!(whole.next_page_token, "");

    let mut paged = Vec::new();
    let mut token = String::new();
    loop {
        let page = suite.list(4, &token).await.unwrap();
        paged.extend(names(&page));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
        assert_eq!(paged.len(), 4);
    }
    assert_eq!(paged, ids.map(full));
}

#[tokio::test]
async fn a_page_ends_exactly_where_the_list_ends() {
    let suite = Suite::new();
    suite.put("a", "value").await;
    suite.put("b", "value").await;
    let page = suite.list(2, "").await.unwrap();
    assert_eq!((names(&page).len(), page.next_page_token.as_str()), (2, ""));
}

#[tokio::test]
async fn a_tenant_sees_its_own_alone() {
    let suite = Suite::new();
    suite.put("crm", "value").await;
    let mut other = suite.writing(caller("eve", Role::Configurator, Some("acme-2")));
    let mine = PutSecretRequest { name: "tenants/acme-2/secrets/crm".into(), ..put("", "another", URL) };
    other.put_secret(mine).await.unwrap();
    let request = ListSecretsRequest { parent: "tenants/acme-2".into(), ..Default::default() };
    let listed = other.list_secrets(request).await.unwrap().into_inner();
    assert_eq!(names(&listed), ["tenants/acme-2/secrets/crm"]);
    assert_eq!(names(&suite.list(0, "").await.unwrap()), [full("crm")]);
    let theirs =
        other.list_secrets(ListSecretsRequest { parent: "tenants/acme".into(), ..Default::default() }).await;
    assert_eq!(reason(&theirs.unwrap_err()), "ROLE_MISSING");
    assert_eq!(&suite.release("crm", URL).await.unwrap().value[..], b"value");
}

#[tokio::test]
async fn the_length_of_a_value_does_not_show() {
    let suite = Suite::new();
    let short = suite.put("a", "1").await;
    let long = suite.put("b", &"2".repeat(64 * 1024)).await;
    let blank = |secret: Secret| Secret {
        name: String::new(),
        etag: String::new(),
        create_time: None,
        update_time: None,
        ..secret
    };
    assert_eq!(blank(short), blank(long));
}

#[tokio::test]
async fn a_field_that_cannot_be_used_is_named() {
    let suite = Suite::new();
    assert_eq!(metadata(&suite.list(-1, "").await.unwrap_err(), "field").as_deref(), Some("page_size"));
    assert_eq!(metadata(&suite.list(0, "zz").await.unwrap_err(), "field").as_deref(), Some("page_token"));
    assert_eq!(metadata(&suite.list(0, "2f2f").await.unwrap_err(), "field").as_deref(), Some("page_token"));
    let request = ListSecretsRequest { parent: "tenants/acme/secrets".into(), ..Default::default() };
    let refused = suite.configurator().list_secrets(request).await.unwrap_err();
    assert_eq!(metadata(&refused, "field").as_deref(), Some("parent"));
}

pub(super) fn names(page: &ListSecretsResponse) -> Vec<String> {
    page.secrets.iter().map(|secret| secret.name.clone()).collect()
}
