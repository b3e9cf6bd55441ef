//! `${base64Decode:X}`: the text that base64 holds.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::operation::Site;
use super::{Example, Function, Group, Split};
use crate::value::Value;

pub(super) static BASE64_DECODE: Function = Function {
    name: "base64Decode",
    signature: "${base64Decode:X}",
    group: Group::Encoding,
    summary: "The text that base64 holds",
    doc: "Both alphabets are read, that of [`base64`](#base64) and that of [`base64Url`](#base64url), with padding or \
          without; line breaks and spaces are passed over. The bytes must be UTF-8 text: values are text, and there is none \
          for other bytes. Null stays null.",
    secrets: None,
    examples: &[
        Example { text: "${base64Decode:YWRhOmxvdmVsYWNl}", given: &[], gives: r#""ada:lovelace""# },
        Example {
            text: "${base64Decode:${currentObject:response.data}}",
            given: &[("response", r#"{"data": "w78-w78_"}"#)],
            gives: r#""ÿ>ÿ?""#,
        },
        Example {
            text: "${base64Decode:${currentObject:response.data}}",
            given: &[("response", r#"{"data": "***"}"#)],
            gives: "error: base64Decode: this text is not base64",
        },
    ],
    split: Split::Most(1),
    arguments: 1..=1,
    compile: |compiler, call, text, scope| Site::new(compiler, call, text, scope).on_text(decode),
};

fn decode(text: &str) -> Result<Value, &'static str> {
    const PADDED_OR_NOT: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const ENGINE: GeneralPurpose = GeneralPurpose::new(&STANDARD, PADDED_OR_NOT);
    let digit = |byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        byte => byte,
    };
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).map(digit).collect();
    let bytes = ENGINE.decode(digits).map_err(|_| "this text is not base64")?;
    String::from_utf8(bytes).map(Value::String).map_err(|_| "the decoded bytes are not UTF-8 text")
}
