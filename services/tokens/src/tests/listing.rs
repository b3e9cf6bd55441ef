//! What operators see of the tokens.

use super::*;

#[tokio::test]
async fn operators_see_everything_but_the_value() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = ClientCredentials { scope: vec!["customers.read".into()], ..credentials(&counterpart) };
    let token = suite.get(&credentials).await.unwrap();
    let listed = suite.list(0, "").await.unwrap();
    let [info] = &listed.tokens[..] else { panic!("one token") };
    assert_eq!(info.token_url, counterpart.url("/token"));
    assert_eq!((info.client_id.as_str(), &info.scope[..]), ("outgate", &["customers.read".to_owned()][..]));
    assert_eq!(info.generation, 1);
    assert_eq!(info.expire_time.unwrap().seconds, token.expire_time.unwrap().seconds);
    assert_eq!(info.expire_time.unwrap().seconds - info.create_time.unwrap().seconds, 3600);
    let ahead = info.renew_ahead.unwrap().seconds;
    assert!((300..=375).contains(&ahead), "{ahead}");
}

#[tokio::test]
async fn a_tenants_tokens_come_page_by_page() {
    let suite = Suite::new();
    suite.secrets.put("other", "crm", "another-4f9d2c71aa05");
    let counterpart = Counterpart::tokens(&suite.authority).await;
    for n in 0..5 {
        suite.get(&client_of(&counterpart, &n.to_string())).await.unwrap();
    }
    let theirs = asking("tenants/other", credentials(&counterpart));
    suite.client(Caller::service("integrations")).get_token(theirs).await.unwrap();

    let mut clients = Vec::new();
    let mut token = String::new();
    for expected in [2, 2, 1] {
        let page = suite.list(2, &token).await.unwrap();
        assert_eq!(page.tokens.len(), expected);
        clients.extend(page.tokens.into_iter().map(|info| info.client_id));
        token = page.next_page_token;
    }
    assert_eq!(token, "");
    clients.sort();
    assert_eq!(clients, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn an_operator_of_another_tenant_sees_nothing() {
    let suite = Suite::new();
    let request = ListTokensRequest { parent: "tenants/acme".into(), ..Default::default() };
    let refused =
        suite.client(caller("eve", Role::Operator, Some("other"))).list_tokens(request).await.unwrap_err();
    assert_eq!(reason(&refused), "ROLE_MISSING");
}
