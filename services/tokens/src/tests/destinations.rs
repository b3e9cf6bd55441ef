//! A token goes where the client's secret was put for, and nowhere else.

use super::{counterpart::Reply, *};

const EVIL: &str = "https://evil.example/";
const CRM: &str = "tenants/acme/secrets/crm";

impl Suite {
    async fn get_for(&self, credentials: &ClientCredentials, url: &str) -> Result<Token, Status> {
        let request =
            GetTokenRequest { destination_url: url.into(), ..asking("tenants/acme", credentials.clone()) };
        self.client(Caller::service("integrations")).get_token(request).await.map(Response::into_inner)
    }
}

#[tokio::test]
async fn nothing_is_fetched_for_another_destination_and_nothing_kept_is_handed_out() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    let refused = suite.get_for(&credentials, EVIL).await.unwrap_err();
    assert_eq!(reason(&refused), "SECRET_OUT_OF_SCOPE");
    assert_eq!((counterpart.count(), suite.secrets.asked().len()), (0, 0));

    let token = suite.get(&credentials).await.unwrap();
    assert_eq!((token.secret.as_str(), token.secret_version), (CRM, 1));
    assert_eq!(reason(&suite.get_for(&credentials, EVIL).await.unwrap_err()), "SECRET_OUT_OF_SCOPE");
    let suite = suite.restarted();
    assert_eq!(reason(&suite.get_for(&credentials, EVIL).await.unwrap_err()), "SECRET_OUT_OF_SCOPE");
    assert_eq!(counterpart.count(), 1);
}

#[tokio::test]
async fn a_token_of_an_old_value_goes_nowhere_that_a_new_value_is_for() {
    let suite = Suite::new();
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let credentials = credentials(&counterpart);
    suite.get(&credentials).await.unwrap();
    // Somebody who does not know the old value puts another one, whose tokens are for themselves.
    suite.secrets.put_for(CRM, "no value of the counterpart's", EVIL);
    let token = suite.get_for(&credentials, EVIL).await.unwrap();
    assert_eq!((token.access_token, token.secret_version), (Reply::nth(2).into(), 2));
    let suite = suite.restarted();
    let token = suite.get_for(&credentials, EVIL).await.unwrap();
    assert_eq!((token.access_token, token.secret_version), (Reply::nth(2).into(), 2));
    assert_eq!(reason(&suite.get(&credentials).await.unwrap_err()), "SECRET_OUT_OF_SCOPE");
}

#[tokio::test]
async fn a_unit_s_tokens_are_got_with_what_is_the_unit_s() {
    let suite = Suite::new();
    let copy = "tenants/acme/businessUnits/north/secrets/crm";
    suite.secrets.put_for(copy, "north's own-4f9d2c71aa", API);
    let counterpart = Counterpart::tokens(&suite.authority).await;
    let shared = suite.get(&credentials(&counterpart)).await.unwrap();
    let request = asking("tenants/acme/businessUnits/north", credentials(&counterpart));
    let private =
        suite.client(Caller::service("integrations")).get_token(request).await.unwrap().into_inner();
    assert_eq!((private.secret.as_str(), private.secret_version), (copy, 1));
    assert_ne!(private.access_token, shared.access_token);
    let asked: Vec<_> = suite.secrets.asked().into_iter().map(|asked| asked.name).collect();
    assert_eq!(asked, [CRM, copy]);
}
