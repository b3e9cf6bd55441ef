//! Path segments, query values and names, headers.

use std::sync::LazyLock;

use http::HeaderValue;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use url::Url;

use super::super::hostile;
use super::{Adapter, adapter, render, text};

static URL: LazyLock<Adapter> = LazyLock::new(|| {
    adapter(
        r#""url": "https://x.y/a/v${currentObject:input.v}/b/${currentObject:input.v}/c?q=<${currentObject:input.v}>&${currentObject:input.v}=n&r=1",
        "query": { "z": "${currentObject:input.v}", "o": "${currentObject:input.o}" }"#,
    )
});
static HEADER: LazyLock<Adapter> = LazyLock::new(|| {
    adapter(
        r#""url": "https://x.y/", "headers": { "X-A": "1", "X-V": "a${currentObject:input.v}b", "X-W": "${currentObject:input.v}", "X-Z": "2" }"#,
    )
});

fn plain(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

proptest! {
    #![proptest_config(hostile::many())]

    #[test]
    fn in_a_url(values in hostile::texts()) {
        for value in values {
            let Ok(request) = render(&URL, &value) else {
                prop_assert!(matches!(value.as_str(), "." | ".."), "refused: {value:?}");
                continue;
            };
            let written = text(&request.url);
            let url = Url::parse(written).unwrap();
            // The parser finds nothing to put right, or it would send something else.
            prop_assert_eq!(url.as_str(), written);
            prop_assert_eq!(url.origin().ascii_serialization(), "https://x.y");
            prop_assert!(url.fragment().is_none() && url.username().is_empty() && url.port().is_none());
            let segments: Vec<String> = url.path_segments().unwrap().map(plain).collect();
            let around = format!("v{value}");
            prop_assert_eq!(segments, ["a", &around, "b", &value, "c"]);
            let pairs: Vec<_> = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
            let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let expected = [pair("q", &format!("<{value}>")), pair(&value, "n"), pair("r", "1"), pair("z", &value),
                            pair(&format!("o[{value}]"), "x")];
            prop_assert_eq!(pairs, expected);
        }
    }

    #[test]
    fn in_a_header(values in hostile::texts()) {
        for value in values {
            let Ok(request) = render(&HEADER, &value) else {
                prop_assert!(HeaderValue::from_bytes(value.as_bytes()).is_err(), "refused: {value:?}");
                continue;
            };
            let sent: Vec<_> = request.headers.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
            prop_assert_eq!(&sent, &[("X-A", "1"), ("X-V", &format!("a{value}b")), ("X-W", &value), ("X-Z", "2")]);
            for (_, value) in sent {
                prop_assert!(HeaderValue::from_bytes(value.as_bytes()).is_ok(), "not refused: {value:?}");
            }
        }
    }
}
