//! `${hex:X}`: text in hexadecimal digits.

use super::encode::Encode;
use super::operation::Site;
use super::{Example, Function, Group, Split};
use crate::template::Encoder;

pub(super) static HEX: Function = Function {
    name: "hex",
    signature: "${hex:X}",
    group: Group::Encoding,
    summary: "The text of X as hexadecimal digits, two lowercase ones for each byte",
    doc: "The bytes are those of the text in UTF-8. Numbers and booleans are encoded as JSON writes them, objects and arrays \
          as compact JSON. Null stays null.",
    secrets: Some("X may be a secret or hold one."),
    examples: &[
        Example { text: "${hex:Ada é}", given: &[], gives: r#""41646120c3a9""# },
        Example { text: "${hex:id={{secret:crm-id}}}", given: &[], gives: r#""id={{secret:crm-id}}""# },
    ],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| {
        let mut site = Site::new(compiler, call, text, scope);
        let of = site.carrying(0);
        site.apply(Encode(Encoder::Hex), vec![of])
    },
};
