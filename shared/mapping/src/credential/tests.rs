use super::{Telling, find, pairs};

/// The part of a text that looks like a key, by its form or its randomness.
fn found(text: &str) -> Option<&str> {
    find(text).map(|range| &text[range])
}

#[test]
fn known_forms_are_found_wherever_they_stand() {
    // Put together here, so that nothing that searches this file takes them for keys.
    let forms = [
        format!("AKIA{}", "IOSFODNN7EXAMPLE"),
        format!("ASIA{}", "IOSFODNN7EXAMPLE"),
        format!("sk_live_{}", "4eC39HqLyjWD"),
        format!("rk_test_{}", "4eC39HqLyjWD"),
        format!("whsec_{}", "4eC39HqLyjWDarjt"),
        format!("ghp_{}", "0123456789abcdefghijABCDEFGHIJ012345"),
        format!("github_pat_{}", "11AAAAAAA0_abcdefghijklmnop"),
        format!("glpat-{}", "AbCd-1234_efgh5678"),
        format!("xoxb-{}", "123456789012-abcdef"),
        format!("AIza{}", "SyA-1234567890abcdefghijklmnopqrst_"),
        format!("SG.{}", "abcdefghijklmnopqrstuv.0123456789012345678901234567890123456789012"),
        format!("npm_{}", "0123456789abcdefghijABCDEFGHIJ012345"),
        format!("sk-proj-{}", "abcdefghij0123456789"),
        format!("eyJ{}.eyJ{}.sig_1-2", "hbGciOiJIUzI1NiJ9", "zdWIiOiIxMjM0NTY3ODkwIn0"),
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----".to_owned(),
    ];
    for form in &forms {
        assert_eq!(found(form), Some(form.as_str()));
        assert_eq!(found(&format!("Bearer {form}")), Some(form.as_str()), "{form}");
        assert!(form.starts_with('-') || found(&format!("x{form}")) != Some(form.as_str()), "{form}");
    }
    assert_eq!(found("https://ada:pass@example.com/x"), Some("ada:pass"));
    assert_eq!(found("9zK3mQ7xT2vB8nL5wR1yC6hJ"), Some("9zK3mQ7xT2vB8nL5wR1yC6hJ"));
}

#[test]
fn ordinary_text_passes() {
    for text in [
        "",
        "application/json",
        "https://xxx.yyyy.com/api/v1/people?from=2026-11-21",
        "https://ada@example.com/x",
        "https://ada:@example.com/x",
        "http://schemas.microsoft.com/dynamics/2008/01/documents/InvoiceDocumentWithAVeryLongName",
        "123e4567-e89b-12d3-a456-426614174000",
        "d41d8cd98f00b204e9800998ecf8427e",
        "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
        "ADAPTER.COMPANY-ACCOUNTANCY",
        "extAccountancyInvoice2NumberFormat3Of4Digits",
        "2026-11-21T22:04:04.120Z",
        "12345678901234567890123456789012345",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "sha256-9zK3mQ7xT2vB8nL5wR1yC6hJ4pF0sD9gA2kE7uI3oYx1",
        "sk_live_",
        "sk_live_short1",
        "AKIA",
        "AKIASHORT",
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJx.eyJx.x",
        "glpat-",
        "disk_live_4eC39HqLyjWD",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "/Type/Catalog/Pages 2 0 R",
        "0123456789abcdefghijklmnopqrstuvwxyz",
        "ABCDEFGHIJKLMnopqrstuvwxyz0123456789",
        "9zK3mQ7xT2vB8nL5wR1yC6h",
        "zKmQxTvBnLwRyChJpFsDgAkEuIoYx12",
    ] {
        assert_eq!(found(text), None, "{text}");
    }
    assert_eq!(found(&"9zK3mQ7xT2".repeat(60)), None, "a key is not as long as that");
}

#[test]
fn names_tell() {
    for name in [
        "X-Api-Key",
        "api_key",
        "apiKey",
        "APIKEY",
        "x-apikey",
        "Authorization",
        "Proxy-Authorization",
        "clientSecret",
        "client_secret",
        "access_token",
        "X-Auth-Token",
        "token",
        "refreshToken",
        "Ocp-Apim-Subscription-Key",
        "secret",
        "AccountKey",
        "db.credentials",
        "X-Shopify-Access-Token",
    ] {
        assert_eq!(Telling::of(name), Some(Telling::Key), "{name}");
    }
    for name in
        ["password", "Password", "dbPassword", "user_pwd", "PASSWD", "UserPassword1".trim_end_matches('1')]
    {
        assert_eq!(Telling::of(name), Some(Telling::Password), "{name}");
    }
    for name in [
        "",
        "-",
        "key",
        "id",
        "name",
        "primaryKey",
        "registerKey",
        "tokenUrl",
        "token_type",
        "secretName",
        "nextPageToken",
        "page_token",
        "pageToken",
        "syncToken",
        "nextToken",
        "passwordPolicy",
        "keyboard",
        "monkey",
        "grant_type",
        "Content-Type",
    ] {
        assert_eq!(Telling::of(name), None, "{name}");
    }
}

#[test]
fn values_under_telling_names() {
    let key = |value| Telling::Key.credential(value).map(|range| &value[range]);
    for (value, credential) in [
        ("abc123", Some("abc123")),
        ("Bearer abc123", Some("abc123")),
        (" Basic  dXNlcjpwYXNz1 ", Some("dXNlcjpwYXNz1")),
        ("123e4567-e89b-12d3-a456-426614174000", Some("123e4567-e89b-12d3-a456-426614174000")),
        ("abc12", None),
        ("required", None),
        ("microsoftRefreshToken", None),
        ("Bearer", None),
        ("the first 100 tokens", None),
        ("https://login.example.com/v2/token", None),
        ("/oauth2/token", None),
        ("{{SessionId1}}", None),
    ] {
        assert_eq!(key(value), credential, "{value}");
    }
    let password = |value| Telling::Password.credential(value).map(|range| &value[range]);
    assert_eq!(password("sunshine"), Some("sunshine"));
    assert_eq!(password("abc"), None);
    assert_eq!(password("the user's password"), None);
}

#[test]
fn pairs_are_read_from_queries_forms_and_json_text() {
    let shown = |text: &str| {
        pairs(text).into_iter().map(|(name, value)| format!("{name}={}", &text[value])).collect::<Vec<_>>()
    };
    assert_eq!(shown("https://x.y/?a=1&token=b c=d#e"), ["a=1", "token=b", "c=d"]);
    assert_eq!(shown("a=1&b"), ["a=1"]);
    assert_eq!(shown(r#"{ "Password" : "1234", "n": 5, "x":"" }"#), ["Password=1234", "x="]);
    assert_eq!(shown("a: b, \"c\": d \"e\""), [""; 0]);
    let long = "x".repeat(600);
    assert_eq!(shown(&format!("{long}=1")), [""; 0]);
    assert_eq!(shown(&format!("a={long}")), [""; 0]);
}

/// Each of these would take hours if it were looked at again from every place.
#[test]
fn hostile_text_is_looked_at_once() {
    for piece in [
        "=",
        ":",
        "\":\"",
        "\"a\":",
        "://",
        "eyJ",
        "-eyJ-",
        "xoxb--",
        "a@b:c@",
        "base64,9zK3mQ7xT2vB8nL5wR1yC6hJ/",
    ] {
        let text = piece.repeat((1 << 20) / piece.len());
        find(&text);
        pairs(&text);
    }
}
