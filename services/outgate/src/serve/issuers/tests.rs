use std::{fs, os::unix::fs::PermissionsExt};

use runtime::config::Config;

use super::*;

fn issuers(table: &str) -> Result<Vec<Arc<Issuer>>, String> {
    let config = Config::load(Some(("outgate.toml", table)), []).map_err(|error| error.to_string())?;
    read(&config.identity.issuers, &EgressPolicy::default(), false).map_err(|error| error.to_string())
}

/// The table of an issuer with some of its keys replaced or added.
fn table(keys: &[(&str, &str)]) -> String {
    let mut all =
        vec![("name", "\"a\""), ("issuer", "\"https://login.example.com\""), ("audiences", "[\"outgate\"]")];
    for (key, value) in keys {
        all.retain(|(known, _)| known != key);
        all.push((key, value));
    }
    let lines = all.iter().map(|(key, value)| format!("{key} = {value}\n"));
    format!("[[identity.issuers]]\n{}", lines.collect::<String>())
}

#[test]
fn what_an_issuer_cannot_be_stops_the_start_in_one_line_that_names_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("token");
    fs::write(&open, "0123456789abcdef").unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o644)).unwrap();
    let open = format!("{open:?}");
    issuers(&table(&[])).unwrap();
    for (key, value, text) in [
        ("name", "\"a b\"", "`a b` is no id"),
        ("name", "\"\"", "is no id"),
        ("issuer", "\"\"", "is empty"),
        ("issuer", "\"http://login.example.com\"", "is no https URL"),
        ("issuer", "\"login\"", "is no https URL"),
        ("jwks_url", "\"http://login.example.com/keys\"", "is no https URL"),
        ("audiences", "[]", "is empty"),
        ("audiences", "[\"\"]", "holds an empty audience"),
        ("algorithms", "[]", "is empty"),
        ("stands_for", "[]", "is empty"),
        ("leeway_seconds", "301", "is more than 300"),
        ("networks", "[\"10.0.0.0/40\"]", "`10.0.0.0/40` is no network"),
        ("ca_file", "\"/nowhere/ca.pem\"", "/nowhere/ca.pem"),
        ("token_file", "\"/nowhere/token\"", "/nowhere/token"),
        ("token_file", &open, "readable by others"),
    ] {
        let problem = issuers(&table(&[(key, value)])).unwrap_err();
        assert!(problem.starts_with("identity.issuers[0]") && problem.contains(key), "{key}: {problem}");
        assert!(problem.contains(text), "{key}: {problem}");
        assert_eq!(problem.lines().count(), 1, "{problem}");
    }
    let other = |keys: &[_]| issuers(&(table(&[]) + &table(keys))).unwrap_err();
    assert!(
        other(&[("issuer", "\"https://b\"")])
            .starts_with("identity.issuers[1].name: `a` is another issuer's")
    );
    assert!(other(&[("name", "\"b\"")]).starts_with("identity.issuers[1].issuer: "));
}

#[test]
fn an_issuer_whose_name_is_no_address_says_where_its_keys_are() {
    let keys =
        [("issuer", "\"kubernetes/serviceaccount\""), ("jwks_url", "\"https://10.0.0.1/openid/v1/jwks\"")];
    issuers(&table(&keys)).unwrap();
    issuers(&table(&keys[..1])).unwrap_err();
}

#[test]
fn an_answer_says_how_long_it_is_good() {
    for (value, seconds) in [
        ("max-age=60", Some(60)),
        ("public, max-age=300, must-revalidate", Some(300)),
        ("Max-Age=\"7\"", Some(7)),
        ("no-store", None),
        ("max-age=soon", None),
        ("s-maxage=5", None),
    ] {
        assert_eq!(max_age(value), seconds.map(Duration::from_secs), "{value}");
    }
}
