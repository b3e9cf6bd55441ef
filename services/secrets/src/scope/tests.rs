use super::Scope;

#[test]
fn the_scope_is_the_origin() {
    for (url, origin) in [
        ("https://api.example.com", "https://api.example.com"),
        ("https://api.example.com/", "https://api.example.com"),
        ("https://api.example.com/v1/**?x=1#y", "https://api.example.com"),
        ("HTTPS://API.Example.COM/V1", "https://api.example.com"),
        ("https://api.example.com:443/v1", "https://api.example.com"),
        ("https://api.example.com:44301/v1", "https://api.example.com:44301"),
        ("https://xn--mller-kva.example/", "https://xn--mller-kva.example"),
        ("https://10.0.0.7:8443", "https://10.0.0.7:8443"),
        ("https://[2001:db8::7]/x", "https://[2001:db8::7]"),
        ("https://localhost:44300/token?a=b@c", "https://localhost:44300"),
        ("https://a_b.example.com?x", "https://a_b.example.com"),
    ] {
        assert_eq!(Scope::of(url).map(|scope| scope.to_string()), Ok(origin.to_owned()), "{url}");
    }
}

#[test]
fn what_can_be_read_as_another_place_is_refused() {
    for url in [
        "",
        "api.example.com",
        "http://api.example.com",
        "https:api.example.com",
        "https:/api.example.com",
        "https:///api.example.com",
        "https://",
        "https:///",
        "https://?x",
        " https://api.example.com",
        "https://api.example.com\n",
        "https://api.exa\tmple.com",
        "https://api.example.com\\@evil.example",
        "https:\\\\api.example.com",
        "https://user@api.example.com",
        "https://user:pass@api.example.com",
        "https://@api.example.com",
        "https://api.example.com:443@evil.example/",
        "https://*.example.com",
        "https://*/",
        "https://api.example.com.",
        "https://api.example.com:",
        "https://api.example.com:0443",
        "https://api.example.com:443:443",
        "https://api.example.com:99999",
        "https://api%2eexample.com",
        "https://api.example.com%00.evil.example",
        "https://ａｐｉ.example.com",
        "https://api。example.com",
        "https://müller.example",
        "https://\u{212a}.example",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://[::ffff:127.0.0.1]/",
        "https://[0:0:0:0:0:0:0:1]/",
        "https://[::1%25eth0]/",
        "https://exa mple.com/",
    ] {
        assert!(Scope::of(url).is_err(), "{url:?} was read as {:?}", Scope::of(url));
    }
    assert!(Scope::of(&format!("https://a.example/{}", "x".repeat(8192))).is_err());
}

#[test]
fn the_refusal_proposes_the_origin_it_understood_and_never_repeats_a_credential() {
    let error = Scope::of("https://müller.example/").map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("`https://xn--mller-kva.example`"), "{error}");
    let error = Scope::of("https://ada:canary@a.example/canary").map(|_| ()).unwrap_err().to_string();
    assert!(!error.contains("canary"), "{error}");
}
