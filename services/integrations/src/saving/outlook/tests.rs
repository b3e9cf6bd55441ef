use std::collections::BTreeMap;

use egress::Endpoint;
use runtime::grants::Origins;

use super::*;

const LOGIN: &str = "https://login.example.com";
const API: &str = "https://api.example.com";

fn acme() -> Id {
    Id::parse("tenant", "acme").unwrap()
}

/// What the login answers may be for the API, of this tenant.
fn granted(tenant: &str) -> Grants {
    let origins = Origins::from([(LOGIN.to_owned(), [API.to_owned()].into())]);
    Grants::new(BTreeMap::from([(Id::parse("tenant", tenant).unwrap(), origins)]))
}

/// The way of an integration with these endpoints.
fn through(endpoints: &[&str], redirects: u8) -> Route {
    let endpoints = endpoints.iter().map(|url| Endpoint::parse(url, &[]).unwrap()).collect();
    Route { integration: "CRM".to_owned(), endpoints, redirects, ..Route::anywhere() }
}

#[track_caller]
fn assert_may(grants: &Grants, route: &Route, sent: Option<&str>, url: &str) {
    assert_eq!(outlook(grants, &acme(), route, sent, url), Ok(()));
}

#[track_caller]
fn assert_never(grants: &Grants, route: &Route, sent: Option<&str>, url: &str) -> String {
    outlook(grants, &acme(), route, sent, url).unwrap_err()
}

#[test]
fn without_an_integration_the_origin_that_is_called_answers() {
    let (none, anywhere) = (Grants::default(), Route::anywhere());
    assert_may(&none, &anywhere, Some(LOGIN), "https://LOGIN.example.com:443/session?x=1");
    let told = assert_never(&none, &anywhere, Some(LOGIN), &format!("{API}/v1"));
    assert!(told.contains(LOGIN) && told.contains(&format!("for `{API}`")), "{told}");
    assert_never(&none, &anywhere, Some(LOGIN), &format!("{LOGIN}:8443"));
    assert_may(&granted("acme"), &anywhere, Some(LOGIN), API);
    assert_never(&granted("acme"), &anywhere, Some(API), LOGIN);
    assert_never(&granted("umbrella"), &anywhere, Some(LOGIN), API);
    // What data decides is known when it runs.
    assert_may(&none, &anywhere, None, API);
}

#[test]
fn what_an_integration_may_call_may_answer_where_it_follows_redirects() {
    let none = Grants::default();
    let endpoints = ["https://login.example.com/v1/**", "https://*.example.org/**"];
    let (stays, follows) = (through(&endpoints, 0), through(&endpoints, 1));
    assert_never(&none, &stays, Some(LOGIN), "https://www.example.org");
    assert_may(&none, &follows, Some(LOGIN), "https://www.example.org");
    for other in ["https://www.example.org:8443", "https://example.org", API] {
        let told = assert_never(&none, &follows, Some(LOGIN), other);
        assert!(told.contains("`CRM`"), "{told}");
    }
    // Wherever it is sent, it is sent to what is listed.
    for route in [&stays, &follows] {
        assert_may(&none, route, None, LOGIN);
        assert_never(&none, route, None, API);
        assert_may(&granted("acme"), route, None, API);
    }
}

#[test]
fn a_secret_is_for_https_alone() {
    for url in ["http://login.example.com", "login", ""] {
        assert_never(&granted("acme"), &Route::anywhere(), None, url);
    }
}
