use super::*;
use crate::{Role, identity::Algorithm};

fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(Some(("outgate.toml", file)), environment)
}

fn problem(file: &str, environment: &[(&str, &str)]) -> String {
    load(file, environment).unwrap_err().to_string()
}

#[test]
fn the_defaults_are_closed() {
    let config = Config::load(None, []).unwrap();
    assert!(config.server.listen.ip().is_loopback());
    assert_eq!((config.server.internal_listen, config.server.health_listen), (None, None));
    assert!(
        !config.server.plaintext_beyond_loopback
            && !config.egress.allow_http
            && config.egress.networks.is_empty()
    );
    assert_eq!(config.egress.ports, [443..=443, 44300..=44399]);
    assert!(config.identity.tokens.is_empty());
}

#[test]
fn a_file_overrides_the_defaults_and_the_environment_both() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\ncalls = 5\n[egress]\nports = [\"8443\"]";
    let config =
        load(file, &[("OUTGATE_SERVER__LISTEN", "127.0.0.1:2"), ("OUTGATE_SERVER", "ignored")]).unwrap();
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!((config.server.calls, config.server.streams), (5, 1024));
    assert_eq!(config.egress.ports, [8443..=8443]);

    let config = load(
        "",
        &[
            ("OUTGATE_EGRESS__NETWORKS", "10.0.0.0/8, 127.0.0.0/8"),
            ("OUTGATE_EGRESS__ALLOW_HTTP", "true"),
            ("OUTGATE_SERVER__TLS__CERT", "cert.pem"),
        ],
    )
    .unwrap();
    assert_eq!(config.egress.networks, ["10.0.0.0/8", "127.0.0.0/8"]);
    assert!(config.egress.allow_http);
    assert_eq!(config.server.tls.cert, Some("cert.pem".into()));
}

#[test]
fn a_tenant_is_a_table_of_the_file() {
    let file = "[egress.tenants.acme]\nports = [\"443\"]\nproxy = \"\"\n[egress.tenants.\"*\"]\nca_files = [\"ca.pem\"]";
    let config = load(file, &[("OUTGATE_EGRESS__PROXY", "http://proxy:3128")]).unwrap();
    assert_eq!(config.egress.proxy, "http://proxy:3128");
    let acme = &config.egress.tenants["acme"];
    assert_eq!((acme.ports.as_deref(), acme.proxy.as_deref()), (Some(&[443..=443][..]), Some("")));
    assert_eq!((acme.allow_http, &acme.networks), (None, &None));
    assert_eq!(config.egress.tenants["*"].ca_files, [std::path::Path::new("ca.pem")]);
}

#[test]
fn an_identity_is_a_table_of_the_file() {
    let file = "[[identity.tokens]]\nname = \"billing\"\ntoken_file = \"t\"\ntenant = \"*\"\nroles = [\"caller\", \"voucher\"]";
    let config = load(file, &[]).unwrap();
    assert_eq!(config.identity.tokens[0].roles, [Role::Caller, Role::Voucher]);
}

#[test]
fn an_issuer_and_a_binding_need_little() {
    let file = r#"
        [[identity.issuers]]
        name = "login"
        issuer = "https://login.example.com"
        audiences = ["outgate"]
        [[identity.bindings]]
        issuer = "login"
        subject = "*"
        tenants = ["acme"]
        roles = ["caller"]
        "#;
    let config = load(file, &[]).unwrap();
    let issuer = &config.identity.issuers[0];
    assert_eq!(
        (issuer.algorithms.as_slice(), issuer.leeway_seconds),
        (&[Algorithm::RS256, Algorithm::ES256][..], 60)
    );
    assert_eq!((issuer.stands_for.as_slice(), &issuer.jwks_url), (&[Stands::Callers][..], &None));
    assert_eq!(config.identity.bindings[0].subject.as_deref(), Some("*"));
}

#[test]
fn what_an_issuer_or_a_binding_may_not_say_is_named_in_one_line() {
    let issuer = |line: &str| {
        format!("[[identity.issuers]]\nname = \"a\"\nissuer = \"https://a\"\naudiences = [\"o\"]\n{line}\n")
    };
    let binding = |line: &str| {
        format!("[[identity.bindings]]\nissuer = \"a\"\nsubject = \"*\"\ntenants = [\"t\"]\n{line}\n")
    };
    for (file, path, text) in [
        (issuer("algorithms = [\"none\"]"), "identity.issuers[0].algorithms[0]", "unknown variant `none`"),
        (issuer("algorithms = [\"HS256\"]"), "identity.issuers[0].algorithms[0]", "unknown variant `HS256`"),
        (issuer("stands_for = [\"services\"]"), "identity.issuers[0].stands_for[0]", "unknown variant"),
        (issuer("jwks = \"x\""), "identity.issuers[0]", "unknown field `jwks`"),
        (issuer("leeway_seconds = -1"), "identity.issuers[0].leeway_seconds", "-1"),
        (binding("roles = [\"boss\"]"), "identity.bindings[0].roles[0]", "unknown variant `boss`"),
        (binding("roles = [\"releaser\"]"), "identity.bindings[0].roles", "links.peers"),
        (binding(""), "identity.bindings[0]", "missing field `roles`"),
        (
            "[server.tls]\nclient_auth = \"maybe\"".to_owned(),
            "server.tls.client_auth",
            "unknown variant `maybe`",
        ),
        ("[quotas]\nrequests = 1".to_owned(), "quotas.requests", "no such key"),
        ("[quotas.tenants.acme]\nrequests = 1".to_owned(), "quotas.tenants.acme", "unknown field `requests`"),
    ] {
        let problem = problem(&file, &[]);
        assert!(problem.contains(path) && problem.contains(text), "{file}: {problem}");
        assert_eq!(problem.lines().count(), 1, "{problem}");
    }
}

#[test]
fn what_does_not_fit_is_named_in_one_line() {
    for (file, environment, path, text) in [
        ("[server]\nlisen = \"x\"", &[][..], "server.lisen", "no such key"),
        ("[sever]\nlisten = \"x\"", &[], "sever", "no such key"),
        ("[server]\nlisten = \"localhost\"", &[], "server.listen", "socket address"),
        ("[server]\ncalls = -1", &[], "server.calls", "-1"),
        ("[egress]\nports = [\"0\"]", &[], "egress.ports", "`0` is no port"),
        ("[egress]\nports = [\"9-1\"]", &[], "egress.ports", "`9-1` is no port"),
        ("", &[("OUTGATE_SERVER__CALLS", "many")], "OUTGATE_SERVER__CALLS", "whole number"),
        ("", &[("OUTGATE_SERVER__LISEN", "x")], "OUTGATE_SERVER__LISEN", "no such key"),
        ("", &[("OUTGATE_SERVER__LISTEN__MORE", "x")], "OUTGATE_SERVER__LISTEN__MORE", "no such key"),
        ("", &[("OUTGATE_EGRESS__ALLOW_HTTP", "yes")], "OUTGATE_EGRESS__ALLOW_HTTP", "true or false"),
        ("[egress.tenants.acme]\nporst = []", &[], "egress.tenants.acme", "unknown field `porst`"),
        (
            "",
            &[("OUTGATE_EGRESS__TENANTS__ACME__PORTS", "443")],
            "OUTGATE_EGRESS__TENANTS__ACME__PORTS",
            "in the file alone",
        ),
        ("= 1", &[], "outgate.toml", "no TOML"),
    ] {
        let problem = problem(file, environment);
        assert!(problem.contains(path) && problem.contains(text), "{file} {environment:?}: {problem}");
        assert_eq!(problem.lines().count(), 1, "{problem}");
    }
    let file =
        "[[identity.tokens]]\nname = \"x\"\ntoken_file = \"t\"\ntenant = \"*\"\nroles = [\"releaser\"]";
    assert!(problem(file, &[]).contains("links.token_file"));
}
