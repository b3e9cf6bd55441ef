use runtime::config::Config;

use super::*;

const LOGIN: &str = "https://login.example.com";
const API: &str = "https://api.example.com";

fn grants(file: &str) -> Result<Grants, String> {
    let config = Config::load(Some(("outgate.toml", file)), []).map_err(|error| error.to_string())?;
    read(&config.save_secret).map_err(|error| error.to_string())
}

fn id(tenant: &str) -> Id {
    Id::parse("tenant", tenant).unwrap()
}

#[test]
fn nothing_is_granted_by_default_but_an_origin_s_own() {
    let grants = grants("").unwrap();
    assert!(grants.allow(&id("acme"), LOGIN, LOGIN));
    assert!(!grants.allow(&id("acme"), LOGIN, API));
}

#[test]
fn a_grant_is_one_tenant_s_one_way_and_for_the_named_origins_alone() {
    let file = "[save_secret.tenants.acme]\n\"https://login.example.com\" = [\"https://api.example.com\"]\n";
    let grants = grants(file).unwrap();
    assert!(grants.allow(&id("acme"), LOGIN, API));
    assert!(!grants.allow(&id("umbrella"), LOGIN, API));
    assert!(!grants.allow(&id("acme"), API, LOGIN));
    assert!(!grants.allow(&id("acme"), LOGIN, "https://api.example.com:8443"));
    assert!(!grants.allow(&id("acme"), "https://other.example.com", API));
}

#[test]
fn what_grants_more_than_it_seems_to_stops_the_start_in_one_line_that_names_the_key() {
    let table =
        |answers: &str, origins: &str| format!("[save_secret.tenants.acme]\n\"{answers}\" = [{origins}]\n");
    let to = |origin: &str| table(LOGIN, &format!("{origin:?}"));
    let key = "save_secret.tenants.acme.\"https://login.example.com\": ";
    for (file, begins) in [
        ("[save_secret.tenants.\"*\"]\n".to_owned(), "save_secret.tenants.*: is no tenant".to_owned()),
        (
            table("*", "\"https://api.example.com\""),
            "save_secret.tenants.acme.\"*\": `*` is no origin".to_owned(),
        ),
        (table(LOGIN, ""), format!("{key}grants nothing")),
        (to("*"), format!("{key}`*` is no origin")),
        (to("https://*.example.com"), format!("{key}`https://*.example.com` is no origin")),
        (
            to("http://api.example.com"),
            format!("{key}`http://api.example.com` is no origin: a secret travels"),
        ),
        (
            to("https://api.example.com/v1"),
            format!("{key}`https://api.example.com/v1` is no origin: its one spelling"),
        ),
        (
            to("https://api.example.com:443"),
            format!("{key}`https://api.example.com:443` is no origin: its one"),
        ),
        (to("https://u:p@api.example.com"), format!("{key}`https://u:p@api.example.com` is no origin")),
        (to("https://API.example.com"), format!("{key}`https://API.example.com` is no origin")),
        (to("api.example.com"), format!("{key}`api.example.com` is no origin")),
        (to(LOGIN), format!("{key}names itself")),
        (
            table(LOGIN, "\"https://a.example.com\", \"https://a.example.com\""),
            format!("{key}names `https://a.example.com` twice"),
        ),
    ] {
        let problem = grants(&file).unwrap_err();
        assert!(problem.starts_with(&begins) && !problem.contains('\n'), "{file}: {problem}");
    }
}
