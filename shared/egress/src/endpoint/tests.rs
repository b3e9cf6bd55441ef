use http::Method;

use super::Endpoint;
use crate::destination::Destination;

/// Whether the endpoint covers a GET of the URL.
fn covers(endpoint: &str, url: &str) -> bool {
    let destination = Destination::parse(url).unwrap_or_else(|problem| panic!("{url}: {problem}"));
    Endpoint::parse(endpoint, &[]).unwrap().covers(&Method::GET, &destination)
}

#[test]
fn patterns_cover_whole_segments() {
    let cases = [
        ("https://a.example/v1/**", "https://a.example/v1/", true),
        ("https://a.example/v1/**", "https://a.example/v1/x/y?q=1", true),
        ("https://a.example/v1/**", "https://a.example/v1", false),
        ("https://a.example/v1/**", "https://a.example/v10/x", false),
        ("https://a.example/v1", "https://a.example/v1", true),
        ("https://a.example/v1", "https://a.example/v1/", false),
        ("https://a.example/v1/", "https://a.example/v1/", true),
        ("https://a.example/", "https://a.example", true),
        ("https://a.example/", "https://a.example/x", false),
        ("https://a.example/**", "https://a.example", true),
        ("https://a.example/*/items", "https://a.example/x/items", true),
        ("https://a.example/*/items", "https://a.example//items", false),
        ("https://a.example/*/items", "https://a.example/x/y/items", false),
        ("https://a.example/*/items", "https://a.example/x%2Fy/items", false),
        ("https://a.example/*/items/**", "https://a.example/x/items/y%2Fz", true),
        ("https://a.example/a%20b", "https://a.example/a%20b", true),
        ("https://a.example/%61bc/**", "https://a.example/abc/x", true),
        ("https://a.example/%61bc/**", "https://a.example/abd/x", false),
        ("https://a.example/v1/**", "https://a.example/v1/..;/admin", false),
        ("https://a.example:8443/**", "https://a.example/", false),
        ("https://a.example/**", "https://a.example:443/", true),
        ("https://a.example/**", "http://a.example/", false),
        ("https://*.a.example/**", "https://x.y.a.example/", true),
        ("https://*.a.example/**", "https://a.example/", false),
        ("https://*.a.example/**", "https://xa.example/", false),
        ("https://B\u{fc}cher.example/**".to_lowercase().as_str(), "https://xn--bcher-kva.example/", true),
    ]
    .map(|(endpoint, url, expected)| (endpoint.to_owned(), url, expected));
    for (endpoint, url, expected) in cases {
        assert_eq!(covers(&endpoint, url), expected, "{endpoint} and {url}");
    }
}

#[test]
fn methods_narrow_an_endpoint() {
    let destination = Destination::parse("https://a.example/x").unwrap();
    let endpoint = Endpoint::parse("https://a.example/**", &["get".to_owned(), "POST".to_owned()]).unwrap();
    assert!(endpoint.covers(&Method::GET, &destination));
    assert!(endpoint.covers(&Method::POST, &destination));
    assert!(!endpoint.covers(&Method::DELETE, &destination));
}

#[test]
fn what_could_be_read_in_two_ways_is_refused_with_what_to_write() {
    let cases = [
        ("https://a.example", "add `/**`"),
        ("https://a.example/v1?x=1", "a query or a fragment"),
        ("https://a.example/v1#x", "a query or a fragment"),
        ("https://a.example#/v1/**", "a query or a fragment"),
        ("https://a.example//../**", "a segment `.` or `..`"),
        ("https://a.example/v1/./x", "a segment `.` or `..`"),
        ("https://a.example/v1/%2e%2E/**", "a segment `.` or `..`"),
        ("https://a.example?/v1/**", "a query or a fragment"),
        ("https://a.example/v1/a*/x", "a whole segment"),
        ("https://a.example/**/x", "the rest at the end"),
        ("https://a.example/a//b", "an empty segment"),
        ("https://a.example/a;b", "several ways"),
        ("https://a.example/a%2Fb", "several ways"),
        ("https://user@a.example/", "a user or password"),
        ("https://*.127.0.0.1/", "goes before a name"),
        ("https://*/x", "not a name"),
        ("ftp://a.example/", "neither https nor http"),
        ("a.example/v1", "not absolute"),
    ];
    for (text, expected) in cases {
        let error = Endpoint::parse(text, &[]).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains(text), "{error:?} should say {expected:?}");
    }
    let error = Endpoint::parse("https://a.example/", &["GE T".to_owned()]).unwrap_err().to_string();
    assert!(error.contains("no HTTP method"), "{error}");
}

#[test]
fn an_endpoint_is_shown_as_it_is_written() {
    for text in [
        "https://a.example/v1/*/**",
        "http://a.example:8080/",
        "https://*.a.example/x",
        "https://[2606:4700::1]/**",
    ] {
        assert_eq!(Endpoint::parse(text, &[]).unwrap().to_string(), text);
    }
    assert_eq!(Endpoint::anywhere().to_string(), "anywhere");
}

#[test]
fn what_would_be_covered_is_known_without_sending() {
    let endpoint = Endpoint::parse("https://api.example.com/v1/**", &["POST".to_owned()]).unwrap();
    let covers = |method, url| endpoint.would_cover(method, url);
    assert_eq!(covers(Some("post"), "https://api.example.com/v1/x"), Some(true));
    assert_eq!(covers(None, "https://api.example.com/v1/x"), Some(true));
    assert_eq!(covers(Some("GET"), "https://api.example.com/v1/x"), Some(false));
    assert_eq!(covers(Some("POST"), "https://api.example.com/v2/x"), Some(false));
    assert_eq!(covers(Some("POST"), "api.example.com/v1/x"), None);
    assert_eq!(covers(Some("P OST"), "https://api.example.com/v1/x"), None);
    let any = Endpoint::parse("https://api.example.com/v1/**", &[]).unwrap();
    assert_eq!(any.would_cover(None, "https://api.example.com/v1/x"), Some(true));
}

#[test]
fn an_origin_is_reached_where_something_of_it_is_covered() {
    let reaches = |url: &str, origin| Endpoint::parse(url, &["POST".to_owned()]).unwrap().reaches(origin);
    assert!(reaches("https://api.example.com/v1/**", "https://api.example.com"));
    assert!(reaches("https://api.example.com:8443/", "https://API.example.com:8443"));
    assert!(reaches("https://*.example.com/**", "https://api.example.com"));
    for other in ["https://api.example.com:8443", "http://api.example.com", "https://mail.example.com", "api"]
    {
        assert!(!reaches("https://api.example.com/v1/**", other), "{other}");
    }
    assert!(!reaches("https://*.example.com/**", "https://example.com"));
    assert!(Endpoint::anywhere().reaches("https://api.example.com"));
}
