use super::*;

fn networks(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn operator() -> EgressPolicy {
    EgressPolicy {
        ports: vec![443..=443, 8000..=8100, 8101..=8200],
        allow_http: true,
        networks: networks(&["10.0.0.0/8", "fd00::/8"]),
        ca_files: vec!["operator.pem".into()],
        proxy: Some(Proxy::parse("http://proxy:3128", Some("operator.credentials".into())).unwrap()),
        proxy_resolves: true,
        refuse_echoes: false,
    }
}

fn narrowed(by: Narrowing) -> Result<EgressPolicy, TooWide> {
    let mut policies = Policies::new(operator());
    policies.narrow("acme", by)?;
    Ok(policies.of("acme").clone())
}

#[test]
fn what_a_tenant_does_not_set_is_the_operators() {
    assert_eq!(narrowed(Narrowing::default()).unwrap(), operator());
}

#[test]
fn a_tenant_has_its_own_policy_or_that_of_all_others() {
    let mut policies = Policies::new(operator());
    assert_eq!(policies.of("acme").ports, operator().ports);
    let ports = |port: u16| Narrowing { ports: Some(vec![port..=port]), ..Narrowing::default() };
    policies.narrow("acme", ports(443)).unwrap();
    assert_eq!(policies.of("acme").ports, [443..=443]);
    assert_eq!(policies.of("umbrella").ports, operator().ports);
    policies.narrow("*", ports(8000)).unwrap();
    assert_eq!(policies.of("acme").ports, [443..=443]);
    assert_eq!(policies.of("umbrella").ports, [8000..=8000]);
}

#[test]
fn a_tenant_narrows() {
    let own = Proxy::parse("http://own:3128", None).unwrap();
    let policy = narrowed(Narrowing {
        // Two ranges of the operator's that touch are one to whoever narrows them.
        ports: Some(vec![8050..=8150]),
        allow_http: Some(false),
        networks: Some(networks(&["10.1.0.0/16"])),
        ca_files: vec!["own.pem".into()],
        proxy: Some(Some(own.clone())),
        proxy_resolves: Some(false),
        refuse_echoes: Some(true),
    })
    .unwrap();
    let expected = EgressPolicy {
        ports: vec![8050..=8150],
        allow_http: false,
        networks: networks(&["10.1.0.0/16"]),
        ca_files: vec!["operator.pem".into(), "own.pem".into()],
        proxy: Some(own),
        proxy_resolves: false,
        refuse_echoes: true,
    };
    assert_eq!(policy, expected, "the operator's credentials do not go to another proxy");
    let direct = narrowed(Narrowing { proxy: Some(None), ..Narrowing::default() }).unwrap();
    assert_eq!(direct.proxy, None);
    let nothing = Narrowing { ports: Some(vec![]), networks: Some(vec![]), ..Narrowing::default() };
    let nothing = narrowed(nothing).unwrap();
    assert!(nothing.ports.is_empty() && nothing.networks.is_empty());
}

#[test]
fn a_tenant_does_not_widen() {
    let closed = EgressPolicy { refuse_echoes: true, ..EgressPolicy::default() };
    for (narrowing, key, value) in [
        (Narrowing { ports: Some(vec![443..=443, 442..=443]), ..Narrowing::default() }, "ports", "442-443"),
        (Narrowing { ports: Some(vec![8443..=8443]), ..Narrowing::default() }, "ports", "8443"),
        (
            Narrowing { networks: Some(networks(&["10.0.0.0/8"])), ..Narrowing::default() },
            "networks",
            "10.0.0.0/8",
        ),
        (Narrowing { allow_http: Some(true), ..Narrowing::default() }, "allow_http", "true"),
        (Narrowing { proxy_resolves: Some(true), ..Narrowing::default() }, "proxy_resolves", "true"),
        (Narrowing { refuse_echoes: Some(false), ..Narrowing::default() }, "refuse_echoes", "false"),
    ] {
        let error = Policies::new(closed.clone()).narrow("acme", narrowing).unwrap_err();
        assert_eq!(error.key, key);
        assert!(error.text.starts_with(&format!("`{value}` is more than `egress.{key}` allows")), "{error}");
    }
    for wider in ["0.0.0.0/0", "10.0.0.0/7", "11.0.0.0/8", "fc00::/7"] {
        let wider = Narrowing { networks: Some(networks(&[wider])), ..Narrowing::default() };
        assert_eq!(narrowed(wider).unwrap_err().key, "networks");
    }
}
