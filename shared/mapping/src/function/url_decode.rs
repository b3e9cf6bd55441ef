//! `${urlDecode:X}`: percent-encoded text, decoded.

use percent_encoding::percent_decode_str;

use super::operation::Site;
use super::{Example, Function, Group, Split};
use crate::value::Value;

pub(super) static URL_DECODE: Function = Function {
    name: "urlDecode",
    signature: "${urlDecode:X}",
    group: Group::Encoding,
    summary: "Text whose `%XX` are decoded",
    doc: "The bytes must be UTF-8 text. `+` stays `+`, and a `%` that no two hexadecimal digits follow stays as it is. Null \
          stays null.",
    secrets: None,
    examples: &[
        Example { text: "${urlDecode:a%20b%2Fc%3D%C3%A9}", given: &[], gives: r#""a b/c=é""# },
        Example { text: "${urlDecode:1+1 = 100%}", given: &[], gives: r#""1+1 = 100%""# },
        Example {
            text: "${urlDecode:%ff}",
            given: &[],
            gives: "error: `urlDecode`: the decoded bytes are not UTF-8 text",
        },
    ],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        Site::new(compiler, call, text, scope).on_text(|text| {
            let decoded = percent_decode_str(text).decode_utf8();
            decoded
                .map(|text| Value::String(text.into_owned()))
                .map_err(|_| "the decoded bytes are not UTF-8 text")
        })
    },
};
