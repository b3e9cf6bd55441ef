use super::*;

const ISSUERS: &str = r#"
[[identity.issuers]]
name = "login"
issuer = "https://login.example.com"
audiences = ["outgate"]
[[identity.issuers]]
name = "people"
issuer = "https://people.example.com"
audiences = ["outgate"]
stands_for = ["users"]
"#;

/// The keys of one binding after another; tenants and roles are added where they are not named.
fn bound(tables: &[&str]) -> Result<usize, String> {
    let mut file = ISSUERS.to_owned();
    for table in tables {
        file += &format!("[[identity.bindings]]\n{table}\n");
        for (key, value) in [("tenants", "[\"acme\"]"), ("roles", "[\"caller\"]")] {
            if !table.contains(key) {
                file += &format!("{key} = {value}\n");
            }
        }
    }
    let config = Config::load(Some(("outgate.toml", &file)), []).map_err(|error| error.to_string())?;
    bindings(&config).map(|bindings| bindings.len()).map_err(|error| error.to_string())
}

const ADA: &str = "issuer = \"login\"\nsubject = \"ada\"";

#[test]
fn a_binding_says_who_is_meant() {
    assert_eq!(bound(&[ADA, "issuer = \"login\"\nclaim = \"groups\"\nvalue = \"staff\""]), Ok(2));
    assert_eq!(bound(&["issuer = \"people\"\nsubject = \"*\"\nroles = [\"user\"]"]), Ok(1));
    // The same one, elsewhere.
    assert_eq!(bound(&[ADA, &format!("{ADA}\ntenants = [\"umbrella\"]\nroles = [\"operator\"]")]), Ok(2));
}

#[test]
fn what_a_binding_cannot_say_stops_the_start_in_one_line_that_names_the_key() {
    for (tables, key, text) in [
        (&["subject = \"ada\""][..], "[0].issuer", "is missing"),
        (&["issuer = \"login\""], "[0].subject", "\"*\" for all"),
        (&["issuer = \"logn\"\nsubject = \"ada\""], "[0].issuer", "`logn` is no name in identity.issuers"),
        (&["issuer = \"login\"\nclaim = \"groups\""], "[0].value", "is missing"),
        (&["issuer = \"login\"\nsubject = \"ada\"\nvalue = \"staff\""], "[0].value", "belongs to no `claim`"),
        (&["issuer = \"login\"\nsubject = \"ada\"\nclaim = \"a\"\nvalue = \"b\""], "[0]", "exactly one"),
        (&[""], "[0]", "exactly one"),
        (&["certificate_uri = \"spiffe://a/b\""], "[0].certificate_uri", "server.tls.client_auth"),
        (&["token = \"billing\""], "[0].token", "`billing` is no name in identity.tokens"),
        (&["issuer = \"login\"\nsubject = \"ada\"\ntenants = []"], "[0].tenants", "is empty"),
        (&["issuer = \"login\"\nsubject = \"ada\"\ntenants = [\"a/b\"]"], "[0]", "tenants: `a/b` is no id"),
        (&["issuer = \"login\"\nsubject = \"ada\"\nroles = []"], "[0].roles", "is empty"),
        (
            &["issuer = \"login\"\nsubject = \"ada\"\nroles = [\"user\"]"],
            "[0].roles",
            "`user` is a role of users",
        ),
        (&["issuer = \"people\"\nsubject = \"ada\""], "[0].roles", "`caller` is a role of callers"),
        (&[ADA, ADA], "[1].tenants", "`acme` is in identity.bindings[0]"),
    ] {
        let problem = bound(tables).unwrap_err();
        assert!(problem.starts_with(&format!("identity.bindings{key}: ")), "{tables:?}: {problem}");
        assert!(problem.contains(text), "{tables:?}: {problem}");
        assert_eq!(problem.lines().count(), 1, "{problem}");
    }
}

#[test]
fn peers_are_names_in_certificates() {
    let peers = |lines: &str| {
        let config = Config::load(Some(("outgate.toml", lines)), []).unwrap();
        peers(&config).map_err(|error| error.to_string())
    };
    let asked = "[server.tls]\nclient_auth = \"optional\"\n[links]\npeers = ";
    assert_eq!(
        peers(&format!("{asked}[\"spiffe://example.com/outgate\", \"outgate.internal\"]")).unwrap(),
        [
            Match::CertificateUri("spiffe://example.com/outgate".to_owned()),
            Match::CertificateDns("outgate.internal".to_owned())
        ]
    );
    assert!(peers(&format!("{asked}[\"\"]")).unwrap_err().starts_with("links.peers: holds an empty name"));
    let off = peers("[links]\npeers = [\"outgate.internal\"]").unwrap_err();
    assert!(off.starts_with("links.peers: ") && off.contains("server.tls.client_auth"), "{off}");
}
