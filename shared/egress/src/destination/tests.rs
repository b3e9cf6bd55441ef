use proptest::prelude::*;
use url::Url;

use super::{Destination, UrlProblem};

#[test]
fn what_was_parsed_is_what_is_sent() {
    let destination =
        Destination::parse("HTTPS://Api.Example.COM:443/v1/./x/../y%2Fz?q=%20#fragment").unwrap();
    assert_eq!(destination.url().as_str(), "https://api.example.com/v1/y%2Fz?q=%20");
    assert_eq!(destination.port(), 443);
    assert_eq!(destination.origin().as_str(), "https://api.example.com/");
    let readings: Vec<&str> = destination.path_readings().collect();
    assert_eq!(readings, ["/v1/y%2Fz", "/v1/y/z"]);
}

#[test]
fn a_query_is_sent_as_it_is_written_and_decides_nothing() {
    for (query, sent) in
        [("?", "?"), ("?a=b?c/..//d@e:1", "?a=b?c/..//d@e:1"), ("?a='\"<\u{e9}#?x", "?a=%27%22%3C%C3%A9")]
    {
        let destination = Destination::parse(&format!("https://a.example/v1{query}")).unwrap();
        assert_eq!(destination.path_readings().collect::<Vec<_>>(), ["/v1"]);
        let expected = format!("https://a.example/v1{sent}");
        assert_eq!(destination.url().as_str(), expected);
        assert_eq!(destination.origin().as_str(), "https://a.example/");
        assert_eq!(destination.into_url().as_str(), expected);
    }
    assert_eq!(
        Destination::parse("https://a.example?x=1").unwrap().into_url().as_str(),
        "https://a.example/?x=1"
    );
}

#[test]
fn another_scheme_is_told_apart_from_a_broken_url() {
    for text in ["ftp://a.example/", "file:///etc/passwd", "javascript:1"] {
        assert_eq!(Destination::parse(text).err(), Some(UrlProblem::Scheme), "{text}");
    }
    for text in ["", "/x", "https:a.example", "https:///a.example", "https://"] {
        assert!(matches!(Destination::parse(text), Err(UrlProblem::Malformed(_))), "{text}");
    }
    let long = format!("https://a.example/{}", "x".repeat(8200));
    assert!(matches!(Destination::parse(&long), Err(UrlProblem::Malformed(_))));
}

#[test]
fn what_becomes_another_name_once_it_is_lowered_or_folded_is_refused() {
    // The Kelvin sign, the long s, the dotted I, a fullwidth letter, a circled one, a soft hyphen, an ideographic full stop.
    for host in
        ["\u{212a}eys", "\u{17f}hop", "\u{130}d", "\u{ff41}pi", "\u{24d0}pi", "a\u{ad}pi", "api\u{3002}x"]
    {
        let problem = Destination::parse(&format!("https://{host}.example/")).err();
        assert!(matches!(problem, Some(UrlProblem::Malformed(_))), "{host}");
    }
    // ASCII has one lower case everywhere.
    assert_eq!(Destination::parse("https://KEYS.Example/").unwrap().host_text(), "keys.example");
}

#[test]
fn names_that_lead_inside_are_known() {
    for host in ["localhost", "x.internal", "a.home.arpa", "etcd", "kubernetes.default.svc", "x.onion"] {
        assert!(Destination::parse(&format!("https://{host}/")).unwrap().has_special_name(), "{host}");
    }
    for host in ["a.example.com", "home.arpa.example", "internal.example", "1.1.1.1", "[2606:4700::1]"] {
        assert!(!Destination::parse(&format!("https://{host}/")).unwrap().has_special_name(), "{host}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_makes_the_guard_panic(text in ".{0,60}", path in "[%a-f0-9;./\\\\?#*u\u{ff0e}-]{0,40}") {
        let _ = Destination::parse(&text);
        let _ = Destination::parse(&format!("https://{text}/"));
        let _ = Destination::parse(&format!("https://a.example/{path}"));
    }

    #[test]
    fn what_the_guard_accepts_another_parser_reads_alike(text in "[hH]ttps?://[a-zA-Z0-9.:@%_\\[\\]-]{1,30}[/?#]?[a-z./%]{0,20}") {
        if let Ok(destination) = Destination::parse(&text) {
            // What is sent, read again, is the same: nothing is left in it that normalising changes.
            let again = Url::parse(destination.url().as_str()).unwrap();
            prop_assert_eq!(&again, destination.url());
            // By RFC 3986, appendix B, the authority ends at the first slash, question mark or hash.
            let authority = text.split("://").nth(1).unwrap().split(['/', '?', '#']).next().unwrap();
            let host = destination.host_text();
            prop_assert!(authority.to_ascii_lowercase().starts_with(host) || host.starts_with('['), "{} {}", text, host);
        }
    }
}
