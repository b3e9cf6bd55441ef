//! `${urlEncode:X}`: text percent-encoded.

use super::encode::Encode;
use super::operation::Site;
use super::{Example, Function, Group, Split};
use crate::template::Encoder;

pub(super) static URL_ENCODE: Function = Function {
    name: "urlEncode",
    signature: "${urlEncode:X}",
    group: Group::Encoding,
    summary: "The text of X, percent-encoded",
    doc: "Everything but letters, digits, `-`, `.`, `_` and `~` becomes `%XX` (RFC 3986, section 2.1). Null stays null.\n\n\
          **You rarely need it.** A value is encoded by itself for the place it stands in: in a URL, a query and a form. Use \
          `urlEncode` for a value that the receiver decodes once more, such as a URL inside a parameter of a URL, or for \
          text that is signed in its encoded form.",
    secrets: Some("X may be a secret or hold one."),
    examples: &[
        Example { text: "${urlEncode:a b/c?d=é}", given: &[], gives: r#""a%20b%2Fc%3Fd%3D%C3%A9""# },
        Example {
            text: "user=${urlEncode:${currentObject:input.user}}&key=${urlEncode:{{secret:key}}}",
            given: &[("input", r#"{"user": "a&b"}"#)],
            gives: r#""user=a%26b&key={{secret:key}}""#,
        },
    ],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let of = site.carrying(0);
        site.apply(Encode(Encoder::Query), vec![of])
    },
};
