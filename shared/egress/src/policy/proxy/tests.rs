use super::*;

#[test]
fn a_proxy_is_a_scheme_a_host_and_a_port() {
    let proxy = Proxy::parse("http://proxy.example.com:3128", None).unwrap();
    assert_eq!((proxy.name(), proxy.speaks_tls()), (Some("proxy.example.com"), false));
    let proxy = Proxy::parse("https://10.0.0.1/", None).unwrap();
    assert_eq!((proxy.name(), proxy.speaks_tls()), (None, true));
}

#[test]
fn what_is_no_proxy_is_refused_without_showing_it() {
    for text in [
        "",
        "proxy:3128",
        "socks5://proxy:1080",
        "ftp://proxy",
        "http://ada:hunter2@proxy:3128",
        "http://ada@proxy:3128",
        "http://proxy:3128/path",
        "http://proxy:3128/?q=hunter2",
        "http://proxy:3128/#hunter2",
    ] {
        let error = Proxy::parse(text, None).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}
