use std::{fs, os::unix::fs::PermissionsExt};

use runtime::config::Config;

use super::*;

fn policies(file: &str) -> Result<Policies, String> {
    let config = Config::load(Some(("outgate.toml", file)), []).map_err(|error| error.to_string())?;
    read(&config.egress, false).map_err(|error| error.to_string())
}

#[test]
fn a_tenant_has_what_its_table_says() {
    let policies = policies(
        r#"
        [egress]
        ports = ["443", "8000-8100"]
        networks = ["10.0.0.0/8"]
        proxy = "http://proxy:3128"
        [egress.tenants.acme]
        ports = ["8080"]
        networks = ["10.1.0.0/16"]
        proxy = ""
        [egress.tenants."*"]
        ports = ["443"]
        refuse_echoes = true
        "#,
    )
    .unwrap();
    let acme = policies.of("acme");
    assert_eq!((acme.ports.as_slice(), acme.networks.len(), &acme.proxy), (&[8080..=8080][..], 1, &None));
    assert!(!acme.refuse_echoes);
    let other = policies.of("umbrella");
    assert_eq!((other.ports.as_slice(), other.networks.len()), (&[443..=443][..], 1));
    assert!(other.proxy.is_some() && other.refuse_echoes);
}

#[test]
fn what_a_tenant_may_not_have_stops_the_start_in_one_line_that_names_the_key() {
    for (file, begins, ends) in [
        ("[egress.tenants.acme]\nports = [\"8443\"]", "egress.tenants.acme.ports: `8443` is more", ""),
        ("[egress.tenants.acme]\nallow_http = true", "egress.tenants.acme.allow_http: `true` is more", ""),
        (
            "[egress.tenants.\"*\"]\nnetworks = [\"10.0.0.0/8\"]",
            "egress.tenants.*.networks: `10.0.0.0/8` is more",
            "",
        ),
        (
            "[egress.tenants.acme]\nnetworks = [\"10.0.0.0\"]",
            "egress.tenants.acme.networks: `10.0.0.0` is no",
            "",
        ),
        (
            "[egress.tenants.acme]\nproxy_resolves = true",
            "egress.tenants.acme.proxy_resolves: `true` is more",
            "",
        ),
        (
            "[egress]\nrefuse_echoes = true\n[egress.tenants.acme]\nrefuse_echoes = false",
            "egress.tenants.acme.refuse_echoes: `false`",
            "",
        ),
        ("[egress.tenants.acme]\nport = [\"443\"]", "configuration: egress.tenants.acme", ""),
        (
            "[egress.tenants.acme]\nports = [\"0\"]",
            "configuration: egress.tenants.acme.ports: `0` is no port",
            "",
        ),
        ("[egress.tenants]\nacme = 1", "configuration: egress.tenants.acme", ""),
        ("[egress.tenants.\"a b\"]\nports = []", "egress.tenants.a b: is no tenant", ""),
        ("[egress]\nproxy = \"http://ada:hunter2@proxy\"", "egress.proxy: names a user", ""),
        ("[egress.tenants.acme]\nproxy = \"socks5://proxy\"", "egress.tenants.acme.proxy: is no proxy", ""),
        ("[egress]\nproxy_credentials_file = \"x\"", "egress.proxy_credentials_file: belongs to no", ""),
        (
            "[egress.tenants.acme]\nproxy_credentials_file = \"x\"",
            "egress.tenants.acme.proxy_credentials_file: belongs",
            "",
        ),
        (
            "[egress]\nproxy = \"http://p\"\nproxy_credentials_file = \"/nowhere\"",
            "egress.proxy_credentials_file: /nowhere",
            "cannot be read",
        ),
    ] {
        let text = policies(file).unwrap_err();
        assert!(text.starts_with(begins) && text.ends_with(ends), "{file}: {text}");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn the_proxys_credentials_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("proxy");
    fs::write(&path, "ada:hunter2").unwrap();
    let file = format!("[egress]\nproxy = \"http://p\"\nproxy_credentials_file = {path:?}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let text = policies(&file).unwrap_err();
    assert!(text.starts_with("egress.proxy_credentials_file: ") && text.contains("mode 644"), "{text}");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(policies(&file).unwrap().of("acme").proxy.is_some());
}
