//! `${base64:X}`: text in base64.

use super::encode::Encode;
use super::operation::Site;
use super::{Example, Function, Group, Split};
use crate::template::Encoder;

pub(super) static BASE64: Function = Function {
    name: "base64",
    signature: "${base64:X}",
    group: Group::Encoding,
    summary: "The text of X in base64, with padding",
    doc: "The bytes are those of the text in UTF-8 (RFC 4648, section 4). Numbers and booleans are encoded as JSON writes \
          them, objects and arrays as compact JSON. Null stays null.",
    secrets: Some("X may be a secret or hold one; the whole text is encoded when it is sent."),
    examples: &[
        Example { text: "${base64:ada:lovelace}", given: &[], gives: r#""YWRhOmxvdmVsYWNl""# },
        Example {
            text: "Basic ${base64:${currentObject:input.user}:{{secret:crm-password}}}",
            given: &[("input", r#"{"user": "ada"}"#)],
            gives: r#""Basic ada:{{secret:crm-password}}""#,
        },
        Example {
            text: "${base64:${currentObject:input.order}}",
            given: &[("input", r#"{"order": {"id": 7}}"#)],
            gives: r#""eyJpZCI6N30=""#,
        },
        Example { text: "${base64:${currentObject:input.none}}", given: &[("input", "{}")], gives: "null" },
    ],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let of = site.carrying(0);
        site.apply(Encode(Encoder::Base64), vec![of])
    },
};
