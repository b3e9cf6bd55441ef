//! `${base64Url:X}`: text in the base64 of URLs.

use super::encode::Encode;
use super::operation::Site;
use super::{Example, Function, Group, Split};
use crate::template::Encoder;

pub(super) static BASE64_URL: Function = Function {
    name: "base64Url",
    signature: "${base64Url:X}",
    group: Group::Encoding,
    summary: "The text of X in the base64 of URLs and JSON Web Tokens, without padding",
    doc: "`-` and `_` stand where [`base64`](#base64) has `+` and `/` (RFC 4648, section 5). Otherwise the same.",
    secrets: Some("X may be a secret or hold one."),
    examples: &[
        Example { text: "${base64Url:ÿ>ÿ?}", given: &[], gives: r#""w78-w78_""# },
        Example {
            text: "${base64Url:${currentObject:input.header}}",
            given: &[("input", r#"{"header": {"alg": "HS256"}}"#)],
            gives: r#""eyJhbGciOiJIUzI1NiJ9""#,
        },
    ],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let of = site.carrying(0);
        site.apply(Encode(Encoder::Base64Url), vec![of])
    },
};
